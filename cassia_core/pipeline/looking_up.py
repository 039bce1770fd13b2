"""Measured values of genes in this cluster, for agents that ask."""

from __future__ import annotations

from cassia_core.agents.parse import GeneRequest
from cassia_core.domain.markers import GeneMeasurement
from cassia_core.pipeline.case import Case

MOST_SIBLINGS = 4
GENES_PER_SIBLING = 5
MOST_MEASURED = 60
"""Genes shown to a model in one request; the newest are kept."""


def siblings_of(case: Case, labels: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Close relatives of the labels with the genes that mark them, from the ontology and the knowledge base."""
    found: dict[str, tuple[str, ...]] = {}
    for label in labels:
        for name, genes in case.checks.sibling_markers(label, case.setting.species):
            if genes and name not in labels:
                found.setdefault(name, genes[:GENES_PER_SIBLING])
    return tuple(found.items())[:MOST_SIBLINGS]


def measure(case: Case, genes: tuple[str, ...], known: tuple[GeneMeasurement, ...]) -> tuple[GeneMeasurement, ...]:
    """`known` and the values of `genes` in this cluster, each gene once."""
    have = {value.gene.upper() for value in known}
    missing = tuple(gene for gene in dict.fromkeys(genes) if gene.upper() not in have)
    return (*known, *case.expression.measure(case.markers.cluster, missing))[-MOST_MEASURED:]


def look_up(case: Case, request: GeneRequest, known: tuple[GeneMeasurement, ...]) -> tuple[GeneMeasurement, ...]:
    """What was asked for, and always the markers of the hypotheses' siblings too."""
    contrast = tuple(gene for _, genes in siblings_of(case, request.hypotheses) for gene in genes)
    return measure(case, (*contrast, *request.genes), known)
