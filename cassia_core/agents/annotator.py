"""The annotator: names one cluster from its genes."""

from __future__ import annotations

from cassia_core.agents.prompts import Prompt, answer_data, measured_data, render, setting_data
from cassia_core.domain.tasks import AnnotateTask


def prompt(task: AnnotateTask) -> Prompt:
    data = {
        **setting_data(task.setting),
        "markers": ", ".join(task.markers.symbols(task.n_genes)),
        "measured": measured_data(task.measured, task.markers.cluster),
        "previous_answer": answer_data(task.previous) if task.previous else None,
        "feedback": task.feedback,
    }
    return Prompt(
        messages=render(
            "annotator",
            data,
            tissue=bool(task.setting.tissue),
            feedback=bool(task.feedback),
            measured=bool(task.measured),
            may_ask=task.may_ask,
        )
    )
