"""Cells that two runs have in common, by name, and how alike their clusterings of them are."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cassia_core.data.view.view_store import View


def shared_cells(one: View, other: View) -> tuple[np.ndarray, np.ndarray]:
    """Positions, in the one view and in the other, of the cells whose name is in both (once in each)."""
    if one.names_digest() == other.names_digest():
        everything = np.arange(one.n_cells)
        return everything, everything
    first, second = pd.Index(one.cell_ids()), pd.Index(other.cell_ids())
    at = np.flatnonzero(~first.duplicated(keep=False))
    places = np.flatnonzero(~second.duplicated(keep=False))
    places_there = second[places].get_indexer(first[at])
    return at[places_there >= 0], places[places_there[places_there >= 0]]


def cross_table(one: np.ndarray, other: np.ndarray, n_one: int, n_other: int) -> np.ndarray:
    """Cells by code in `one` (rows) and `other` (columns), shape (n_one, n_other); negative codes do not
    count.
    """
    inside = (one >= 0) & (other >= 0)
    both = one[inside].astype(np.int64) * n_other + other[inside]
    return np.bincount(both, minlength=n_one * n_other).reshape(n_one, n_other)


def adjusted_rand(counts: np.ndarray) -> float | None:
    """Adjusted Rand index of two clusterings from their cross table; None for fewer than two cells.

    Source: Hubert and Arabie, Journal of Classification 2, 193-218 (1985).
    """
    n = float(counts.sum())
    if n < 2:
        return None
    together, rows, columns = (
        float((c * (c - 1.0) / 2).sum()) for c in (counts, counts.sum(axis=1), counts.sum(axis=0))
    )
    expected = rows * columns / (n * (n - 1) / 2)
    most = (rows + columns) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)
