"""Candidates compared, closer looks and questions: asked as the job's process asks, kept, and accepted."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import pytest

from cassia_core.domain.config import AgentModel
from cassia_core.domain.opinions.opinion import Opinion
from cassia_core.domain.opinions.request import OpinionRequest
from cassia_core.errors import ConfigError
from cassia_core.pipeline.opinions.opinion_job import JobProgress
from cassia_core.pipeline.opinions.opinion_worker import do_job
from cassia_core.services.labels import review
from cassia_core.services.opinions import opinions
from cassia_core.services.opinions.accepting import accept
from cassia_core.services.opinions.estimating import estimate_opinions
from cassia_core.services.runs import runs
from tests.model_server import Answer, Asked, ModelServer
from tests.small_runs import annotate_lists, write_lists

_numbers = itertools.count()
PAIR = ("B cell", "plasma cell")


def asked_and_heard(root: Path, run_id: str, **request: object) -> Opinion:
    """The opinion on cluster 0 that a request leads to."""
    layout = runs.find_run(run_id, root)
    wanted = OpinionRequest(dataset="lists", clusters=("0",), id=f"job{next(_numbers)}", **request)
    ready = opinions.prepared(run_id, wanted, root)
    do_job(layout, ready, {}, JobProgress(layout, ready))
    return opinions.list_opinions(run_id, "lists", cluster="0", root=root)[-1]


def stubborn(asked: Asked, good: str) -> Answer | None:
    """The second model finds plasma cells best until it hears the others."""
    if asked.agent == "comparator" and asked.model == "second" and "others" not in asked.data:
        scores = [{"type": "Plasma Cells", "score": 80}, {"type": "B cell", "score": 10}]
        return Answer(text=json.dumps({"reasoning": "x", "scores": scores}))
    return None


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory):
    """A run of the offline engine, and a server with two models."""
    root = tmp_path_factory.mktemp("runs")
    run_id = annotate_lists(root, write_lists(root / "lists.csv"))
    with ModelServer(fault=stubborn, latency_s=0.01, models=("first", "second")) as server:
        models = tuple(
            AgentModel(provider="custom", model=name, base_url=server.url) for name in ("first", "second")
        )
        yield root, run_id, models


def test_a_comparison_is_kept_with_its_talk_and_its_cost_and_can_be_accepted_and_undone(place):
    root, run_id, models = place
    found = asked_and_heard(root, run_id, kind="comparison", models=models, candidates=PAIR)
    assert found.comparison is not None and found.comparison.rounds == 2
    assert [row.model for row in found.comparison.rows] == ["first", "second"] * 2
    assert found.comparison.rows[1].vote == "plasma cell" and found.label == "B cell"
    assert found.usage.calls == 4 and found.usage.input_tokens > 0
    talk = opinions.conversation_of(run_id, "lists", found, root)
    assert [(turn.model, turn.attempt) for turn in talk] == [
        ("first", 1), ("second", 1), ("first", 2), ("second", 2)
    ]  # fmt: skip
    tokens = json.loads((root / run_id / "token_tracking.json").read_text())
    assert "comparator" in json.dumps(tokens)
    before = review.labels(run_id, "lists", root)[0].label
    step = accept(run_id, "lists", found, label="plasma cell", root=root)
    assert review.labels(run_id, "lists", root)[0].label == "plasma cell"
    assert "candidates compared" in step.reason
    review.undo(run_id, "lists", root)
    assert review.labels(run_id, "lists", root)[0].label == before


def test_the_offline_engine_compares_by_evidence_without_a_call(place):
    root, run_id, _ = place
    found = asked_and_heard(root, run_id, kind="comparison", candidates=PAIR)
    assert found.label == "B cell" and found.usage.input_tokens == 0
    assert [e.label for e in found.comparison.evidence] == list(PAIR)
    assert found.comparison.rounds == 1


def test_a_closer_look_changes_nothing_until_it_is_accepted(place):
    root, run_id, models = place
    before = review.labels(run_id, "lists", root)[0].label
    found = asked_and_heard(
        root, run_id, kind="closer_look", models=models[:1], question="Is this a cancer cluster?"
    )
    assert found.closer_look.before.label == before == review.labels(run_id, "lists", root)[0].label
    assert found.label == found.closer_look.after.label == "naive B cell"
    assert accept(run_id, "lists", found, root=root).label == "naive B cell"
    review.undo(run_id, "lists", root)


def test_a_question_is_kept_and_shown_with_the_next_one(place):
    root, run_id, models = place
    first = asked_and_heard(root, run_id, kind="question", question="What is CD19 here?")
    assert "CD19" in first.consultation.answer and "cannot talk" in first.consultation.answer
    second = asked_and_heard(root, run_id, kind="question", question="And MS4A1?", models=models[:1])
    assert "MS4A1 leads" in second.consultation.answer
    sent = json.loads(opinions.conversation_of(run_id, "lists", second, root)[0].sent[1].content)
    assert sent["said"][0]["question"] == "What is CD19 here?"
    with pytest.raises(ConfigError, match="gives no label"):
        accept(run_id, "lists", second, root=root)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"kind": "comparison", "candidates": ("B cell",)}, "celltypes"),
        ({"kind": "question", "question": " "}, "question"),
        ({"kind": "closer_look", "strategy": "sideways"}, "search_strategy"),
    ],
)
def test_a_request_that_leads_nowhere_is_refused_before_it_starts(place, wrong: dict, named: str):
    root, run_id, _ = place
    with pytest.raises(ConfigError, match=named):
        opinions.start(run_id, OpinionRequest(dataset="lists", clusters=("0",), **wrong), {}, root)
    assert runs.view_run(run_id, root).state == "success"


@pytest.mark.parametrize(
    ("wanted", "low", "high"),
    [
        ({"kind": "comparison", "candidates": PAIR, "rounds": 3}, 2, 16),
        ({"kind": "comparison", "candidates": PAIR, "rounds": 3, "discuss": False}, 2, 4),
        ({"kind": "closer_look", "rounds": 2}, 2, 8),
        ({"kind": "question", "question": "Why?"}, 1, 8),
    ],
)
def test_the_price_is_told_before_from_first_replies_to_every_round_used(
    place, wanted: dict, low: int, high: int
):
    root, run_id, models = place
    asked = models if wanted["kind"] == "comparison" else models[:1]
    priced = tuple(replace(model, input_usd=1.0, output_usd=2.0) for model in asked)
    request = OpinionRequest(dataset="lists", clusters=("0",), models=priced, **wanted)
    found = estimate_opinions(run_id, request, root)
    assert (found.calls_low, found.calls_high) == (low, high)
    assert 0 < found.cost_low_usd < found.cost_high_usd
    unpriced = estimate_opinions(run_id, replace(request, models=asked), root)
    assert unpriced.cost_low_usd is None and unpriced.input_tokens_high == found.input_tokens_high
    free = estimate_opinions(run_id, replace(request, models=()), root)
    assert (free.input_tokens_high, free.cost_high_usd, free.sent) == (0, 0.0, ())
