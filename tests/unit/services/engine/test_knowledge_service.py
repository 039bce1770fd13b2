"""Look-ups for the knowledge page."""

from __future__ import annotations

from cassia_core.services.engine.knowledge import (
    describe_type,
    ontology_path,
    search_ontology,
    search_types,
    types_of_gene,
)


def test_a_type_is_described_with_markers_and_its_place():
    found = describe_type("B cells")
    assert (found.name, found.term.cl_id, found.family) == ("B cell", "CL:0000236", "B, plasma")
    assert "MS4A1" in dict(found.markers)
    assert found.path[-1] == "B cell"
    assert describe_type("wibble") is None


def test_a_type_is_found_by_its_everyday_name_and_says_a_borrowed_term():
    found = describe_type("CD56bright NK cell")
    assert found.name == "CD16-negative, CD56-bright natural killer cell, human"
    assert found.short == "CD56bright NK cell"
    assert describe_type("CA1 pyramidal neuron").term.nearest
    assert search_types("CD56bright NK")[0] == found.name


def test_markers_are_given_in_the_species_asked_for():
    assert "Ms4a1" in dict(describe_type("B cell", "mouse").markers)


def test_a_gene_leads_to_its_types_most_telling_first():
    uses = types_of_gene("MS4A1")
    assert uses[0].weight == 3
    assert "B cell" in {use.cell_type for use in uses}
    assert [u.weight for u in uses] == sorted((u.weight for u in uses), reverse=True)
    assert types_of_gene("NOTAGENE") == ()


def test_old_symbols_and_mouse_symbols_are_understood():
    assert types_of_gene("FYB") == types_of_gene("FYB1")
    assert "B cell" in {use.cell_type for use in types_of_gene("Ms4a1", "mouse")}


def test_types_are_found_by_name_and_alias():
    assert search_types("Treg")[0] == "regulatory T cell"
    assert "B cell" in search_types("b cell")
    assert len(search_types("", 10)) == 10


def test_the_path_in_the_ontology_ends_at_the_label():
    assert ontology_path("CD4+ T cells")[-1].cl_id == "CL:0000624"
    assert ontology_path("wibble") == ()
    assert search_ontology("natural killer")
