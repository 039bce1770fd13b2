"""The scorer: 0 to 100 for a finished annotation, from a model of its own."""

from __future__ import annotations

from cassia_core.agents.prompts import Prompt, answer_data, checks_data, render, setting_data
from cassia_core.domain.tasks import ScoreTask

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["score", "reasoning"],
    "properties": {"score": {"type": "number"}, "reasoning": {"type": "string"}},
}


def prompt(task: ScoreTask) -> Prompt:
    data = {
        **setting_data(task.setting),
        "markers": ", ".join(task.markers.symbols(task.n_genes)),
        "answer": answer_data(task.proposal),
        "checks": checks_data(task.evidence),
    }
    return Prompt(messages=render("scorer", data), json_schema=SCHEMA)
