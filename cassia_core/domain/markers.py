"""Marker genes: what is known of each cluster's genes, before anyone names it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

RankingMethod = Literal["avg_log2FC", "p_val_adj", "pct_diff", "Score"]
ClusterState = Literal["ok", "weak", "no_markers", "too_small", "unassigned"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerGene:
    """One gene of one cluster. A value that the source did not give is None, never 0.

    `log2fc` is a log2 fold change of mean expression (cluster against the rest), `score` the test's
    statistic, `pct_in` / `pct_out` the fraction (0 to 1) of cells that express the gene in / out of the
    cluster.
    """

    gene: str
    rank: int
    log2fc: float | None = None
    score: float | None = None
    pval: float | None = None
    pval_adj: float | None = None
    pct_in: float | None = None
    pct_out: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterMarkers:
    """The ranked marker genes of one cluster, best first, with what became of the cluster."""

    cluster: str
    genes: tuple[MarkerGene, ...] = ()
    n_cells: int | None = None
    state: ClusterState = "ok"
    reason: str = ""

    def symbols(self, n: int | None = None) -> tuple[str, ...]:
        """The first `n` gene symbols (all when None), best first."""
        return tuple(g.gene for g in self.genes[:n])


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerTable:
    """Markers of every cluster, in natural order of the cluster ids."""

    clusters: tuple[ClusterMarkers, ...]
    shape: str = ""
    """Which of the known shapes the source had ("seurat", "scanpy", "simple", "computed", ...)."""
    notes: tuple[str, ...] = ()

    def ids(self) -> tuple[str, ...]:
        return tuple(c.cluster for c in self.clusters)

    def get(self, cluster: str) -> ClusterMarkers:
        """Markers of one cluster, by its exact id.

        Raises
        ------
        KeyError
            When the table has no such cluster.
        """
        for entry in self.clusters:
            if entry.cluster == cluster:
                return entry
        raise KeyError(cluster)


MeasureStatus = Literal["measured_here", "only_elsewhere", "not_in_table", "not_in_data"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneMeasurement:
    """What the data say of one gene in one cluster.

    `status`: `measured_here` the gene has values in this cluster; `only_elsewhere` the marker table lists it
    for other clusters only; `not_in_table` the marker table does not list it (which does not mean that it is
    silent); `not_in_data` the expression matrix has no such gene. `mean_in`, `mean_out` are means of
    log-normalised values; `top_cluster` is the cluster with the highest mean.
    """

    gene: str
    status: MeasureStatus
    pct_in: float | None = None
    pct_out: float | None = None
    mean_in: float | None = None
    mean_out: float | None = None
    log2fc: float | None = None
    rank: int | None = None
    pval_adj: float | None = None
    top_cluster: str | None = None


class ExpressionSource(Protocol):
    """Where measured values of a cluster's genes come from: the cells, or else the marker table."""

    basis: Literal["cells", "markers"]

    def measure(self, cluster: str, genes: tuple[str, ...]) -> tuple[GeneMeasurement, ...]:
        """Values of `genes` in `cluster`, in the order asked; never of another cluster."""
        ...

    def has_gene(self, gene: str) -> bool:
        """Whether the gene was measured at all (in the matrix, or anywhere in the table)."""
        ...


def natural_key(cluster: str) -> tuple:
    """Sort key that puts "2" before "10" and numbers before words."""
    parts: list[tuple[int, int, str]] = []
    digits = ""
    for char in cluster + "\0":
        if char.isascii() and char.isdigit():
            digits += char
            continue
        if digits:
            parts.append((0, int(digits), ""))
            digits = ""
        if char != "\0":
            parts.append((1, 0, char))
    return (tuple(parts), cluster)
