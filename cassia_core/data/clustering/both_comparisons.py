"""Marker lists of parts from two comparisons: with all cells of the file, and with the other parts only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest
from typing import Any

import numpy as np

from cassia_core.data.view.cluster_statistics import ClusterStatistics
from cassia_core.domain.markers import ClusterMarkers, MarkerGene, MarkerTable

_SHOWN = ("log2fc", "score", "pval", "pval_adj", "pct_in", "pct_out")


def alternate(
    against_all: MarkerTable, among_parts: MarkerTable, statistics: ClusterStatistics, n_genes: int
) -> MarkerTable:
    """Lists that take turns: the best gene against all cells, the best among the parts, the second best, and
    so on.

    A gene of the second kind is taken only where it is higher in the part than in all other cells, too.
    Values shown
    are those against all cells for every gene. A part that was not tested keeps its entry in `against_all`.

    Parameters
    ----------
    statistics
        Of the comparison with all cells.
    n_genes
        Length of a list, at most.
    """
    among = {c.cluster: c for c in among_parts.clusters}
    return replace(
        against_all,
        clusters=tuple(
            _alternating(c, among[c.cluster], statistics, n_genes)
            if c.genes and c.cluster in among and c.cluster in statistics.clusters
            else c
            for c in against_all.clusters
        ),
    )


def _alternating(
    first: ClusterMarkers, second: ClusterMarkers, statistics: ClusterStatistics, n_genes: int
) -> ClusterMarkers:
    known = {gene.gene: gene for gene in first.genes}
    telling = list(_measured(second, statistics, statistics.clusters.index(first.cluster)))
    # Turn about rather than by score: scores of the two tests are of different numbers of cells and cannot be
    # compared.
    turns = (gene for pair in zip_longest(first.genes, telling) for gene in pair if gene is not None)
    genes = list({gene.gene: known.get(gene.gene, gene) for gene in turns}.values())[:n_genes]
    return replace(first, genes=tuple(replace(gene, rank=rank) for rank, gene in enumerate(genes, start=1)))


def _measured(markers: ClusterMarkers, statistics: ClusterStatistics, row: int) -> Iterator[MarkerGene]:
    """The genes of a list with their values against all cells, those that are higher than there."""
    at = {gene: i for i, gene in enumerate(statistics.genes)}
    for gene in markers.genes:
        column = at[gene.gene]
        # A gene that sets a part off from the other parts by being lower everywhere else in the file says
        # nothing of its type.
        if statistics.log2fc[row, column] > 0:
            values = {name: float(getattr(statistics, name)[row, column]) for name in _SHOWN}
            known: dict[str, Any] = {name: None if np.isnan(v) else v for name, v in values.items()}
            yield replace(gene, **known)
