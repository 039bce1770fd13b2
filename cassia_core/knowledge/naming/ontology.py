"""The Cell Ontology, read lazily from the packaged `cellxgene-ontology-guide`. No id is ever invented."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from functools import cache

from cassia_core.domain.annotation import OntologyTerm
from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.naming.labels import normal_form

ROOT = "CL:0000000"
_ID = re.compile(r"CL:\d{7}")


@cache
def _terms() -> dict[str, dict]:
    """Current terms by id: those the ontology has retired are left out."""
    from cellxgene_ontology_guide.ontology_parser import OntologyParser  # costs 60 ms, and only when asked

    table = OntologyParser().cxg_schema.ontology("CL")
    return {
        cl_id: term for cl_id, term in table.items() if cl_id.startswith("CL:") and not term["deprecated"]
    }


@cache
def _label_index() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Ids by exact name, by synonym and by normal form; an earlier kind always wins over a later one."""
    names: dict[str, str] = {}
    synonyms: dict[str, str] = {}
    normal: dict[str, str] = {}
    for cl_id, term in _terms().items():
        names.setdefault(term["label"].lower(), cl_id)
    for cl_id, term in _terms().items():
        for synonym in term.get("synonyms", ()):
            synonyms.setdefault(synonym.lower(), cl_id)
    # Names first: a normal form may be both a type's name and another type's synonym.
    for labels in (names, synonyms):
        for label, cl_id in labels.items():
            normal.setdefault(normal_form(label), cl_id)
    return names, synonyms, normal


@cache
def _children() -> dict[str, tuple[str, ...]]:
    below = defaultdict(list)
    for cl_id in _terms():
        for parent in _parent_ids(cl_id):
            below[parent].append(cl_id)
    return {parent: tuple(ids) for parent, ids in below.items()}


def _parent_ids(cl_id: str) -> tuple[str, ...]:
    ancestors_of = _terms()[cl_id].get("ancestors", {}) if cl_id in _terms() else {}
    return tuple(parent for parent, steps in ancestors_of.items() if steps == 1 and parent in _terms())


def term_of(cl_id: str) -> OntologyTerm | None:
    """The term of an id; None when the ontology has no such id or has retired it."""
    term = _terms().get(cl_id)
    return OntologyTerm(cl_id=cl_id, name=term["label"]) if term else None


@cache
def find_term(label: str) -> OntologyTerm | None:
    """The term that a label means, or None.

    Looked for in this order: an id written in the label, the exact name, our own names and everyday names, a
    synonym, our own aliases, the normal form of name and synonyms ("CD4+ T cells" is "CD4-positive T cell"),
    the same with "cell" added.
    """
    if written := _ID.search(label):
        return term_of(written.group())
    names, synonyms, normal = _label_index()
    plain = _plain(label)
    own = load_knowledge().named(plain)
    if cl_id := names.get(plain) or (own.cl_id if own else "") or synonyms.get(plain):
        return term_of(cl_id)
    for form in _forms(label):
        entry = load_knowledge().get(form)
        if entry and entry.cl_id:
            return term_of(entry.cl_id)
        if form in normal:
            return term_of(normal[form])
    return None


def is_a_term_name(label: str) -> bool:
    """Whether a label is the name of a term, in capitals or not; synonyms do not count."""
    return _plain(label) in _label_index()[0]


def _plain(label: str) -> str:
    return re.sub(r"\s+", " ", label.strip().lower())


def _forms(label: str) -> tuple[str, ...]:
    plain = normal_form(label)
    if not plain:
        return ()
    forms = [plain, plain.removesuffix(" cell") if plain.endswith(" cell") else f"{plain} cell"]
    inner = normal_form(re.sub(r"\([^)]*\)|\[[^]]*\]", " ", label))
    if inner and inner != plain:
        forms += [inner, f"{inner} cell"]
    return tuple(forms)


def parents(cl_id: str) -> tuple[OntologyTerm, ...]:
    """Direct is_a parents."""
    return tuple(term for parent in _parent_ids(cl_id) if (term := term_of(parent)))


def children(cl_id: str) -> tuple[OntologyTerm, ...]:
    """Direct is_a children."""
    return tuple(term for child in _children().get(cl_id, ()) if (term := term_of(child)))


def siblings(cl_id: str) -> tuple[OntologyTerm, ...]:
    """Terms that share a direct parent, without the term itself."""
    by_id = {child.cl_id: child for parent in parents(cl_id) for child in children(parent.cl_id)}
    by_id.pop(cl_id, None)
    return tuple(by_id.values())


def ancestors(cl_id: str) -> dict[str, int]:
    """Ids of all ancestors with the number of is_a steps to each, nearest first; {} for an unknown id."""
    term = _terms().get(cl_id)
    if not term:
        return {}
    return dict(sorted(term.get("ancestors", {}).items(), key=lambda item: (item[1], item[0])))


def distance(one: str, other: str) -> int | None:
    """Fewest is_a steps between two terms by way of a common ancestor; None for unknown ids."""
    if term_of(one) is None or term_of(other) is None:
        return None
    up_one, up_other = {one: 0, **ancestors(one)}, {other: 0, **ancestors(other)}
    shared = up_one.keys() & up_other.keys()
    return min((up_one[cl_id] + up_other[cl_id] for cl_id in shared), default=None)


def path_to_root(cl_id: str) -> tuple[OntologyTerm, ...]:
    """One way from "cell" down to the term, for display; empty for an unknown id."""
    here = term_of(cl_id)
    way = []
    while here:
        way.append(here)
        above = sorted(parents(here.cl_id), key=lambda term: (-len(ancestors(term.cl_id)), term.cl_id))
        here = above[0] if above else None
    return tuple(reversed(way))


def search(text: str, limit: int = 20) -> tuple[OntologyTerm, ...]:
    """Terms whose name or synonym fits a text: exact first, then beginnings, then words, then near
    spellings.
    """
    wanted = normal_form(text)
    if not wanted:
        return ()
    exact = find_term(text)
    ranked: dict[str, tuple] = {exact.cl_id: (0, 0, "")} if exact else {}
    normal = _label_index()[2]
    words = set(wanted.split())
    for label, cl_id in normal.items():
        if label.startswith(wanted):
            rank = 1
        elif words <= set(label.split()):
            rank = 2
        elif wanted in label:
            rank = 3
        else:
            continue
        ranked[cl_id] = min(ranked.get(cl_id, (9,)), (rank, len(label), label))
    if not ranked:
        # Only where nothing fits: near spellings of a word that is known are noise.
        near = difflib.get_close_matches(wanted, normal, n=limit, cutoff=0.75)
        ranked = {normal[label]: (4, i, label) for i, label in reversed(list(enumerate(near)))}
    best = sorted(ranked, key=lambda cl_id: ranked[cl_id])[:limit]
    return tuple(term for cl_id in best if (term := term_of(cl_id)))
