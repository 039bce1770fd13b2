"""Whether a name that was given for a cell type is nothing but a gene's."""

from __future__ import annotations

import re

from cassia_core.genes import canonical
from cassia_core.knowledge.naming.identity import identify

_BETWEEN = re.compile(r"[\s,;/+&]+|\band\b")
_SIGNS = "*_`\"'()[]{}.⁺⁻-"


def names_only_genes(label: str, species: str, shown: frozenset[str] = frozenset()) -> bool:
    """Whether every word of `label` is a gene's symbol and the whole is no type that we know.

    Small models answer with the first gene of the list ("LTB"). "NK", "Rod" or "Th17" are types, whatever
    genes are called alike.

    Parameters
    ----------
    shown
        Symbols that the model was given, in capitals; other genes are looked up in the table of the species.
    """
    words = [word.strip(_SIGNS) for word in _BETWEEN.split(label)]
    words = [word for word in words if word]
    if not words or identify(label) is not None:
        return False
    return all(word.upper() in shown or canonical(word, species) is not None for word in words)
