"""The counts of an annotated file, wherever it holds them."""

from __future__ import annotations

import anndata as ad
import numpy as np
import scipy.sparse as sp

_SAMPLED = 200_000


def counts_of(cells: ad.AnnData) -> sp.csr_matrix | None:
    """Raw counts (cells by genes), from `layers["counts"]`, `X` or `raw`; None where there are none."""
    candidates = [cells.layers.get("counts"), cells.X]
    if cells.raw is not None and cells.raw.shape == cells.shape:
        candidates.append(cells.raw.X)
    for values in candidates:
        if values is not None and are_counts(values):
            return sp.csr_matrix(values, dtype=np.float32)
    return None


def are_counts(values: np.ndarray | sp.spmatrix) -> bool:
    """Whether values are whole numbers, none below zero and some above (looked at in the first 200,000)."""
    stored = np.asarray(values.data if sp.issparse(values) else values).ravel()
    sample = stored[:_SAMPLED]
    return bool(len(sample)) and bool(
        (sample >= 0).all() and (sample == np.round(sample)).all() and sample.any()
    )
