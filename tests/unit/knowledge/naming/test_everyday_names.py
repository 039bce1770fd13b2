"""Everyday names: one for every type, and for every other label one that means the same."""

from __future__ import annotations

import pytest

from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.naming.labels import normal_form
from cassia_core.knowledge.naming.names import LONG, everyday_name, in_shorter_words, shown_name
from cassia_core.knowledge.naming.ontology import ROOT, children, find_term, is_a_term_name

KB = load_knowledge()
LONGEST = 34


def all_term_names() -> set[str]:
    found, open_ids = set(), [ROOT]
    seen = set(open_ids)
    while open_ids:
        for child in children(open_ids.pop()):
            if child.cl_id not in seen:
                seen.add(child.cl_id)
                found.add(child.name)
                open_ids.append(child.cl_id)
    return found


def test_every_type_has_an_everyday_name_of_its_own():
    names = [normal_form(entry.short) for entry in KB.types]
    assert all(names)
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_an_everyday_name_is_no_other_types_name_or_alias():
    owners: dict[str, str] = {}
    for entry in KB.types:
        for label in (entry.name, *entry.aliases):
            owners.setdefault(normal_form(label), entry.name)
    taken = [(e.name, e.short) for e in KB.types if owners.get(normal_form(e.short), e.name) != e.name]
    assert taken == []
    assert [e.name for e in KB.types if KB.get(e.short) is not e] == []


def test_an_everyday_name_is_no_name_of_another_ontology_term():
    wrong = [
        (e.name, e.short, find_term(e.short))
        for e in KB.types
        if e.cl_id and is_a_term_name(e.short) and find_term(e.short).cl_id != e.cl_id
    ]
    assert wrong == []


def test_everyday_names_are_short_plain_words():
    assert [
        e.short for e in KB.types if len(e.short) > LONGEST or not e.short.isascii() or "," in e.short
    ] == []
    assert sum(len(e.short) > LONG for e in KB.types) <= 0.02 * len(KB.types)
    long_winded = ("positive", "negative", "alpha-beta", "human", "natural killer")
    assert [e.short for e in KB.types if any(word in e.short for word in long_winded)] == []
    small = [e.short for e in KB.types if e.short.split()[0].islower()]
    assert small == []


def test_the_name_of_a_type_leads_to_its_everyday_name_and_that_to_itself():
    assert [e.name for e in KB.types if everyday_name(e.name) != e.short] == []
    assert [e.short for e in KB.types if everyday_name(e.short) != e.short] == []


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("effector CD8-positive, alpha-beta T cell", "CD8 effector T cell"),
        ("CD16-negative, CD56-bright natural killer cell, human", "CD56bright NK cell"),
        ("pancreatic delta cell", "Delta cell"),
        ("pancreatic D cell", "Delta cell"),
        ("epithelial cell of proximal tubule", "Proximal tubule cell"),
        ("CD8+ T cells", "CD8 T cell"),
        ("Natural killer (NK) cells", "NK cell"),
        ("Regulatory T cells (Tregs)", "Regulatory T cell"),
        ("CD8+ effector memory T cells (TEMRA)", "CD8 effector memory T cell (TEMRA)"),
        ("activated CD8-positive, alpha-beta T cell", "Activated CD8 T cell"),
        ("dividing hepatocyte", "Dividing hepatocyte"),
        ("activated Kupffer cell", "Activated Kupffer cell"),
        ("cycling pancreatic beta cell", "Cycling beta cell"),
        ("fibroblast of lung or pericyte", "Lung fibroblast or pericyte"),
        ("T cell / Kupffer cell", "T cell / Kupffer cell"),
        ("Pericyte/SMC", "Pericyte/smooth muscle cell"),
        ("Ventricular myocyte", "Ventricular myocyte"),
        ("Unknown", "Unknown"),
        ("", ""),
    ],
)
def test_labels_of_all_kinds_get_the_name_people_say(label: str, name: str):
    assert everyday_name(label) == name


@pytest.mark.parametrize(
    "label",
    [
        "tumor-associated macrophage",
        "induced pluripotent stem cell",
        "Activated TREM2+ macrophages in plaques",
        "Cancer-associated fibroblast",
        "ABC (unknown origin)",
        "Neural stem cell",
        "Pyramidal neuron",
    ],
)
def test_a_label_that_says_more_than_its_entry_keeps_what_it_says(label: str):
    assert everyday_name(label).lower() == label.lower()


def test_a_long_label_that_nobody_knows_is_said_in_shorter_words_and_never_cut():
    label = "CXCL13-positive, PDCD1-positive natural killer dendritic cell mixture of the outer rim"
    assert everyday_name(label) == "CXCL13+ PDCD1+ NK DC mixture of the outer rim"
    words = "something long that has no shorter way of being said at all"
    assert everyday_name(words).lower() == words


def test_shorter_words_keep_all_ontology_terms_apart():
    """Two terms may share their shorter words only as the same type of man, mouse, or any vertebrate."""
    owners: dict[str, set[str]] = {}
    for name in all_term_names():
        plain = name.removesuffix(", human")
        owners.setdefault(in_shorter_words(name).lower(), set()).add(
            plain.replace("alpha-beta ", "")
            .replace(" (sensu Vertebrata)", "")
            .replace(" (sensu Mus)", "")
            .replace(" (Mmus)", "")
            .replace(" (metazoa)", "")
            .lower()
        )
    assert len(owners) > 2500
    assert {short: names for short, names in owners.items() if len(names) > 1} == {}


def test_a_persons_own_words_are_shown_as_typed_and_names_of_the_ontology_are_not_own_words():
    assert shown_name("CD8+ T cells", own_words=True) == "CD8+ T cells"
    assert shown_name("weird NK", own_words=True) == "weird NK"
    assert shown_name("effector CD8-positive, alpha-beta T cell", own_words=True) == "CD8 effector T cell"
    assert shown_name("type B pancreatic cell", own_words=True) == "Beta cell"
    assert shown_name("CD8+ T cells") == "CD8 T cell"
    assert shown_name("memory B cell", own_words=True) == "memory B cell"
    assert shown_name("memory B cell") == "Memory B cell"
