"""The genes that stand for labels in dot plots, the same on pages, in figures and in reports."""

from __future__ import annotations

from collections.abc import Sequence

from cassia_core.domain.annotation import ClusterResult
from cassia_core.knowledge.evidence.telling import telling_genes

GENES_PER_CLUSTER = 3
MOST_GENES = 60
"""Columns of a dot plot that a page or a report has room for."""


def genes_behind_labels(
    rows: Sequence[ClusterResult], species: str, most: int = MOST_GENES
) -> tuple[str, ...]:
    """The genes that tell each label from the others, in the order of the clusters, each gene once.

    A cluster without such genes gives its best markers. Three genes each, fewer where they would be more than
    `most` together.
    """
    genes: tuple[str, ...] = ()
    for per_cluster in range(GENES_PER_CLUSTER, 0, -1):
        told = telling_genes(rows, species, per_cluster)
        shown = (own or row.markers[:per_cluster] for own, row in zip(told, rows, strict=True))
        genes = tuple(dict.fromkeys(gene for own in shown for gene in own))
        if len(genes) <= most:
            break
    return genes[:most]
