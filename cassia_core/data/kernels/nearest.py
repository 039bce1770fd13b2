"""Approximate nearest neighbours for many cells: random trees, then neighbours of neighbours.

Compiled code is kept on disk, so a new process starts at once, and the result depends on the seed only.
Source: Dong, Moses & Li, WWW 2011 (NN-descent); Dasgupta & Freund, STOC 2008 (random projection trees).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from cassia_core.data.kernels.threads import in_threads, n_threads, ranges

N_TREES = 8
LEAF_CELLS = 60
N_ROUNDS = 4
EXTRA = 8
"""More neighbours are kept during the search than asked for: they lead to the true ones."""


def nearest_cells(
    points: np.ndarray,
    k: int,
    seed: int = 0,
    *,
    n_trees: int = N_TREES,
    n_rounds: int = N_ROUNDS,
    extra: int = EXTRA,
    on_step: Callable[[float], None] = lambda _: None,
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest cells of every cell, itself first, and their Euclidean distances, both of shape (n_cells,
    k).

    Parameters
    ----------
    points
        Shape (n_cells, n_comps); at least a few thousand cells (for fewer, compare all pairs).
    on_step
        Called with the fraction done before each tree and round; may raise to stop.
    """
    # Rows one after another in memory: most of the time goes into distances between whole rows.
    points = np.ascontiguousarray(points, dtype=np.float32)
    n_cells, wide = points.shape[0], k - 1 + extra
    indices = np.full((n_cells, wide), -1, dtype=np.int32)
    squares = np.full((n_cells, wide), np.inf, dtype=np.float32)
    rng = np.random.default_rng(seed)
    for turn in range(n_trees):
        on_step(turn / (n_trees + n_rounds))
        order, starts = _leaves(points, rng)
        in_threads(
            _compare_leaves,
            [
                (points, order, starts, a, b, indices, squares)
                for a, b in ranges(starts.size - 1, n_threads())
            ],
        )
    for turn in range(n_rounds):
        on_step((n_trees + turn) / (n_trees + n_rounds))
        reverse = _reverse(indices)
        # Each round reads the lists of the round before and writes new ones: threads then never see each
        # other's half-made lists, and the result does not hang on how many there are.
        new_indices, new_squares = indices.copy(), squares.copy()
        in_threads(
            _compare_round,
            [
                (points, indices, reverse, a, b, new_indices, new_squares)
                for a, b in ranges(n_cells, n_threads())
            ],
        )
        indices, squares = new_indices, new_squares
    # A cell is put first by rule and not by search: cells with the same values have distance 0 as well.
    own = np.arange(n_cells, dtype=np.int32)[:, None]
    distances = np.concatenate(
        [np.zeros((n_cells, 1), dtype=np.float32), np.sqrt(squares[:, : k - 1])], axis=1
    )
    return np.concatenate([own, indices[:, : k - 1]], axis=1), distances


def _leaves(points: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """One random tree: cells in leaf order, and where each leaf starts. Every split is at the median."""
    n_cells = points.shape[0]
    order = np.arange(n_cells)
    starts = np.array([0, n_cells])
    while np.diff(starts).max() > LEAF_CELLS:
        sizes = np.diff(starts)
        leaf = np.repeat(np.arange(sizes.size), sizes)
        # The direction between two random cells of a leaf follows the spread of the data, where a random
        # direction would mostly cut across it.
        ends = [order[starts[:-1] + (rng.random(sizes.size) * sizes).astype(np.int64)] for _ in range(2)]
        direction = points[ends[0]] - points[ends[1]]
        place = np.einsum("ij,ij->i", points[order], direction[leaf])
        # One sort for all leaves of a level: by leaf first, so no cell leaves its own.
        order = order[np.lexsort((place, leaf))]
        starts = np.unique(np.concatenate([starts, starts[:-1] + sizes // 2]))
    return order, starts


def _reverse(indices: np.ndarray) -> np.ndarray:
    """Cells that have a cell among their neighbours, the first of them, shape as `indices`; -1 for none."""
    n_cells, wide = indices.shape
    reverse = np.full((n_cells, wide), -1, dtype=np.int32)
    _fill_reverse(indices, reverse, np.zeros(n_cells, dtype=np.int64))
    return reverse


@njit(cache=True, nogil=True)
def _fill_reverse(indices, reverse, filled):
    n_cells, wide = indices.shape
    for j in range(wide):
        for i in range(n_cells):
            other = indices[i, j]
            # A hub is in the lists of thousands of cells; only the closest (columns come in order) are
            # followed.
            if other >= 0 and filled[other] < wide:
                reverse[other, filled[other]] = i
                filled[other] += 1


@njit(cache=True, nogil=True, fastmath=True)
def _square(points, a, b):
    total = np.float32(0.0)
    for q in range(points.shape[1]):
        gap = points[a, q] - points[b, q]
        total += gap * gap
    return total


@njit(cache=True, nogil=True)
def _insert(indices, squares, cell, other, square):
    wide = indices.shape[1]
    # Most candidates are farther than all that are kept: they cost one comparison.
    if square >= squares[cell, wide - 1]:
        return
    for j in range(wide):
        if indices[cell, j] == other:
            return
    j = wide - 1
    while j > 0 and squares[cell, j - 1] > square:
        squares[cell, j], indices[cell, j] = squares[cell, j - 1], indices[cell, j - 1]
        j -= 1
    squares[cell, j], indices[cell, j] = square, other


@njit(cache=True, nogil=True)
def _compare_leaves(points, order, starts, first, stop, indices, squares):
    for leaf in range(first, stop):
        for x in range(starts[leaf], starts[leaf + 1]):
            for y in range(x + 1, starts[leaf + 1]):
                square = _square(points, order[x], order[y])
                _insert(indices, squares, order[x], order[y], square)
                _insert(indices, squares, order[y], order[x], square)


@njit(cache=True, nogil=True)
def _compare_round(points, indices, reverse, first, stop, new_indices, new_squares):
    n_cells, wide = indices.shape
    # Stamped with the cell at hand, so that it need not be cleared between cells.
    met = np.full(n_cells, -1, dtype=np.int32)
    for cell in range(first, stop):
        met[cell] = cell
        for j in range(wide):
            if indices[cell, j] >= 0:
                met[indices[cell, j]] = cell
        # Neighbours of neighbours, and of cells that name this one: whoever is near a near one is probably
        # near, too (Dong et al., WWW 2011).
        for j in range(2 * wide):
            middle = indices[cell, j] if j < wide else reverse[cell, j - wide]
            if middle < 0:
                continue
            for at in range(wide):
                other = indices[middle, at]
                if other >= 0 and met[other] != cell:
                    met[other] = cell
                    _insert(new_indices, new_squares, cell, other, _square(points, cell, other))
            if met[middle] != cell:
                met[middle] = cell
                _insert(new_indices, new_squares, cell, middle, _square(points, cell, middle))
