"""All cells beyond the sketch: the cluster, the place on the map and the reading of their nearest cells in
it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cassia_core.data.large.nearest_of import nearest_of

N_NEIGHBORS = 10
UNSURE = 0.6
"""Share of agreement below which a joined cell is unsure (our choice)."""
AGREEMENT = "cassia_join_agreement"
"""Column of `obs`: how far the nearest cells of the sketch agree on the cluster of a joined cell, 0 to 1."""
IN_SKETCH = "cassia_in_sketch"


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedCells:
    """`codes` and `agreement` (NaN in the sketch) of all cells, shape (n_cells,); `nearest` is the nearest
    cell of the sketch that has the cell's cluster, by its place in the sketch; `places` are on the map,
    (n_cells, 2).
    """

    codes: np.ndarray
    agreement: np.ndarray
    nearest: np.ndarray
    places: np.ndarray | None

    @property
    def n_unsure(self) -> int:
        return int((self.agreement < UNSURE).sum())


def join_cells(
    components: np.ndarray,
    sketch: np.ndarray,
    codes: np.ndarray,
    places: np.ndarray | None,
    seed: int = 0,
    on_part: Callable[[float], None] = lambda _: None,
) -> JoinedCells:
    """Join all cells to those of the sketch.

    Parameters
    ----------
    components
        Of all cells, in the space in which the sketch was clustered, shape (n_cells, n_comps).
    sketch
        Positions of its cells, sorted.
    codes, places
        Clusters (n_sketch,) and places on the map (n_sketch, 2; None where none was made) of its cells.
    """
    n_cells = components.shape[0]
    others = np.setdiff1d(np.arange(n_cells), sketch, assume_unique=True)
    if not others.size:
        nothing = np.full(n_cells, np.nan, dtype=np.float32)
        return JoinedCells(codes=codes, agreement=nothing, nearest=np.arange(n_cells), places=places)
    indices, distances = nearest_of(components[sketch], components[others], N_NEIGHBORS, seed, on_part)
    weights = _weights(distances)
    won, agreement = _votes(codes[indices], weights, int(codes.max()) + 1)
    agrees = codes[indices] == won[:, None]
    return JoinedCells(
        codes=_spread(n_cells, sketch, codes, others, won),
        agreement=_spread(n_cells, sketch, np.float32(np.nan), others, agreement.astype(np.float32)),
        nearest=_spread(
            n_cells,
            sketch,
            np.arange(sketch.size),
            others,
            indices[np.arange(others.size), agrees.argmax(axis=1)],
        ),
        places=None
        if places is None
        else _spread(n_cells, sketch, places, others, _middle(places, indices, weights * agrees)),
    )


def _weights(distances: np.ndarray) -> np.ndarray:
    """How much each neighbour counts: less with distance, on the scale of the farthest of them."""
    width = np.maximum(distances[:, -1:], 1e-6)
    return np.exp(-((distances / width) ** 2)).astype(np.float32)


def _votes(clusters: np.ndarray, weights: np.ndarray, n_clusters: int) -> tuple[np.ndarray, np.ndarray]:
    """The cluster with the most weight, and its share of all weight."""
    won = np.empty(clusters.shape[0], dtype=np.int64)
    share = np.empty(clusters.shape[0])
    # In parts: a table of all cells by all clusters would outgrow everything else.
    step = max(1, 20_000_000 // n_clusters)
    for first in range(0, clusters.shape[0], step):
        part, weight = clusters[first : first + step], weights[first : first + step]
        votes = np.zeros((part.shape[0], n_clusters), dtype=np.float32)
        np.add.at(votes, (np.arange(part.shape[0])[:, None], part), weight)
        won[first : first + step] = votes.argmax(axis=1)
        share[first : first + step] = votes.max(axis=1) / weight.sum(axis=1)
    return won, share


def _middle(places: np.ndarray, indices: np.ndarray, weights: np.ndarray) -> np.ndarray:
    total = weights.sum(axis=1)
    return np.stack([(places[indices, axis] * weights).sum(axis=1) / total for axis in (0, 1)], axis=1)


def _spread(
    n_cells: int,
    sketch: np.ndarray,
    of_sketch: np.ndarray | np.float32,
    others: np.ndarray,
    of_others: np.ndarray,
) -> np.ndarray:
    """Values of the sketch and of all others, at their places."""
    found = np.empty((n_cells, *of_others.shape[1:]), dtype=of_others.dtype)
    found[sketch], found[others] = of_sketch, of_others
    return found
