"""The offline engine as comparator: its score of a candidate is the evidence computed for it."""

from __future__ import annotations

from cassia_core.domain.annotation import Evidence
from cassia_core.domain.tasks import CompareTask
from cassia_core.llm.offline.reviewer import support
from cassia_core.llm.offline.words import block

UNKNOWN = "The knowledge base does not know this type, so it has no score."


def compare(task: CompareTask) -> str:
    """Score every candidate by its evidence; a type that the knowledge base does not know gets none."""
    weighed = {item.label: item for item in task.evidence}
    entries = [_entry(name, weighed.get(name)) for name in task.candidates]
    reasoning = "The scores are the evidence measured for each candidate; no language model was asked."
    return block({"reasoning": reasoning, "scores": entries})


def _entry(name: str, evidence: Evidence | None) -> dict[str, object]:
    if evidence is None or evidence.score is None:
        return {"type": name, "reasoning": UNKNOWN}
    return {"type": name, "reasoning": support(evidence), "score": round(evidence.score)}
