"""How the samples of a file are mixed within its clusters, against what chance gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from cassia_core.data.clustering.cell_groups import CellGroups
from cassia_core.domain.findings import ColumnInfo
from cassia_core.domain.inside import ClusterSamples, SampleShare

MOST_SAMPLES = 100
LEAST_CELLS = 10
"""A column names samples only if two of its values have at least so many cells."""
_BEST_FIRST = ("sample", "donor", "patient", "individual", "subject", "library", "batch", "ident")
DRAWS = 200
"""Random clusters of the same size that say what chance gives."""


def sample_column(columns: Sequence[ColumnInfo], obs: pd.DataFrame) -> str | None:
    """The column that names the sample of each cell, by its name and nature; None when there is none."""
    fit = [
        c.name
        for c in columns
        if c.looks_like == "sample"
        and 2 <= c.n_values <= MOST_SAMPLES
        and c.name in obs
        # A column of barcodes or of one large sample has nothing to compare.
        and (obs[c.name].value_counts() >= LEAST_CELLS).sum() >= 2
    ]
    order = {
        name: next((i for i, word in enumerate(_BEST_FIRST) if word in name.lower()), len(_BEST_FIRST))
        for name in fit
    }
    return min(fit, key=lambda name: order[name], default=None)


def samples_in_clusters(column: str, samples: pd.Series, groups: CellGroups) -> dict[str, ClusterSamples]:
    """Where the cells of every cluster come from.

    The measure is half the sum of differences between the shares of the samples in the cluster and in all
    cells (total
    variation distance, 0 to 1); chance is its mean over random clusters of the same size.

    Parameters
    ----------
    samples
        Sample of each cell as a string, shape (n_cells,).
    """
    codes, names = pd.factorize(samples.to_numpy(dtype=object))
    overall = np.bincount(codes, minlength=len(names)) / len(codes)
    counts = np.zeros((len(groups.ids), len(names)), dtype=np.int64)
    np.add.at(counts, (groups.codes, codes), 1)
    rng = np.random.default_rng(0)
    return {
        cluster: _samples_of(column, names, counts[i], overall, rng) for i, cluster in enumerate(groups.ids)
    }


def _samples_of(
    column: str, names: np.ndarray, counts: np.ndarray, overall: np.ndarray, rng: np.random.Generator
) -> ClusterSamples:
    total = int(counts.sum())
    # How far apart shares are by chance alone, in a cluster of this size: small clusters look uneven without
    # any cause.
    drawn = rng.multinomial(total, overall, size=DRAWS) / total
    order = np.argsort(-counts, kind="stable")
    return ClusterSamples(
        column=column,
        shares=tuple(
            SampleShare(sample=str(names[i]), n_cells=int(counts[i]), expected=float(overall[i]))
            for i in order
            if counts[i] or len(names) <= 12
        ),
        # Total variation distance: the share of cells that would have to change their sample.
        apart=float(np.abs(counts / total - overall).sum() / 2),
        by_chance=float(np.abs(drawn - overall).sum(axis=1).mean() / 2),
    )


def neighbours_mixed(connectivities: sparse.csr_matrix, samples: pd.Series) -> float:
    """How well samples are mixed among neighbours: 1 as chance mixes them, 0 when no neighbour is of another
    sample.

    The share of neighbours from other samples, averaged over cells, divided by what random neighbours would
    give.
    """
    codes, names = pd.factorize(samples.to_numpy(dtype=object))
    overall = np.bincount(codes, minlength=len(names)) / len(codes)
    # The chance that two cells drawn at random are of different samples: 1 is reached when neighbours are as
    # mixed.
    expected = 1.0 - float((overall**2).sum())
    pairs = connectivities.tocoo()
    other = codes[pairs.row] != codes[pairs.col]
    degree = np.bincount(pairs.row, minlength=len(codes))
    mixed = np.bincount(pairs.row, weights=other, minlength=len(codes)) / np.maximum(degree, 1)
    return float(min(1.0, mixed[degree > 0].mean() / expected)) if expected else 1.0
