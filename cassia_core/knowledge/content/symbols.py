"""Gene symbols as the knowledge base reads them: today's symbol where the table knows one, else as
written.
"""

from __future__ import annotations

from functools import cache

from cassia_core import genes
from cassia_core.genes.lookup import meanings


@cache
def current(symbol: str, species: str) -> str:
    """Today's symbol of a gene; the symbol as written where the gene table does not know it."""
    return genes.canonical(symbol, species) or symbol


@cache
def is_gene(symbol: str, species: str) -> bool:
    """Whether the gene table knows the symbol, in any case, old or new, even where it has several
    meanings.
    """
    return bool(meanings(symbol, species))


@cache
def orthologue(symbol: str, source: str, target: str) -> str | None:
    """The gene of the other species, or None where the table has none."""
    return genes.orthologue(symbol, source, target)
