"""The cells that stand for all: a first rough look at a few, then a draw that keeps what is rare."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cassia_core.data.clustering.clustering_steps import Steps
from cassia_core.data.kernels.leiden import leiden_clusters
from cassia_core.data.kernels.neighbors import neighbor_graph
from cassia_core.data.kernels.normalise import GeneMoments, moments, normalise_counts
from cassia_core.data.kernels.pca import ComponentModel, fit_components
from cassia_core.data.kernels.variable_genes import genes_for_pca, variable_genes
from cassia_core.data.large.leverage import GroupShares, draw_cells, leverage_of, misfit_of
from cassia_core.data.large.nearest_of import nearest_of
from cassia_core.data.large.store_genes import cells_of_store, project
from cassia_core.data.view.gene_store import GeneStore
from cassia_core.domain.config import ClusteringParams
from cassia_core.errors import AnnDataError

PILOT_CELLS = 10_000
PILOT_RESOLUTION = 1.0
_TWO_GENES = 2
_GATHERED, _PLACED, _GROUPED = 0.2, 0.6, 0.7
"""Parts of the work that are done after each step of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """Positions of its cells, sorted, and how many cells of all stand out from their group."""

    cells: np.ndarray
    n_standing_out: int


def choose_sketch(
    store: GeneStore, n_values: np.ndarray, totals: np.ndarray, n: int, params: ClusteringParams, steps: Steps
) -> Sketch:
    """Choose `n` cells of a store.

    Parameters
    ----------
    n_values, totals
        Values that every cell has, and their sum, shape (n_cells,).

    Raises
    ------
    AnnDataError
        Nothing tells the cells apart.
    """
    if n >= store.n_cells:
        return Sketch(cells=np.arange(store.n_cells), n_standing_out=0)
    report = steps.reporter("sketch")
    pilot = _uniform(store.n_cells, params.seed)
    counts = cells_of_store(store, pilot, n_values[pilot], _part(report, 0.0, _GATHERED))
    if store.is_counts:
        logs, spread = normalise_counts(counts, params.target_sum)
    else:
        logs, spread = counts, moments(counts)
    model, own = steps.patiently(lambda: _look_at(logs, spread, params))
    places = project(store, model, _part(report, _GATHERED, _PLACED))
    graph = neighbor_graph(own, params.n_neighbors, params.seed, steps.reporter("sketch"))
    names = steps.patiently(
        lambda: leiden_clusters(graph.connectivities, PILOT_RESOLUTION, params.seed, steps.check)
    )
    groups = np.unique(names, return_inverse=True)[1]
    nearest, _ = nearest_of(own, places, 1, params.seed, _part(report, _PLACED, _GROUPED))
    profiles = GroupShares(
        shares=_shares(counts if store.is_counts else _undone(counts), groups), groups=groups[nearest[:, 0]]
    )
    misfit = misfit_of(store, profiles, totals, _part(report, _GROUPED, 1.0))
    cells = draw_cells(leverage_of(places), misfit, profiles.groups, n, params.seed)
    return Sketch(cells=cells, n_standing_out=int((misfit > 0).sum()))


def _uniform(n_cells: int, seed: int) -> np.ndarray:
    if n_cells <= PILOT_CELLS:
        return np.arange(n_cells)
    return np.sort(np.random.default_rng(seed).choice(n_cells, PILOT_CELLS, replace=False))


def _look_at(logs, spread: GeneMoments, params: ClusteringParams) -> tuple[ComponentModel, np.ndarray]:
    """Components of the few cells: what places others among them, and their own places."""
    used = genes_for_pca(variable_genes(spread, params, _TWO_GENES), spread)
    if used.sum() < _TWO_GENES:
        raise AnnDataError(
            "These cells cannot be clustered.",
            "At most one of their genes differs between them, so nothing tells them apart.",
            "Check the file, or your limits of quality, and choose cells that differ.",
        )
    own, model = fit_components(
        logs, used, spread, n_comps=params.n_pcs, max_value=params.max_value, seed=params.seed
    )
    return model, own


def _undone(logs):
    undone = logs.copy()
    undone.data = np.expm1(undone.data)
    return undone


def _shares(counts, groups: np.ndarray) -> np.ndarray:
    """Part of each group's counts that every gene has, shape (n_groups, n_genes)."""
    sums = np.stack(
        [np.asarray(counts[groups == g].sum(axis=0)).ravel() for g in range(int(groups.max()) + 1)]
    )
    return sums / np.maximum(sums.sum(axis=1, keepdims=True), 1e-12)


def _part(report: Callable[[float], None], first: float, last: float) -> Callable[[float], None]:
    """Fractions of one step as fractions of the whole."""
    return lambda fraction: report(first + (last - first) * fraction)
