"""The merger: three groupings of all labels of a dataset, broad to specific, by cluster id."""

from __future__ import annotations

from cassia_core.agents.prompting import Prompt, render, setting_data
from cassia_core.domain.tasks import MergeTask


def prompt(task: MergeTask) -> Prompt:
    labels = {cluster: [general, detailed] for cluster, general, detailed in task.labels}
    three_names = {"type": "array", "items": {"type": "string"}}
    schema = {"type": "object", "additionalProperties": False, "required": list(labels),
              "properties": dict.fromkeys(labels, three_names)}
    setting = setting_data(task.setting)
    return Prompt(messages=render("merger", {"species": setting["species"], "tissue": setting["tissue"], "labels": labels}),
                  json_schema=schema)
