"""Labels of a finished run onto cells that a person holds in memory."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import pandas as pd

from cassia_core.errors import InputError
from cassia_core.own_files import require_readable
from cassia_core.report.tables.safe_tables import unguard

COLUMNS = {
    "celltype_1": "CASSIA_celltype_1",
    "celltype_2": "CASSIA_celltype_2",
    "celltype_3": "CASSIA_celltype_3",
    "CASSIA_merged_grouping_1": "CASSIA_merged_grouping_1",
    "CASSIA_merged_grouping_2": "CASSIA_merged_grouping_2",
    "CASSIA_merged_grouping_3": "CASSIA_merged_grouping_3",
    "Score": "CASSIA_score",
}

_ID_COLUMNS = ("Cluster ID", "cluster", "True Cell Type", "Result ID")
"""What columns of cluster ids are called, by this program and by the original."""


def read_table(path: Path) -> pd.DataFrame:
    """A table of a run, its cluster ids exactly as in the data, also those called "NA", "01" or "+T"."""
    require_readable(path)
    return pd.read_csv(path, converters=dict.fromkeys(_ID_COLUMNS, unguard))


def join_scored(adata: ad.AnnData, table: pd.DataFrame, cluster_col: str) -> ad.AnnData:
    """Join the columns of a `_scored.csv` onto `adata.obs` by exact cluster id.

    Returns
    -------
    AnnData
        `adata` itself. Cells whose cluster is not in the table, or has no label, get a missing value.

    Raises
    ------
    InputError
        When the column is missing, none of its clusters is in the table, or one is there twice.
    """
    if cluster_col not in adata.obs:
        raise InputError(
            f"The cells have no column {cluster_col}.",
            "Columns: " + ", ".join(adata.obs.columns) + ".",
            "Name the column that holds the clusters that were annotated.",
        )
    clusters = adata.obs[cluster_col].astype(object).map(lambda c: c if pd.isna(c) else str(c))
    rows = table.assign(cluster=table["cluster"].astype(str).map(unguard)).set_index("cluster")
    if not rows.index.is_unique:
        twice = _some(rows.index[rows.index.duplicated()].unique())
        raise InputError(
            "Some clusters stand in the results more than once.",
            f"They are: {twice}.",
            "Give the results of one dataset: the table of its own `_scored.csv`.",
        )
    if not clusters.dropna().isin(rows.index).any():
        raise InputError(
            f"No cluster of {cluster_col} is in the results.",
            f"Cells: {_some(clusters.dropna().unique())}. Results: {_some(rows.index)}.",
            "Use the column that was annotated; names are matched exactly.",
        )
    for source, target in COLUMNS.items():
        values = clusters.map(rows[source])
        adata.obs[target] = values if source == "Score" else pd.Categorical(values)
    return adata


def _some(names) -> str:
    listed = [str(n) for n in names]
    return ", ".join(listed[:8]) + (", ..." if len(listed) > 8 else "")
