"""Leiden communities of the neighbour graph."""

from __future__ import annotations

import random

import numpy as np
from scipy import sparse

N_ITERATIONS = 2
"""Rounds of the algorithm; docs/guide/clustering.md has the comparison with running until nothing changes."""


def leiden_clusters(connectivities: sparse.csr_matrix, resolution: float, seed: int = 0,
                    n_iterations: int = N_ITERATIONS) -> np.ndarray:
    """Cluster id of every cell, "0" the largest cluster, shape (n_cells,), str.

    Modularity with `resolution`, edge weights taken into account.
    Source: Traag, Waltman & van Eck, Sci Rep 2019; the settings that scanpy recommends for `flavor="igraph"`.
    """
    membership = communities(weighted_graph(connectivities), resolution, seed, n_iterations)
    sizes = np.bincount(membership)
    order = np.argsort(-sizes, kind="stable")
    name = np.empty(sizes.size, dtype=object)
    name[order] = [str(i) for i in range(sizes.size)]
    return name[membership]


def weighted_graph(connectivities: sparse.csr_matrix):
    """The undirected igraph graph of a symmetric matrix, each edge once, weights in `weight`."""
    import igraph

    upper = sparse.triu(connectivities, k=1, format="coo")
    edges = np.column_stack([upper.row, upper.col])
    return igraph.Graph(n=connectivities.shape[0], edges=edges, edge_attrs={"weight": upper.data.astype(np.float64)})


def communities(graph, resolution: float, seed: int, n_iterations: int = N_ITERATIONS) -> np.ndarray:
    """Membership of every vertex, shape (n_cells,), whole numbers from 0."""
    import igraph

    igraph.set_random_number_generator(random.Random(seed))
    try:
        found = graph.community_leiden(objective_function="modularity", weights="weight", resolution=resolution,
                                       n_iterations=n_iterations)
    finally:
        igraph.set_random_number_generator(random)
    return np.asarray(found.membership)
