"""Join results onto cells under names of a person's choice."""

from __future__ import annotations

import os
from pathlib import Path

import anndata as ad
import pandas as pd

from cassia_core.domain.config import check
from cassia_core.errors import InputError
from cassia_core.report.tables.safe_tables import unguard
from cassia_core.services.intake import labels_onto_cells
from cassia_core.services.intake.labels_onto_cells import COLUMNS, read_table

OUR_PREFIX = "CASSIA_"


def join(
    adata: ad.AnnData,
    results: str | os.PathLike | pd.DataFrame,
    cluster_col: str | None,
    *,
    results_column: str,
    prefix: str,
    replace_existing: bool,
    columns_to_include: int,
    inplace: bool,
) -> ad.AnnData:
    """See `api.onto_cells.add_cassia_to_anndata`.

    Raises
    ------
    InputError
        When columns are missing, there already, or the clusters do not fit.
    """
    check(columns_to_include in (1, 2), "columns_to_include", columns_to_include, "1 or 2")
    table = results if isinstance(results, pd.DataFrame) else read_table(Path(results))
    table = _by_our_names(table, results_column)
    column = cluster_col or _column_of(adata, table)
    joined = ad.AnnData(obs=adata.obs[[column]].copy()) if column in adata.obs else adata
    labels_onto_cells.join_scored(joined, table, column)
    wanted = [
        name
        for name in COLUMNS.values()
        if columns_to_include == 2 or not name.startswith(f"{OUR_PREFIX}celltype")
    ]
    target = adata if inplace else adata.copy()
    names = {name: prefix + name.removeprefix(OUR_PREFIX) for name in wanted}
    _refuse_other_values(target, joined, names, replace_existing=replace_existing)
    for source, name in names.items():
        target.obs[name] = joined.obs[source]
    return target


def _by_our_names(table: pd.DataFrame, results_column: str) -> pd.DataFrame:
    """The table with the columns that are joined; those that it lacks are empty."""
    if "cluster" not in table:
        if results_column not in table:
            raise InputError(
                f"The results have no column {results_column}.",
                f"Columns: {', '.join(map(str, table.columns))}.",
                "Name the column with the cluster ids: `cassia_cluster_col`.",
            )
        table = table.rename(columns={results_column: "cluster"})
    if "celltype_1" not in table and "cell_type" in table:
        table = table.rename(columns={"cell_type": "celltype_1"})
    return table.reindex(columns=["cluster", *COLUMNS])


def _column_of(adata: ad.AnnData, table: pd.DataFrame) -> str:
    ids = {str(unguard(name)) for name in table["cluster"]}
    fits = [
        str(name)
        for name in adata.obs
        if adata.obs[name].dtype.kind not in "fb"
        and {str(v) for v in adata.obs[name].dropna().unique()} <= ids
    ]
    if len(fits) != 1:
        raise InputError(
            "It is not clear which column of the cells holds the clusters.",
            f"Those that fit: {', '.join(fits) or 'none'}.",
            "Name it with `cluster_col`.",
        )
    return fits[0]


def _refuse_other_values(
    target: ad.AnnData, joined: ad.AnnData, names: dict[str, str], *, replace_existing: bool
) -> None:
    for source, name in names.items():
        if replace_existing or name not in target.obs:
            continue
        if not target.obs[name].astype(object).equals(joined.obs[source].astype(object)):
            raise InputError(
                f"The cells have a column {name} already.",
                "It holds other values.",
                "Set `replace_existing=True` to write over it, or choose another `prefix`.",
            )
