"""Every label that we give has the id of a term, its own or the nearest above it."""

from __future__ import annotations

import pytest

from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.naming.identity import identify
from cassia_core.knowledge.naming.ontology import ancestors

KB = load_knowledge()


def test_every_type_has_an_id_and_says_when_it_is_only_the_nearest():
    found = {entry.name: identify(entry.name) for entry in KB.types}
    assert [name for name, term in found.items() if term is None] == []
    wrong = [e.name for e in KB.types if e.cl_id and found[e.name].nearest != e.nearest]
    assert wrong == []
    assert any(term.nearest for term in found.values())


def test_a_type_without_a_term_gets_the_term_of_the_type_above_it():
    term = identify("CA1 pyramidal neuron")
    assert (term.cl_id, term.nearest) == ("CL:1001571", True)
    assert identify("alveolar transitional cell").nearest
    assert not identify("hippocampal pyramidal neuron").nearest


def test_a_label_of_several_types_gets_the_term_above_all_of_them():
    term = identify("T cell or NK cell")
    assert term.nearest
    for cl_id in ("CL:0000084", "CL:0000623"):
        assert term.cl_id in ancestors(cl_id)
    assert identify("natural killer cell / NK cell").cl_id == "CL:0000623"
    assert not identify("natural killer cell / NK cell").nearest


@pytest.mark.parametrize("label", ["", "Unknown", "unassigned", "cells of the third kind"])
def test_a_label_that_names_no_known_type_has_no_id(label: str):
    assert identify(label) is None


def test_a_label_with_more_words_than_a_type_has_the_nearest():
    term = identify("Inflamed perivascular fibroblasts of the outer rim")
    assert term is not None
    assert term.nearest
    assert not identify("fibroblasts").nearest


def test_the_name_of_the_term_itself_is_exact_where_an_entry_only_borrows_it():
    assert identify("adult neural stem cell").nearest
    assert not identify("neural stem cell").nearest
