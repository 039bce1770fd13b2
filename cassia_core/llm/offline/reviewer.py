"""The offline engine as validator and scorer: both read the evidence, which was computed from the data."""

from __future__ import annotations

from cassia_core.domain.annotation import Evidence, Proposal, names_a_type
from cassia_core.domain.tasks import ScoreTask, ValidateTask
from cassia_core.knowledge.naming.labels import plural
from cassia_core.llm.offline.words import block, series

PASSED, FAILED = "VALIDATION PASSED", "VALIDATION FAILED"
LEAST_EVIDENCE = {"v1": 30.0, "v0": 55.0}
UNKNOWN_LABEL_SCORE = 50


def validate(task: ValidateTask) -> str:
    """Pass or fail the proposal by its evidence; strictness v0 asks for more and lets no problem through."""
    evidence = task.evidence
    reasons = _failures(task.proposal, evidence, task.strictness)
    lines = [*(reasons or [support(evidence)])]
    lines.append(block({"score": _value(task.proposal, evidence), "reasoning": support(evidence)}))
    return "\n".join([*lines, FAILED if reasons else PASSED])


def score(task: ScoreTask) -> str:
    """The evidence score, lowered by problems, as a score with its reasons."""
    evidence = task.evidence
    reasoning = " ".join([support(evidence), *evidence.problems]).strip()
    return block({"score": _value(task.proposal, evidence), "reasoning": reasoning})


def _failures(proposal: Proposal, evidence: Evidence, strictness: str) -> list[str]:
    if _abstains(proposal):
        return []
    if evidence.score is None:
        return list(evidence.problems)
    reasons = (
        list(evidence.problems)
        if strictness == "v0"
        else [p for p in evidence.problems if _is_hard(evidence)]
    )
    if evidence.score < LEAST_EVIDENCE[strictness] and not reasons:
        reasons = [f"The evidence for {evidence.label} is weak ({evidence.score:.0f} of 100)."]
    if reasons and evidence.best_alternative and (evidence.alternative_score or 0) > evidence.score:
        reasons.append(f"Consider {evidence.best_alternative}.")
    return reasons


def _is_hard(evidence: Evidence) -> bool:
    return bool(evidence.genes("cited_not_in_data")) or (evidence.score or 0.0) < LEAST_EVIDENCE["v1"]


def _value(proposal: Proposal, evidence: Evidence) -> int:
    if _abstains(proposal):
        return 0
    if evidence.score is None:
        return UNKNOWN_LABEL_SCORE
    return round(max(0.0, evidence.score - 10 * len(evidence.problems)))


def _abstains(proposal: Proposal) -> bool:
    return not names_a_type(proposal.label)


def support(evidence: Evidence) -> str:
    """One or two sentences on what speaks for and against a label."""
    if not names_a_type(evidence.label):
        return "No cell type was named, so there is nothing to weigh."
    if evidence.score is None:
        return f"The knowledge base does not know {evidence.label}, so the genes could not be weighed for it."
    support, silent = evidence.genes("supporting"), evidence.genes("silent")
    named = plural(evidence.label)
    speak = "speaks" if len(support) == 1 else "speak"
    text = f"{series(support[:5])} {speak} for {named}." if support else f"No gene speaks for {named}."
    if silent:
        text += f" Expected but silent: {series(silent[:4])}."
    return text
