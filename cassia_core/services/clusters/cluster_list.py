"""The table of clusters: which rows a person asked for, and the same rows as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from cassia_core.data.h5ad.labels import match_of
from cassia_core.domain.annotation import ClusterResult, ClusterStatus, Light, deserves_a_look
from cassia_core.knowledge.cells.words import several
from cassia_core.knowledge.naming.lineages import family_of
from cassia_core.knowledge.naming.names import everyday_name
from cassia_core.report.tables.safe_tables import csv_bytes
from cassia_core.services.labels.review import ReviewedLabel

TOP_MARKERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the table shows; an empty part means all of it.

    `text`: words that must all be found, each in the label or its everyday name, as the beginning of the
    cluster's name, or as the beginning of one of its marker genes; `families`: lineages as `family_of` names
    them.
    """

    text: str = ""
    lights: tuple[Light | None, ...] = ()
    statuses: tuple[ClusterStatus, ...] = ()
    families: tuple[str, ...] = ()


def label_in(row: ClusterResult, labels: Mapping[str, ReviewedLabel]) -> str:
    """The label of a row as it stands."""
    return labels[row.cluster].label if row.cluster in labels else row.label


def name_in(row: ClusterResult, labels: Mapping[str, ReviewedLabel]) -> str:
    """The everyday name of a row's label as it stands; a person's own words as typed."""
    return labels[row.cluster].short if row.cluster in labels else everyday_name(row.label)


def light_in(row: ClusterResult, labels: Mapping[str, ReviewedLabel]) -> Light | None:
    """The light of the label as it stands: None where a person gave it, because the run's light is of its own
    label.
    """
    return None if row.cluster in labels and labels[row.cluster].edited else row.light


def to_look_at(
    rows: Sequence[ClusterResult], labels: Mapping[str, ReviewedLabel]
) -> tuple[ClusterResult, ...]:
    """The rows that a person should look at and has neither corrected nor accepted, in their order."""
    settled = {c for c, label in labels.items() if label.edited or label.accepted}
    return tuple(r for r in rows if deserves_a_look(r) and r.cluster not in settled)


def matching(
    rows: Sequence[ClusterResult], labels: Mapping[str, ReviewedLabel], wanted: Wanted
) -> tuple[ClusterResult, ...]:
    """The rows that fit, in their order."""
    words = wanted.text.casefold().split()
    return tuple(
        row
        for row in rows
        if all(_found(word, row, f"{label_in(row, labels)} {name_in(row, labels)}") for word in words)
        and (not wanted.lights or light_in(row, labels) in wanted.lights)
        and (not wanted.statuses or row.status in wanted.statuses)
        and (not wanted.families or family_of(label_in(row, labels)) in wanted.families)
    )


def _found(word: str, row: ClusterResult, label: str) -> bool:
    return (
        word in label.casefold()
        or row.cluster.casefold().startswith(word)
        or any(gene.casefold().startswith(word) for gene in row.markers)
    )


def kinds_of(row: ClusterResult) -> str:
    """The kinds of cells inside a cluster with their numbers, where there are several; "" else."""
    if row.inside is None or len(row.inside.kinds) < 2:
        return ""
    return ", ".join(f"{kind.n_cells:,} {several(kind.label, kind.n_cells)}" for kind in row.inside.kinds)


def families_of(rows: Sequence[ClusterResult], labels: Mapping[str, ReviewedLabel]) -> tuple[str, ...]:
    """Lineages that the labels belong to, most clusters first."""
    counts = pd.Series([family_of(label_in(row, labels)) for row in rows], dtype=object).value_counts()
    return tuple(counts.index)


def cluster_csv(rows: Sequence[ClusterResult], labels: Mapping[str, ReviewedLabel]) -> bytes:
    """These rows as CSV that no spreadsheet takes for formulas (UTF-8)."""
    return csv_bytes(pd.DataFrame([_record(row, labels.get(row.cluster)) for row in rows], dtype=object))


def _record(row: ClusterResult, label: ReviewedLabel | None) -> dict[str, object]:
    term = label.term if label else row.detailed_term
    name = label.label if label else row.label
    return {
        "cluster": row.cluster,
        "cell_type": name,
        "cell_type_short": everyday_name(name),
        "cl_id": term.cl_id if term else "",
        "cl_match": match_of(term),
        "edited": bool(label and label.edited),
        "accepted": bool(label and label.accepted),
        "status": row.status,
        "run_cell_type": row.label,
        "run_confidence": row.light or "",
        "run_evidence": row.evidence.score if row.evidence else None,
        "run_score": row.score.value if row.score else None,
        "n_cells": label.n_cells if label else row.n_cells,
        "top_markers": ", ".join(row.markers[:TOP_MARKERS]),
        "inside": kinds_of(row),
        "why_look": row.reason or row.light_reason,
    }
