"""The packaged gene tables, read once when first asked for."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

SPECIES = ("human", "mouse")


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneTable:
    """Names of one species' genes. Keys of `by_upper` and `other_names` are upper case."""

    symbols: frozenset[str]
    by_upper: dict[str, str]
    by_id: dict[str, str]
    """Ensembl id without version, or Entrez id, to symbol."""
    other_names: dict[str, str]
    """Old symbol or alias to the current symbol it means; several, divided by "|", when it is ambiguous."""


@cache
def gene_table(species: str) -> GeneTable:
    """The table of "human" or "mouse"."""
    by_upper: dict[str, str] = {}
    by_id: dict[str, str] = {}
    symbols = []
    for line in table_lines(f"{species}_genes.tsv.gz"):
        symbol, ensembl, entrez = line.split("\t")
        symbols.append(symbol)
        by_upper.setdefault(symbol.upper(), symbol)
        if ensembl:
            for gene_id in ensembl.split("|"):
                by_id[gene_id] = symbol
        if entrez:
            by_id[entrez] = symbol
    names = dict(line.split("\t") for line in table_lines(f"{species}_names.tsv.gz"))
    return GeneTable(symbols=frozenset(symbols), by_upper=by_upper, by_id=by_id, other_names=names)


@cache
def orthologue_pairs() -> tuple[dict[str, str], dict[str, str]]:
    """Human symbol to mouse symbol, and mouse to human where only one human gene corresponds."""
    to_mouse, to_human = {}, {}
    for line in table_lines("orthologues.tsv.gz"):
        human, mouse, multiplicity = line.split("\t")
        to_mouse[human] = mouse
        if multiplicity == "1":
            to_human[mouse] = human
    return to_mouse, to_human


def table_lines(name: str) -> Iterator[str]:
    """Lines of a packaged table, one after the other: the whole table would double what its names take."""
    table = resources.files("cassia_core.genes") / "tables" / name
    with table.open("rb") as packed, gzip.open(packed, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield line.rstrip("\n")
