"""Numbers behind the dot plot, the heat map and the violins: genes in every group of cells.

A group is a cluster, or cells that a person set aside from one. Genes are read one by one from the view.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import leaves_list, linkage

from cassia_core.data.view.view_store import View
from cassia_core.knowledge.evidence.label_genes import genes_behind_labels as genes_behind_labels
from cassia_core.report.figures.densities import Spread as Spread
from cassia_core.report.figures.densities import outlines as outlines
from cassia_core.report.figures.densities import place_of as place_of
from cassia_core.report.figures.densities import spread_of
from cassia_core.services.labels.review import GroupedCells


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupExpression:
    """Groups (rows, by id) by genes (columns): `mean` of log-normalised values, zeros included, and `share`
    (0 to 1)
    of the cells above 0. `n_cells` counts the cells of each group."""

    mean: pd.DataFrame
    share: pd.DataFrame
    n_cells: pd.Series


def expression_by_group(view: View, cells: GroupedCells, genes: Iterable[str]) -> GroupExpression:
    """Means and shares of genes; groups without cells are left out.

    Raises
    ------
    KeyError
        When a gene was not measured.
    """
    genes, ids, n = list(genes), [g.id for g in cells.groups], len(cells.groups)
    sizes = np.bincount(cells.codes[cells.codes >= 0], minlength=n)
    there = np.flatnonzero(sizes)
    mean, share = np.zeros((len(there), len(genes))), np.zeros((len(there), len(genes)))
    for at, gene in enumerate(genes):
        values = view.gene(gene)
        # Most values are zero and add nothing to a sum: only the others are counted by group.
        seen = np.flatnonzero(values)
        seen = seen[cells.codes[seen] >= 0]
        codes, values = cells.codes[seen], values[seen]
        mean[:, at] = np.bincount(codes, values, n)[there] / sizes[there]
        share[:, at] = np.bincount(codes[values > 0], minlength=n)[there] / sizes[there]
    rows = pd.Index([ids[i] for i in there], dtype=object)
    return GroupExpression(
        mean=pd.DataFrame(mean, index=rows, columns=genes),
        share=pd.DataFrame(share, index=rows, columns=genes),
        n_cells=pd.Series(sizes[there], index=rows),
    )


def scaled(mean: pd.DataFrame) -> pd.DataFrame:
    """Each gene's means divided by its highest: 1 where the gene is highest, 0 where it is not seen.

    A gene that is nowhere seen stays 0.
    """
    return mean / mean.max().where(mean.max() > 0, 1.0)


def arranged(expression: GroupExpression) -> GroupExpression:
    """Groups with similar values side by side, and genes in the order of the group where each is highest.

    So the blocks of a heat map stand on the diagonal. Groups are ordered by average linkage of their scaled
    means.
    """
    values = scaled(expression.mean)
    groups = list(values.index)
    if len(groups) > 2 and values.shape[1]:
        groups = [
            groups[i] for i in leaves_list(linkage(values.to_numpy(), "average", optimal_ordering=True))
        ]
    peaks = values.loc[groups].to_numpy().argmax(axis=0)
    # The order of a tree may be turned round; genes then read from top left to bottom right.
    if _runs_backwards(peaks):
        groups, peaks = groups[::-1], len(groups) - 1 - peaks
    genes = [expression.mean.columns[i] for i in np.argsort(peaks, kind="stable")]
    return GroupExpression(
        mean=expression.mean.loc[groups, genes],
        share=expression.share.loc[groups, genes],
        n_cells=expression.n_cells[groups],
    )


def _runs_backwards(peaks: np.ndarray) -> bool:
    """A tree can be read from both ends: the end that keeps more of the order of the genes comes first."""
    return len(peaks) > 1 and float(np.dot(peaks - peaks.mean(), np.arange(len(peaks)))) < 0


def spread_by_group(
    view: View, cells: GroupedCells, genes: Iterable[str], groups: Sequence[str]
) -> tuple[Spread, ...]:
    """How genes spread in `groups` (ids of groups that have cells), in that order."""
    # Cells of a group stand together after one sort, so each gene is cut into slices instead of searched.
    order = np.argsort(cells.codes, kind="stable")
    edges = np.searchsorted(cells.codes[order], np.arange(len(cells.groups) + 1))
    part_of = {g.id: slice(*edges[code : code + 2]) for code, g in enumerate(cells.groups)}
    spreads = []
    for gene in genes:
        values = view.gene(gene)[order]
        spreads.append(spread_of(gene, groups, [values[part_of[g]] for g in groups]))
    return tuple(spreads)
