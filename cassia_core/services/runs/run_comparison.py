"""Two runs side by side: whose labels changed, how far, and what was set up differently.

Labels are joined by the name of each cell where both runs read cells of the same file, whatever their
clusters; by
cluster id only where both read the same marker table. Else no label is compared, and the reason is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from cassia_core.domain.annotation import ClusterResult, Light, names_a_type
from cassia_core.domain.config import DatasetSpec
from cassia_core.domain.usage import Usage
from cassia_core.knowledge.naming.label_distance import label_distance
from cassia_core.knowledge.naming.names import everyday_name
from cassia_core.report.tables.safe_tables import csv_bytes
from cassia_core.runs.layout import RunLayout
from cassia_core.runs.store import RunRecord, find_dataset, load_record
from cassia_core.services.labels import review
from cassia_core.services.labels.review import ReviewedLabel
from cassia_core.services.runs import runs
from cassia_core.services.runs.results import DatasetResults, load_results
from cassia_core.services.runs.setup_differences import SetupDifference, setup_differences
from cassia_core.services.runs.shared_cells import adjusted_rand, cross_table, shared_cells

Basis = Literal["cells", "clusters", "none"]
Closeness = Literal["same", "near", "lineage", "different", "not_judged", "one_named", "none_named"]
AGREEMENTS: dict[Closeness, str] = {
    "same": "The same label",
    "near": "Parent or child type",
    "lineage": "Same lineage",
    "different": "Different",
    "not_judged": "Not in the ontology",
    "one_named": "Named in one run only",
    "none_named": "No name in both",
}
"""In plain words: "near" are types of which one is an ancestor of the other in the Cell Ontology, within
three steps;
"not_judged" are other words of which the ontology does not know one, so that nobody can say how far apart
they are.
"""
CHANGED: tuple[Closeness, ...] = ("different", "lineage", "near", "not_judged", "one_named")
"""What counts as another label, the most telling first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A dataset of a run."""

    run_id: str
    dataset: str
    root: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingLabel:
    """The label of a cluster, or of cells set aside from it, as it stands.

    `light`, `score` and `evidence` (0 to 100) speak of the run's own label, so a corrected one has none.
    """

    cluster: str
    label: str = ""
    original: str = ""
    edited: bool = False
    light: Light | None = None
    score: float | None = None
    evidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelPair:
    """What `n` cells (or one cluster) are called in the one run and in the other."""

    one: StandingLabel
    other: StandingLabel
    n: int
    agreement: Closeness


@dataclass(frozen=True, slots=True, kw_only=True)
class RunComparison:
    """Two datasets of two runs.

    `basis` "none" has a `refusal`, and no pairs. `only_one`, `only_other` count the cells that are in no
    cluster of
    the other side (or the clusters that it has not); `adjusted_rand` compares the clusterings of the cells
    that both
    have (1: the same, about 0: as by chance), None where clusters were joined by their ids.
    """

    sides: tuple[Side, Side]
    basis: Basis
    refusal: str = ""
    pairs: tuple[LabelPair, ...] = ()
    only_one: int = 0
    only_other: int = 0
    adjusted_rand: float | None = None
    differences: tuple[SetupDifference, ...] = ()
    spent: tuple[Usage, Usage] = (Usage(), Usage())

    @property
    def n_compared(self) -> int:
        return sum(pair.n for pair in self.pairs)

    def count(self, agreement: Closeness) -> int:
        """Cells (or clusters) that agree so."""
        return sum(pair.n for pair in self.pairs if pair.agreement == agreement)

    def changed(self) -> tuple[LabelPair, ...]:
        """Pairs of another label, the largest first."""
        return tuple(sorted((p for p in self.pairs if p.agreement in CHANGED), key=lambda p: -p.n))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """One side as it is on disk."""

    side: Side
    layout: RunLayout
    record: RunRecord
    results: DatasetResults

    @property
    def from_cells(self) -> bool:
        findings = self.results.findings
        return self.results.has_cells or (findings is not None and findings.kind == "cells")


def compare_runs(one: Side, other: Side) -> RunComparison:
    """Compare the standing labels, set-up and cost of two datasets.

    Only names, clusters and labels are read, never the matrix.

    Raises
    ------
    RunNotFound
        When a run or its dataset is not there.
    RunError
        When a record cannot be read.
    """
    first, second = _read(one), _read(other)
    about: dict[str, Any] = {
        "sides": (one, other),
        "spent": (_spent(one), _spent(other)),
        "differences": setup_differences(
            (first.record, first.results.spec), (second.record, second.results.spec)
        ),
    }
    basis, refusal = _basis(first, second)
    if basis == "cells":
        return _by_cell(first, second, about)
    if basis == "clusters":
        return _by_cluster(first, second, about)
    return RunComparison(basis="none", refusal=refusal, **about)


def state_of(side: Side) -> tuple[int, ...]:
    """Changes when anything that a comparison reads has changed."""
    layout = runs.find_run(side.run_id, side.root)
    edits = find_dataset(layout, side.dataset)[1].edits
    return tuple(p.stat().st_mtime_ns if p.exists() else 0 for p in (layout.events, layout.calls, edits))


def _read(side: Side) -> _Read:
    layout = runs.find_run(side.run_id, side.root)
    return _Read(
        side=side,
        layout=layout,
        record=load_record(layout),
        results=load_results(side.run_id, side.dataset, side.root),
    )


def _spent(side: Side) -> Usage:
    """What the calls about this dataset cost."""
    spent = runs.spending_of(side.run_id, side.root)
    return Usage.of(s.usage for s in spent if s.dataset == side.dataset)


def _basis(one: _Read, other: _Read) -> tuple[Basis, str]:
    """How the labels can be joined, or why they cannot."""
    for read in (one, other):
        if not read.results.rows:
            return "none", f"The run {_name(read)} has no labels."
    if one.from_cells != other.from_cells:
        return (
            "none",
            "One run read cells and the other a marker table: nothing says which cells a cluster of the "
            "table holds.",
        )
    return (
        _basis_of_cells(one, other)
        if one.from_cells
        else _basis_of_tables(one.results.spec, other.results.spec)
    )


def _basis_of_cells(one: _Read, other: _Read) -> tuple[Basis, str]:
    if not _same_file(one, other):
        return "none", (
            "The runs read cells of different files. Cells of the same name need not be the same cells, so "
            "their labels are not compared."
        )
    if one.results.has_cells and other.results.has_cells:
        return "cells", ""
    first, second = one.results.spec.clustering, other.results.spec.clustering
    if (
        first.cluster_column
        and first.cluster_column == second.cluster_column
        and not (first.subset_clusters or second.subset_clusters)
    ):
        return "clusters", ""
    return (
        "none",
        "The names of the cells were not kept by one of the runs, and their clusters are not the same.",
    )


def _basis_of_tables(first: DatasetSpec, second: DatasetSpec) -> tuple[Basis, str]:
    if not first.sha256 or first.sha256 != second.sha256:
        return "none", (
            "The runs read different marker tables. Clusters of the same name need not be the same clusters, "
            "so their labels are not compared."
        )
    if first.read != second.read:
        return (
            "none",
            "The runs read the same table with other columns, so its clusters need not be the same.",
        )
    return "clusters", ""


def _name(read: _Read) -> str:
    return read.record.config.title or read.results.spec.name


def _same_file(one: _Read, other: _Read) -> bool:
    """The same content, or a file that the other run wrote of its own cells."""
    first, second = one.results.spec, other.results.spec
    return (
        (bool(first.sha256) and first.sha256 == second.sha256)
        or _made_by(second.path, one)
        or _made_by(first.path, other)
    )


def _made_by(path: str, read: _Read) -> bool:
    paths = find_dataset(read.layout, read.side.dataset)[1]
    return any(Path(path).is_relative_to(folder.resolve()) for folder in (paths.folder, paths.private))


def _by_cell(one: _Read, other: _Read, about: dict) -> RunComparison:
    first, second = (
        review.grouped_cells(r.side.run_id, r.side.dataset, r.side.root, listed=_labels(r))
        for r in (one, other)
    )
    at_one, at_other = shared_cells(one.results.view, other.results.view)
    counts = cross_table(first.codes[at_one], second.codes[at_other], len(first.groups), len(second.groups))
    n = int(counts.sum())
    return RunComparison(
        basis="cells",
        pairs=tuple(_pairs(counts, _standing(one, first.groups), _standing(other, second.groups))),
        only_one=int((first.codes >= 0).sum()) - n,
        only_other=int((second.codes >= 0).sum()) - n,
        adjusted_rand=adjusted_rand(_of_clusters(counts, first.groups, second.groups)),
        **about,
    )


def _of_clusters(
    counts: np.ndarray, one: tuple[ReviewedLabel, ...], other: tuple[ReviewedLabel, ...]
) -> np.ndarray:
    """The cross table of the clusters; what a person set aside counts for the cluster it came from."""
    return (
        pd.DataFrame(counts, index=[g.cluster for g in one], columns=[g.cluster for g in other])
        .groupby(level=0)
        .sum()
        .T.groupby(level=0)
        .sum()
        .to_numpy()
    )


def _by_cluster(one: _Read, other: _Read, about: dict) -> RunComparison:
    first, second = ({label.cluster: label for label in _standing(r, _labels(r))} for r in (one, other))
    both = [cluster for cluster in first if cluster in second]
    return RunComparison(
        basis="clusters",
        pairs=tuple(_pair(first[c], second[c], 1) for c in both),
        only_one=len(first) - len(both),
        only_other=len(second) - len(both),
        **about,
    )


def _labels(read: _Read) -> tuple[ReviewedLabel, ...]:
    return review.labels(read.side.run_id, read.side.dataset, read.side.root, rows=read.results.rows)


def _standing(read: _Read, groups: tuple[ReviewedLabel, ...]) -> tuple[StandingLabel, ...]:
    rows = {row.cluster: row for row in read.results.rows}
    return tuple(_with_evidence(group, rows.get(group.cluster)) for group in groups)


def _with_evidence(group: ReviewedLabel, row: ClusterResult | None) -> StandingLabel:
    label = StandingLabel(cluster=group.id, label=group.label, original=group.original, edited=group.edited)
    if row is None or group.edited:
        return label
    return StandingLabel(
        cluster=label.cluster,
        label=label.label,
        original=label.original,
        light=row.light,
        score=row.score.value if row.score else None,
        evidence=row.evidence.score if row.evidence else None,
    )


def _pairs(
    counts: np.ndarray, one: tuple[StandingLabel, ...], other: tuple[StandingLabel, ...]
) -> Iterator[LabelPair]:
    for row, column in zip(*np.nonzero(counts), strict=True):
        yield _pair(one[row], other[column], int(counts[row, column]))


def _pair(one: StandingLabel, other: StandingLabel, n: int) -> LabelPair:
    return LabelPair(one=one, other=other, n=n, agreement=agreement_of(one.label, other.label))


def agreement_of(one: str, other: str) -> Closeness:
    """How near two labels are by the Cell Ontology; "Unknown" and no label are no names."""
    named = names_a_type(one), names_a_type(other)
    if not all(named):
        return "one_named" if any(named) else "none_named"
    if one.casefold() == other.casefold():
        return "same"
    distance = label_distance(one, other)
    return "not_judged" if distance is None else distance.value


def pairs_table(comparison: RunComparison) -> pd.DataFrame:
    """A row per pair of clusters that share cells (or per cluster), the largest first."""
    unit = "cells" if comparison.basis == "cells" else "clusters"
    rows = [
        {"agreement": pair.agreement, unit: pair.n, **_columns("1", pair.one), **_columns("2", pair.other)}
        for pair in sorted(comparison.pairs, key=lambda p: -p.n)
    ]
    return pd.DataFrame(rows)


def _columns(side: str, label: StandingLabel) -> dict[str, object]:
    return {
        f"cluster_{side}": label.cluster,
        f"label_{side}": label.label,
        f"label_short_{side}": everyday_name(label.label),
        f"edited_{side}": label.edited,
        f"label_before_edit_{side}": label.original if label.edited else "",
        f"light_{side}": label.light or "",
        f"score_{side}": label.score,
        f"evidence_{side}": label.evidence,
    }


def comparison_csv(comparison: RunComparison) -> bytes:
    """`pairs_table` as a CSV file that no spreadsheet takes for formulas; which run is 1 and 2 is in the
    columns `run_`.
    """
    table = pairs_table(comparison)
    for number, side in enumerate(comparison.sides, start=1):
        table[f"run_{number}"], table[f"dataset_{number}"] = side.run_id, side.dataset
    return csv_bytes(table)
