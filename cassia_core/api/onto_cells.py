"""CASSIA's names for tables that go to and from cells in memory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cassia_core.api.verbs import AnnotatedRun
from cassia_core.services.intake import cassia_onto_cells, scanpy_markers

if TYPE_CHECKING:
    import anndata as ad
    import pandas as pd


def add_cassia_to_anndata(
    adata: ad.AnnData,
    cassia_results: AnnotatedRun | str | os.PathLike | pd.DataFrame,
    cluster_col: str | None = None,
    cassia_cluster_col: str = "Cluster ID",
    prefix: str = "CASSIA_",
    replace_existing: bool = False,
    fuzzy_match: bool = True,
    columns_to_include: int = 2,
    inplace: bool = True,
) -> ad.AnnData | None:
    """Write labels onto cells by exact cluster id.

    Parameters
    ----------
    adata
        Cells; only `obs` is changed.
    cassia_results
        A finished run, or the table (or the path) of a `_scored.csv`.
    cluster_col
        Column of `adata.obs` with the cluster ids that were annotated; None: the one column whose values hold
        the ids of the results.
    cassia_cluster_col
        Column of the results with the cluster ids, where it is not called `cluster`.
    prefix
        Beginning of the names of the columns that are written.
    replace_existing
        False: a column that is there already is refused, not written over, unless it holds the same.
    fuzzy_match
        Without effect: clusters that are only called alike are not the same.
    columns_to_include
        2: labels, groupings and score; 1: the groupings and the score only.
    inplace
        False: `adata` is left as it is and a copy is returned.

    Returns
    -------
    AnnData
        With `obs["CASSIA_celltype_1"]` to `_3`, `obs["CASSIA_merged_grouping_1"]` to `_3` and
        `obs["CASSIA_score"]`. Cells whose cluster has no label get a missing value.
    """
    table = cassia_results.scored if isinstance(cassia_results, AnnotatedRun) else cassia_results
    return cassia_onto_cells.join(
        adata,
        table,
        cluster_col,
        results_column=cassia_cluster_col,
        prefix=prefix,
        replace_existing=replace_existing,
        columns_to_include=columns_to_include,
        inplace=inplace,
    )


def enhance_scanpy_markers(
    adata: ad.AnnData,
    cluster_col: str | None = None,
    n_genes: int | None = None,
    min_expression: float = 0.0,
    include_stats: bool = True,
    key: str = "rank_genes_groups",
) -> pd.DataFrame:
    """The markers that scanpy ranked, with the share of cells that express each in the cluster and outside.

    Parameters
    ----------
    adata
        Cells after `scanpy.tl.rank_genes_groups`; read only.
    cluster_col
        Column of `obs` with the groups that were ranked; None: the one that scanpy noted.
    n_genes
        Genes per cluster; None: all that were ranked.
    min_expression
        A cell expresses a gene when its value is above this.
    include_stats
        False: only `cluster`, `gene` and the two shares.
    key
        Entry of `adata.uns` that scanpy wrote.

    Returns
    -------
    pandas.DataFrame
        `cluster`, `gene`, `pct.1`, `pct.2` (0 to 1), `avg_log2FC`, `p_val`, `p_val_adj`, `scores`,
        best first.
    """
    return scanpy_markers.enhanced(
        adata, cluster_col, n_genes, min_expression=min_expression, include_stats=include_stats, key=key
    )
