"""Files of as many cells as wanted, drawn from the profiles of the packaged blood cells."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
from scipy import sparse


def many_cells(path: Path, n_cells: int, seed: int) -> None:
    """Poisson counts around cells of the packaged blood data, each drawn several times."""
    import scanpy as sc

    from cassia_core.services.intake.intake import demo_path

    raw = sc.read_h5ad(demo_path()).raw.to_adata()
    rng = np.random.default_rng(seed)
    chosen = rng.integers(0, raw.n_obs, n_cells)
    counts = rng.poisson(2 * np.expm1(raw.X[chosen].toarray())).astype(np.float32)
    cells = ad.AnnData(sparse.csr_matrix(counts), var=raw.var[[]].copy())
    cells.obs_names = [f"cell{at}" for at in range(n_cells)]
    cells.write_h5ad(path)
