"""Which genes vary more between cells than their mean explains."""

from __future__ import annotations

import warnings
from dataclasses import fields

import numpy as np
import pandas as pd

from cassia_core.data.kernels.normalise import GeneMoments
from cassia_core.domain.config import ClusteringParams

N_BINS = 20
"""Source: scanpy.pp.highly_variable_genes, flavour "seurat", default `n_bins`."""
PANEL_GENES = 500
"""Below this number of genes the data are a targeted panel: its genes were chosen to tell cells apart."""
FEWEST_VARIABLE = 50
"""With fewer variable genes than this the choice is not usable and all genes are taken."""


def variable_genes(moments: GeneMoments, params: ClusteringParams, min_cells: int = 0) -> np.ndarray:
    """Pick variable genes as scanpy's flavour "seurat" does (the vignette's settings), shape (n_genes,),
    bool.

    Genes found in fewer than `min_cells` cells take part in the bins and are not picked.
    Source: scanpy.pp.highly_variable_genes; Satija et al., Nat Biotechnol 2015.
    """
    table = dispersions(moments)
    # A gene seen in a handful of cells can have a large spread by one cell alone.
    expressed = moments.n_cells >= min_cells
    spread = table["dispersions_norm"].to_numpy()
    if params.n_top_genes is not None:
        return _top(np.where(expressed, spread, np.nan), params.n_top_genes)
    return _within(table["means"].to_numpy(), spread, params) & expressed


def variable_genes_over_samples(
    samples: list[GeneMoments], params: ClusteringParams, min_cells: int = 0
) -> np.ndarray:
    """Pick genes that vary within samples, so that differences between samples alone pick none, shape
    (n_genes,).

    Every sample is judged by itself and the judgements are averaged, as scanpy does with `batch_key`.
    """
    n_genes = samples[0].mean.size
    means, spreads = np.zeros((len(samples), n_genes)), np.zeros((len(samples), n_genes))
    votes = np.zeros(n_genes)
    for at, sample in enumerate(samples):
        # Bins are made of the genes of a sample that are there at all, as scanpy does it.
        seen = sample.n_cells > 0
        table = dispersions(
            GeneMoments(**{f.name: getattr(sample, f.name)[seen] for f in fields(GeneMoments)})
        )
        means[at, seen], spreads[at, seen] = table["means"], table["dispersions_norm"]
        if params.n_top_genes is not None:
            votes += _top(np.where(seen, spreads[at], np.nan), params.n_top_genes)
    expressed = np.sum([sample.n_cells for sample in samples], axis=0) >= min_cells
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a gene that has no value in any sample
        spread = np.nan_to_num(np.nanmean(spreads, axis=0), nan=0.0)
    if params.n_top_genes is not None:
        # Votes of samples first, mean spread second: a gene that varies in one sample only is likelier to be
        # a batch effect.
        order = np.lexsort((-spread, -np.where(expressed, votes, -1)))[: params.n_top_genes]
        chosen = np.zeros(n_genes, dtype=bool)
        chosen[order] = True
        return chosen & expressed
    return _within(means.mean(axis=0), spread, params) & expressed


def _within(mean: np.ndarray, spread: np.ndarray, params: ClusteringParams) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return (mean > params.min_mean) & (mean < params.max_mean) & (spread > params.min_disp)


def _top(spread: np.ndarray, n: int) -> np.ndarray:
    ranked = np.where(np.isnan(spread), -np.inf, spread)
    top = np.argsort(-ranked, kind="stable")[:n]
    chosen = np.zeros(spread.size, dtype=bool)
    chosen[top[np.isfinite(ranked[top])]] = True
    return chosen


def dispersions(moments: GeneMoments) -> pd.DataFrame:
    """Mean, dispersion and normalised dispersion of every gene (columns `means`, `dispersions`,
    `dispersions_norm`)."""
    # scanpy's own value for a gene without expression: its logarithm must be there for the bins.
    mean = np.where(moments.mean == 0, 1e-12, moments.mean)
    dispersion = moments.var / mean
    dispersion = np.where(dispersion == 0, np.nan, dispersion)
    with np.errstate(invalid="ignore"):
        table = pd.DataFrame({"means": np.log1p(mean), "dispersions": np.log(dispersion)})
    # Spread grows with the mean; a gene is compared with those of about the same mean (Satija et al. 2015).
    bins = pd.cut(table["means"], bins=N_BINS)
    grouped = table["dispersions"].groupby(bins, observed=True)
    centre, width = grouped.transform("mean"), grouped.transform("std")
    # A bin with one gene has no spread of spreads; scanpy then gives that gene exactly 1.
    alone = width.isna()
    width = width.mask(alone, centre)
    centre = centre.mask(alone, 0.0)
    table["dispersions_norm"] = (table["dispersions"] - centre) / width
    return table


def genes_for_pca(variable: np.ndarray, moments: GeneMoments) -> np.ndarray:
    """The variable genes, or every gene that varies where the data are a small panel or too few were
    picked.
    """
    # A panel was chosen to tell types apart: leaving most of it out as not variable throws the choice away.
    if variable.size > PANEL_GENES and int(variable.sum()) >= FEWEST_VARIABLE:
        return variable
    return moments.log_var > 0
