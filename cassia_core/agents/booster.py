"""The booster: settles a doubtful cluster with values measured in that cluster."""

from __future__ import annotations

from cassia_core.agents.forms import (
    ANNOTATION,
    ANNOTATION_AND_ANSWER,
    ANNOTATION_ANSWER_OR_REQUEST,
    ANNOTATION_OR_REQUEST,
    Schema,
)
from cassia_core.agents.prompts import (
    Prompt,
    answer_data,
    cells_data,
    checks_data,
    measured_data,
    render,
    setting_data,
)
from cassia_core.domain.tasks import BoostTask


def prompt(task: BoostTask, *, earlier: bool = False) -> Prompt:
    data = {
        **setting_data(task.setting),
        "markers": ", ".join(task.markers.symbols(task.n_genes)),
        "answer": answer_data(task.proposal),
        "checks": checks_data(task.evidence),
        "siblings": {name: ", ".join(genes) for name, genes in task.sibling_genes},
        "measured": measured_data(task.measured, task.markers.cluster),
        "cells": {} if earlier else cells_data(task.cells),
        "question": task.question,
    }
    messages = render(
        "booster",
        data,
        earlier=earlier,
        siblings=bool(task.sibling_genes),
        last=task.last,
        depth=task.strategy == "depth",
        cells=task.cells is not None,
        question=bool(task.question),
    )
    return Prompt(messages=messages, json_schema=None if earlier else _form(task))


def _form(task: BoostTask) -> Schema:
    if task.question:
        return ANNOTATION_AND_ANSWER if task.last else ANNOTATION_ANSWER_OR_REQUEST
    return ANNOTATION if task.last else ANNOTATION_OR_REQUEST
