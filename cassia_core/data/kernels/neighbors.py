"""Nearest neighbours of every cell and the weighted graph that Leiden and UMAP read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy import sparse

from cassia_core.data.kernels.nearest import nearest_cells

EXACT_CELLS = 16_000
"""Up to this many cells comparing all pairs is as fast as the approximate search (measured)."""
_TOLERANCE = 1e-5
_MIN_SCALE = 1e-3
_STEPS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighborGraph:
    """`connectivities` is symmetric, shape (n_cells, n_cells), float32, in 0 to 1."""

    connectivities: sparse.csr_matrix
    n_neighbors: int
    exact: bool


def neighbor_graph(
    components: np.ndarray, n_neighbors: int, seed: int = 0, on_step: Callable[[float], None] = lambda _: None
) -> NeighborGraph:
    """The k nearest cells (the cell itself counts as one, as in scanpy) and their fuzzy union.

    Equals `scanpy.pp.neighbors(n_neighbors=..., n_pcs=...)` where scanpy searches exactly too.
    Source: McInnes, Healy & Melville 2018 (arXiv 1802.03426), section 3.1; constants as in umap-learn 0.5.

    Parameters
    ----------
    components
        Shape (n_cells, n_comps).
    n_neighbors
        Lowered to what the number of cells allows.
    on_step
        Called with the fraction done; may raise to stop.
    """
    n_cells = components.shape[0]
    # scanpy's rule for few cells: half of them and the cell itself.
    k = max(2, n_neighbors if n_neighbors <= n_cells else 1 + n_cells // 2)
    exact = n_cells <= EXACT_CELLS
    indices, distances = (
        _exact(components, k) if exact else nearest_cells(components, k, seed, on_step=on_step)
    )
    return NeighborGraph(connectivities=fuzzy_graph(indices, distances), n_neighbors=k, exact=exact)


def fuzzy_graph(indices: np.ndarray, distances: np.ndarray) -> sparse.csr_matrix:
    """Membership strengths of the neighbours, joined as a + b - ab.

    `indices`, `distances` have shape (n_cells, k), each row sorted by distance, its first entry the cell
    itself.
    """
    n_cells, k = indices.shape
    distances = distances.astype(np.float32)
    strengths = np.empty((n_cells, k), dtype=np.float32)
    _strengths(distances, indices.astype(np.int64), np.float32(distances.mean()), strengths)
    rows = np.repeat(np.arange(n_cells, dtype=np.int32), k)
    directed = sparse.csr_matrix(
        (strengths.ravel(), (rows, indices.astype(np.int32).ravel())), (n_cells, n_cells)
    )
    directed.eliminate_zeros()
    reverse = directed.T.tocsr()
    # The fuzzy union of UMAP: a + b - ab, the chance that at least one of two edges is there.
    graph = (directed + reverse - directed.multiply(reverse)).tocsr()
    graph.sort_indices()
    graph.eliminate_zeros()
    return graph.astype(np.float32)


def _exact(components: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=k, algorithm="brute", metric="euclidean").fit(components)
    distances, indices = search.kneighbors(components)
    return _self_first(indices, distances)


def _self_first(indices: np.ndarray, distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Put each cell first in its own row at distance 0 (a twin at distance 0 may have taken its place)."""
    own = np.arange(indices.shape[0])
    # Cells with the same values may come before the cell itself; it is moved to the front, for what follows
    # takes the first column as the cell.
    wrong = np.flatnonzero(indices[:, 0] != own)
    for row in wrong:
        at = np.flatnonzero(indices[row] == row)
        place = at[0] if at.size else indices.shape[1] - 1
        indices[row, 1 : place + 1] = indices[row, :place].copy()
        distances[row, 1 : place + 1] = distances[row, :place].copy()
        indices[row, 0] = row
    distances[:, 0] = 0.0
    return indices, distances


@njit(cache=True, nogil=True)
def _strengths(distances, indices, mean_distance, out):
    n_cells, k = distances.shape
    # Source: umap-learn, smooth_knn_dist: the width of each cell is chosen so that its strengths sum to
    # log2(k), by bisection; 64 steps and the tolerance are umap-learn's, too.
    target = np.log2(np.float64(k))
    for i in range(n_cells):
        nearest, row_sum = np.float32(0.0), 0.0
        for j in range(k):
            row_sum += distances[i, j]
            # The nearest cell that is not at the same place: it gets strength 1, so no cell is cut off from
            # the rest.
            if nearest == 0.0 and distances[i, j] > 0.0:
                nearest = distances[i, j]
        low, high, width = np.float32(0.0), np.float32(np.inf), np.float32(1.0)
        for _ in range(_STEPS):
            total = np.float32(0.0)
            for j in range(1, k):
                gap = distances[i, j] - nearest
                total += np.exp(-(gap / width)) if gap > 0 else np.float32(1.0)
            if np.abs(total - target) < _TOLERANCE:
                break
            if total > target:
                high = width
                width = np.float32((low + high) / 2)
            else:
                low = width
                width = np.float32(width * 2) if np.isinf(high) else np.float32((low + high) / 2)
        # Where most neighbours lie at the same place the width would fall to 0 and every strength with it.
        floor = _MIN_SCALE * (row_sum / k if nearest > 0.0 else mean_distance)
        width = np.float32(max(width, floor))
        for j in range(k):
            gap = distances[i, j] - nearest
            if indices[i, j] == i:
                out[i, j] = 0.0
            elif gap <= 0.0 or width == 0.0:
                out[i, j] = 1.0
            else:
                out[i, j] = np.exp(-(gap / width))
