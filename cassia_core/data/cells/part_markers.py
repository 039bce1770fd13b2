"""Markers of the parts of one population of cells, from up to three comparisons with scanpy's tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc

from cassia_core.errors import InputError

LOCAL, RELABELLED, BACKGROUND = "local", "global_relabel", "target_vs_background"
COMPARISONS = {
    LOCAL: "{part} with the other parts of {whole}",
    RELABELLED: "{part} with all other cells",
    BACKGROUND: "{part} with the cells outside of {whole}",
}
"""What each mode compares a part with, by the names of CASSIA 1.4.0."""
_NAMES = {
    "names": "gene",
    "scores": "score",
    "logfoldchanges": "avg_log2FC",
    "pvals": "p_val",
    "pvals_adj": "p_val_adj",
}
_GROUP, _THIS, _OTHERS = "tested_part", "this", "others"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartTest:
    """How genes are tested and which are kept; names and meaning are those of scanpy and of CASSIA."""

    n_genes: int = 50
    method: str = "wilcoxon"
    use_raw: bool | None = None
    layer: str | None = None
    rankby_abs: bool = False
    tie_correct: bool = False
    expression_threshold: float = 0.0
    min_log2fc: float | None = 0.25
    max_p_val_adj: float | None = None
    key: str = "parts"


def markers_of_parts(
    cells: ad.AnnData, inside: np.ndarray, parts: pd.Series, whole: str, mode: str, test: PartTest
) -> pd.DataFrame:
    """Ranked genes of every part in one mode: a row per part and gene, best first.

    A part of fewer than two cells, or without cells to compare with, has no rows. `inside` says which cells
    are of the whole, `parts` names the part of each.

    Raises
    ------
    InputError
        scanpy cannot test these values.
    """
    names = [part for part in dict.fromkeys(parts[inside]) if part]
    tables = [_of_part(cells, inside, parts, part, whole, mode, test) for part in names]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def combined(tables: dict[str, pd.DataFrame], parts: Sequence[str], n_genes: int) -> pd.DataFrame:
    """A row per part: `cluster`, `markers` (a list of genes that the comparisons fill in turns, as marker
    tables have it) and the list of each comparison.
    """
    rows = []
    for part in parts:
        lists = {mode: _genes(table, part)[:n_genes] for mode, table in tables.items()}
        turns = (gene for genes in zip_longest(*lists.values()) for gene in genes if gene is not None)
        rows.append(
            {
                "cluster": part,
                "markers": ", ".join(list(dict.fromkeys(turns))[:n_genes]),
                **{f"{mode}_markers": ", ".join(lists.get(mode, ())) for mode in COMPARISONS},
            }
        )
    return pd.DataFrame(rows)


def _genes(table: pd.DataFrame, part: str) -> list[str]:
    return [] if table.empty else table.loc[table["subcluster"] == part, "gene"].tolist()


def _of_part(
    cells: ad.AnnData, inside: np.ndarray, parts: pd.Series, part: str, whole: str, mode: str, test: PartTest
) -> pd.DataFrame:
    group = inside & (parts == part).to_numpy()
    others = {LOCAL: inside & ~group, RELABELLED: ~group, BACKGROUND: ~inside}[mode]
    if group.sum() < 2 or others.sum() < 2:
        return pd.DataFrame()
    chosen = cells[group | others].copy()
    chosen.obs[_GROUP] = pd.Categorical(np.where(group[group | others], _THIS, _OTHERS))
    ranked = _ranked(chosen, test)
    passing = _filtered(ranked, test).head(test.n_genes).reset_index(drop=True)
    passing.insert(0, "mode", mode)
    passing.insert(1, "subcluster", part)
    passing.insert(2, "comparison", COMPARISONS[mode].format(part=part, whole=whole))
    passing.insert(3, "rank", range(1, len(passing) + 1))
    return _with_shares(passing, chosen, (chosen.obs[_GROUP] == _THIS).to_numpy(), test)


def _ranked(chosen: ad.AnnData, test: PartTest) -> pd.DataFrame:
    try:
        sc.tl.rank_genes_groups(
            chosen,
            groupby=_GROUP,
            groups=[_THIS],
            reference=_OTHERS,
            method=test.method,
            use_raw=test.use_raw,
            layer=test.layer,
            rankby_abs=test.rankby_abs,
            tie_correct=test.tie_correct,
            key_added=test.key,
        )
    except (ValueError, KeyError) as error:
        raise InputError(
            "The genes of the parts could not be tested.",
            str(error),
            "Give log-normalised values, and a `method` that scanpy knows.",
        ) from error
    return sc.get.rank_genes_groups_df(chosen, group=_THIS, key=test.key).rename(columns=_NAMES)


def _filtered(ranked: pd.DataFrame, test: PartTest) -> pd.DataFrame:
    """All genes that pass, before the list is cut: a filter makes no list shorter than it need be."""
    if test.min_log2fc is not None and "avg_log2FC" in ranked:
        ranked = ranked[ranked["avg_log2FC"] >= test.min_log2fc]
    if test.max_p_val_adj is not None and "p_val_adj" in ranked:
        ranked = ranked[ranked["p_val_adj"] <= test.max_p_val_adj]
    return ranked


def _with_shares(
    passing: pd.DataFrame, chosen: ad.AnnData, group: np.ndarray, test: PartTest
) -> pd.DataFrame:
    source = chosen.raw if test.use_raw and chosen.raw is not None else chosen
    matrix = chosen.layers[test.layer] if test.layer else source.X
    at = source.var_names.get_indexer(passing["gene"])
    for number, rows in (("1", group), ("2", ~group)):
        values = matrix[rows][:, at]
        dense = values.toarray() if hasattr(values, "toarray") else np.asarray(values)
        passing[f"pct.{number}"] = (dense > test.expression_threshold).mean(axis=0)
        passing[f"mean.{number}"] = dense.mean(axis=0)
    return passing
