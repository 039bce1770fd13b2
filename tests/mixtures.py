"""Cells made from the knowledge base's own markers: pure kinds, and clusters of two kinds."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse

from cassia_core.knowledge.content.base import load_knowledge

KINDS = ("natural killer cell", "B cell", "classical monocyte", "CD8-positive, alpha-beta T cell")
_PLAIN_GENES = 300


def kinds_of_cells(sizes: dict[str, int], seed: int = 0, donors: tuple[str, ...] = ()) -> ad.AnnData:
    """Counts of human cells; every kind expresses the markers that the knowledge base lists for it.

    `obs["kind"]` says which kind a cell is; with `donors`, `obs["donor"]` deals them out in turn.
    """
    knowledge, rng = load_knowledge(), np.random.default_rng(seed)
    own = {
        name: [m.gene for m in knowledge.markers_of(knowledge.get(name), "human")]
        for name in (*KINDS, *sizes)
    }
    genes = sorted({gene for listed in own.values() for gene in listed})
    names = [*genes, *(f"PLAIN{i}" for i in range(_PLAIN_GENES))]
    at = {gene: i for i, gene in enumerate(names)}
    blocks, kinds = [], []
    for name, n_cells in sizes.items():
        mean = np.full(len(names), 0.05)
        mean[len(genes) :] = 1.0
        mean[[at[gene] for gene in own[name]]] = 2.0
        blocks.append(rng.poisson(mean * rng.uniform(0.7, 1.3, (n_cells, 1))))
        kinds += [name] * n_cells
    obs = pd.DataFrame({"kind": kinds}, index=[f"cell{i}" for i in range(len(kinds))])
    if donors:
        obs["donor"] = [donors[i % len(donors)] for i in range(len(kinds))]
    counts = sparse.csr_matrix(np.vstack(blocks).astype(np.float32))
    return ad.AnnData(counts, obs=obs, var=pd.DataFrame(index=names))
