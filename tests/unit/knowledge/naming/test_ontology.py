"""Labels to Cell Ontology terms, lineages, families and siblings."""

from __future__ import annotations

import pytest

from cassia_core.knowledge.naming import ontology
from cassia_core.knowledge.naming.lineages import FAMILIES, exclusive, family_of, lineage_of
from cassia_core.knowledge.scoring.siblings import sibling_markers


@pytest.mark.parametrize(
    ("label", "cl_id"),
    [
        ("B cell", "CL:0000236"),
        ("B-cells", "CL:0000236"),
        ("CD4+ T cells", "CL:0000624"),
        ("CD8-positive, alpha-beta T cell", "CL:0000625"),
        ("γδ T cells", "CL:0000798"),
        ("Tregs", "CL:0000815"),
        ("hepatocytes", "CL:0000182"),
        ("CL:0000084", "CL:0000084"),
        ("Haematopoietic stem cell", "CL:0000037"),
        ("Macrophage (M2)", "CL:0000235"),
        ("NK", "CL:0000623"),
        ("fat cell", "CL:0000136"),
    ],
)
def test_labels_find_their_term(label, cl_id):
    assert ontology.find_term(label).cl_id == cl_id


@pytest.mark.parametrize("label", ["", "wibble", "cluster 7", "CL:9999999", "Unknown"])
def test_no_term_is_invented(label):
    assert ontology.find_term(label) is None


def test_retired_terms_are_not_given_out():
    assert ontology.term_of("CL:0000003") is None


def test_relatives_and_distances():
    assert "CL:0000542" in ontology.ancestors("CL:0000236")
    assert "CL:0000945" in {t.cl_id for t in ontology.parents("CL:0000236")}
    assert "CL:0000236" in {t.cl_id for t in ontology.children("CL:0000945")}
    assert ontology.distance("CL:0000236", "CL:0000236") == 0
    assert ontology.distance("CL:0000236", "CL:0000945") == 1
    assert ontology.distance("CL:0000236", "CL:9999999") is None
    assert "CL:0000236" not in {t.cl_id for t in ontology.siblings("CL:0000236")}
    assert ontology.path_to_root("CL:0000236")[-1].name == "B cell"


def test_search_finds_by_beginning_words_and_near_spelling():
    assert ontology.search("natural killer")[0].cl_id == "CL:0000623"
    assert "CL:0000182" in {t.cl_id for t in ontology.search("hepatocite")}
    assert ontology.search("") == ()
    assert len(ontology.search("cell", 5)) == 5


@pytest.mark.parametrize(
    ("label", "family"),
    [
        ("CD4+ T cell", "T"),
        ("NK cell", "NK, ILC"),
        ("plasma cell", "B, plasma"),
        ("microglial cell", "Myeloid"),
        ("neutrophil", "Granulocyte, mast"),
        ("platelet", "Platelet, erythroid"),
        ("pericyte", "Stromal, muscle"),
        ("cardiomyocyte", "Stromal, muscle"),
        ("hepatocyte", "Epithelial"),
        ("pancreatic beta cell", "Epithelial"),
        ("astrocyte", "Neural, glia"),
        ("hematopoietic stem cell", "Stem, progenitor"),
        ("Unknown", "Unknown, mixed"),
        ("T cell / B cell doublets", "Unknown, mixed"),
        ("wibble", "Unknown, mixed"),
        ("", "Unknown, mixed"),
        ("vein endothelial cell", "Endothelial"),
        ("goblet cell", "Epithelial"),
    ],
)
def test_labels_have_their_colour_family(label, family):
    assert family_of(label) == family
    assert family in FAMILIES


def test_kin_lineages_do_not_exclude_each_other():
    assert exclusive("T cell", "monocyte or macrophage")
    assert not exclusive("T cell", "natural killer cell")
    assert not exclusive("T cell", "T cell")
    assert not exclusive("T cell", "nonsense")


def test_lineages_of_labels_outside_the_knowledge_base_come_from_the_ontology():
    assert lineage_of("CD38-negative naive B cell") == "B cell"


def test_siblings_come_with_genes_that_tell_them_apart():
    found = dict(sibling_markers("CD8+ T cell", "human"))
    assert found
    assert all(genes for genes in found.values())
    assert all("CD3E" not in genes[:2] for genes in found.values())
    assert sibling_markers("wibble", "human") == ()
