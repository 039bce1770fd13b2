"""What makes two requests the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cassia_core.domain.conversation import Message
from cassia_core.domain.tasks import FormatTask, Setting
from cassia_core.llm.fingerprint import fingerprint
from cassia_core.llm.protocol import ChatRequest

ONE = ChatRequest(
    messages=(Message(role="user", content="Hello"),),
    model="m",
    agent="formatter",
    task=FormatTask(setting=Setting(species="human"), text="x"),
    dataset="d",
    cluster="1",
)


def test_the_same_request_has_the_same_identity():
    assert fingerprint(ONE) == fingerprint(replace(ONE))


@pytest.mark.parametrize(
    "changes",
    [
        {"cluster": "10"},
        {"dataset": "e"},
        {"attempt": 2},
        {"agent": "scorer"},
        {"model": "n"},
        {"temperature": 0.0},
        {"reasoning": "low"},
        {"json_schema": {"type": "object"}},
        {"messages": (Message(role="system", content="Hello"),)},
    ],
)
def test_whatever_decides_the_answer_changes_the_identity(changes: dict):
    assert fingerprint(replace(ONE, **changes)) != fingerprint(ONE)


@pytest.mark.parametrize("changes", [{"max_tokens": 10}, {"first_word_s": 1.0}])
def test_limits_do_not(changes: dict):
    assert fingerprint(replace(ONE, **changes)) == fingerprint(ONE)
