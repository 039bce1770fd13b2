"""How clearly clusters are parted: where the neighbours of their cells lie."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from cassia_core.data.clustering.cell_groups import CellGroups
from cassia_core.domain.inside import LEAST_BORDER, Border


def borders_of(connectivities: sparse.spmatrix, groups: CellGroups) -> dict[str, tuple[Border, ...]]:
    """For every cluster the other clusters that neighbours of its cells lie in, largest part first.

    Parameters
    ----------
    connectivities
        Weights between neighbouring cells, shape (n_cells, n_cells), cells in the order of `groups`.
    """
    n_cells, n_groups = len(groups.codes), len(groups.ids)
    member = sparse.csr_matrix(
        (np.ones(n_cells), (groups.codes, np.arange(n_cells))), shape=(n_groups, n_cells)
    )
    weights = (member @ connectivities @ member.T).toarray()
    shares = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    borders = {}
    for k, cluster in enumerate(groups.ids):
        order = [int(i) for i in np.argsort(-shares[k], kind="stable") if i != k]
        borders[cluster] = tuple(
            Border(cluster=groups.ids[i], share=round(float(shares[k, i]), 3))
            for i in order
            if shares[k, i] >= LEAST_BORDER
        )
    return borders
