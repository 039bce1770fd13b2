"""Text of a model becomes a value or an error, never a guess."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cassia_core.agents import parse
from cassia_core.agents.parse import GeneRequest
from cassia_core.errors import ReplyError

GOOD = {
    "general": "T cell",
    "subtypes": ["CD4 T cell", "Treg"],
    "mixed": [],
    "key_genes": ["CD3D"],
    "tissue": "",
}


def fenced(value: object, before: str = "CD3D marks T cells.") -> str:
    return f"{before}\n```json\n{json.dumps(value)}\n```"


def test_an_annotation_is_read_with_its_reasoning():
    proposal = parse.read_proposal(fenced(GOOD)).value
    assert (proposal.general, proposal.label, proposal.key_genes) == ("T cell", "CD4 T cell", ("CD3D",))
    assert proposal.reasoning == "CD3D marks T cells."


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(GOOD),
        f"Here it is: {json.dumps(GOOD)} That is all.",
        f"```\n{json.dumps(GOOD)}\n```",
        f"```JSON\r\n{json.dumps(GOOD)}\r\n```",
        fenced(GOOD) + "\n" + fenced(GOOD, ""),
    ],
    ids=["bare", "in a sentence", "plain fence", "windows", "said twice"],
)
def test_harmless_wrappings_are_read(text: str):
    assert parse.read_proposal(text).value.label == "CD4 T cell"


@pytest.mark.parametrize(
    "changes",
    [
        {"general": None},
        {"general": 7},
        {"general": ""},
        {"general": "..."},
        {"general": "broad type"},
        {"subtypes": "naive, memory"},
        {"subtypes": "CD4-positive, alpha-beta"},
        {"key_genes": "the genes that mark T cells"},
        {"general": '{"type": "T cell"'},
        {"subtypes": 3},
        {"subtypes": {"a": 1}},
        {"subtypes": [1]},
        {"key_genes": [None]},
        {"mixed": 5},
        {"general": "x" * 300},
    ],
)
def test_fields_of_the_wrong_type_are_refused_with_the_reply_kept(changes: dict):
    text = fenced({**GOOD, **changes})
    with pytest.raises(ReplyError) as caught:
        parse.read_proposal(text)
    assert caught.value.raw == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "No idea.",
        "```json\n{broken\n```",
        "```json\n[1, 2]\n```",
        "{" * 2000,
        '```json\n{"general": "B cell", "general": "T cell"}\n```',
        fenced(GOOD) + fenced({**GOOD, "general": "B cell", "subtypes": []}, ""),
    ],
    ids=["empty", "no block", "broken", "a list", "deep", "key twice", "two answers"],
)
def test_replies_without_one_clear_answer_are_refused(text: str):
    with pytest.raises(ReplyError):
        parse.read_proposal(text)


def test_null_lists_are_empty_and_a_single_text_is_one_name():
    proposal = parse.read_proposal(fenced({**GOOD, "subtypes": "Treg", "mixed": None})).value
    assert proposal.subtypes == ("Treg",)
    assert proposal.mixed == ()


def test_more_than_three_subtypes_are_cut_to_three():
    assert len(parse.read_proposal(fenced({**GOOD, "subtypes": list("abcde")})).value.subtypes) == 3


def test_a_request_for_genes_is_told_from_an_answer():
    asked = parse.read_proposal_or_request(
        fenced({"hypotheses": ["A", "B"], "ask_genes": ["CD4"] * 3 + ["CD8A"]})
    )
    assert asked.value == GeneRequest(hypotheses=("A", "B"), genes=("CD4", "CD8A"))
    assert parse.read_proposal_or_request(fenced(GOOD)).value.label == "CD4 T cell"
    with pytest.raises(ReplyError):
        parse.read_proposal_or_request(fenced({"hypotheses": ["A"], "ask_genes": []}))


@pytest.mark.parametrize("thought", ["<think>{thinks}</think>\n{says}", "{thinks}</think>\n{says}"])
def test_what_a_model_thinks_aloud_is_not_its_answer(thought: str):
    text = thought.format(
        thinks=fenced({**GOOD, "general": "B cell"}) + "\nVALIDATION FAILED\n",
        says=fenced(GOOD) + "\nVALIDATION PASSED",
    )
    assert parse.read_proposal(text).value.general == "T cell"
    assert parse.read_proposal(text).value.reasoning == "CD3D marks T cells."
    assert parse.read_review(text).value.verdict.passed
    with pytest.raises(ReplyError):
        parse.read_proposal("<think>" + fenced(GOOD))


def test_genes_are_found_in_running_text():
    text = "CD3D/CD3E, HLA-DRA. (Il7r) 1110004F10Rik CD8A+ odd+name"
    assert parse.genes_named(text) >= {"CD3D", "CD3E", "HLA-DRA", "IL7R", "1110004F10RIK", "CD8A", "ODD+NAME"}
    assert parse.genes_named("") == frozenset()


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ("Fine.\nVALIDATION PASSED", True),
        ("Wrong.\nVALIDATION FAILED", False),
        ("**VALIDATION PASSED**", True),
        ("VALIDATION FAILED\n\n", False),
        ("Fine.\r\nVALIDATION PASSED.\r\n", True),
        ("Validation passed", True),
        ("Validation result: VALIDATION PASSED", True),
        ("**Validation Passed.**", True),
        ("Final verdict: **PASSED**", True),
        ("The markers agree. VALIDATION PASSED", True),
        ("VALIDATION PASSED - the markers agree.", True),
        ("## Validation: failed", False),
        ("VALIDATION FAILED: the subtype goes too deep", False),
        ("- [x] VALIDATION FAILED\n- [ ] VALIDATION PASSED", False),
        ('{"passed": true, "score": 80}', True),
        ('{"passed": "no", "score": 20}', False),
        ('{"passed": null}\nVALIDATION FAILED', False),
    ],
)
def test_a_verdict_is_a_line_of_its_own(text: str, passed: bool):
    assert parse.read_review(text).value.verdict.passed is passed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "This is not VALIDATION PASSED.",
        "not VALIDATION PASSED",
        "validation not passed",
        "cannot say validation passed",
        "I cannot say that\nVALIDATION PASSED",
        "If CD3D holds: VALIDATION PASSED",
        "VALIDATION PASSED, but only in blood",
        "VALIDATION PASSED or VALIDATION FAILED",
        "Never: validation passed",
        "The validation has not passed",
        "[ ] VALIDATION PASSED",
        "VALIDATION PASSED?",
        "VALIDATION PASSED\nOn reflection:\nVALIDATION FAILED",
        "VALIDATION  PASSED WITH DOUBTS",
    ],
)
def test_anything_else_is_no_verdict(text: str):
    with pytest.raises(ReplyError):
        parse.read_review(text)


def test_feedback_is_the_text_without_block_and_verdict():
    text = 'Mend the subtype.\n```json\n{"score": 20}\n```\nVALIDATION FAILED'
    assert parse.read_review(text).value.verdict.feedback == "Mend the subtype."


@pytest.mark.parametrize(
    ("value", "score"),
    [
        (0, 0.0),
        (100, 100.0),
        (85.5, 85.5),
        ("85.5", 85.5),
        ("7", 7.0),
        (1, 1.0),
        ("40%", 40.0),
        ("85/100", 85.0),
        ("**70**", 70.0),
    ],
)
def test_scores_are_read_as_numbers(value: object, score: float):
    assert parse.read_score(fenced({"score": value, "reasoning": "40% explained"})).value.value == score


@pytest.mark.parametrize(
    "value", [850, -1, 100.5, "850", "8.5/10", 0.85, "0.85", None, True, [80, 90], "", "nan", "1e1"]
)
def test_scores_out_of_range_or_of_another_kind_are_refused(value: object):
    with pytest.raises(ReplyError):
        parse.read_score(fenced({"score": value, "reasoning": "x"}))


def test_a_percentage_in_the_reasoning_is_no_score():
    with pytest.raises(ReplyError):
        parse.read_score("I would say 40% of the markers fit, score 80.")


def test_groupings_are_read_by_cluster_and_bad_ones_left_out():
    text = fenced(
        {"0": ["a", "b", "c"], "10": ["a", "b", "d"], "1": ["a", 7, "c"], "2": ["a", "b"], "3": "a"}
    )
    assert parse.read_groupings(text).value == {"0": ("a", "b", "c"), "10": ("a", "b", "d")}


def test_a_cluster_grouped_twice_differently_has_no_group():
    text = fenced({"0": ["a", "b", "c"], "1": ["a", "a", "a"]}) + fenced({"0": ["x", "y", "z"]})
    assert parse.read_groupings(text).value == {"1": ("a", "a", "a")}


@given(st.text(max_size=300))
def test_no_text_breaks_the_readers(text: str):
    for read in (
        parse.read_proposal,
        parse.read_proposal_or_request,
        parse.read_review,
        parse.read_score,
        parse.read_groupings,
    ):
        with contextlib.suppress(ReplyError):
            read(text)


@given(st.text(min_size=1, max_size=60), st.lists(st.text(min_size=1, max_size=30), max_size=3))
def test_names_of_any_script_survive(general: str, subtypes: list[str]):
    try:
        proposal = parse.read_proposal(fenced({**GOOD, "general": general, "subtypes": subtypes})).value
    except ReplyError:
        return
    assert proposal.general in " ".join(parse.readable(general).split())
    assert all(
        any(name in " ".join(parse.readable(s).split()) for s in subtypes) for name in proposal.subtypes
    )


def test_a_block_that_leaves_the_type_open_asks_for_genes():
    open_block = {
        "reasoning": "unclear",
        "general": "",
        "subtypes": [],
        "key_genes": [],
        "ask_genes": ["CD4"],
    }
    asked = parse.read_proposal_or_request(json.dumps({**open_block, "hypotheses": ["CD4 T cell"]})).value
    assert asked == GeneRequest(hypotheses=("CD4 T cell",), genes=("CD4",))
    named = parse.read_proposal_or_request(json.dumps({**GOOD, "hypotheses": [], "ask_genes": []})).value
    assert named.label == "CD4 T cell"
