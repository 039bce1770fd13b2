"""Lists and tables of markers in any dress give the genes of each cluster, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from cassia_core.data.tables.gene_lists import split_signed
from cassia_core.data.tables.marker_tables import load_markers
from cassia_core.domain.config import ReadOptions
from tests.corpus import marker_dresses as dresses
from tests.corpus import marker_headers as headers
from tests.corpus.marker_code import CODE
from tests.corpus.material import seurat, written

LISTS = [
    dresses.named_lists,
    dresses.named_lists_with_equal_signs,
    dresses.numbered_lists,
    dresses.marker_file_of_garnett,
    dresses.lists_of_yaml,
    dresses.headings_of_markdown,
    dresses.gene_sets_with_addresses,
    dresses.gene_sets_described_by_their_name,
    dresses.lists_between_slashes,
    dresses.lists_between_full_width_commas,
    dresses.lists_joined_by_plus,
    dresses.lists_with_numbers_in_square_brackets,
    dresses.lists_with_numbers_behind_colons,
    dresses.lists_with_plus_and_minus,
    dresses.json_records_with_lists,
    dresses.json_genes_with_scores,
    dresses.cluster_once_in_two_columns,
    dresses.zip_with_a_list_per_cluster,
    dresses.headers_the_wrong_way_round,
    dresses.two_columns_of_other_names,
    dresses.gene_sets_of_cellxgene,
]


def genes_by_cluster(path: Path, options: ReadOptions = ReadOptions()) -> dict[str, list[str]]:
    table = load_markers(path, options=options).table
    return {cluster.cluster: [gene.gene for gene in cluster.genes] for cluster in table.clusters}


@pytest.mark.parametrize("build", [*LISTS, *CODE], ids=lambda build: build.__name__)
def test_every_cluster_has_exactly_its_genes_in_order(build, tmp_path: Path):
    assert genes_by_cluster(build(tmp_path)) == dresses.KINDS


SAME_TABLES = [
    headers.headers_in_german,
    headers.headers_in_french,
    headers.headers_in_chinese,
    headers.headers_in_japanese,
    headers.headers_in_korean,
    headers.headers_that_no_list_has,
    headers.genes_under_the_header_id,
    headers.headers_repeated_above_every_cluster,
    headers.negative_logarithms_of_p_values,
    headers.p_values_times_powers_of_ten,
    headers.clusters_in_comparisons_with_the_rest,
    headers.clusters_in_contrasts_with_all_other_cells,
    headers.pegasus_with_colons,
    headers.statistics_before_clusters_with_bars,
    headers.genes_beside_their_scores,
]


@pytest.mark.parametrize("build", SAME_TABLES, ids=lambda build: build.__name__)
def test_a_table_under_other_headers_gives_the_markers_of_the_same_table_of_seurat(build, tmp_path: Path):
    expected = list(genes_by_cluster(written(seurat(), tmp_path, "seurat.csv")).values())
    assert list(genes_by_cluster(build(tmp_path)).values()) == expected


def test_genes_that_a_word_calls_lower_are_no_markers(tmp_path: Path):
    found = genes_by_cluster(headers.lower_genes_told_by_a_word(tmp_path))
    table = seurat()
    lower = set(table["gene"][2::3])
    assert found and not lower & {gene for genes in found.values() for gene in genes if gene != "LTB"}


def test_genes_of_an_unknown_species_are_not_renamed(tmp_path: Path):
    assert "Eaat1" in genes_by_cluster(headers.genes_of_a_fly(tmp_path))["1"]


def test_a_marker_holds_only_where_it_holds_in_every_condition(tmp_path: Path):
    table = dresses._conserved(("a", "b"))
    table.loc[table["gene"] == "CD3D", "b_avg_log2FC"] = -1.0
    table.loc[table["gene"] == "CD3E", "a_avg_log2FC"] = None
    found = genes_by_cluster(written(table, tmp_path, "T.csv"))
    assert list(found) == ["T"]
    assert not {"CD3D", "CD3E"} & set(found["T"])
    frame = load_markers(tmp_path / "T.csv").frame.set_index("gene")
    assert frame.loc["IL7R", "log2fc"] == pytest.approx(2.6)  # the lower of 2.6 and 5.2
    assert frame.loc["IL7R", "pval_adj"] == pytest.approx(2e-34)  # the higher one


def test_two_header_rows_keep_the_genes_of_each_cluster(tmp_path: Path):
    expected = {str(cluster): list(part["gene"]) for cluster, part in seurat().groupby("cluster")}
    assert genes_by_cluster(dresses.two_header_rows(tmp_path)) == expected
    assert genes_by_cluster(dresses.two_header_rows_under_a_title(tmp_path)) == expected


def test_a_cluster_without_a_name_is_not_filled_where_names_repeat(tmp_path: Path):
    table = seurat().astype({"cluster": str})
    table.loc[5, "cluster"] = ""
    assert "Unassigned" in genes_by_cluster(written(table, tmp_path))


def test_genes_of_another_genome_are_left_out_and_the_species_given_decides(tmp_path: Path):
    path = dresses.two_genomes_in_a_marker_table(tmp_path)
    human = load_markers(path, options=ReadOptions(species="human"))
    assert not human.findings.questions
    assert sum(len(cluster.genes) for cluster in human.table.clusters) == 10
    assert [q.option for q in load_markers(path).findings.questions] == ["genome"]


def test_nothing_is_renamed_to_the_symbols_of_another_species_than_the_one_given(tmp_path: Path):
    table = seurat().assign(gene=[gene.capitalize() for gene in seurat()["gene"]])
    table.loc[0, "gene"] = "Fam132a"
    path = written(table, tmp_path)
    assert "C1qtnf12" in genes_by_cluster(path)["0"]
    assert "Fam132a" in genes_by_cluster(path, ReadOptions(species="rat"))["0"]


@pytest.mark.parametrize(
    ("text", "present", "absent"),
    [
        ("CD3D (8.8); CD3E (8.3)", ["CD3D", "CD3E"], []),
        ("(CD3D, HLA-DRA)", ["CD3D", "HLA-DRA"], []),
        ("CD3+ CD8A- NKG7+", ["CD3", "NKG7"], ["CD8A"]),
        ("TRAV29/DV5, CD3D/CD3E", ["TRAV29/DV5", "CD3D", "CD3E"], []),
        ("H2-K1、Cd74；Lyz2", ["H2-K1", "Cd74", "Lyz2"], []),
        ("IL7R and CCR7", ["IL7R", "CCR7"], []),
    ],
)
def test_written_lists(text: str, present: list[str], absent: list[str]):
    assert split_signed(text) == (present, absent)
