"""Genes as people type and paste them."""

from __future__ import annotations

import pytest

from cassia_core.services.plots.asked_genes import find_genes, read_genes

THERE = ("CD3D", "MS4A1", "HLA-A", "MT-CO1", "LYZ", "Cd8a")


@pytest.mark.parametrize(
    "text",
    [
        "CD3D MS4A1",
        "CD3D, MS4A1",
        "CD3D\nMS4A1\n",
        "CD3D;MS4A1",
        'c("CD3D", "MS4A1")',
        "['CD3D', 'MS4A1']",
        '"CD3D"\t"MS4A1"',
        "CD3D,, CD3D  MS4A1,",
    ],
)
def test_lists_of_any_kind_are_read(text):
    assert read_genes(text) == ("CD3D", "MS4A1")


def test_names_with_signs_of_their_own_stay_whole():
    assert read_genes("HLA-A MT-CO1 l(2)gl") == ("HLA-A", "MT-CO1", "l(2)gl")


def test_capitals_old_symbols_and_ensembl_ids_are_understood_and_the_rest_is_named():
    found = find_genes(THERE, ["cd3d", "CD20", "ENSG00000167286.9", "LYZ", "NOSUCHGENE"], "human")
    assert found.genes == ("CD3D", "MS4A1", "LYZ")
    assert found.renamed == (("CD20", "MS4A1"),)
    assert found.absent == ("NOSUCHGENE",)


def test_data_named_by_ids_are_found_by_id_and_by_symbol_of_the_id():
    found = find_genes(("ENSG00000167286", "ENSG00000156738"), ["ensg00000167286.3"], "human")
    assert found.genes == ("ENSG00000167286",)


def test_numbers_pasted_along_are_no_genes():
    assert find_genes(THERE, ["2.5", "1e-10", "920"], "human").genes == ()


def test_genes_beyond_what_fits_are_said():
    many = tuple(f"G{i}" for i in range(70))
    found = find_genes(many, many)
    assert len(found.genes) == 60 and len(found.left_out) == 10
