"""The genes that a label lets expect: found, silent though measured, or not measured."""

from __future__ import annotations

from dataclasses import dataclass

from cassia_core.domain.annotation import EvidenceItem, EvidenceKind
from cassia_core.domain.markers import ClusterMarkers, ExpressionSource, GeneMeasurement
from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.content.entries import CellTypeEntry
from cassia_core.knowledge.content.symbols import current
from cassia_core.knowledge.scoring.list_scores import TELLING, Scores

ASKED = 20
"""Markers of a type that are looked up in the data, the most telling first."""
EXPRESSED_PCT, SILENT_PCT = 0.15, 0.05
ENRICHED_LOG2FC = 0.25
LEAST_PART = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Findings on the markers of a type. `silent_share` is by weight, among those that were measured or
    listed.
    """

    items: tuple[EvidenceItem, ...]
    supporting: tuple[str, ...]
    silent: tuple[str, ...]
    silent_share: float


def weigh_expected(
    entry: CellTypeEntry,
    markers: ClusterMarkers,
    scores: Scores,
    setting: Setting,
    expression: ExpressionSource | None,
) -> Expected:
    """Look the markers of `entry` up in the list and, where there are values, in the data.

    A gene that a list or a small panel does not hold is "not measured", which says nothing. Silent is only
    what was
    measured in this cluster and found low, or listed for other clusters only.
    """
    listed, weights = _listed(entry, scores)
    # Beside the genes on the list those are asked for that should be there: a missing marker says as much as
    # a present one.
    own = {m.gene: m.weight for m in load_knowledge().markers_of(entry, scores.profiles.species)}
    asked = [gene for gene in sorted(own, key=lambda gene: -own[gene])[:ASKED] if gene not in listed]
    measured = _measure(markers, (*listed.values(), *asked), expression)
    items = [
        _supporting(name, weight, entry, measured.get(name))
        for name, weight in zip(listed.values(), weights, strict=True)
    ]
    for gene in asked:
        if item := _look(gene, own[gene], entry, measured.get(gene)):
            items.append(item)
    supporting = [i for i in items if i.kind == "supporting"]
    silent = [i for i in items if i.kind == "silent"]
    against = sum(i.weight for i in silent)
    total = against + sum(i.weight for i in supporting)
    return Expected(
        items=tuple(items),
        supporting=tuple(i.gene for i in supporting),
        silent=tuple(i.gene for i in silent),
        silent_share=against / total if total else 0.0,
    )


def _listed(entry: CellTypeEntry, scores: Scores) -> tuple[dict[str, str], list[float]]:
    """Genes of the list that speak for the type (today's symbol -> symbol as listed), with what each one
    says.

    A gene that speaks far more strongly for some other type is not counted as support.
    """
    gain, species = scores.profiles.gain, scores.profiles.species
    column = scores.profiles.column[entry.name]
    listed, weights = {}, []
    for gene, row, weight in zip(scores.genes, scores.rows, scores.weights, strict=True):
        says = float(gain[row, column])
        # A gene that another type explains far better is no support, even though it fits.
        if says * weight > TELLING and says > LEAST_PART * float(gain[row].max()):
            listed[current(gene, species)] = gene
            weights.append(round(says * float(weight), 2))
    return listed, weights


def _measure(
    markers: ClusterMarkers, genes: tuple[str, ...], expression: ExpressionSource | None
) -> dict[str, GeneMeasurement]:
    if expression is not None:
        return dict(zip(genes, expression.measure(markers.cluster, genes), strict=True))
    return {
        g.gene: GeneMeasurement(
            gene=g.gene,
            status="measured_here",
            pct_in=g.pct_in,
            pct_out=g.pct_out,
            log2fc=g.log2fc,
            rank=g.rank,
            pval_adj=g.pval_adj,
        )
        for g in markers.genes
    }


def _supporting(
    name: str, weight: float, entry: CellTypeEntry, measured: GeneMeasurement | None
) -> EvidenceItem:
    return EvidenceItem(
        gene=name,
        kind="supporting",
        weight=weight,
        points_to=entry.name,
        measured=measured,
        text=f"{name} marks {entry.name} and is among the cluster's markers.",
    )


def _look(
    gene: str, weight: float, entry: CellTypeEntry, measured: GeneMeasurement | None
) -> EvidenceItem | None:
    """What a marker outside the list says, by its measured values; None when it says nothing worth a row."""

    def item(kind: EvidenceKind, text: str, factor: float = 1.0) -> EvidenceItem:
        return EvidenceItem(
            gene=gene,
            kind=kind,
            weight=round(weight * factor, 2),
            points_to=entry.name,
            text=text,
            measured=measured,
        )

    if measured is None or measured.status == "not_in_table":
        return item("not_measured", f"{gene} marks {entry.name}; nothing is known of it here.")
    if measured.status == "not_in_data":
        return item("not_measured", f"{gene} marks {entry.name} but was not measured.")
    if measured.status == "only_elsewhere":
        text = (
            f"{gene} marks {entry.name} and is listed for cluster {measured.top_cluster}, not for this one."
        )
        # Half the weight: lists are cut at a number of genes, so absence from one is weaker than a low
        # measured value.
        return item("silent", text, 0.5)
    pct, change = measured.pct_in, measured.log2fc
    # Expressed by enough cells and more than elsewhere, though not among the top genes: 0.7 of the weight.
    if pct is not None and pct >= EXPRESSED_PCT and (change is None or change >= ENRICHED_LOG2FC):
        text = f"{gene} marks {entry.name}; {pct:.0%} of the cells express it, more than elsewhere."
        return item("supporting", text, 0.7)
    if pct is not None and pct < SILENT_PCT:
        return item("silent", f"{gene} marks {entry.name} but only {pct:.0%} of the cells express it.")
    if change is not None and change < 0:
        return item("silent", f"{gene} marks {entry.name} but is lower here than elsewhere.", 0.5)
    return None
