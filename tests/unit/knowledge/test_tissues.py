"""Tissues in the words people use."""

from __future__ import annotations

import pytest

from cassia_core.knowledge.content.tissues import resolve_tissue, tissue_keys, tissues


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("large intestine", "large intestine"),
        ("PBMC", "blood"),
        ("colon cancer", "large intestine"),
        ("B cell lymphoma", "lymph node"),
        ("Esophagus", "oesophagus"),
        ("oesophagus", "oesophagus"),
        ("Adult-Trachea", "airway"),
        ("human primary motor cortex", "cerebral cortex"),
        ("Skeletal muscle", "skeletal muscle"),
        ("Adipose - Subcutaneous", "adipose"),
        ("pancreatic islets", "pancreas"),
        ("", ""),
        ("unknown", ""),
        ("Mars", ""),
    ],
)
def test_free_text_finds_its_tissue(text, key):
    assert resolve_tissue(text) == key


def test_tumours_and_fetal_tissues_are_noted_beside_the_organ():
    assert tissue_keys("colon cancer") == ("large intestine", "tumour")
    assert tissue_keys("Fetal-Brain") == ("brain", "fetal")
    assert tissue_keys("unknown") == ()


def test_uberon_ids_exist():
    from cellxgene_ontology_guide.ontology_parser import OntologyParser

    uberon = OntologyParser().cxg_schema.ontology("UBERON")
    known = {term for term, facts in uberon.items() if not facts["deprecated"]}
    assert [t.key for t in tissues().values() if t.uberon and t.uberon not in known] == []
    assert [t.key for t in tissues().values() if t.parent and t.parent not in tissues()] == []
