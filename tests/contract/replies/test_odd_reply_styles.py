"""Further reply styles through the official SDKs: read at the calls of a clean reply, or refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cassia_core.agents import parse
from cassia_core.domain.conversation import REPAIR_WORDS
from cassia_core.errors import ReplyError
from tests.annotating import Bench, quick
from tests.contract.replies.odd_reply_styles import NO_SCORES, ODD_READ, ODD_REFUSED, SCORES, VERDICTS
from tests.contract.replies.reply_styles import ANSWER, DRAFT, PLAIN
from tests.contract.replies.test_reply_styles import LABEL, T_CELL, ask
from tests.model_server import Answer, Asked, ModelServer

WIRES = ("openai", "anthropic")
OTHER_WIRE = {style: WIRES[number % 5 == 0] for number, style in enumerate((*ODD_READ, *ODD_REFUSED))}
"""Every fifth style comes in Anthropic's format: the readers are the same, the SDKs are not."""


@pytest.mark.parametrize("style", ODD_READ)
def test_a_style_is_read_at_the_calls_of_a_clean_reply(style: str, tmp_path: Path):
    result, server, _ = ask(tmp_path, ODD_READ[style], wire=OTHER_WIRE[style], boost="off")
    assert result.status == "done", result.reason
    assert (result.proposal.general, result.label) == ("T cell", LABEL)
    assert result.proposal.subtypes[1:] in ((), ("regulatory T cell",))
    assert result.proposal.key_genes == ("CD3D", "IL7R") and result.proposal.mixed == ()
    assert server.stats.calls == 2
    assert all(repair in REPAIR_WORDS for turn in result.turns for repair in turn.repairs)


@pytest.mark.parametrize("style", ODD_REFUSED)
def test_what_is_open_is_refused_with_a_reason_and_never_guessed(style: str, tmp_path: Path):
    text, why = ODD_REFUSED[style]
    with pytest.raises(ReplyError, match=why):
        parse.read_proposal(text)
    result, server, _ = ask(tmp_path, text, wire=OTHER_WIRE[style], boost="off")
    assert (result.status, result.label) == ("failed", "") and result.reason
    assert server.stats.calls <= 3, "one formatter's copy, or one answer to each attempt"


@pytest.mark.parametrize("style", SCORES)
def test_a_score_in_another_shape_is_the_same_number(style: str):
    written, score = SCORES[style]
    assert parse.read_score(json.dumps({"reasoning": "x", "score": written})).value.value == score


@pytest.mark.parametrize("style", NO_SCORES)
def test_a_score_that_is_none_is_refused(style: str):
    with pytest.raises(ReplyError, match="score"):
        parse.read_score(json.dumps({"reasoning": "x", "score": NO_SCORES[style]}))


@pytest.mark.parametrize("style", VERDICTS)
def test_a_verdict_in_another_shape_is_read_or_asked_for_once_more(style: str, tmp_path: Path):
    text, passed = VERDICTS[style]

    def styled(asked: Asked, good: str) -> Answer:
        if asked.agent == "validator":
            return Answer(text=text)
        return Answer(text=PLAIN if asked.agent == "annotator" else good)

    with (
        ModelServer(fault=styled) as server,
        Bench(quick(server, boost="off", max_attempts=1), tmp_path, wait_s=0.005) as bench,
    ):
        result = bench.one(T_CELL)
        asked = sum(request.agent == "validator" for request in server.stats.asked)
    assert asked == (2 if passed is None else 1)
    assert (result.verdict.passed if result.verdict else None) == passed
    assert (result.status, result.label) == ("done" if passed else "needs_review", LABEL)


CALLED = [{"id": "c", "index": 0, "type": "function", "function": {"name": "annotate", "arguments": PLAIN}}]


@pytest.mark.parametrize(
    "message",
    [
        {"content": ANSWER},
        {"content": {"text": PLAIN}},
        {"content": None, "tool_calls": CALLED},
        {"content": "", "function_call": {"name": "annotate", "arguments": PLAIN}},
        {"content": [{"type": "output_text", "text": PLAIN}]},
        {"content": PLAIN, "reasoning_details": [{"type": "reasoning.text", "text": DRAFT}]},
    ],
    ids=[
        "an object",
        "an object with text",
        "a tool call",
        "a function call",
        "output_text",
        "details beside",
    ],
)
@pytest.mark.parametrize("in_one_piece", [False, True], ids=["streamed", "in one piece"])
def test_content_of_another_shape_is_read(message: dict, in_one_piece: bool, tmp_path: Path):
    answer = Answer(text="", message=message, in_one_piece=in_one_piece)
    result, server, _ = ask(tmp_path, answer, boost="off")
    assert (result.status, result.label, server.stats.calls) == ("done", LABEL, 2), result.reason


def test_every_style_has_a_row_in_the_guide():
    guide = (Path(__file__).resolve().parents[3] / "docs" / "guide" / "models.md").read_text(encoding="utf-8")
    styles = (*ODD_READ, *ODD_REFUSED)
    assert [style for style in styles if style not in guide] == []
