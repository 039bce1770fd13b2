"""The validator: passes or fails an annotation, and scores it in the same reply where its model is the
scorer's.
"""

from __future__ import annotations

from cassia_core.agents.forms import VERDICT, VERDICT_AND_SCORE
from cassia_core.agents.prompts import Prompt, answer_data, checks_data, render, setting_data
from cassia_core.domain.tasks import ValidateTask


def prompt(task: ValidateTask, *, earlier: bool = False) -> Prompt:
    data = {
        **setting_data(task.setting),
        "markers": ", ".join(task.markers.symbols(task.n_genes)),
        "answer": answer_data(task.proposal),
        "checks": checks_data(task.evidence),
    }
    messages = render(
        "validator",
        data,
        earlier=earlier,
        tissue=bool(task.setting.tissue),
        strict=task.strictness == "v0",
        score=task.with_score,
    )
    form = VERDICT_AND_SCORE if task.with_score else VERDICT
    return Prompt(messages=messages, json_schema=None if earlier else form)
