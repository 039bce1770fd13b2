"""The merger: three groupings of all labels of a dataset, broad to specific, by cluster id."""

from __future__ import annotations

from cassia_core.agents.forms import groupings
from cassia_core.agents.prompts import Prompt, render
from cassia_core.domain.tasks import MergeTask


def prompt(task: MergeTask) -> Prompt:
    labels = {cluster: [general, detailed] for cluster, general, detailed in task.labels}
    data = {"species": task.setting.species, "tissue": task.setting.tissue, "labels": labels}
    if task.note:
        data["note"] = task.note
    return Prompt(messages=render("merger", data, note=bool(task.note)), json_schema=groupings(labels))
