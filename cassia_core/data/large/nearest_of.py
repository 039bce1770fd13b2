"""The nearest cells of a sketch for any number of further cells."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from cassia_core.data.kernels.threads import in_threads, n_threads, ranges

CELLS_PER_LIST = 200
LISTS_SEARCHED = 8
"""Lists around a cell that are looked through; with 8 more than 97 of 100 neighbours are the true ones
(measured).
"""
MOST_FITTED = 20_000
AT_ONCE = 50_000
"""Cells between two looks whether to stop."""


def nearest_of(
    points: np.ndarray,
    queries: np.ndarray,
    k: int,
    seed: int = 0,
    on_part: Callable[[float], None] = lambda _: None,
) -> tuple[np.ndarray, np.ndarray]:
    """The `k` nearest of `points` for every query, and their Euclidean distances, both (n_queries, k),
    nearest first.

    Points are put into lists around centres of theirs, and only the lists nearest to a query are looked
    through. Source: Jegou, Douze & Schmid, IEEE TPAMI 2011 (inverted file).
    """
    points = np.ascontiguousarray(points, dtype=np.float32)
    queries = np.ascontiguousarray(queries, dtype=np.float32)
    k = min(k, points.shape[0])
    centres, order, starts = _lists(points, seed)
    listed = np.ascontiguousarray(points[order])
    indices = np.empty((queries.shape[0], k), dtype=np.int32)
    squares = np.empty((queries.shape[0], k), dtype=np.float32)
    for first in range(0, queries.shape[0], AT_ONCE):
        on_part(first / queries.shape[0])
        stop = min(first + AT_ONCE, queries.shape[0])
        in_threads(
            _search,
            [
                (queries, first + a, first + b, centres, listed, order, starts, indices, squares)
                for a, b in ranges(stop - first, n_threads())
            ],
        )
    return indices, np.sqrt(squares)


def _lists(points: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centres, points in the order of their lists, and where each list starts."""
    from sklearn.cluster import KMeans

    rng = np.random.default_rng(seed)
    n_lists = max(1, min(points.shape[0] // CELLS_PER_LIST, 512))
    fitted = points
    if points.shape[0] > MOST_FITTED:
        fitted = points[np.sort(rng.choice(points.shape[0], MOST_FITTED, replace=False))]
    means = KMeans(n_lists, n_init=1, max_iter=15, init="random", random_state=seed).fit(fitted)
    of_list = means.predict(points)
    order = np.argsort(of_list, kind="stable").astype(np.int32)
    starts = np.concatenate([[0], np.cumsum(np.bincount(of_list, minlength=n_lists))]).astype(np.int64)
    return means.cluster_centers_.astype(np.float32), order, starts


@njit(cache=True, nogil=True, fastmath=True)
def _square(one, other):
    total = np.float32(0.0)
    for q in range(one.size):
        gap = one[q] - other[q]
        total += gap * gap
    return total


@njit(cache=True, nogil=True)
def _search(queries, first, stop, centres, listed, order, starts, indices, squares):
    n_lists, k = centres.shape[0], indices.shape[1]
    away = np.empty(n_lists, dtype=np.float32)
    for query in range(first, stop):
        for at in range(n_lists):
            away[at] = _square(queries[query], centres[at])
        nearest = np.argsort(away)
        squares[query, :] = np.inf
        indices[query, :] = -1
        seen = 0
        for turn in range(n_lists):
            # Small lists may hold fewer than k points: then more lists are looked through.
            if turn >= LISTS_SEARCHED and seen >= k:
                break
            chosen = nearest[turn]
            for j in range(starts[chosen], starts[chosen + 1]):
                seen += 1
                square = _square(queries[query], listed[j])
                if square >= squares[query, k - 1]:
                    continue
                place = k - 1
                while place > 0 and squares[query, place - 1] > square:
                    squares[query, place] = squares[query, place - 1]
                    indices[query, place] = indices[query, place - 1]
                    place -= 1
                squares[query, place], indices[query, place] = square, order[j]
