"""Markers that scanpy ranked, with the shares of cells that express them."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd

from cassia_core.domain.config import check
from cassia_core.errors import InputError

_NAMES = {
    "names": "gene",
    "logfoldchanges": "avg_log2FC",
    "pvals": "p_val",
    "pvals_adj": "p_val_adj",
    "scores": "scores",
}


def enhanced(
    adata: ad.AnnData,
    cluster_col: str | None,
    n_genes: int | None,
    *,
    min_expression: float,
    include_stats: bool,
    key: str,
) -> pd.DataFrame:
    """See `api.onto_cells.enhance_scanpy_markers`.

    Raises
    ------
    InputError
        When scanpy has not ranked genes under `key`, or the column of clusters is not there.
    """
    check(n_genes is None or n_genes >= 1, "n_genes", n_genes, "a whole number from 1")
    if key not in adata.uns:
        raise InputError(
            f"The cells have no ranked genes called {key}.",
            "scanpy writes them to `adata.uns`.",
            "Call `scanpy.tl.rank_genes_groups` first.",
        )
    ranked, said = adata.uns[key], adata.uns[key].get("params", {})
    column = cluster_col or said.get("groupby")
    if column not in adata.obs:
        raise InputError(
            f"The cells have no column {column}.",
            "It holds the ranked groups.",
            "Name it with `cluster_col`.",
        )
    source = adata.raw if said.get("use_raw") and adata.raw is not None else adata
    matrix = adata.layers[said["layer"]] if said.get("layer") else source.X
    clusters = adata.obs[column].astype(str).to_numpy()
    parts = [
        _of_group(ranked, group, n_genes, matrix, source.var_names, clusters == group, min_expression)
        for group in ranked["names"].dtype.names
    ]
    table = pd.concat(parts, ignore_index=True)
    return table if include_stats else table[["cluster", "gene", "pct.1", "pct.2"]]


def _of_group(ranked, group, n_genes, matrix, genes, inside, least) -> pd.DataFrame:
    columns = {
        name: np.asarray(ranked[own][group])[:n_genes] for own, name in _NAMES.items() if own in ranked
    }
    frame = pd.DataFrame({"cluster": group, **columns})
    at = genes.get_indexer(frame["gene"])
    frame["pct.1"] = _share(matrix[inside][:, at], least)
    frame["pct.2"] = _share(matrix[~inside][:, at], least)
    first = ["cluster", "gene", "pct.1", "pct.2"]
    return frame[first + [name for name in frame.columns if name not in first]]


def _share(values, least: float) -> np.ndarray:
    """Share of rows above `least`, per column; NaN without rows."""
    if not values.shape[0]:
        return np.full(values.shape[1], np.nan)
    return np.asarray((values > least).mean(axis=0), dtype=float).ravel()
