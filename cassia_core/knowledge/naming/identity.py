"""The Cell Ontology id of any label that we give: its own term's, or that of the nearest term above it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from cassia_core.domain.annotation import OntologyTerm, names_a_type
from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.content.entries import CellTypeEntry
from cassia_core.knowledge.naming.labelled import read_label
from cassia_core.knowledge.naming.ontology import ROOT, ancestors, find_term, is_a_term_name, term_of

_SEVERAL = re.compile(r"\s+(?:or|and)\s+|\s*/\s*|\s*;\s*")


@cache
def identify(label: str) -> OntologyTerm | None:
    """The term of a label, or the nearest one above it.

    Returns
    -------
    OntologyTerm or None
        `nearest` is True where the ontology has no term for the label itself: the term then is that of the
        nearest type above it; of a label that names several types, the nearest term above all of them. None
        for a label that names no type, and for one that nobody knows.
    """
    if not names_a_type(label):
        return None
    if term := find_term(label):
        return replace(term, nearest=_stands_in(term, label))
    if entry := load_knowledge().get(label):
        return _above(entry)
    parts = [part for part in _SEVERAL.split(label) if part]
    if len(parts) > 1:
        return _above_all([term for part in parts if (term := identify(part))], len(parts))
    labelled = read_label(label)
    return _above(labelled.entry) if labelled else None


def name_in_full(label: str, term: OntologyTerm | None = None) -> str:
    """A label with the ontology's name and id, for a hover: only what its everyday name does not say already.

    Parameters
    ----------
    term
        Of the label where it is known already; looked up else.
    """
    meant = term or identify(label)
    if meant is None:
        return label
    if meant.nearest or meant.name.casefold() == label.casefold():
        return f"{label} ({term_in_words(meant)})"
    return f"{label}: {meant.name} ({meant.cl_id})"


def term_in_words(term: OntologyTerm) -> str:
    """An id, said to be the nearest one where the label has none of its own: "nearest CL:0000084, T cell"."""
    return f"nearest {term.cl_id}, {term.name}" if term.nearest else term.cl_id


def _stands_in(term: OntologyTerm, label: str) -> bool:
    """Whether a label means an entry that has no term of its own, and only borrows this one."""
    entry = load_knowledge().get(label)
    return bool(entry and entry.nearest and entry.cl_id == term.cl_id) and not is_a_term_name(label)


def _above(entry: CellTypeEntry) -> OntologyTerm | None:
    """The nearest term among an entry and its parents, said to be the nearest."""
    terms = (term_of(above.cl_id) for above in load_knowledge().lineage(entry) if above.cl_id)
    nearest = next((term for term in terms if term), None)
    return replace(nearest, nearest=True) if nearest else None


def _above_all(terms: list[OntologyTerm], wanted: int) -> OntologyTerm | None:
    """The nearest common ancestor of several terms; None where a part is not known or only "cell" is above
    all.
    """
    if len(terms) < wanted:
        return None
    steps = [{term.cl_id: 0, **ancestors(term.cl_id)} for term in terms]
    shared = set.intersection(*(set(above) for above in steps)) - {ROOT}
    if not shared:
        return None
    best = min(shared, key=lambda cl_id: (sum(above[cl_id] for above in steps), cl_id))
    shared_term = term_of(best)
    return replace(shared_term, nearest=len(set(terms)) > 1) if shared_term else None
