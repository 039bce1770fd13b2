"""Counts of a few kinds of cells with real gene symbols, as a file that a person might open."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse

from tests.corpus.material import symbols

OWN_GENES = 20


def typed_cells(
    path: Path, n_cells: int = 600, n_genes: int = 800, n_types: int = 3, n_poor: int = 0, n_double: int = 0
) -> ad.AnnData:
    """Write an h5ad; kind k is high in its own 20 genes. `obs`: `type`, `donor` (two of them).

    The first `n_poor` cells have next to nothing, the `n_double` cells after them hold two cells each.
    """
    rng = np.random.default_rng(0)
    kinds = np.arange(n_cells) % n_types
    mean = np.full((n_types, n_genes), 0.4) * rng.gamma(1.0, 1.0, n_genes)
    for kind in range(n_types):
        own = slice(kind * OWN_GENES, (kind + 1) * OWN_GENES)
        mean[kind, own] = 6 * mean[kind, own] + 0.5
    counts = rng.poisson(mean[kinds] * rng.uniform(0.8, 1.2, (n_cells, 1)))
    counts[:n_poor] *= rng.random((n_poor, n_genes)) < 0.05
    counts[n_poor : n_poor + n_double] += counts[-n_double - 1 : -1] if n_double else 0
    counts[:, -1] += 1
    names = ["MT-CO1", "RPS3", *(s for s in symbols(n=n_genes + 50) if s not in ("MT-CO1", "RPS3"))][:n_genes]
    obs = pd.DataFrame(
        {
            "type": [f"type {k}" for k in kinds],
            "donor": np.where(np.arange(n_cells) % 2, "donor a", "donor b"),
        },
        index=[f"cell{i}" for i in range(n_cells)],
    )
    cells = ad.AnnData(sparse.csr_matrix(counts.astype(np.float32)), obs=obs, var=pd.DataFrame(index=names))
    cells.write_h5ad(path)
    return cells


def blood_cells(path: Path, seed: int, n_cells: int = 300) -> Path:
    """Counts of some of the packaged blood cells, drawn anew, so that no two cells are alike."""
    import scanpy as sc

    from cassia_core.services.intake.intake import demo_path

    raw = sc.read_h5ad(demo_path()).raw.to_adata()[:n_cells]
    counts = np.random.default_rng(seed).poisson(2 * np.expm1(raw.X.toarray())).astype(np.float32)
    cells = ad.AnnData(counts, var=raw.var[[]].copy())
    cells.obs_names = raw.obs_names
    cells.write_h5ad(path)
    return path
