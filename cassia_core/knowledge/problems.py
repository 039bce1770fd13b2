"""What is wrong with a label, in sentences that go back to the annotator."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from cassia_core.domain.annotation import EvidenceItem
from cassia_core.knowledge.expected import Expected

WEAK_SCORE = 30.0
MANY_SILENT = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the sentences are made of."""

    label: str
    expected: Expected
    conflicts: tuple[EvidenceItem, ...]
    alternative: str
    alternative_genes: tuple[str, ...]
    score: float
    rival_score: float
    n_genes: int
    panel: int | None


def name_problems(findings: Findings) -> tuple[str, ...]:
    """The problems of a label, hardest first; empty when it holds."""
    sentences = []
    support = findings.expected.supporting
    better = findings.rival_score > findings.score
    if findings.score < WEAK_SCORE and better and findings.alternative_genes:
        start = (f"Only {_series(support[:4])} of the {findings.n_genes} genes speak for {findings.label}"
                 if support else f"None of the {findings.n_genes} genes speaks for {findings.label}")
        sentences.append(f"{start}; {_series(findings.alternative_genes)} speak for {findings.alternative}, "
                         "which explains the list better.")
    elif not support:
        sentences.append(f"None of the {findings.n_genes} genes speaks for {findings.label}.")
    by_type = defaultdict(list)
    for item in findings.conflicts:
        by_type[item.points_to].append(item.gene)
    for name, genes in by_type.items():
        if not (better and name == findings.alternative):
            sentences.append(f"{_series(genes[:6])} mark {name}, a lineage that excludes {findings.label}: "
                             "a mixture, or another label?")
    if findings.panel is None and findings.expected.silent_share >= MANY_SILENT and len(findings.expected.silent) >= 3:
        silent = _series(findings.expected.silent[:5])
        sentences.append(f"{silent} are expected in {findings.label} but are silent here.")
    return tuple(sentences)


def _series(genes: tuple[str, ...] | list[str]) -> str:
    genes = list(genes)
    return genes[0] if len(genes) == 1 else ", ".join(genes[:-1]) + " and " + genes[-1]
