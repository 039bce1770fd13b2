"""When a cluster is looked at again, and when what the closer look says is taken."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from cassia_core.domain.annotation import Evidence, Proposal, QualityScore, Verdict
from cassia_core.domain.config import AnnotationParams
from cassia_core.pipeline.annotation.boosting import _accepted, needs_boost
from cassia_core.pipeline.annotation.cluster_case import Draft
from tests.annotating import Scripted, cluster_of, scripted_bench

PASS, FAIL = Verdict(passed=True), Verdict(passed=False, feedback="no")


def case_of(light: str = "high", **params) -> SimpleNamespace:
    checks = SimpleNamespace(light_of=lambda *_: (light, "said"))
    return SimpleNamespace(params=AnnotationParams(**params), checks=checks)


def draft(
    label: str = "T cell", score: float | None = 80.0, verdict: Verdict | None = PASS, problems: int = 0
) -> Draft:
    return Draft(
        proposal=Proposal(general=label, subtypes=()),
        evidence=Evidence(label=label, basis="markers", score=80.0, problems=("p",) * problems),
        attempt=1,
        verdict=verdict,
        score=None if score is None else QualityScore(value=score),
    )


@pytest.mark.parametrize(
    ("score", "threshold", "wanted"),
    [(75.0, 75.0, False), (74.9, 75.0, True), (60.0, 60.0, False), (59.0, 60.0, True), (None, 75.0, True)],
)
def test_a_score_below_the_threshold_asks_for_a_closer_look_and_one_at_it_does_not(score, threshold, wanted):
    assert needs_boost(case_of(score_threshold=threshold), draft(score=score)) is wanted


@pytest.mark.parametrize(
    ("verdict", "light", "wanted"),
    [
        (PASS, "high", False),
        (PASS, "medium", False),
        (PASS, "look", True),
        (FAIL, "high", True),
        (None, "high", True),
    ],
)
def test_a_verdict_that_is_no_pass_or_a_red_light_asks_for_a_closer_look(verdict, light, wanted):
    assert needs_boost(case_of(light), draft(verdict=verdict)) is wanted


@pytest.mark.parametrize("mode", ["off", "fused"])
def test_other_modes_never_look_again_afterwards(mode):
    assert needs_boost(case_of("look", boost=mode), draft(score=1.0, verdict=FAIL)) is False


@pytest.mark.parametrize(
    ("before", "after", "taken"),
    [
        (draft(), draft("naive T cell"), True),
        (draft(), draft("naive T cell", score=79.0), False),
        (draft(), draft("naive T cell", score=80.0), True),
        (draft(), draft("naive T cell", score=None), True),
        (draft(score=None), draft("naive T cell", score=10.0), True),
        (draft(), draft("naive T cell", verdict=FAIL), False),
        (draft(verdict=FAIL), draft("naive T cell", verdict=FAIL), True),
        (draft(), draft("naive T cell", problems=1), False),
        (draft(problems=1), draft("naive T cell", problems=1), True),
        (draft(problems=2), draft("naive T cell", problems=1), True),
        (draft("Unknown", verdict=FAIL), draft("naive T cell", score=1.0), True),
        (draft("Unknown", verdict=FAIL), draft("naive T cell", verdict=FAIL), False),
    ],
)
def test_a_new_label_is_taken_when_it_is_validated_and_no_worse(before, after, taken):
    accepted, reason = _accepted(before, after)
    assert accepted is taken and after.proposal.label in reason


def test_the_reason_says_whether_the_label_was_confirmed_or_changed():
    assert "confirms" in _accepted(draft(), draft())[1]
    changed = replace(draft(), proposal=Proposal(general="T cell", subtypes=("naive T cell",)))
    assert "changes “T cell” to “naive T cell”" in _accepted(draft(), changed)[1]
    assert "confirms" in _accepted(draft("T Cell"), draft("T cell"))[1]


def test_a_change_is_told_as_one_whichever_name_comes_first_in_the_alphabet():
    assert "changes “B cell” to “T cell”" in _accepted(draft("B cell"), draft("T cell"))[1]
    assert "changes “T cell” to “B cell”" in _accepted(draft("T cell"), draft("B cell"))[1]


def answer(label: str) -> str:
    return json.dumps({"reasoning": "r", "general": "T cell", "subtypes": [label], "key_genes": ["CD3D"]})


ASKS = json.dumps({"hypotheses": ["Treg"], "ask_genes": ["FOXP3"]})


def verdict(score: int, *, passed: bool = True) -> str:
    return json.dumps({"reasoning": "r", "passed": passed, "score": score})


@pytest.mark.parametrize("rounds", [1, 2, 3])
def test_genes_may_be_asked_for_in_every_round_but_the_last(tmp_path: Path, rounds: int):
    provider = Scripted(
        annotator=answer("T cell"),
        validator=[verdict(50), verdict(88)],
        booster=[*[ASKS] * (rounds - 1), answer("naive T cell")],
    )
    with scripted_bench(tmp_path, provider, boost_rounds=rounds) as bench:
        result = bench.one(cluster_of("0", ["CD3D", "CD3E", "IL7R"]))
    assert (result.label, result.boost.rounds) == ("naive T cell", rounds)
    asked = [request.task for request in provider.of("booster")]
    assert [task.round for task in asked] == list(range(1, rounds + 1))
    assert [task.last for task in asked] == [False] * (rounds - 1) + [True]


def test_a_closer_look_is_the_attempt_after_the_last_one(tmp_path: Path):
    provider = Scripted(
        annotator=[answer("Treg"), answer("Th1"), answer("T cell")],
        validator=[
            verdict(40, passed=False),
            verdict(40, passed=False),
            verdict(40, passed=False),
            verdict(88),
        ],
        booster=answer("naive T cell"),
    )
    with scripted_bench(tmp_path, provider) as bench:
        result = bench.one(cluster_of("0", ["CD3D", "CD3E", "IL7R"]))
    assert result.boost.accepted
    assert [t.attempt for t in result.turns if t.role == "annotator"] == [1, 2, 3]
    assert [t.attempt for t in result.turns if t.role == "booster"] == [4]
