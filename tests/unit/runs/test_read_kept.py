"""A small file that is asked for often is opened once, and again when it was replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from cassia_core.domain.conversation import Message
from cassia_core.errors import RunError
from cassia_core.runs.codec import read_kept, write_json


def said(text: str) -> Message:
    return Message(role="user", content=text)


def test_the_same_file_gives_the_same_object_and_a_replaced_one_the_new_words(tmp_path: Path):
    path = tmp_path / "one.json"
    write_json(path, said("a"))
    first = read_kept(path, Message)
    assert first == said("a") and read_kept(path, Message) is first
    write_json(path, said("b"))
    assert read_kept(path, Message) == said("b")


def test_a_file_that_went_away_is_missing_also_when_it_was_read_before(tmp_path: Path):
    path = tmp_path / "one.json"
    write_json(path, said("a"))
    assert read_kept(path, Message) == said("a")
    path.unlink()
    with pytest.raises(RunError, match="one.json"):
        read_kept(path, Message)
