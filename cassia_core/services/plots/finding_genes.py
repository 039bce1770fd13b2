"""Finding a gene that a person typed among those that were measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cassia_core.genes.lookup import meanings

MOST_ALIKE = 5
_SHORTEST_BEGINNING = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundGene:
    """`gene`: as the data call it, "" when it was not measured. `also_called`: what was typed, when that is
    another name.

    `alike`: measured genes that begin like what was typed, when it was not measured.
    """

    gene: str
    also_called: str = ""
    alike: tuple[str, ...] = ()


def find_gene(typed: str, genes: Sequence[str], species: str) -> FoundGene:
    """The measured gene that `typed` stands for: as written, in any case, or by an old or other name of it.

    A name that stands for several measured genes is not taken; they are offered as alike.
    """
    name = typed.strip()
    if name in genes:
        return FoundGene(gene=name)
    lower = name.casefold()
    same = [gene for gene in genes if gene.casefold() == lower]
    if len(same) == 1:
        return FoundGene(gene=same[0])
    known = set(genes)
    renamed = [gene for gene in meanings(name, species) if gene in known] if name and not same else []
    if len(renamed) == 1:
        return FoundGene(gene=renamed[0], also_called=name)
    alike = dict.fromkeys([*same, *renamed, *_beginning_alike(lower, genes)])
    return FoundGene(gene="", alike=tuple(alike)[:MOST_ALIKE])


def _beginning_alike(lower: str, genes: Sequence[str]) -> list[str]:
    """Genes that begin with as much of `lower` as any does."""
    for length in range(len(lower), _SHORTEST_BEGINNING - 1, -1):
        alike = [gene for gene in genes if gene.casefold().startswith(lower[:length])]
        if alike:
            return sorted(alike, key=lambda gene: (len(gene), gene))
    return []
