"""Which genes tell several candidate types apart, by the knowledge base."""

from __future__ import annotations

from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.evidence.telling import CLEARLY, says_more
from cassia_core.knowledge.naming.labelled import read_label
from cassia_core.knowledge.naming.labels import normal_form
from cassia_core.knowledge.naming.ontology import find_term
from cassia_core.knowledge.scoring.list_scores import species_key

MOST_GENES = 8
"""Genes of one candidate."""


def telling_candidates(candidates: tuple[str, ...], species: str) -> tuple[tuple[str, str], ...]:
    """Gene and candidate of every gene that speaks clearly more for one candidate than for each other one.

    Returns
    -------
    tuple of tuple of str
        At most `MOST_GENES` a candidate, those first that tell most, in the order of the candidates. Nothing
        for a candidate that the knowledge base does not know, or that is only a broader name of another one.
    """
    key = species_key(species)
    return tuple(
        (gene, candidate)
        for candidate in candidates
        for gene in _telling(candidate, [other for other in candidates if other != candidate], key)
    )


def same_type(one: str, other: str) -> bool:
    """Whether two names mean the same type: the same words, or the same Cell Ontology term."""
    if normal_form(one) == normal_form(other):
        return True
    term = find_term(one)
    return term is not None and term == find_term(other)


def _telling(candidate: str, others: list[str], species: str) -> list[str]:
    labelled = read_label(candidate)
    if labelled is None:
        return []
    kb = load_knowledge()
    genes = dict.fromkeys(m.gene for e in kb.lineage(labelled.entry) for m in kb.markers_of(e, species))
    known = [other for other in others if read_label(other) is not None]
    told = {
        gene: min((says_more(candidate, other, gene, species) for other in known), default=CLEARLY)
        for gene in genes
    }
    telling = [gene for gene in genes if told[gene] >= CLEARLY]
    return sorted(telling, key=lambda gene: -told[gene])[:MOST_GENES]
