"""How the samples of a dataset are made up of cell types."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cassia_core.data.view.view_store import Column, View
from cassia_core.domain.config import DatasetSpec
from cassia_core.domain.findings import Findings

MOST_SAMPLES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleCounts:
    """Cells per sample and cluster, shape (n_samples, n_clusters); `column` is where the samples come
    from.
    """

    column: str
    samples: tuple[str, ...]
    clusters: tuple[str, ...]
    cells: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleBar:
    """One stacked bar: the share (0 to 1) of each type that is there, as (type, share), and the number of
    cells.
    """

    sample: str
    parts: tuple[tuple[str, float], ...]
    n_cells: int


def sample_counts(
    view: View, clusters: Column, spec: DatasetSpec, findings: Findings | None
) -> SampleCounts | None:
    """Count cells by sample and by `clusters`; None when no column holds 2 to `MOST_SAMPLES` samples.

    The column is the one named for doublets or batches, else the first that looks like samples.
    """
    named = [spec.qc.sample_column, spec.clustering.batch_column]
    guessed = [c.name for c in findings.obs_columns if c.looks_like == "sample"] if findings else []
    sizes = {
        c.name: c.n_values for c in view.columns() if c.kind == "categorical" and c.name != view.cluster_key
    }
    fit = [
        name for name in (*named, *guessed) if name is not None and 2 <= sizes.get(name, 0) <= MOST_SAMPLES
    ]
    if not fit:
        return None
    samples = view.column(fit[0])
    both = (samples.codes >= 0) & (clusters.codes >= 0)
    n = len(clusters.categories)
    pairs = np.bincount(
        samples.codes[both].astype(np.int64) * n + clusters.codes[both], minlength=len(samples.categories) * n
    )
    return SampleCounts(
        column=fit[0],
        samples=samples.categories,
        clusters=clusters.categories,
        cells=pairs.reshape(len(samples.categories), n),
    )


def sample_bars(counts: SampleCounts, type_of: dict[str, str], types: Sequence[str]) -> tuple[SampleBar, ...]:
    """A bar per sample, parts in the order of `types`; clusters that `type_of` does not know are left out."""
    bars = []
    for sample, cells in zip(counts.samples, counts.cells, strict=True):
        total = int(cells.sum())
        of_type = dict.fromkeys(types, 0)
        for cluster, n in zip(counts.clusters, cells, strict=True):
            if cluster in type_of:
                of_type[type_of[cluster]] += int(n)
        parts = tuple((name, n / total) for name, n in of_type.items() if n) if total else ()
        bars.append(SampleBar(sample=sample, parts=parts, n_cells=total))
    return tuple(bars)
