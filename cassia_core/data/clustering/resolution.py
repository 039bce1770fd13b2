"""A resolution for Leiden where none was chosen: the finest one whose clusters come back with other seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from cassia_core.data.kernels.leiden import communities, weighted_graph
from cassia_core.domain.inside import CONFIDENT_CELLS

CANDIDATES = (0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0)
SEEDS, SEEDS_MANY, MANY_CELLS = 4, 2, 30_000
STABLE = 0.9
"""Mean agreement (adjusted Rand index) between seeds from which clusters count as stable (our choice; see
docs/guide/clustering.md)."""
FALL_BACK = 0.4
"""Seed 002's value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one resolution gave: number of clusters, and mean agreement (ARI) between seeds."""

    resolution: float
    n_clusters: int
    stability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionSuggestion:
    """A resolution, why, and all that were tried."""

    resolution: float
    reason: str
    trials: tuple[Trial, ...]


def suggest_resolution(
    connectivities: sparse.csr_matrix, seed: int = 0, on_trial: Callable[[float], None] = lambda _: None
) -> ResolutionSuggestion:
    """Try several resolutions with several seeds and take the finest stable one.

    Its clusters have at least `CONFIDENT_CELLS` cells on average; of resolutions that
    give as many clusters it is the coarsest.

    `on_trial` is called with the fraction done before each run and may raise to stop.
    """
    graph = weighted_graph(connectivities)
    n_seeds = SEEDS if connectivities.shape[0] <= MANY_CELLS else SEEDS_MANY
    trials = []
    for at, resolution in enumerate(CANDIDATES):
        partitions = []
        for turn in range(n_seeds):
            on_trial((at * n_seeds + turn) / (len(CANDIDATES) * n_seeds))
            # The same graph with other seeds: clusters that hang on the seed are no property of the cells.
            partitions.append(communities(graph, resolution, seed + turn))
        trials.append(
            Trial(
                resolution=resolution,
                n_clusters=len(np.unique(partitions[0])),
                stability=mean_agreement(partitions),
            )
        )
    # Clusters smaller than this on average cannot be told from noise by a marker test.
    most = max(2, connectivities.shape[0] // CONFIDENT_CELLS)
    stable = [t for t in trials if t.stability >= STABLE and 1 < t.n_clusters <= most]
    if stable:
        # The finest that comes back: coarse clusters come back always, and hide types in each other.
        best = max(stable, key=lambda t: (t.n_clusters, -t.resolution))
        reason = (
            f"its {best.n_clusters} clusters come back with other seeds (agreement {best.stability:.2f}), "
            "finer ones do not"
            if best is not trials[-1]
            else f"even its {best.n_clusters} clusters come back with other seeds (agreement "
            f"{best.stability:.2f})"
        )
    else:
        best = min(trials, key=lambda t: abs(t.resolution - FALL_BACK))
        reason = (
            f"no resolution gives clusters that come back with other seeds, so this is the usual value "
            f"(agreement {best.stability:.2f})"
        )
    return ResolutionSuggestion(resolution=best.resolution, reason=reason, trials=tuple(trials))


def mean_agreement(memberships: list[np.ndarray]) -> float:
    """Mean adjusted Rand index over all pairs."""
    from sklearn.metrics import adjusted_rand_score

    pairs = [(a, b) for i, a in enumerate(memberships) for b in memberships[i + 1 :]]
    return float(np.mean([adjusted_rand_score(a, b) for a, b in pairs]))
