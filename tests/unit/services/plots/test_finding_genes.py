"""A gene that a person typed is found as the data write it, or said to be absent."""

from __future__ import annotations

import pytest

from cassia_core.services.plots.finding_genes import FoundGene, find_gene

GENES = ("CD8A", "CD8B", "MS4A1", "HLA-DRA", "GNLY", "cd8a-like")


@pytest.mark.parametrize("typed", ["MS4A1", "ms4a1", " Ms4a1 "])
def test_a_measured_gene_is_found_in_any_case(typed):
    assert find_gene(typed, GENES, "human") == FoundGene(gene="MS4A1")


def test_another_name_of_a_measured_gene_is_said_to_be_one():
    assert find_gene("CD20", GENES, "human") == FoundGene(gene="MS4A1", also_called="CD20")


def test_a_gene_that_was_not_measured_is_not_replaced_and_the_nearest_names_are_offered():
    assert find_gene("CD8X", GENES, "human") == FoundGene(gene="", alike=("CD8A", "CD8B", "cd8a-like"))
    assert find_gene("QQQ", GENES, "human") == FoundGene(gene="")
    assert find_gene("", GENES, "human").gene == ""


def test_exact_spelling_wins_where_two_genes_differ_in_case_only_and_else_both_are_offered():
    genes = ("Cd4", "CD4")
    assert find_gene("CD4", genes, "human").gene == "CD4"
    assert find_gene("cd4", genes, "human") == FoundGene(gene="", alike=("Cd4", "CD4"))


def test_an_unknown_species_has_no_other_names():
    assert find_gene("CD20", GENES, "zebrafish").gene == ""
