"""Gene symbols as the knowledge base reads them: today's symbol where the table knows one, else as written."""

from __future__ import annotations

from functools import cache

try:
    from cassia_core.genes import canonical as _canonical
    from cassia_core.genes import orthologue as _orthologue
except ImportError:
    def _canonical(symbol: str, species: str) -> str | None:
        return symbol

    def _orthologue(symbol: str, source: str, target: str) -> str | None:
        return None


@cache
def current(symbol: str, species: str) -> str:
    """Today's symbol of a gene; the symbol as written where the gene table does not know it."""
    return _canonical(symbol, species) or symbol


@cache
def orthologue(symbol: str, source: str, target: str) -> str | None:
    """The gene of the other species, or None where the table has none."""
    return _orthologue(symbol, source, target)
