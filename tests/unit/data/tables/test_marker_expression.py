from __future__ import annotations

from cassia_core.data.tables.marker_tables import load_markers
from tests.corpus.material import seurat


def test_a_gene_is_measured_in_its_own_cluster_only():
    measure = load_markers(seurat()).expression.measure
    here, elsewhere, nowhere = measure("0", ("CD3D", "MS4A1", "INS"))
    assert (here.status, here.rank, here.top_cluster) == ("measured_here", 1, "0")
    assert here.pct_in == 0.9
    assert (elsewhere.status, elsewhere.log2fc, elsewhere.top_cluster) == ("only_elsewhere", None, "1")
    assert (nowhere.status, nowhere.log2fc) == ("not_in_table", None)


def test_a_gene_of_two_clusters_keeps_the_values_of_each():
    expression = load_markers(seurat()).expression
    first, second = expression.measure("0", ("LTB",))[0], expression.measure("2", ("LTB",))[0]
    assert first.log2fc != second.log2fc
    assert first.top_cluster == second.top_cluster == "0"


def test_an_old_name_finds_its_gene_and_is_answered_under_the_name_asked():
    expression = load_markers(seurat()).expression
    assert expression.has_gene("CD20")
    assert expression.measure("1", ("CD20",))[0].gene == "CD20"
    assert expression.measure("1", ("CD20",))[0].status == "measured_here"


def test_a_table_without_statistics_knows_the_rank_only():
    found = load_markers(seurat()[["cluster", "gene"]]).expression.measure("0", ("CD3E",))[0]
    assert (found.rank, found.log2fc, found.pct_in) == (2, None, None)
