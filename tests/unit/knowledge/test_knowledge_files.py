"""The knowledge files themselves: every entry can be trusted to be what the README says."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest

from cassia_core.genes import canonical, orthologue
from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.content.tissues import tissues
from cassia_core.knowledge.naming.lineages import FAMILIES, lineage_of_entry, lineages
from cassia_core.knowledge.naming.ontology import find_term, term_of

KB = load_knowledge()
TYPES = {entry.name: entry for entry in KB.types}


def test_there_are_several_hundred_types_and_some_states():
    assert len(KB.types) >= 300
    assert len(KB.states) >= 8


def test_every_cell_ontology_id_exists_and_is_not_retired():
    wrong = [(e.file, e.name, e.cl_id) for e in KB.types if e.cl_id and term_of(e.cl_id) is None]
    assert wrong == []


def test_no_two_types_share_a_cell_ontology_id():
    ids = [e.cl_id for e in KB.types if e.cl_id]
    assert sorted({i for i in ids if ids.count(i) > 1}) == []


def test_every_parent_is_an_entry_and_no_chain_is_a_ring():
    assert [(e.file, e.name, e.parent) for e in KB.types if e.parent and e.parent not in TYPES] == []
    for entry in KB.types:
        seen, here = set(), entry
        while here is not None:
            assert here.name not in seen, f"{entry.name} descends from itself"
            seen.add(here.name)
            here = KB.parent(here)


def test_every_type_belongs_to_a_lineage():
    assert [e.name for e in KB.types if lineage_of_entry(e) not in lineages()] == []


def test_the_engine_starts_without_the_ontology():
    asked = (
        "import sys; from cassia_core.domain.tasks import Setting; from "
        "cassia_core.knowledge.scoring.engine import "
        "rank_types; "
        "rank_types(['CD3D', 'CD3E'], Setting(species='human')); print('cellxgene_ontology_guide' in "
        "sys.modules)"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "False"


def test_every_tissue_is_a_known_key():
    assert sorted({(e.file, t) for e in KB.types for t in e.tissues if t not in tissues()}) == []
    assert [e.name for e in KB.types if not e.tissues] == []


@pytest.mark.parametrize("field", ["markers", "absent", "not_in_mouse"])
def test_human_symbols_are_known_to_the_gene_table(field):
    unknown = set()
    for entry in KB.types:
        for item in getattr(entry, field):
            gene = item if isinstance(item, str) else item.gene
            if canonical(gene, "human") is None:
                unknown.add((entry.file, entry.name, gene))
    assert sorted(unknown) == []


def test_mouse_symbols_are_known_to_the_gene_table():
    unknown = {
        (e.file, e.name, m.gene) for e in KB.types for m in e.mouse if canonical(m.gene, "mouse") is None
    }
    assert sorted(unknown) == []


def test_weights_are_one_two_or_three():
    odd = [
        (e.name, m.gene, m.weight)
        for e in KB.types
        for m in (*e.markers, *e.mouse)
        if m.weight not in (1, 2, 3)
    ]
    assert odd == []


def test_no_gene_is_both_marker_and_absent():
    both = [
        (e.file, e.name, g)
        for e in KB.types
        for g in e.absent
        if g in {m.gene for m in e.markers if m.weight > 1}
    ]
    assert both == []


def test_every_type_has_enough_markers_in_both_species():
    thin = [(e.name, s) for e in KB.types for s in ("human", "mouse") if len(KB.markers_of(e, s)) < 5]
    unexplained = [
        t for t in thin if not {"mouse", "human"} & set(TYPES[t[0]].note.lower().replace(".", " ").split())
    ]
    assert unexplained == []


def test_an_alias_means_one_type_only_and_not_another_type():
    from cassia_core.knowledge.naming.labels import normal_form

    owners: dict[str, set[str]] = {}
    for entry in KB.types:
        for name in (entry.name, *entry.aliases):
            owners.setdefault(normal_form(name), set()).add(entry.name)
    assert {alias: sorted(names) for alias, names in owners.items() if len(names) > 1} == {}


def test_no_two_types_are_indistinguishable_without_a_stated_reason():
    genes = {e.name: {m.gene: m.weight for m in e.markers} for e in KB.types}
    alike = []
    for one, other in combinations(KB.types, 2):
        a, b = genes[one.name], genes[other.name]
        shared = sum(min(a[g], b[g]) for g in a.keys() & b.keys())
        overlap = shared / min(sum(a.values()), sum(b.values()))
        if overlap >= 0.8 and not (one.note or other.note):
            alike.append((one.name, other.name, round(overlap, 2)))
    assert alike == []


def test_names_are_cell_ontology_names_where_the_ontology_knows_the_name():
    """A name that the ontology gives to another term would send a label to the wrong id."""
    wrong = [
        (e.name, e.cl_id, term)
        for e in KB.types
        if e.cl_id and (term := find_term(e.name)) and term.cl_id != e.cl_id
    ]
    assert wrong == []


def test_families_are_those_of_the_palette():
    assert {lineage.family for lineage in lineages().values()} <= set(FAMILIES)
    assert all(kin in lineages() for lineage in lineages().values() for kin in lineage.kin)
    assert all(term_of(root) for lineage in lineages().values() for root in lineage.roots)


def test_files_hold_no_leftover_words():
    for entry in KB.types:
        assert not re.search(r"todo|fixme|xxx", entry.note, re.IGNORECASE), entry.name


def test_mouse_markers_come_from_the_orthologue_table_not_from_spelling():
    b_cell = TYPES["B cell"]
    mouse = {m.gene for m in KB.markers_of(b_cell, "mouse")}
    assert orthologue("HLA-DRA", "human", "mouse") in mouse | {None}
    assert {"Ms4a1", "Cd79a"} <= mouse
    assert not any(gene.isupper() and len(gene) > 3 for gene in mouse)
