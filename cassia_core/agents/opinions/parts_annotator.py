"""The annotator of parts: names all parts of one cluster in one answer, by their ids."""

from __future__ import annotations

from cassia_core.agents.annotator import reference_in_words
from cassia_core.agents.forms import parts_by_id
from cassia_core.agents.prompts import Prompt, render, setting_data
from cassia_core.domain.tasks import PartsTask


def prompt(task: PartsTask) -> Prompt:
    """The parts with their genes under their ids; no other cluster is named."""
    data = {
        **setting_data(task.setting),
        "whole": task.whole,
        "parts": {part.cluster: ", ".join(part.symbols(task.n_genes)) for part in task.parts},
        "reference": {
            part: {kind.name: reference_in_words(kind) for kind in kinds} for part, kinds in task.reference
        },
    }
    messages = render("parts_annotator", data, reference=bool(task.reference))
    return Prompt(messages=messages, json_schema=parts_by_id(part.cluster for part in task.parts))
