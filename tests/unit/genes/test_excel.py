from __future__ import annotations

import pytest

from cassia_core.genes.excel import unmangle


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("2-Sep", "SEPTIN2"),
        ("02-Sep", "SEPTIN2"),
        ("Sep-02", "SEPTIN2"),
        ("10-Sep", "SEPTIN10"),
        ("1-Dec", "DELEC1"),
        ("3-Mar", "MARCHF3"),
        ("2020-09-02 00:00:00", "SEPTIN2"),
    ],
)
def test_a_date_that_only_one_gene_became_is_undone(name, symbol):
    assert unmangle(name, "human").symbol == symbol


@pytest.mark.parametrize(
    ("name", "species", "candidates"),
    [
        ("1-Mar", "human", ("MARCHF1", "MTARC1")),
        ("2-Mar", "human", ("MARCHF2", "MTARC2")),
        ("1-Mar", "mouse", ("Marchf1", "Mtarc1")),
    ],
)
def test_a_date_of_two_genes_is_flagged_and_not_guessed(name, species, candidates):
    found = unmangle(name, species)
    assert found.symbol is None
    assert set(candidates) <= set(found.candidates)


@pytest.mark.parametrize("name", ["43891", "2.31E+19", "2.31e19"])
def test_day_numbers_and_riken_names_read_as_floats_are_flagged(name):
    found = unmangle(name, "mouse")
    assert found.symbol is None
    assert found.candidates == ()


@pytest.mark.parametrize(
    "name", ["CD3D", "SEPT2", "MARCH1", "Sepp1", "Marco", "2310009E13Rik", "915", "DEC1", "10-45"]
)
def test_real_names_are_left_alone(name):
    assert unmangle(name, "human") is None
