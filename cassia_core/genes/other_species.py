"""Genes of rat, macaque, pig and zebrafish: symbols of their ids, and their one human counterpart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from cassia_core.genes.tables_io import table_lines

OTHER_SPECIES = ("rat", "macaque", "pig", "zebrafish")


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherGenes:
    """Names of one species' genes: Ensembl id to symbol, and symbol in capitals to its one human gene."""

    by_id: dict[str, str]
    human: dict[str, str]


@cache
def other_genes(species: str) -> OtherGenes:
    """The genes of one of `OTHER_SPECIES`."""
    by_id: dict[str, str] = {}
    human: dict[str, str] = {}
    for line in table_lines("other_species.tsv.gz"):
        of, symbol, ids, counterpart = line.split("\t")
        if of != species:
            continue
        by_id.update(dict.fromkeys(filter(None, ids.split("|")), symbol))
        if counterpart:
            human[symbol.upper()] = counterpart
    return OtherGenes(by_id=by_id, human=human)


def other_symbol_of(gene_id: str, species: str) -> str | None:
    """Symbol of an Ensembl id (a version is ignored) of one of `OTHER_SPECIES`; None when unknown."""
    if species not in OTHER_SPECIES:
        return None
    return other_genes(species).by_id.get(gene_id.strip().upper().split(".")[0])


def human_counterpart(symbol: str, species: str) -> str | None:
    """The one human gene that corresponds to a gene of one of `OTHER_SPECIES`; None where none does."""
    return other_genes(species).human.get(symbol.strip().upper()) if species in OTHER_SPECIES else None


def share_with_counterpart(symbols: Iterable[str], species: str) -> float:
    """Share of the symbols that have one human counterpart."""
    symbols = list(symbols)
    return sum(human_counterpart(symbol, species) is not None for symbol in symbols) / max(1, len(symbols))
