"""Measured values of genes in this cluster, for agents that ask."""

from __future__ import annotations

from cassia_core.agents.parse import GeneRequest
from cassia_core.domain.markers import GeneMeasurement
from cassia_core.pipeline.annotation.cluster_case import Case

MOST_SIBLINGS = 4
GENES_PER_SIBLING = 5
MOST_MEASURED = 60
"""Genes shown to a model in one request; the newest are kept."""
Siblings = tuple[tuple[str, tuple[str, ...]], ...]


def siblings_of(case: Case, labels: tuple[str, ...]) -> Siblings:
    """Close relatives of the labels with the genes that mark them: those whose genes this cluster shows
    most.
    """
    genes_of: dict[str, tuple[str, ...]] = {}
    for label in labels:
        for name, genes in case.checks.sibling_markers(label, case.setting.species):
            if genes and name not in labels:
                genes_of.setdefault(name, genes[:GENES_PER_SIBLING])
    values = case.expression.measure(
        case.markers.cluster, tuple({g for genes in genes_of.values() for g in genes})
    )
    shown = {value.gene: _strength(value) for value in values}
    likeliest = sorted(
        genes_of, key=lambda name: -sum(shown.get(g, 0.0) for g in genes_of[name]) / len(genes_of[name])
    )
    return tuple((name, genes_of[name]) for name in likeliest[:MOST_SIBLINGS])


def _strength(value: GeneMeasurement) -> float:
    """How much more of a gene this cluster has than the others: log2 fold change, else share of expressing
    cells.
    """
    if value.status != "measured_here":
        return 0.0
    return max(value.log2fc, 0.0) if value.log2fc is not None else value.pct_in or 0.0


def measure(
    case: Case, genes: tuple[str, ...], known: tuple[GeneMeasurement, ...]
) -> tuple[GeneMeasurement, ...]:
    """`known` and the values of `genes` in this cluster, each gene once."""
    have = {value.gene.upper() for value in known}
    missing = tuple(gene for gene in dict.fromkeys(genes) if gene.upper() not in have)
    return (*known, *case.expression.measure(case.markers.cluster, missing))[-MOST_MEASURED:]


def look_up(
    case: Case, request: GeneRequest, known: tuple[GeneMeasurement, ...]
) -> tuple[GeneMeasurement, ...]:
    """What was asked for, and always the markers of the hypotheses' siblings too."""
    contrast = tuple(gene for _, genes in siblings_of(case, request.hypotheses) for gene in genes)
    return measure(case, (*contrast, *request.genes), known)
