"""Example marker tables, computed by this project from the blood cells that ship inside scanpy."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cassia_core.data.cells.load_cells import load_cells
from cassia_core.data.tables.select_markers import select_markers
from cassia_core.domain.config import MarkerParams
from cassia_core.services.intake.intake import demo_path

GROUPS = "louvain"
"""Clusters that come with those cells."""
SEURAT_NAMES = {
    "pval": "p_val",
    "log2fc": "avg_log2FC",
    "pct_in": "pct.1",
    "pct_out": "pct.2",
    "pval_adj": "p_val_adj",
    "cluster": "cluster",
    "gene": "gene",
}


def example_markers(*, processed: bool) -> pd.DataFrame:
    """Markers of eleven clusters of human blood cells.

    Returns
    -------
    pandas.DataFrame
        `processed`: `cluster`, `marker_genes`; else one row per cluster and gene with Seurat's column names.
    """
    frame = _statistics()
    if not processed:
        passing = frame[(frame["log2fc"] > 0) & (frame["pval_adj"] < 0.05)]
        return passing.rename(columns=SEURAT_NAMES)[list(SEURAT_NAMES.values())].reset_index(drop=True)
    table = select_markers(frame, MarkerParams())
    return pd.DataFrame(
        {"cluster": table.ids(), "marker_genes": [",".join(c.symbols()) for c in table.clusters]}
    )


def _statistics() -> pd.DataFrame:
    from cassia_core.data.kernels.normalise import as_csr  # compiled code: only when the example is asked for
    from cassia_core.data.kernels.rank_genes import rank_genes

    raw = load_cells(demo_path()).adata.raw.to_adata()
    groups = raw.obs[GROUPS].astype("category").cat
    matrix = as_csr(raw.X).astype(np.float32)
    names = tuple(str(c) for c in groups.categories)
    return rank_genes(matrix, tuple(raw.var_names), groups.codes.to_numpy(), names).frame()
