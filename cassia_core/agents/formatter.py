"""The formatter: copies an annotation out of a reply whose JSON block is missing or broken."""

from __future__ import annotations

from cassia_core.agents.forms import COPIED_ANNOTATION
from cassia_core.agents.prompts import Prompt, render
from cassia_core.domain.tasks import FormatTask


def prompt(task: FormatTask) -> Prompt:
    return Prompt(messages=render("formatter", {"text": task.text}), json_schema=COPIED_ANNOTATION)
