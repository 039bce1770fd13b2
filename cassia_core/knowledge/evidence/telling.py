"""Which genes tell a label from its nearest rival, and the evidence put in that order, in few words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from cassia_core.domain.annotation import ClusterResult, Evidence, EvidenceItem
from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.content.entries import CellTypeEntry
from cassia_core.knowledge.content.symbols import current
from cassia_core.knowledge.naming.labelled import read_label
from cassia_core.knowledge.naming.names import everyday_name
from cassia_core.knowledge.scoring.list_scores import species_key

Part = Literal["tells_apart", "shared", "against", "silent", "cited", "beside", "not_measured"]
PARTS: tuple[Part, ...] = ("tells_apart", "shared", "against", "silent", "cited", "beside", "not_measured")
"""Parts of an evidence in the order in which it is read."""
CLEARLY = 2.0
"""Steps of weight (1 to 3) by which a gene must say more of the label than of its rival to tell them apart.
"""
_PART_OF_KIND: dict[str, Part] = {
    "conflicting": "against",
    "silent": "silent",
    "unexpected": "beside",
    "cited_not_in_list": "cited",
    "cited_not_in_data": "cited",
    "not_measured": "not_measured",
}
_HEADS: dict[Part, str] = {
    "against": "Speak against it",
    "silent": "Expected, but silent here",
    "cited": "Named by the agents, but not found",
    "beside": "Not expected",
    "not_measured": "Expected, but not measured",
}
OF_A_KIND = 0.5
"""Part of its weight that a marker of a kind counts for the broader type."""
LEAST_SHARED = 3.0
"""Summed weight of shared genes from which the label of another cluster is a rival."""
MOST_ASKED = 25
"""Genes of a label, the strongest first, that are looked at for a plot."""
DOUBTS: tuple[Part, ...] = ("against", "silent", "cited", "beside")
"""Parts that are shown among the first rows even where much speaks for the label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLine:
    """One gene of the evidence, its part, and what it says beyond the head of that part ("" for nothing)."""

    item: EvidenceItem
    part: Part
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceReading:
    """An evidence by `PARTS`, in each what says more first. `rival`: the type nearest to the label, or ""."""

    rival: str
    lines: tuple[EvidenceLine, ...]

    def head(self, part: Part) -> str:
        """The words above a part; those of the first two name the rival, so that no row needs to."""
        if part in _HEADS:
            return _HEADS[part]
        if not self.rival:
            return "Speak for it"
        rival = everyday_name(self.rival)
        return f"Tell it from {rival}" if part == "tells_apart" else f"Shared with {rival}"

    def first(self, n: int) -> EvidenceReading:
        """The `n` lines to show first: the most telling support, and every kind of doubt."""
        doubts = [line for line in self.lines if line.part in DOUBTS]
        support = [line for line in self.lines if line.part in ("tells_apart", "shared")]
        supporting = support[: max(n - len(doubts), (n + 1) // 2)]
        return replace(self, lines=tuple([*supporting, *doubts][:n]))


def read_evidence(evidence: Evidence, species: str, others: Iterable[str] = ()) -> EvidenceReading:
    """Put the genes of an evidence in reading order.

    Parameters
    ----------
    evidence
        Of any run, also an earlier version's.
    species
        Of the sample; decides which lists of the knowledge base speak.
    others
        Labels of the other clusters: a person wants to know what tells this one from them.

    Returns
    -------
    EvidenceReading
        Led by the genes that tell the label from its nearest rival; then those that both have; then what
        speaks against it, is silent, or was cited and not found.
    """
    key = species_key(species)
    rivals = _rivals(evidence, tuple(others), key)
    first, second = (*rivals, "", "")[:2]

    def difference(item: EvidenceItem, rival: str) -> float:
        return says_more(evidence.label, rival, current(item.gene, key), key)

    def place(line: EvidenceLine) -> tuple[float, ...]:
        tells = difference(line.item, first if line.part == "tells_apart" else second)
        return (PARTS.index(line.part), -tells, -line.item.weight)

    lines = (_line(item, difference(item, first)) for item in evidence.items)
    return EvidenceReading(rival=first, lines=tuple(sorted(lines, key=place)))


def telling_genes(
    rows: Sequence[ClusterResult], species: str, per_cluster: int
) -> tuple[tuple[str, ...], ...]:
    """The genes to show of each of several clusters: those that tell its label from all the others.

    Returns
    -------
    tuple of tuple of str
        For each row at most `per_cluster` genes that speak for its label, the most telling first; () for a
        row without evidence.
    """
    labels = tuple(dict.fromkeys(row.label for row in rows if row.label))
    return tuple(
        _most_telling(row.evidence, species, labels)[:per_cluster] if row.evidence else () for row in rows
    )


def _most_telling(evidence: Evidence, species: str, others: tuple[str, ...]) -> tuple[str, ...]:
    key = species_key(species)
    rivals = [other for other in dict.fromkeys(others) if not _are_kin(evidence.label, other)]
    support = [item for item in evidence.items if item.kind == "supporting"]
    asked = sorted(support, key=lambda item: -item.weight)[:MOST_ASKED]

    def tells(item: EvidenceItem) -> float:
        gene = current(item.gene, key)
        return min((says_more(evidence.label, rival, gene, key) for rival in rivals), default=0.0)

    told = {item.gene: tells(item) for item in asked}
    return tuple(item.gene for item in sorted(asked, key=lambda item: (-told[item.gene], -item.weight)))


@cache
def _are_kin(one: str, other: str) -> bool:
    """Whether two labels mean one type, or one above the other, or nobody knows one of them."""
    first, second = read_label(one), read_label(other)
    if first is None or second is None:
        return True
    kb = load_knowledge()
    return first.entry in kb.lineage(second.entry) or second.entry in kb.lineage(first.entry)


def _rivals(evidence: Evidence, others: tuple[str, ...], species: str) -> list[str]:
    """What a label could be taken for, nearest first: what shares most of the genes that speak for the label.

    Labels of other clusters come first, where they are siblings in the knowledge base or share at least half
    of what the nearest known type shares: a sibling, or the best alternative by the genes. Types above or
    below the label are no rivals of it.
    """
    labelled = read_label(evidence.label)
    if labelled is None:
        return [evidence.best_alternative] if evidence.best_alternative else []
    kb, own = load_knowledge(), labelled.entry
    above = kb.parent(own)
    siblings = [entry.name for entry in kb.children(above)] if above else []
    genes = tuple(current(gene, species) for gene in evidence.genes("supporting"))
    known = _shared(own, (*siblings, evidence.best_alternative), genes, species)
    there = _shared(own, others, genes, species)
    least = max([LEAST_SHARED, *(0.5 * weight for weight in known.values())])
    near = [other for other, weight in there.items() if weight >= least or _is_one_of(siblings, other)]
    return [*near, *(other for other in known if other not in near)]


def _is_one_of(names: Iterable[str], label: str) -> bool:
    labelled = read_label(label)
    return labelled is not None and labelled.entry.name in names


def _shared(
    own: CellTypeEntry, others: Iterable[str], genes: tuple[str, ...], species: str
) -> dict[str, float]:
    """Label to the summed weight of the genes it shares, most first; a sibling of `own` has a lead."""
    kin = {entry.name for entry in (*load_knowledge().lineage(own), *_below(own))}
    shared = {}
    for other in dict.fromkeys(others):
        labelled = read_label(other)
        if labelled is not None and labelled.entry.name not in kin:
            sibling = LEAST_SHARED if own.parent and labelled.entry.parent == own.parent else 0.0
            shared[other] = sibling + sum(_weight(labelled.entry, own, gene, species) for gene in genes)
    return dict(sorted(shared.items(), key=lambda pair: (-pair[1], pair[0])))


def _line(item: EvidenceItem, difference: float) -> EvidenceLine:
    if item.kind == "supporting":
        return EvidenceLine(item=item, part="tells_apart" if difference >= CLEARLY else "shared", says="")
    return EvidenceLine(item=item, part=_PART_OF_KIND[item.kind], says=_says(item))


def _says(item: EvidenceItem) -> str:
    """What a row adds: the type that a gene marks, or why an expected one is silent."""
    if item.kind in ("conflicting", "unexpected"):
        return f"Marks {everyday_name(item.points_to)}" if item.points_to else ""
    if item.kind == "silent":
        return _without_the_label(item)
    if item.kind == "cited_not_in_list":
        return "Not in the marker list"
    return "Not in the data" if item.kind == "cited_not_in_data" else ""


def _without_the_label(item: EvidenceItem) -> str:
    """The sentence of an expected gene, without the label that stands above the table."""
    text = item.text.removeprefix(f"{item.gene} marks {item.points_to}").lstrip(" ;")
    for joint in ("but ", "and "):
        text = text.removeprefix(joint)
    return text[:1].upper() + text[1:]


@cache
def says_more(label: str, rival: str, gene: str, species: str) -> float:
    """How much more a gene says of the label than of its rival, in steps of weight (1 to 3).

    `CLEARLY` more for a gene that nothing of the rival lists, and one more for one that the rival excludes.
    Without a known rival every gene of the label is such a gene.
    """
    labelled, against = read_label(label), read_label(rival) if rival else None
    if labelled is None:
        return 0.0
    if against is None:
        return CLEARLY + _weight(labelled.entry, None, gene, species)
    own = _weight(labelled.entry, against.entry, gene, species)
    theirs = _weight(against.entry, labelled.entry, gene, species)
    if own == 0 or theirs > 0:
        return own - theirs
    kb = load_knowledge()
    return CLEARLY + own + any(gene in kb.absent_of(e, species) for e in kb.lineage(against.entry))


def _weight(entry: CellTypeEntry, other: CellTypeEntry | None, gene: str, species: str) -> float:
    """What a gene says of a type beside another: the highest in its entry, those above and those below.

    Entries above both types say nothing of either. Those below count `OF_A_KIND`: a broad type has what its
    kinds have, but not all of it has.
    """
    kb = load_knowledge()
    above_other = {e.name for e in kb.lineage(other)} if other else set()
    above = [_markers(e.name, species).get(gene, 0.0) for e in kb.lineage(entry) if e.name not in above_other]
    below = [OF_A_KIND * _markers(e.name, species).get(gene, 0.0) for e in _below(entry)]
    return max([*above, *below], default=0.0)


@cache
def _markers(name: str, species: str) -> dict[str, float]:
    """Weights of the markers of the entry of this name."""
    kb = load_knowledge()
    entry = kb.named(name)
    return {m.gene: m.weight for m in kb.markers_of(entry, species)} if entry else {}


def _below(entry: CellTypeEntry) -> list[CellTypeEntry]:
    kb = load_knowledge()
    below = list(kb.children(entry))
    for child in below:
        below.extend(kb.children(child))
    return below
