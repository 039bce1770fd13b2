"""Cells of several samples: which sample a cell is of, and components with the samples brought together."""

from __future__ import annotations

import logging

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse

from cassia_core.data.kernels.normalise import GeneMoments, moments
from cassia_core.data.tables.cluster_names import as_cluster_names
from cassia_core.errors import AnnDataError

MIN_CELLS = 30
"""A sample with fewer cells than this is not judged by itself."""


def samples_of(adata: ad.AnnData, column: str) -> pd.Series:
    """Sample of every cell as a string.

    Raises
    ------
    AnnDataError
        When there is no such column.
    """
    if column not in adata.obs:
        raise AnnDataError(
            f"The file has no column {column}.",
            f"Its columns are: {', '.join(map(str, adata.obs.columns[:12])) or 'none'}.",
            "Choose the column that names the sample of each cell, or none.",
        )
    return as_cluster_names(adata.obs[column])


def moments_per_sample(values: sparse.csr_matrix, samples: pd.Series) -> list[GeneMoments]:
    """Moments of log-normalised `values`, shape (n_cells, n_genes), within each sample of at least
    `MIN_CELLS`.
    """
    sizes = samples.value_counts()
    # The spread of a gene in a handful of cells is mostly noise, and every sample has one vote.
    large_samples = sorted(sizes.index[sizes >= MIN_CELLS])
    return [moments(values[(samples == sample).to_numpy()]) for sample in large_samples]


def harmonise(components: np.ndarray, samples: pd.Series, seed: int = 0) -> np.ndarray:
    """Components with the differences between samples taken out by Harmony, shape (n_cells, n_comps),
    float32.

    Source: Korsunsky et al., Nat Methods 2019, as implemented by harmonypy.
    """
    import harmonypy

    logging.getLogger("harmonypy").setLevel(logging.WARNING)
    harmonised = harmonypy.run_harmony(
        components.astype(np.float64),
        pd.DataFrame({"sample": samples.to_numpy()}),
        ["sample"],
        random_state=seed,
        verbose=False,
    )
    corrected = np.asarray(harmonised.Z_corr)
    return np.ascontiguousarray(
        # Versions of harmonypy differ in which way round they give the matrix.
        corrected if corrected.shape == components.shape else corrected.T,
        dtype=np.float32,
    )
