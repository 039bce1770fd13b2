"""Cells that leave before clustering: those that fail quality control."""

from __future__ import annotations

from dataclasses import replace

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse

from cassia_core.data.cells.subset import keep_cells
from cassia_core.data.clustering.clustering_steps import Steps
from cassia_core.data.clustering.expression_matrix import COUNT_STATES, matrix_at
from cassia_core.data.clustering.samples import samples_of
from cassia_core.data.h5ad.own_columns import keep_as_original
from cassia_core.data.quality.cell_metrics import METRICS, cell_metrics
from cassia_core.data.quality.doublets import doublet_scores
from cassia_core.data.quality.quality_limits import failing
from cassia_core.domain.config import QCParams
from cassia_core.domain.findings import Findings, MatrixInfo
from cassia_core.errors import AnnDataError

REMOVED_KEY = "cassia_removed_cells"
_COUNT_LIMITS = ("min_counts", "max_counts")


def remove_cells(
    adata: ad.AnnData, findings: Findings, source: MatrixInfo | None, qc: QCParams, steps: Steps
) -> pd.DataFrame:
    """Measure every cell and take out those that fail; all-zero cells always go.

    Adds the columns of `METRICS` to `adata.obs` where it has none of that name (`n_counts` from counts only;
    a
    percentage that the file gives as a share from 0 to 1 is kept as `<name>_original`), `doublet_score` and
    `predicted_doublet` where doublets are scored (a file's own become `<name>_original`), and
    `uns["cassia_removed_cells"]` (names and reasons) where cells were removed. Returns the removed cells
    (columns
    `cell`, `reason`).

    Raises
    ------
    AnnDataError
        When no cell is left.
    """
    location = findings.counts or (source.location if source else "")
    if not location:
        return _NONE.copy()
    with steps.stage("qc") as done:
        matrix, genes = matrix_at(adata, location)
        state = next((m.state for m in findings.matrices if m.location == location), "unknown")
        is_counts = state in COUNT_STATES
        if not is_counts and any(getattr(qc, name) is not None for name in _COUNT_LIMITS):
            steps.notice("The file has no counts, so the limits on the number of counts were not used.")
            # Sums of logarithms are no counts: a limit on them would take out other cells than a person
            # means.
            qc = replace(qc, min_counts=None, max_counts=None)
        metrics = cell_metrics(matrix, genes, is_log=not is_counts)
        metrics.index = adata.obs_names
        add_quality_columns(adata, metrics, is_counts, steps)
        if qc.score_doublets or qc.max_doublet_score is not None:
            _score_doublets(adata, matrix, metrics, qc, is_counts, steps)
        reason = failing(metrics, qc)
        gone = (reason != "").to_numpy()
        removed = pd.DataFrame({"cell": adata.obs_names[gone], "reason": reason[gone].to_numpy()})
        done.summary = removed_in_words(removed, adata.n_obs)
        if len(removed) == adata.n_obs:
            raise AnnDataError("No cell is left after quality control.", done.summary, "Choose wider limits.")
        if len(removed):
            steps.notice(done.summary)
            del matrix
            keep_cells(adata, ~gone)
            adata.uns[REMOVED_KEY] = {
                "cell": removed["cell"].to_numpy(dtype=str),
                "reason": removed["reason"].to_numpy(dtype=str),
            }
    return removed


def add_quality_columns(adata: ad.AnnData, metrics: pd.DataFrame, is_counts: bool, steps: Steps) -> None:
    """Put what was measured of every cell into `obs`, where the file has no column of that name."""
    for name in METRICS:
        if name in adata.obs and _holds_shares(adata.obs[name], metrics[name]):
            steps.notice(
                f"The file's own column {name} holds shares from 0 to 1. It is kept as "
                f"{keep_as_original(adata.obs, name)}; {name} holds percentages."
            )
        elif name in adata.obs or (name == "n_counts" and not is_counts):
            continue
        adata.obs[name] = metrics[name].to_numpy(dtype=np.float32 if name.startswith("pct_") else None)


def _holds_shares(own: pd.Series, measured: pd.Series) -> bool:
    """Whether a file's own column of a percentage goes from 0 to 1, where its cells have more than 1 %."""
    return (
        str(own.name).startswith("pct_")
        and own.dtype.kind == "f"
        and bool(own.astype(float).max() <= 1 < measured.max())
    )


def _score_doublets(
    adata: ad.AnnData,
    matrix: sparse.csr_matrix,
    metrics: pd.DataFrame,
    qc: QCParams,
    is_counts: bool,
    steps: Steps,
) -> None:
    """Adds `doublet_score` to `metrics` and to `adata.obs`, there with `predicted_doublet`."""
    if not is_counts:
        steps.notice("The file has no counts, so doublets could not be scored.")
        return
    # A droplet without a count cannot be normalised, and is taken out anyway.
    filled = (metrics["n_genes"] > 0).to_numpy()
    samples = samples_of(adata, qc.sample_column)[filled] if qc.sample_column else None
    scored = doublet_scores(matrix[filled], samples, notice=steps.notice, check=steps.check)
    scored.index = adata.obs_names[filled]
    metrics["doublet_score"] = scored["doublet_score"].reindex(metrics.index)
    for name in ("doublet_score", "predicted_doublet"):
        if name in adata.obs:
            steps.notice(f"The file's own column {name} is kept as {keep_as_original(adata.obs, name)}.")
    adata.obs["doublet_score"] = metrics["doublet_score"]
    adata.obs["predicted_doublet"] = scored["predicted_doublet"].reindex(metrics.index, fill_value=False)


def removed_in_words(removed: pd.DataFrame, n_cells: int) -> str:
    """How many cells were removed, and why."""
    if removed.empty:
        return f"all {n_cells:,} cells stay"
    parts = [f"{reason} {n:,}" for reason, n in removed["reason"].value_counts().items()]
    return f"{len(removed):,} of {n_cells:,} cells were removed ({', '.join(parts)})"


_NONE = pd.DataFrame({"cell": pd.Series(dtype=str), "reason": pd.Series(dtype=str)})
