"""Statistics of all genes in all clusters, as arrays; no compiled code here, pages read it too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

FIELDS = ("log2fc", "score", "pval", "pval_adj", "pct_in", "pct_out", "mean_in", "mean_out")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterStatistics:
    """What the cells say of all genes in all clusters. Arrays have shape (n_clusters, n_genes).

    `mean_in`, `mean_out` are means of log-normalised values in the cluster and in all other cells, `pct_in`,
    `pct_out` the fractions (0 to 1) of cells with a value above 0; `log2fc` compares the means taken back out
    of
    the logarithm; `score` is the test's statistic (z, t, or the coefficient), `pval`, `pval_adj`
    (Benjamini-Hochberg over the genes of the cluster) are NaN where the test gives none.
    """

    clusters: tuple[str, ...]
    genes: tuple[str, ...]
    n_cells: np.ndarray
    score: np.ndarray
    log2fc: np.ndarray
    pval: np.ndarray
    pval_adj: np.ndarray
    pct_in: np.ndarray
    pct_out: np.ndarray
    mean_in: np.ndarray
    mean_out: np.ndarray

    def frame(self) -> pd.DataFrame:
        """One row per cluster and gene, best score first within a cluster, in the form `select_markers`
        reads.
        """
        n_clusters, n_genes = self.score.shape
        order = np.argsort(-self.score, axis=1, kind="stable")
        columns: dict[str, object] = {
            "cluster": pd.Categorical.from_codes(
                np.repeat(np.arange(n_clusters), n_genes), pd.Index(self.clusters)
            ),
            "gene": pd.Categorical.from_codes(order.ravel(), pd.Index(self.genes)),
        }
        for name in FIELDS:
            columns[name] = np.take_along_axis(getattr(self, name), order, axis=1).ravel()
        return pd.DataFrame(columns)
