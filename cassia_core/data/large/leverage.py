"""Which cells a sketch is made of: so many of each place, and all that stand out.

Two fifths of the chance are the same for all cells. A fifth is the same for all groups of a first look, so
that small groups are taken whole. A fifth goes by leverage: a cell's squared places among the components,
each divided by the spread of that component, which is large where few cells make a component. A fifth goes
by misfit: how much more a cell's counts differ from the profile of its group than draws from that profile
do, over all genes. A kind too rare to move a component or a variable gene still has hundreds of genes that
its group does not explain.

Source of leverage: Drineas et al., J Mach Learn Res 2012, as in
Seurat 5 (Hao et al., Nat Biotechnol 2024). Misfit is ours: the unbiased estimate of the squared distance of
two rates of Poisson draws.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit

from cassia_core.data.kernels.threads import in_threads, n_threads, ranges
from cassia_core.data.large.row_blocks import ahead
from cassia_core.data.view.gene_store import BlockSlice, GeneStore

FLOOR = 0.02
"""Counts added to a gene's mean before it weighs: genes of which next to nothing is expected do not decide
alone.
"""
STANDS_OUT = 3.0
"""Spreads above the middle of its group from which a cell's misfit counts."""
SHARES = (0.4, 0.2, 0.2, 0.2)
"""Of the chances: the same for all cells, the same for all groups, by leverage, by misfit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupShares:
    """`shares` (n_groups, n_genes): part of its group's counts that each gene has; `groups` the group of
    every cell.
    """

    shares: np.ndarray
    groups: np.ndarray


def leverage_of(components: np.ndarray) -> np.ndarray:
    """Leverage of every cell over its components, shape (n_cells,), mean 1."""
    centred = components - components.mean(axis=0)
    spread = np.maximum(centred.var(axis=0), 1e-12)
    leverage = (centred**2 / spread).sum(axis=1, dtype=np.float64)
    return leverage / max(leverage.mean(), 1e-12)


def misfit_of(
    store: GeneStore,
    profiles: GroupShares,
    totals: np.ndarray,
    on_block: Callable[[float], None] = lambda _: None,
) -> np.ndarray:
    """How many spreads each cell's misfit lies above the middle of its group, shape (n_cells,); 0 below
    `STANDS_OUT`.

    Parameters
    ----------
    totals
        Counts of every cell, shape (n_cells,).
    """
    expected = profiles.shares.mean(axis=0) * np.median(totals)
    weights = 1.0 / (expected + FLOOR)
    # Of cells without a count of a gene nothing is stored: what they all share is worked out once for each
    # group.
    unseen = (profiles.shares**2 @ weights, np.sqrt(2.0 * (profiles.shares**2 @ weights**2)))
    found = np.zeros(store.n_cells)
    of_gene = np.ascontiguousarray(profiles.shares.T)
    for block, part in ahead((b, store.slice(b, 0, store.n_genes)) for b in range(store.n_blocks)):
        on_block(block / store.n_blocks)
        cells = slice(int(store.firsts[block]), int(store.firsts[block + 1]))
        values, own_totals = _as_counts(store, part, totals[cells])
        spans = ranges(store.n_genes, n_threads())
        sums = [np.zeros(cells.stop - cells.start) for _ in spans]
        own = (profiles.groups[cells], own_totals)
        in_threads(
            _misfits,
            [
                (part.starts, part.rows, values, *own, of_gene, weights, a, b, total)
                for (a, b), total in zip(spans, sums, strict=True)
            ],
        )
        groups = profiles.groups[cells]
        misfit = np.sum(sums, axis=0) + own_totals**2 * unseen[0][groups]
        found[cells] = misfit / np.maximum(own_totals * unseen[1][groups], 1e-12)
    return _standing_out(found, profiles.groups)


def _as_counts(store: GeneStore, part: BlockSlice, totals: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values and sums of cells as counts; of logarithms, what undoing them gives, in units of a cell's
    smallest value.
    """
    if store.is_counts:
        return part.values, totals
    undone = np.expm1(part.values)
    smallest = np.full(totals.size, np.inf, dtype=np.float32)
    _least(part.rows, undone, smallest)
    unit = np.where(np.isfinite(smallest) & (smallest > 0), smallest, 1.0).astype(np.float32)
    return undone / unit[part.rows], totals / unit


def _standing_out(misfit: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Misfit on the scale of the cell's own group, where it stands out."""
    scaled = np.zeros(misfit.size)
    for group in range(int(groups.max()) + 1):
        own = groups == group
        if own.any():
            middle = np.median(misfit[own])
            scaled[own] = (misfit[own] - middle) / max(
                1.4826 * np.median(np.abs(misfit[own] - middle)), 1e-12
            )
    return np.where(scaled >= STANDS_OUT, scaled, 0.0)


def draw_cells(
    leverage: np.ndarray, misfit: np.ndarray, groups: np.ndarray, n: int, seed: int = 0
) -> np.ndarray:
    """`n` cells, sorted, drawn by their chances; none twice. All arrays have shape (n_cells,)."""
    n_cells = leverage.size
    if n >= n_cells:
        return np.arange(n_cells)
    # A small group explains its own few cells, so that none of them stands out: all groups have the same
    # share.
    of_group = 1.0 / np.bincount(groups)[groups]
    parts = (np.ones(n_cells), of_group, leverage, misfit)
    weights = sum(
        share * part / max(float(part.sum()), 1e-12) for share, part in zip(SHARES, parts, strict=True)
    )
    chance = _chances(np.asarray(weights), n)
    # Systematic sampling: steps of 1 through the sum of the chances. Exactly n cells, each as likely as it
    # should be; the order is shuffled first, for files are often sorted by sample.
    rng = np.random.default_rng(seed)
    order = rng.permutation(n_cells)
    passed = np.cumsum(chance[order])
    steps = (np.arange(n) + rng.random()) * (passed[-1] / n)
    drawn = np.unique(order[np.searchsorted(passed, steps, side="left").clip(max=n_cells - 1)])
    return drawn


def _chances(weights: np.ndarray, n: int) -> np.ndarray:
    """Chances that sum to `n`: proportional to the weights but for cells that are certain."""
    certain = np.zeros(weights.size, dtype=bool)
    while True:
        left = n - int(certain.sum())
        chance = np.where(certain, 1.0, weights * (left / weights[~certain].sum()))
        beyond = ~certain & (chance >= 1.0)
        if not beyond.any():
            return chance
        certain |= beyond


@njit(cache=True, nogil=True)
def _misfits(starts, rows, values, groups, totals, shares, weights, start, stop, sums):
    for gene in range(start, stop):
        for j in range(starts[gene], starts[gene + 1]):
            row, count = rows[j], np.float64(values[j])
            expected = totals[row] * shares[gene, groups[row]]
            sums[row] += weights[gene] * (count * count - count - 2.0 * count * expected)


@njit(cache=True, nogil=True)
def _least(rows, values, smallest):
    for j in range(rows.size):
        if 0 < values[j] < smallest[rows[j]]:
            smallest[rows[j]] = values[j]
