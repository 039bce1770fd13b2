"""Measured values of genes, per cluster, from the cells."""

from __future__ import annotations

from typing import Literal

import numpy as np

from cassia_core.data.view.cluster_statistics import ClusterStatistics
from cassia_core.domain.markers import GeneMeasurement
from cassia_core.genes import canonical


class CellExpression:
    """An `ExpressionSource` over statistics of all genes and clusters; needs no matrix in memory.

    Parameters
    ----------
    statistics
        Computed by `rank_genes`, or read back from a view.
    species
        "human" or "mouse" lets old gene names be asked for; "" looks up names as they are.
    """

    basis: Literal["cells", "markers"] = "cells"

    def __init__(self, statistics: ClusterStatistics, species: str = "") -> None:
        self._statistics, self._species = statistics, species
        self._gene_at = {gene: i for i, gene in enumerate(statistics.genes)}
        self._cluster_at = {cluster: i for i, cluster in enumerate(statistics.clusters)}
        self._ranks: dict[str, np.ndarray] = {}

    @property
    def statistics(self) -> ClusterStatistics:
        """Statistics of all genes in all clusters."""
        return self._statistics

    def has_gene(self, gene: str) -> bool:
        """Whether the matrix holds the gene."""
        return self._position(gene) is not None

    def measure(self, cluster: str, genes: tuple[str, ...]) -> tuple[GeneMeasurement, ...]:
        """Values of `genes` in `cluster`, in the order asked.

        Raises
        ------
        KeyError
            When `cluster` was not tested.
        """
        row = self._cluster_at[cluster]
        return tuple(self._measure(row, cluster, gene) for gene in genes)

    def _measure(self, row: int, cluster: str, gene: str) -> GeneMeasurement:
        at = self._position(gene)
        if at is None:
            return GeneMeasurement(gene=gene, status="not_in_data")
        statistics = self._statistics
        top = int(np.argmax(statistics.mean_in[:, at]))
        return GeneMeasurement(
            gene=gene,
            status="measured_here",
            pct_in=_known(statistics.pct_in[row, at]),
            pct_out=_known(statistics.pct_out[row, at]),
            mean_in=_known(statistics.mean_in[row, at]),
            mean_out=_known(statistics.mean_out[row, at]),
            log2fc=_known(statistics.log2fc[row, at]),
            pval_adj=_known(statistics.pval_adj[row, at]),
            rank=int(self._rank_of(row, cluster)[at]),
            top_cluster=statistics.clusters[top] if statistics.mean_in[top, at] > 0 else None,
        )

    def _rank_of(self, row: int, cluster: str) -> np.ndarray:
        """Place of every gene in the cluster by the test's score, 1 the highest."""
        if cluster not in self._ranks:
            order = np.argsort(-self._statistics.score[row], kind="stable")
            ranks = np.empty(order.size, dtype=np.int32)
            ranks[order] = np.arange(1, order.size + 1)
            self._ranks[cluster] = ranks
        return self._ranks[cluster]

    def _position(self, gene: str) -> int | None:
        if gene in self._gene_at:
            return self._gene_at[gene]
        current = canonical(gene, self._species) if self._species else None
        return self._gene_at.get(current) if current else None


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
