"""The formatter: copies an annotation out of a reply whose JSON block is missing or broken."""

from __future__ import annotations

from cassia_core.agents.prompts import Prompt, render
from cassia_core.domain.tasks import FormatTask

_NAMES = {"type": "array", "items": {"type": "string"}}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["general", "subtypes", "mixed", "key_genes", "tissue"],
    "properties": {
        "general": {"type": "string"},
        "subtypes": _NAMES,
        "mixed": _NAMES,
        "key_genes": _NAMES,
        "tissue": {"type": "string"},
    },
}


def prompt(task: FormatTask) -> Prompt:
    return Prompt(messages=render("formatter", {"text": task.text}), json_schema=SCHEMA)
