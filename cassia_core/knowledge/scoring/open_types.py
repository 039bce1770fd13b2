"""The few types that a marker list leaves open, with what tells them apart: for an annotator that wants
it.
"""

from __future__ import annotations

from cassia_core.domain.contrast import Contrast
from cassia_core.domain.markers import ClusterMarkers
from cassia_core.domain.tasks import ReferenceType, Setting
from cassia_core.knowledge.content.base import KnowledgeBase, load_knowledge
from cassia_core.knowledge.content.entries import CellTypeEntry
from cassia_core.knowledge.scoring.engine import Ranking, rank_types
from cassia_core.knowledge.scoring.list_scores import species_key

LEAST_SHARE = 0.05
"""Posterior below which a type is not open any more."""
MOST_OPEN, MOST_TYPES, MOST_GENES, MOST_AGAINST = 3, 5, 8, 4


def open_types(
    markers: ClusterMarkers, setting: Setting, n_genes: int, cells: Contrast | None = None
) -> tuple[ReferenceType, ...]:
    """Types that the evidence leaves open, most likely first, then siblings of the first.

    Each comes with the genes that mark it and not the others shown, the most telling first, and with genes
    that speak against it. Empty where the list speaks for no type at all: then a reference would only
    mislead.
    """
    ranking = rank_types(markers, setting, n_genes, cells=cells)
    if ranking.support <= 0:
        return ()
    kb, species = load_knowledge(), species_key(setting.species)
    entries = _with_siblings(_open(ranking), kb)
    return tuple(_told(entry, entries, kb, species) for entry in entries)


def _open(ranking: Ranking) -> list[CellTypeEntry]:
    likely = [c.entry for c in ranking.candidates if c.share >= LEAST_SHARE][:MOST_OPEN]
    return likely or [ranking.best.entry]


def _with_siblings(types: list[CellTypeEntry], kb: KnowledgeBase) -> list[CellTypeEntry]:
    above = kb.parent(types[0])
    names = {entry.name for entry in types}
    siblings = [e for e in (kb.children(above) if above else ()) if e.name not in names]
    return [*types, *siblings][:MOST_TYPES]


def _told(
    entry: CellTypeEntry, entries: list[CellTypeEntry], kb: KnowledgeBase, species: str
) -> ReferenceType:
    """Genes of a type that no other shown type has as strongly; all of its genes where none is its own."""
    weights = {m.gene: m.weight for m in kb.markers_of(entry, species)}
    others: dict[str, float] = {}
    for other in entries:
        if other.name != entry.name:
            for marker in kb.markers_of(other, species):
                others[marker.gene] = max(others.get(marker.gene, 0.0), marker.weight)
    own = [gene for gene in weights if weights[gene] > others.get(gene, 0.0)]
    ranked = sorted(own or weights, key=lambda gene: -weights[gene])
    parent = kb.parent(entry)
    absent = tuple(entry.absent[:MOST_AGAINST]) if species == "human" else ()
    return ReferenceType(
        name=entry.name,
        kind_of=parent.name if parent else "",
        marked_by=tuple(ranked[:MOST_GENES]),
        against=absent,
    )
