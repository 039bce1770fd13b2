"""Scores for droplets that held two cells, sample by sample."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse

MIN_CELLS, MIN_GENES = 100, 100
"""Fewer than this and simulated doublets say nothing."""


def doublet_scores(
    counts: sparse.csr_matrix,
    samples: pd.Series | None,
    seed: int = 0,
    notice: Callable[[str], None] = lambda _: None,
    check: Callable[[], None] = lambda: None,
) -> pd.DataFrame:
    """Score every cell with Scrublet, each sample by itself.

    Parameters
    ----------
    counts
        Raw counts, shape (n_cells, n_genes), no all-zero cell.
    samples
        Sample of every cell; None: all are of one.
    check
        Called before each sample; may raise to stop.

    Returns
    -------
    Columns `doublet_score` (0 to 1; NaN where a sample is too small to score) and `predicted_doublet`, one
    row per
    cell. Source: Wolock, Lopez & Klein, Cell Systems 2019, as in scanpy.
    """
    import scanpy as sc

    names = pd.Series("", index=range(counts.shape[0])) if samples is None else samples.reset_index(drop=True)
    scores = pd.DataFrame(
        {
            "doublet_score": np.full(counts.shape[0], np.nan, dtype=np.float32),
            "predicted_doublet": np.zeros(counts.shape[0], dtype=bool),
        }
    )
    small = []
    # Doublets form within one droplet run: simulated pairs of cells from two samples could not have happened
    # and would hide those that did.
    for sample in sorted(names.unique()):
        check()
        rows = np.flatnonzero(names == sample)
        part = counts[rows]
        if rows.size < MIN_CELLS or np.unique(part.indices).size < MIN_GENES:
            small.append(sample)
            continue
        cells = ad.AnnData(part.astype(np.float32))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Scrublet adds up counts, so it is given the counts and normalises by itself.
            sc.pp.scrublet(cells, random_state=seed, verbose=False)
        scores.loc[rows, "doublet_score"] = cells.obs["doublet_score"].to_numpy(dtype=np.float32)
        # Scrublet leaves the call out where it finds no threshold: scores then stand without calls.
        if "predicted_doublet" in cells.obs:
            scores.loc[rows, "predicted_doublet"] = cells.obs["predicted_doublet"].to_numpy(dtype=bool)
    if small:
        where = f"in sample {', '.join(small)}" if samples is not None else "here"
        notice(
            f"Doublets were not scored {where}: at least {MIN_CELLS} cells and {MIN_GENES} genes are needed."
        )
    return scores
