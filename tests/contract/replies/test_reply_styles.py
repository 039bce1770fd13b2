"""Replies as public models write them, through the official SDKs: read, or refused with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cassia_core.agents import parse
from cassia_core.domain.conversation import REPAIR_WORDS
from cassia_core.errors import ReplyError
from tests.annotating import Bench, cluster_of, quick
from tests.contract.replies.reply_styles import ANSWER, PLAIN, READ, REFUSED
from tests.model_server import Answer, Asked, ModelServer

T_CELL = cluster_of("0", ["CD3D", "CD3E", "IL7R", "TRAC", "LTB"])
PASSED = '{"reasoning": "Fine.", "passed": true, "score": 88}'
LABEL = "CD4-positive, alpha-beta T cell"


def ask(
    tmp_path: Path, annotation: str | Answer, review: str = PASSED, wire: str = "openai", **params: object
):
    """One cluster; every reply of the annotator, the formatter and the validator in the given style."""

    def styled(asked: Asked, good: str) -> Answer:
        said = review if asked.agent == "validator" else annotation
        return said if isinstance(said, Answer) else Answer(text=said)

    with (
        ModelServer(fault=styled) as server,
        Bench(quick(server, wire, **params), tmp_path, wait_s=0.005) as bench,
    ):
        result = bench.one(T_CELL)
    return result, server, bench


@pytest.mark.parametrize("style", READ)
def test_a_style_is_read_at_the_calls_of_a_clean_reply(style: str, tmp_path: Path):
    result, server, _ = ask(tmp_path, READ[style], boost="off")
    assert result.status == "done", result.reason
    assert (result.proposal.general, result.label) == ("T cell", LABEL)
    assert result.proposal.subtypes[1:] in ((), ("regulatory T cell",))
    assert result.proposal.key_genes == ("CD3D", "IL7R") and result.proposal.mixed == ()
    assert server.stats.calls == 2
    assert all(repair in REPAIR_WORDS for turn in result.turns for repair in turn.repairs)


@pytest.mark.parametrize(
    "style", ["Python dict", "corrected", "Kimi's marks", "one level down", "curly quotes"]
)
def test_styles_are_read_in_the_other_wire_format_too(style: str, tmp_path: Path):
    result, server, _ = ask(tmp_path, READ[style], wire="anthropic", boost="off")
    assert (result.status, result.label, server.stats.calls) == ("done", LABEL, 2)


@pytest.mark.parametrize("style", REFUSED)
def test_what_is_ambiguous_is_refused_with_a_reason_and_at_no_more_calls(style: str, tmp_path: Path):
    text, why = REFUSED[style]
    with pytest.raises(ReplyError, match=why):
        parse.read_proposal(text)
    result, server, _ = ask(tmp_path, text, boost="off")
    assert (result.status, result.label) == ("failed", ""), "nobody's answer is no label"
    assert result.reason and server.stats.calls == 2, "the annotator, and one try to have it copied out"


@pytest.mark.parametrize(
    "message",
    [
        {"content": [{"type": "text", "text": PLAIN[:80]}, {"type": "text", "text": PLAIN[80:]}]},
        {
            "content": [
                {"type": "thinking", "thinking": [{"type": "text", "text": "B cell?"}]},
                {"type": "text", "text": PLAIN},
            ]
        },
        {"reasoning_content": "It may be a B cell.", "content": PLAIN},
        {"reasoning": "It may be a B cell.", "content": PLAIN},
    ],
    ids=["parts", "a part that thinks", "reasoning_content beside", "reasoning beside"],
)
def test_content_in_parts_and_beside_thoughts_is_read(message: dict, tmp_path: Path):
    result, server, _ = ask(tmp_path, Answer(text="", message=message), boost="off")
    assert (result.status, result.label, server.stats.calls) == ("done", LABEL, 2), result.reason


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_an_answer_that_stands_only_in_the_field_for_reasoning_is_read_and_replayed(
    field: str, tmp_path: Path
):
    answer = Answer(text=None, message={field: f"It is a T cell.\n{PLAIN}"})
    result, server, bench = ask(tmp_path, answer, boost="off")
    assert (result.status, result.label, server.stats.calls) == ("done", LABEL, 2), result.reason
    assert "from_reasoning_field" in result.turns[0].repairs
    with Bench(bench.params, tmp_path) as again:
        replayed = again.one(T_CELL)
    assert replayed.turns[0].repairs == result.turns[0].repairs and again.calls == []


@pytest.mark.parametrize(
    ("review", "status", "calls"),
    [
        ('{"reasoning": "Fine.", "passed": true, "score": 88}', "done", 2),
        ('{"Passed": "yes", "Score": "88/100", "Reasoning": "Fine."}', "done", 2),
        ("{'review': {'passed': True, 'score': 88,}}", "done", 2),
        (
            '```json\n{"score": 88, "reasoning": "Fine."}\n```\nValidation result: VALIDATION PASSED',
            "done",
            2,
        ),
        ('{"score": 88, "reasoning": "Fine."}\n**Validation Passed.**', "done", 2),
        ('<think>VALIDATION FAILED?</think>{"score": 88}\nvalidation passed', "done", 2),
        ("VALIDATION FAILED or not?\n" + '{"passed": true, "score": 88}', "done", 2),
        ('{"score": 88}\nI cannot say VALIDATION PASSED.', "needs_review", 4),
        ('{"score": 88}\nValidation not passed', "needs_review", 4),
        ('{"passed": true, "score": 88}\nVALIDATION FAILED', "needs_review", 4),
    ],
)
def test_verdicts_in_many_wordings(review: str, status: str, calls: int, tmp_path: Path):
    def styled(asked: Asked, good: str) -> Answer:
        if asked.agent == "validator":
            return Answer(text=review)
        return Answer(text=PLAIN if asked.agent == "annotator" else good)

    with (
        ModelServer(fault=styled) as server,
        Bench(quick(server, boost="off"), tmp_path, wait_s=0.005) as bench,
    ):
        result = bench.one(T_CELL)
    assert (result.status, result.label, server.stats.calls) == (status, LABEL, calls), result.reason
    assert result.verdict is None or result.verdict.passed


def test_a_model_that_mostly_keeps_the_form_gets_its_further_attempts(tmp_path: Path):
    """One unreadable reply says nothing against a model that was read before."""

    def twice_unreadable(asked: Asked, good: str) -> Answer | None:
        struck = asked.agent in ("annotator", "formatter") and "CD79A" in str(asked.data) and asked.times == 1
        return Answer(text="CD79A is clear.") if struck else None

    with ModelServer(fault=twice_unreadable) as server, Bench(quick(server, boost="off"), tmp_path) as bench:
        first = bench.one(T_CELL)
        second = bench.one(cluster_of("1", ["CD79A", "MS4A1", "CD79B"]))
    assert (first.status, second.status) == ("done", "done"), second.reason


def test_every_style_has_a_row_in_the_guide():
    guide = (Path(__file__).resolve().parents[3] / "docs" / "guide" / "models.md").read_text(encoding="utf-8")
    missing = [style for style in (*READ, *REFUSED) if style not in guide]
    assert missing == []
    assert json.loads(PLAIN) == ANSWER
