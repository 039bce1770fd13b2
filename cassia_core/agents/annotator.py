"""The annotator: names one cluster from its genes."""

from __future__ import annotations

from cassia_core.agents.forms import ANNOTATION, ANNOTATION_OR_REQUEST
from cassia_core.agents.prompts import Prompt, answer_data, cells_data, measured_data, render, setting_data
from cassia_core.domain.tasks import AnnotateTask, ReferenceType


def prompt(task: AnnotateTask, *, earlier: bool = False) -> Prompt:
    data = {
        **setting_data(task.setting),
        "markers": ", ".join(task.markers.symbols(task.n_genes)),
        "reference": {kind.name: reference_in_words(kind) for kind in task.reference},
        "measured": measured_data(task.measured, task.markers.cluster),
        "cells": {} if earlier else cells_data(task.cells),
        "previous_answer": answer_data(task.previous) if task.previous else None,
        "feedback": task.feedback,
    }
    messages = render(
        "annotator",
        data,
        earlier=earlier,
        tissue=bool(task.setting.tissue),
        feedback=bool(task.feedback),
        measured=bool(task.measured),
        reference=bool(task.reference),
        may_ask=task.may_ask,
        cells=task.cells is not None,
    )
    form = ANNOTATION_OR_REQUEST if task.may_ask else ANNOTATION
    return Prompt(messages=messages, json_schema=None if earlier else form)


def reference_in_words(kind: ReferenceType) -> str:
    """What the knowledge base holds on one type, as it is shown to a model."""
    parts = [f"a kind of {kind.kind_of}"] if kind.kind_of else []
    parts.append(f"marked by {', '.join(kind.marked_by)}")
    if kind.against:
        parts.append(f"speaks against it: {', '.join(kind.against)}")
    return "; ".join(parts)
