"""The tester: one small question, put as a run puts its own, that shows whether a model can be asked."""

from __future__ import annotations

import json
import re

from cassia_core.agents.prompts import Prompt, render
from cassia_core.domain.tasks import FormatTask, Setting

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["answer"],
    "properties": {"answer": {"type": "string"}},
}
TASK = FormatTask(setting=Setting(species="human"), text="Which white blood cells make antibodies?")
_BLOCK = re.compile(r"\{[^{}]*\}", re.DOTALL)
SHOWN = 120


def prompt(task: FormatTask) -> Prompt:
    return Prompt(messages=render("tester", {"question": task.text}), json_schema=SCHEMA)


def problem_of(text: str) -> str:
    """What is wrong with the reply, in plain words; "" when it has the form asked for."""
    if not text.strip():
        return "It answered nothing. Every question of a run may end the same way."
    if any(_answers(block) for block in _BLOCK.findall(text)):
        return ""
    words = " ".join(text.split())
    shown = words if len(words) <= SHOWN else f"{words[:SHOWN]} …"
    return (
        f"It did not answer in the form asked for, but: “{shown}” Clusters whose answers cannot be read end "
        "without a label; a larger model keeps to the form."
    )


def _answers(block: str) -> bool:
    try:
        fields = json.loads(block)
    except ValueError:
        return False
    return isinstance(fields, dict) and bool(str(fields.get("answer") or "").strip())
