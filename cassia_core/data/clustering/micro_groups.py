"""Small groups of like cells within a cluster, and the tree that joins them again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

CELLS_PER_GROUP = 12
MOST_GROUPS = 32
"""Groups of a cluster: small in small clusters, and so many in large ones that a twentieth is a few
groups.
"""
MOST_FITTED = 3_000
"""Cells of a cluster that its components and groups are fitted to; the others join the nearest group."""
MOST_GENES = 250
N_COMPONENTS = 12
LEAST_SHARE = 0.02
"""Share of the cells that express a gene from which it counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MicroGroups:
    """Groups of a cluster's cells.

    Attributes
    ----------
    codes
        Group of each cell of the cluster, shape (n_cells,), from 0.
    joins
        Which two nodes each step of the tree joins, shape (n_groups - 1, 2): nodes below n_groups are groups,
        node
        n_groups + i is what step i gave.
    """

    codes: np.ndarray
    joins: np.ndarray

    @property
    def n_groups(self) -> int:
        return len(self.joins) + 1


def micro_groups(values: sparse.csr_matrix, seed: int = 0) -> MicroGroups:
    """Groups of about `CELLS_PER_GROUP` cells that are alike in the genes that vary more than noise.

    Parameters
    ----------
    values
        Log-normalised values of one cluster over the genes that may tell kinds apart, shape (n_cells,
        n_genes).
    """
    n_cells = values.shape[0]
    # About a dozen cells: few enough that two kinds rarely mix, enough that a gene's mean is not all noise.
    n_groups = int(np.clip(n_cells // CELLS_PER_GROUP, 1, MOST_GROUPS))
    fitted = np.arange(n_cells)
    if n_cells > MOST_FITTED:
        fitted = np.sort(np.random.default_rng(seed).choice(n_cells, MOST_FITTED, replace=False))
    sample = values[fitted]
    genes, weights = _varying(sample)
    if n_groups < 2 or len(genes) < 2:
        return MicroGroups(codes=np.zeros(n_cells, dtype=np.intp), joins=np.zeros((0, 2), dtype=np.intp))
    dense = sample[:, genes].toarray() * weights
    middle = dense.mean(axis=0)
    turn = _directions(dense - middle)
    codes = _grouped(values, genes, weights, middle, turn, (dense - middle) @ turn, n_groups, seed)
    return codes


def _varying(values: sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """Genes that vary most beyond what genes of the same mean do, and 1 / that expected standard
    deviation.
    """
    n_cells = values.shape[0]
    mean = np.asarray(values.mean(axis=0)).ravel()
    square = np.asarray(values.multiply(values).mean(axis=0)).ravel()
    variance = np.maximum(square - mean**2, 0.0)
    share_of_cells = np.bincount(values.indices, minlength=values.shape[1]) / n_cells
    usable = np.flatnonzero(
        (share_of_cells >= LEAST_SHARE) & (share_of_cells * n_cells >= 3) & (variance > 0)
    )
    if len(usable) < 2:
        return usable, np.ones(len(usable))
    logs = np.log(mean[usable]), np.log(variance[usable])
    # The usual variance at a gene's mean, a parabola in logarithms; with few genes a line, which cannot bend
    # to single points.
    expected = np.exp(np.polyval(np.polyfit(*logs, 2 if len(usable) > 20 else 1), logs[0]))
    excess = variance[usable] / expected
    best = np.sort(np.argsort(-excess, kind="stable")[:MOST_GENES])
    return usable[best], (1.0 / np.sqrt(expected[best])).astype(np.float32)


def _directions(centred: np.ndarray) -> np.ndarray:
    from scipy.linalg import eigh

    n_genes = centred.shape[1]
    n = min(N_COMPONENTS, *centred.shape)
    # Only the last few eigenvectors are asked for; an SVD of all cells would cost many times more.
    _, vectors = eigh(centred.T @ centred, subset_by_index=(n_genes - n, n_genes - 1))
    return np.ascontiguousarray(vectors[:, ::-1], dtype=np.float32)


def _grouped(values, genes, weights, middle, turn, fitted_at, n_groups, seed) -> MicroGroups:
    from scipy.cluster.hierarchy import linkage
    from sklearn.cluster import KMeans

    # One start: groups are many and small, and are joined again by what they hold, so a better optimum
    # changes little.
    means = KMeans(n_groups, n_init=1, max_iter=30, random_state=seed).fit(fitted_at)
    if len(fitted_at) == values.shape[0]:
        codes = means.labels_
    else:
        placed = (values[:, genes] @ (weights[:, None] * turn)) - (middle @ turn)
        codes = means.predict(np.ascontiguousarray(placed, dtype=np.float32))
    # k-means may leave a centre without cells: codes are made gapless, for they point into arrays.
    used_codes, codes = np.unique(codes, return_inverse=True)
    if len(used_codes) < 2:
        return MicroGroups(codes=codes, joins=np.zeros((0, 2), dtype=np.intp))
    tree = linkage(means.cluster_centers_[used_codes].astype(np.float64), method="ward")
    return MicroGroups(codes=codes, joins=tree[:, :2].astype(np.intp))
