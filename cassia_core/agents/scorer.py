"""The scorer: 0 to 100 for a finished annotation, from a model of its own."""

from __future__ import annotations

from cassia_core.agents.forms import SCORE
from cassia_core.agents.prompts import Prompt, answer_data, checks_data, render, setting_data
from cassia_core.domain.tasks import ScoreTask

_EARLIER_FORM = {
    "type": "object",
    "additionalProperties": False,
    "required": ["score", "reasoning"],
    "properties": {"score": {"type": "number"}, "reasoning": {"type": "string"}},
}


def prompt(task: ScoreTask, *, earlier: bool = False) -> Prompt:
    data = {
        **setting_data(task.setting),
        "markers": ", ".join(task.markers.symbols(task.n_genes)),
        "answer": answer_data(task.proposal),
        "checks": checks_data(task.evidence),
    }
    messages = render("scorer", data, earlier=earlier)
    return Prompt(messages=messages, json_schema=_EARLIER_FORM if earlier else SCORE)
