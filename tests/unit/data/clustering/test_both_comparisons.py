"""Lists of parts that take turns between two comparisons."""

from __future__ import annotations

import numpy as np

from cassia_core.data.clustering.both_comparisons import alternate
from cassia_core.data.view.cluster_statistics import FIELDS, ClusterStatistics
from cassia_core.domain.markers import ClusterMarkers, MarkerGene, MarkerTable

GENES = ("CD3D", "CD3E", "SELL", "S100A4", "LYZ")


def statistics(log2fc: list[float]) -> ClusterStatistics:
    values = {name: np.full((1, len(GENES)), 0.5) for name in FIELDS} | {"log2fc": np.array([log2fc])}
    return ClusterStatistics(clusters=("0",), genes=GENES, n_cells=np.array([20]), **values)


def table(*genes: str, cluster: str = "0", log2fc: float = 9.0) -> MarkerTable:
    return MarkerTable(
        clusters=(
            ClusterMarkers(
                cluster=cluster,
                n_cells=20,
                genes=tuple(MarkerGene(gene=g, rank=i, log2fc=log2fc) for i, g in enumerate(genes, start=1)),
            ),
        )
    )


def test_genes_of_both_comparisons_come_in_turn_with_values_against_all_cells():
    found = alternate(
        table("CD3D", "CD3E"), table("SELL", "CD3D", "S100A4"), statistics([4, 3, 2, 1, -1]), 50
    )
    genes = found.clusters[0].genes
    assert [g.gene for g in genes] == ["CD3D", "SELL", "CD3E", "S100A4"]
    assert [g.rank for g in genes] == [1, 2, 3, 4]
    assert genes[1].log2fc == 2.0 and genes[1].pct_in == 0.5, "not the fold change among the parts"


def test_a_gene_that_is_lower_than_in_all_other_cells_is_no_marker():
    found = alternate(table("CD3D"), table("LYZ", "SELL"), statistics([4, 3, 2, 1, -1]), 50)
    assert found.clusters[0].symbols() == ("CD3D", "SELL")


def test_the_list_is_as_long_as_asked_and_a_part_without_markers_stays_without():
    found = alternate(table("CD3D", "CD3E"), table("SELL"), statistics([4, 3, 2, 1, 1]), 2)
    assert found.clusters[0].symbols() == ("CD3D", "SELL")
    empty = MarkerTable(clusters=(ClusterMarkers(cluster="0", n_cells=2, state="too_small"),))
    assert alternate(empty, table("SELL"), statistics([4, 3, 2, 1, 1]), 2) == empty
