"""Measured values of genes where there is no matrix: the marker table itself."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from cassia_core.domain.markers import GeneMeasurement
from cassia_core.genes import canonical


class MarkerExpression:
    """An `ExpressionSource` over the rows of a marker table.

    A gene without a row for a cluster was not necessarily silent there: tables hold the tested or passing
    genes
    only. Values are read from the row of exactly the cluster asked for.

    Parameters
    ----------
    frame
        Columns `cluster, gene, log2fc, score, pval, pval_adj, pct_in, pct_out`; NaN means unknown.
    species
        "human" or "mouse" lets old gene names be asked for; "" looks up names as they are.
    """

    basis: Literal["cells", "markers"] = "markers"

    def __init__(self, frame: pd.DataFrame, species: str = "") -> None:
        self._species = species
        self._rows: dict[tuple[str, str], tuple] = {}
        self._top: dict[str, tuple[float, str]] = {}
        ranks: dict[str, int] = {}
        columns = ["cluster", "gene", "log2fc", "pval_adj", "pct_in", "pct_out"]
        for cluster, gene, log2fc, pval_adj, pct_in, pct_out in frame[columns].itertuples(
            index=False, name=None
        ):
            ranks[cluster] = ranks.get(cluster, 0) + 1
            self._rows.setdefault((cluster, gene), (log2fc, pval_adj, pct_in, pct_out, ranks[cluster]))
            best = self._top.get(gene)
            if best is None or log2fc > best[0]:
                self._top[gene] = (log2fc, cluster)

    def has_gene(self, gene: str) -> bool:
        """Whether any cluster of the table lists the gene."""
        return self._name_here(gene) is not None

    def measure(self, cluster: str, genes: tuple[str, ...]) -> tuple[GeneMeasurement, ...]:
        """Values of `genes` in `cluster`, in the order asked."""
        return tuple(self._measure(cluster, gene) for gene in genes)

    def _measure(self, cluster: str, gene: str) -> GeneMeasurement:
        name = self._name_here(gene)
        if name is None:
            return GeneMeasurement(gene=gene, status="not_in_table")
        top = self._top[name][1]
        row = self._rows.get((cluster, name))
        if row is None:
            return GeneMeasurement(gene=gene, status="only_elsewhere", top_cluster=top)
        log2fc, pval_adj, pct_in, pct_out, rank = row
        return GeneMeasurement(
            gene=gene,
            status="measured_here",
            log2fc=_known(log2fc),
            pval_adj=_known(pval_adj),
            pct_in=_known(pct_in),
            pct_out=_known(pct_out),
            rank=rank,
            top_cluster=top,
        )

    def _name_here(self, gene: str) -> str | None:
        if gene in self._top:
            return gene
        current = canonical(gene, self._species) if self._species else None
        return current if current in self._top else None


def _known(value: float) -> float | None:
    return None if pd.isna(value) else float(value)
