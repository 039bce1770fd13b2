from __future__ import annotations

import pytest

from cassia_core.genes import canonical, guess_species, orthologue, symbol_of
from cassia_core.genes.lookup import meanings
from cassia_core.genes.species_ids import is_ensembl, kind_of_names


@pytest.mark.parametrize(
    ("gene_id", "species", "symbol"),
    [
        ("ENSG00000167286", "human", "CD3D"),
        ("ENSG00000167286.9", "human", "CD3D"),
        ("ensg00000167286", "human", "CD3D"),
        ("915", "human", "CD3D"),
        ("ENSMUSG00000032094", "mouse", "Cd3d"),
        ("12500", "mouse", "Cd3d"),
        ("ENSG00000167286", "mouse", None),
        ("ENSG99999999999", "human", None),
        ("915", "rat", None),
    ],
)
def test_an_id_gives_the_symbol_of_its_own_species_or_none(gene_id, species, symbol):
    assert symbol_of(gene_id, species) == symbol


@pytest.mark.parametrize(
    ("name", "species", "current"),
    [
        ("CD3D", "human", "CD3D"),
        ("cd3d", "human", "CD3D"),
        ("CD3D", "mouse", "Cd3d"),
        ("MARCH1", "human", "MARCHF1"),
        ("SEPT2", "human", "SEPTIN2"),
        ("DEC1", "human", "DELEC1"),
        ("CD20", "human", "MS4A1"),
        ("Fam19a1", "mouse", "Tafa1"),
        ("HLA-DRA", "human", "HLA-DRA"),
        ("CD16", "human", None),
        ("no such gene", "human", None),
        ("CD3D", "zebrafish", None),
        ("", "human", None),
    ],
)
def test_a_name_of_any_age_and_case_gives_the_current_symbol_or_none_when_unsure(name, species, current):
    assert canonical(name, species) == current


def test_an_ambiguous_alias_lists_what_it_may_mean():
    assert meanings("CD16", "human") == ("FCGR3A", "FCGR3B")


def test_orthologues_come_from_the_table_and_not_from_capitals():
    assert orthologue("CD8B", "human", "mouse") == "Cd8b1"
    assert orthologue("Cd8b1", "mouse", "human") is None  # CD8B and CD8B2
    assert orthologue("CD3D", "human", "mouse") == "Cd3d"
    assert orthologue("Cd3d", "mouse", "human") == "CD3D"
    assert orthologue("Gm26206", "mouse", "human") is None
    assert orthologue("CD3D", "human", "rat") is None


@pytest.mark.parametrize(
    ("symbols", "expected"),
    [
        (["CD3D", "MS4A1", "NKG7", "LYZ", "GNLY", "CD8A"], ("human", True)),
        (["Cd3d", "Ms4a1", "Nkg7", "Lyz2", "Gzma", "Cd8a"], ("mouse", True)),
        (["ENSMUSG00000032094.1"] * 10, ("mouse", True)),
        (["ENSG00000167286"] * 10, ("human", True)),
        (["ENSRNOG00000000001"] * 10, ("rat", True)),
        (["Cd3d"] * 200 + [f"ENSSSCG{i:011d}" for i in range(20)], ("pig", True)),
        ([f"FBgn{i:07d}" for i in range(20)], ("fruit fly", True)),
        (["gene1", "gene2", "foo"], ("", False)),
        ([], ("", False)),
    ],
)
def test_species_is_guessed_from_spelling_or_id(symbols, expected):
    assert guess_species(symbols) == expected


def test_a_few_genes_are_not_enough_to_be_sure():
    assert guess_species(["CD3D", "LYZ"]) == ("human", False)


def test_names_that_only_resemble_ids_are_no_ids():
    assert is_ensembl("ENSMUSG00000032094.12")
    assert not is_ensembl("ENSA")
    assert not is_ensembl("ENSG1")


def test_genes_of_other_species_have_at_most_one_human_counterpart():
    assert orthologue("Cd3d", "rat", "human") == "CD3D"
    assert orthologue("ptprc", "zebrafish", "human") == "PTPRC"
    assert orthologue("PTPRC", "pig", "human") == orthologue("PTPRC", "macaque", "human") == "PTPRC"
    assert orthologue("ppardb", "zebrafish", "human") is None  # ppardb and pparda: PPARD
    assert orthologue("Nosuchgene", "rat", "human") is None


def test_ids_of_other_species_are_turned_into_their_own_symbols():
    assert symbol_of("ENSRNOG00000009523.3", "rat") == "Rab11fip2"
    assert symbol_of("ENSSSCG00000028996", "pig") == "ALDH1A1"
    assert symbol_of("ENSRNOG00000009523", "pig") is None


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        ([f"f{i}" for i in range(40)], "numbered features"),
        ([f"Gene_{i}" for i in range(40)], "numbered features"),
        ([f"FBgn{i:07d}" for i in range(40)], ""),
        ([f"LOC{100000 + 37 * i}" for i in range(40)], ""),
        ([f"ENST{i:011d}.2" for i in range(40)], "transcripts"),
        ([f"NM_{i:09d}" for i in range(40)], "transcripts"),
        ([f"{i},{i + 3}" for i in range(40)], "equivalence classes"),
        (["CD3D", "CD3E", "CD3G", "CD4", "CD5", "CD6", "CD7", "CD19", "CD22", "CD27", "LYZ"], ""),
    ],
)
def test_names_that_are_no_genes_are_called_what_they_are(names, kind):
    assert kind_of_names(names) == kind


def test_words_of_tables_are_no_genes_and_aliases_in_small_letters_neither():
    assert [canonical(word, "human") for word in ("cell", "na", "Length", "ice", "rest")] == [None] * 5
    assert canonical("REST", "human") == "REST"
    assert canonical("cd20", "human") == "MS4A1"
