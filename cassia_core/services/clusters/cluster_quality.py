"""Quality of the cells of each cluster, from the view that the worker wrote; and the cells that were set
aside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cassia_core.data.view.view_store import Column, View
from cassia_core.report.tables.safe_tables import unguard
from cassia_core.runs.store import find_dataset
from cassia_core.services.runs.runs import find_run

METRICS = ("n_genes", "n_counts", "pct_mito", "doublet_score")
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
DOUBLET_RATIO, DOUBLET_GAP = 2.0, 0.1
"""A cluster is flagged when its mean doublet score is so many times, and by so much, above that of the other
cells.
"""
DOUBLET_SHARE = 0.25
"""It is flagged too when so large a share lies above Scrublet's threshold, and twice the others' share."""
MITO_RATIO, MITO_GAP = 2.0, 5.0
"""A cluster is flagged when its median mitochondrial share is so many times, and by so many points, above the
others'.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSpread:
    """Quantiles of one measurement among the cells of a cluster: 5, 25, 50, 75 and 95 %, and the mean."""

    low: float
    quarter: float
    median: float
    three_quarters: float
    high: float
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterQuality:
    """Quality of one cluster. What was not measured is None.

    `doublet_share` is the share (0 to 1) of its scored cells above the threshold that Scrublet chose; `flags`
    are
    sentences on what to look at. They change no label.
    """

    cluster: str
    n_cells: int
    n_genes: MetricSpread | None = None
    n_counts: MetricSpread | None = None
    pct_mito: MetricSpread | None = None
    doublet_score: MetricSpread | None = None
    doublet_share: float | None = None
    flags: tuple[str, ...] = ()


def cluster_quality(view: View) -> tuple[ClusterQuality, ...]:
    """Quality of every cluster, in the order of the view."""
    clusters = view.column(view.cluster_key)
    known = {c.name: c.kind for c in view.columns()}
    values = {name: view.column(name).values for name in METRICS if known.get(name) == "numeric"}
    called = _called(view.column("predicted_doublet"), values) if "predicted_doublet" in known else None
    return tuple(
        _of_cluster(name, clusters.codes == code, clusters.codes >= 0, values, called)
        for code, name in enumerate(clusters.categories)
    )


def _called(column: Column, values: dict[str, np.ndarray]) -> np.ndarray | None:
    """1 for a cell that Scrublet calls a doublet, 0 for one that it does not, NaN for one without a score."""
    if column.kind != "categorical" or "doublet_score" not in values:
        return None
    is_doublet = np.array([*(c == "True" for c in column.categories), False])[column.codes]
    return np.where(np.isfinite(values["doublet_score"]), is_doublet, np.nan)


def _of_cluster(
    name: str, inside: np.ndarray, named: np.ndarray, values: dict[str, np.ndarray], called: np.ndarray | None
) -> ClusterQuality:
    spreads = {metric: _spread(of_cell[inside]) for metric, of_cell in values.items()}
    others = {metric: _spread(of_cell[named & ~inside]) for metric, of_cell in values.items()}
    share, share_others = (
        (None, None) if called is None else (_mean(called[inside]), _mean(called[named & ~inside]))
    )
    flags = (
        _doublets(spreads.get("doublet_score"), others.get("doublet_score"), share, share_others),
        _mitochondrial(spreads.get("pct_mito"), others.get("pct_mito")),
    )
    return ClusterQuality(
        cluster=name,
        n_cells=int(inside.sum()),
        doublet_share=share,
        flags=tuple(f for f in flags if f),
        **spreads,
    )


def _spread(values: np.ndarray) -> MetricSpread | None:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return None
    return MetricSpread(
        **dict(
            zip(
                ("low", "quarter", "median", "three_quarters", "high"),
                map(float, np.quantile(finite, _QUANTILES)),
                strict=True,
            )
        ),
        mean=float(finite.mean()),
    )


def _mean(values: np.ndarray) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else None


def _doublets(
    here: MetricSpread | None, others: MetricSpread | None, share: float | None, share_others: float | None
) -> str:
    if here is None or others is None:
        return ""
    much = here.mean >= DOUBLET_RATIO * others.mean and here.mean >= others.mean + DOUBLET_GAP
    many = share is not None and share_others is not None and share >= max(DOUBLET_SHARE, 2 * share_others)
    if not much and not many:
        return ""
    above = (
        ""
        if share is None or share_others is None
        else f"; {share:.0%} of its cells are above Scrublet's threshold, of the others {share_others:.0%}"
    )
    return f"May be doublets: mean score {here.mean:.2f}, others {others.mean:.2f}{above}."


def _mitochondrial(here: MetricSpread | None, others: MetricSpread | None) -> str:
    if here is None or others is None:
        return ""
    if here.median < MITO_RATIO * others.median or here.median < others.median + MITO_GAP:
        return ""
    return (
        f"Many mitochondrial reads: median {here.median:.0f} %, others {others.median:.0f} %. These may be "
        "dying cells; "
        "heart, muscle and kidney cells have many by nature."
    )


def removed_cells(run_id: str, dataset: str, root: Path | None = None) -> pd.DataFrame:
    """Cells that were set aside before clustering (columns `cell`, `reason`), none when all stayed."""
    _, paths = find_dataset(find_run(run_id, root), dataset)
    if not paths.removed_cells.exists():
        return pd.DataFrame({"cell": pd.Series(dtype=str), "reason": pd.Series(dtype=str)})
    as_written: dict[str, Callable[[str], Any]] = {"cell": unguard, "reason": str}
    return pd.read_csv(paths.removed_cells, converters=as_written)


def removed_cells_csv(run_id: str, dataset: str, root: Path | None = None) -> bytes:
    """The same as a CSV file that opens in a spreadsheet without running anything; b"" when all stayed."""
    _, paths = find_dataset(find_run(run_id, root), dataset)
    return paths.removed_cells.read_bytes() if paths.removed_cells.exists() else b""
