"""The consultant: answers a person's question about one cluster from values measured in it."""

from __future__ import annotations

from cassia_core.agents.forms import CONSULTATION
from cassia_core.agents.prompts import Prompt, cells_data, checks_data, measured_data, render, setting_data
from cassia_core.domain.tasks import ConsultTask


def prompt(task: ConsultTask) -> Prompt:
    data = {
        **setting_data(task.setting),
        "markers": ", ".join(task.markers.symbols(task.n_genes)),
        "label": task.label,
        "checks": checks_data(task.evidence) if task.evidence is not None else {},
        "cells": cells_data(task.cells),
        "measured": measured_data(task.measured, task.markers.cluster),
        "said": [{"question": question, "answer": answer} for question, answer in task.said],
        "question": task.question,
    }
    messages = render(
        "consultant", data, may_look=task.looks_left > 0, cells=task.cells is not None, said=bool(task.said)
    )
    return Prompt(messages=messages, json_schema=CONSULTATION)
