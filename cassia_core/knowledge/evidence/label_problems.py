"""What is wrong with a label, in sentences that go back to the annotator."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from cassia_core.domain.annotation import EvidenceItem
from cassia_core.knowledge.evidence.expected import Expected
from cassia_core.knowledge.naming.labels import plural

WEAK_SCORE = 30.0
MANY_SILENT = 0.75
SEVERAL = 3
"""Genes of another lineage from which it is worth an objection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFindings:
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


def name_problems(findings: LabelFindings) -> tuple[str, ...]:
    """The problems of a label, hardest first; empty when it holds."""
    sentences = []
    support = findings.expected.supporting
    label = plural(findings.label)
    better = findings.rival_score > findings.score
    if findings.score < WEAK_SCORE and better and findings.alternative_genes:
        start = (
            f"Only {_series(support[:4])} of the {findings.n_genes} genes {_verb('speak', support)} for "
            f"{label}"
            if support
            else f"None of the {findings.n_genes} genes speaks for {label}"
        )
        genes = findings.alternative_genes
        sentences.append(
            f"{start}; {_series(genes)} {_verb('speak', genes)} for {plural(findings.alternative)}, "
            "which explain the list better."
        )
    elif not support:
        sentences.append(f"None of the {findings.n_genes} genes speaks for {label}.")
    by_type: dict[str, list[str]] = defaultdict(list)
    for item in findings.conflicts:
        by_type[item.points_to].append(item.gene)
    for name, marks in by_type.items():
        if len(marks) >= SEVERAL and not (better and name == findings.alternative):
            sentences.append(
                f"{_series(marks[:6])} mark {plural(name)}, a lineage that excludes {label}: "
                "a mixture, or another label?"
            )
    if (
        findings.panel is None
        and findings.expected.silent_share >= MANY_SILENT
        and len(findings.expected.silent) >= 3
    ):
        silent = _series(findings.expected.silent[:5])
        sentences.append(f"{silent} are expected in {label} but are silent here.")
    return tuple(sentences)


def _verb(verb: str, genes: tuple[str, ...]) -> str:
    return f"{verb}s" if len(genes) == 1 else verb


def _series(genes: tuple[str, ...] | list[str]) -> str:
    genes = list(genes)
    return genes[0] if len(genes) == 1 else ", ".join(genes[:-1]) + " and " + genes[-1]
