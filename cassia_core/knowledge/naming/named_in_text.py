"""Cell types and genes that a sentence names."""

from __future__ import annotations

import re
from collections.abc import Callable

from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.content.entries import CellTypeEntry
from cassia_core.knowledge.naming.labels import normal_form

LONGEST_NAME = 6
"""Words of the longest name that is looked for."""
_NO_NAMES = {"", "cell", "unknown", "type", "marker", "progenitor", "stem cell", "precursor"}
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-]*[A-Za-z0-9+]|[A-Za-z]")


def types_named(text: str) -> tuple[CellTypeEntry, ...]:
    """Types of the knowledge base that a text names, in its order, the longest name at each place.

    "Are these CD8 T cells?" names one type, not also "T cell".
    """
    words = normal_form(re.sub(r"[?!]", " ", text)).split()
    entries: dict[str, CellTypeEntry] = {}
    at = 0
    while at < len(words):
        entry, length = _longest_name(words[at : at + LONGEST_NAME])
        if entry is not None:
            entries.setdefault(entry.name, entry)
        at += length
    return tuple(entries.values())


def genes_named(text: str, is_gene: Callable[[str], bool]) -> tuple[str, ...]:
    """Words of a text that are genes of the data, in its order, as the data spell them.

    A word counts as it is written; in other capitals only where it holds a digit, because "set" and "met" are
    words first.
    """
    genes: dict[str, None] = {}
    for word in _WORD.findall(text):
        forms = [word, word.rstrip("+-.")]
        if any(letter.isdigit() for letter in word):
            forms += [forms[1].upper(), forms[1].capitalize()]
        gene = next((form for form in forms if len(form) > 1 and is_gene(form)), None)
        if gene is not None:
            genes[gene] = None
    return tuple(genes)


def _longest_name(words: list[str]) -> tuple[CellTypeEntry | None, int]:
    """The entry named at the beginning of `words` and the number of words that name it; (None, 1) else."""
    for length in range(len(words), 0, -1):
        name = " ".join(words[:length])
        if name not in _NO_NAMES and (entry := load_knowledge().get(name)):
            return entry, length
    return None, 1
