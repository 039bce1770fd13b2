"""Which genes of each cluster are its markers, best first; no cluster ever vanishes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from cassia_core.domain.config import MarkerParams
from cassia_core.domain.markers import (
    ClusterMarkers,
    ClusterState,
    MarkerGene,
    MarkerTable,
    RankingMethod,
    natural_key,
)
from cassia_core.errors import ConfigError
from cassia_core.genes.families import quiet_kind

FRAME_COLUMNS = ("cluster", "gene", "log2fc", "score", "pval", "pval_adj", "pct_in", "pct_out")
STATISTICS = FRAME_COLUMNS[2:]
UNASSIGNED = "Unassigned"
MIN_TESTED_CELLS = 3
FEW_GENES = 3
SAY_NOTHING = ("ribosomal", "pseudogene", "unnamed", "mitochondrial")
MANY_MITOCHONDRIAL = 0.12
"""Part of the first genes from which mitochondrial ones are a sign of damaged cells."""
_TRIED_FIRST: tuple[RankingMethod, ...] = ("Score", "avg_log2FC", "p_val_adj")
_SORT_COLUMN: dict[RankingMethod, str] = {
    "avg_log2FC": "log2fc",
    "p_val_adj": "pval_adj",
    "pct_diff": "pct_diff",
    "Score": "score",
}
_MEANING = {
    "log2fc": "fold changes",
    "pval_adj": "adjusted p values",
    "pct_diff": "shares of cells (pct)",
    "score": "scores",
}


def select_markers(
    frame: pd.DataFrame, params: MarkerParams, n_cells: Mapping[str, int] | None = None, *, shape: str = ""
) -> MarkerTable:
    """Filter and rank the genes of every cluster.

    Parameters
    ----------
    frame
        One row per cluster and gene with the columns `cluster, gene, log2fc, score, pval, pval_adj, pct_in,
        pct_out` (shape (n_rows, 8)); a missing value is NaN and means "unknown". Rows without any statistic
        keep
        their order, which is then the ranking.
    params
        Thresholds, ranking and number of genes. A threshold on a column without values filters nothing.
    n_cells
        Cells per cluster. Clusters that are named here and have no row come back too, with the reason.
    shape
        Where the table came from; kept in the result.

    Raises
    ------
    ConfigError
        `params.ranking_method` names a column for which the table has no values.
    """
    method = _ranking(frame, params)
    counts = {str(cluster): int(n) for cluster, n in (n_cells or {}).items()}
    grouped = dict(tuple(frame.groupby("cluster", sort=False, observed=True)))
    ids = sorted({*map(str, grouped), *counts}, key=natural_key)
    clusters = tuple(
        _select_cluster(cluster, grouped.get(cluster), counts.get(cluster), params, method) for cluster in ids
    )
    return MarkerTable(clusters=clusters, shape=shape, notes=_notes(frame, clusters, method))


def _ranking(frame: pd.DataFrame, params: MarkerParams) -> RankingMethod | None:
    if params.ranking_method is None:
        return next((m for m in _TRIED_FIRST if frame[_SORT_COLUMN[m]].notna().any()), None)
    column = _SORT_COLUMN[params.ranking_method]
    needed = ("pct_in", "pct_out") if column == "pct_diff" else (column,)
    if any(frame[name].notna().any() for name in STATISTICS) and not all(
        frame[n].notna().any() for n in needed
    ):
        raise ConfigError(
            f"Genes cannot be ranked by {params.ranking_method}.",
            f"The table has no {_MEANING[column]}.",
            "Choose another ranking, or leave it to us.",
        )
    return params.ranking_method if all(frame[n].notna().any() for n in needed) else None


def _select_cluster(
    cluster: str,
    rows: pd.DataFrame | None,
    n_cells: int | None,
    params: MarkerParams,
    method: RankingMethod | None,
) -> ClusterMarkers:
    if rows is not None:
        rows = rows[rows["gene"] != ""]
    if rows is None or rows.empty:
        small = n_cells is not None and n_cells < MIN_TESTED_CELLS
        reason = (
            f"Too few cells to compare ({n_cells})."
            if small
            else "No gene with usable values is given for it."
        )
        return ClusterMarkers(
            cluster=cluster, n_cells=n_cells, state="too_small" if small else "no_markers", reason=reason
        )
    passing, state, reason = _passing(rows, params)
    genes = _as_genes(
        _speaking(_ranked(passing, method, params.ascending), params.n_genes).head(params.n_genes)
    )
    if cluster == UNASSIGNED:
        state, reason = "unassigned", "These rows name no cluster in your file; they get no label."
    return ClusterMarkers(cluster=cluster, genes=genes, n_cells=n_cells, state=state, reason=reason)


def _speaking(ranked: pd.DataFrame, n_genes: int) -> pd.DataFrame:
    """Ranked rows without genes that speak of no cell type, so that those take no places of the first
    `n_genes`.

    Ribosomal genes, pseudogenes and those without a name always go; mitochondrial genes stay where there are
    so many of them that
    they are a
    sign of damaged cells. A list of nothing else stays as it is.
    """
    names = ranked["gene"].astype(str)
    kinds = np.array([quiet_kind(name, "human") for name in names], dtype=object)
    damaged = np.sum(kinds[:n_genes] == "mitochondrial") >= max(
        FEW_GENES, MANY_MITOCHONDRIAL * min(n_genes, len(kinds))
    )
    quiet = np.isin(kinds, [kind for kind in SAY_NOTHING if not (damaged and kind == "mitochondrial")])
    return ranked if quiet.all() else ranked[~quiet]


def _passing(rows: pd.DataFrame, params: MarkerParams) -> tuple[pd.DataFrame, ClusterState, str]:
    """Rows that pass the thresholds; when none does, thresholds are taken off one by one, by name."""
    positive = _is_positive(rows)
    if not positive.any():
        return rows.iloc[:0], "no_markers", "No gene is higher in this cluster than in the others."
    strong = _at_least(rows["log2fc"], params.min_log2fc)
    seen = _at_least(rows["pct_in"], params.min_pct)
    # What a table does not say excludes no gene: an unknown value is neither high nor low.
    sure = rows["pval_adj"].isna() | (rows["pval_adj"] <= params.max_pval_adj)
    steps = (
        (positive & strong & seen & sure, ""),
        (positive & strong & sure, "the limit on the share of cells"),
        (positive & strong, "the limits on the share of cells and the adjusted p value"),
        (positive, "the limits on the share of cells, the adjusted p value and the fold change"),
    )
    passes, lifted = next((passes, lifted) for passes, lifted in steps if passes.any())
    passing = rows[passes]
    if lifted:
        return (
            passing,
            "weak",
            f"No gene passed all limits; {lifted} had to be lifted. Take these markers with care.",
        )
    # A bare list of two genes is what its author meant; of a table with statistics little passed.
    if len(passing) < FEW_GENES and rows[list(STATISTICS)].notna().to_numpy().any():
        return passing, "weak", f"Only {len(passing)} of {len(rows)} genes passed the limits."
    return passing, "ok", ""


def _at_least(values: pd.Series, limit: float) -> pd.Series:
    return values.isna() | (values >= limit)


def _is_positive(rows: pd.DataFrame) -> pd.Series:
    if rows["log2fc"].notna().any():
        return rows["log2fc"] > 0
    if rows["score"].notna().any():
        return rows["score"] > 0
    return pd.Series(True, index=rows.index)


def _ranked(rows: pd.DataFrame, method: RankingMethod | None, ascending: bool | None) -> pd.DataFrame:
    """Rows in order: by the method, ties by score, fold change, p value, share of cells, then name."""
    if method is None:
        return rows.iloc[::-1] if ascending else rows
    values = {name: rows[name].to_numpy(dtype=float) for name in STATISTICS}
    values["pct_diff"] = values["pct_in"] - values["pct_out"]
    column = _SORT_COLUMN[method]
    upwards = ascending if ascending is not None else column == "pval_adj"
    first = values[column] if upwards else -values[column]
    ties = (-values["score"], -values["log2fc"], values["pval_adj"], -values["pct_diff"])
    keys = [
        # Unknown last, but an infinite value before it: both would be infinite to the sort.
        np.nan_to_num(key, nan=np.inf, posinf=np.finfo(float).max, neginf=-np.finfo(float).max)
        for key in (first, *ties)
    ]
    order = np.lexsort((rows["gene"].astype(str).to_numpy(), *reversed(keys)))
    return rows.iloc[order]


def _as_genes(rows: pd.DataFrame) -> tuple[MarkerGene, ...]:
    records = rows[["gene", *STATISTICS]].itertuples(index=False, name=None)
    return tuple(
        MarkerGene(
            gene=str(gene),
            rank=rank,
            **{
                name: None if np.isnan(value) else float(value)
                for name, value in zip(STATISTICS, numbers, strict=True)
            },
        )
        for rank, (gene, *numbers) in enumerate(records, start=1)
    )


def _notes(
    frame: pd.DataFrame, clusters: tuple[ClusterMarkers, ...], method: RankingMethod | None
) -> tuple[str, ...]:
    order = (
        f"Genes are ranked by {_MEANING[_SORT_COLUMN[method]]}."
        if method
        else "Genes keep the order of the table: it holds no statistics."
    )
    counts = {
        state: [c.cluster for c in clusters if c.state == state]
        for state in ("weak", "no_markers", "too_small")
    }
    words = {"weak": "Weak markers only", "no_markers": "No markers", "too_small": "Too few cells"}
    unknown = [
        word
        for word, column in (
            ("adjusted p value", "pval_adj"),
            ("fold change", "log2fc"),
            ("share of cells", "pct_in"),
        )
        if not frame[column].notna().any()
    ]
    notes = [order]
    if unknown and method:
        notes.append(f"Not known from this table, so not used as a limit: {', '.join(unknown)}.")
    notes += [
        f"{words[state]}: {', '.join(ids[:12])}{' and others' if len(ids) > 12 else ''}."
        for state, ids in counts.items()
        if ids
    ]
    return tuple(notes)
