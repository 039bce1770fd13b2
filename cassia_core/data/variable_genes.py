"""Which genes vary more between cells than their mean explains."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cassia_core.data.normalise import GeneMoments
from cassia_core.domain.config import ClusteringParams

N_BINS = 20
"""Source: scanpy.pp.highly_variable_genes, flavour "seurat", default `n_bins`."""
PANEL_GENES = 500
"""Below this number of genes the data are a targeted panel: its genes were chosen to tell cells apart."""
FEWEST_VARIABLE = 50
"""With fewer variable genes than this the choice is not usable and all genes are taken."""


def variable_genes(moments: GeneMoments, params: ClusteringParams, min_cells: int = 0) -> np.ndarray:
    """Pick variable genes as scanpy's flavour "seurat" does (seed 002's settings), shape (n_genes,), bool.

    Genes found in fewer than `min_cells` cells take part in the bins and are not picked.
    Source: scanpy.pp.highly_variable_genes; Satija et al., Nat Biotechnol 2015.
    """
    table = dispersions(moments)
    found = moments.n_cells >= min_cells
    spread = table["dispersions_norm"].to_numpy()
    if params.n_top_genes is not None:
        ranked = np.where(found & ~np.isnan(spread), spread, -np.inf)
        top = np.argsort(-ranked, kind="stable")[: params.n_top_genes]
        chosen = np.zeros(found.size, dtype=bool)
        chosen[top[np.isfinite(ranked[top])]] = True
        return chosen
    mean = table["means"].to_numpy()
    with np.errstate(invalid="ignore"):
        in_bounds = (mean > params.min_mean) & (mean < params.max_mean) & (spread > params.min_disp)
    return in_bounds & found


def dispersions(moments: GeneMoments) -> pd.DataFrame:
    """Mean, dispersion and normalised dispersion of every gene (columns `means`, `dispersions`,
    `dispersions_norm`)."""
    mean = np.where(moments.mean == 0, 1e-12, moments.mean)
    dispersion = moments.var / mean
    dispersion = np.where(dispersion == 0, np.nan, dispersion)
    with np.errstate(invalid="ignore"):
        table = pd.DataFrame({"means": np.log1p(mean), "dispersions": np.log(dispersion)})
    bins = pd.cut(table["means"], bins=N_BINS)
    grouped = table["dispersions"].groupby(bins, observed=True)
    centre, width = grouped.transform("mean"), grouped.transform("std")
    alone = width.isna()
    width = width.mask(alone, centre)
    centre = centre.mask(alone, 0.0)
    table["dispersions_norm"] = (table["dispersions"] - centre) / width
    return table


def genes_for_pca(variable: np.ndarray, moments: GeneMoments) -> np.ndarray:
    """The variable genes, or every gene that varies where the data are a small panel or too few were picked."""
    if variable.size > PANEL_GENES and int(variable.sum()) >= FEWEST_VARIABLE:
        return variable
    return moments.log_var > 0
