"""What a call cost, as far as anybody counted it; and the small question, put once in a session."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from cassia_core.domain.config import AgentModel
from cassia_core.pipeline.exporting import merger_repairs
from cassia_core.runs.call_log import read_calls
from cassia_core.runs.layout import RunLayout
from cassia_core.services.engine.models import check_connection
from cassia_core.services.runs import runs
from tests.annotating import Bench, cluster_of, quick
from tests.contract.models.test_waiting import config, wait
from tests.model_server import Answer, Asked, ModelServer

UNCOUNTED = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


def endless(asked: Asked, good: str) -> Answer | None:
    if asked.agent != "annotator" or asked.times > 1:
        return None
    return Answer(text=good + "\n" + "It is a cell of a kind of cells, as all cells are. " * 400)


def test_the_tokens_of_a_reply_that_was_cut_short_are_unknown_and_not_none(tmp_path: Path):
    with ModelServer(fault=endless) as server:
        params = quick(server, boost="off")
        priced = replace(params, annotator=replace(params.annotator, input_usd=1.0, output_usd=2.0))
        with Bench(priced, tmp_path) as bench:
            result = bench.one(cluster_of("0"))
    first, second = bench.calls
    assert result.status == "done"
    assert (first.counted, first.cost_usd) == (False, None)
    assert second.counted and second.cost_usd is not None and second.cost_usd > 0
    assert [turn.counted for turn in result.turns if turn.model] == [False, True]


def test_a_limit_holds_for_calls_that_nobody_counted(tmp_path: Path):
    with ModelServer(fault=lambda asked, good: Answer(text=good, usage=UNCOUNTED)) as server:
        params = quick(server, boost="off", max_workers=1, max_tokens_total=30_000)
        with Bench(params, tmp_path) as bench:
            results = bench.all([cluster_of(str(n)) for n in range(8)])
    assert 0 < len(bench.calls) < 16, "each is counted with the most that it could be"
    assert "limit you set" in results[-1].reason


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory):
    """Two runs of one session; a question of the first fails once, its merger answers one level down."""
    root = tmp_path_factory.mktemp("session")
    failed = []

    def fault(asked: Asked, good: str) -> Answer | None:
        if asked.agent == "validator" and not failed:
            failed.append(asked)
            return Answer(status=500)
        if asked.agent == "merger":
            return Answer(text=json.dumps({"groups": json.loads(good[8:-4])}))
        return None

    with ModelServer(fault=fault) as server:
        base = config(root, server.url)
        assert base.annotation is not None
        asked = replace(base, annotation=replace(base.annotation, merge=True))
        ids = []
        for _ in range(2):
            ids.append(runs.start_run(asked, {}, root))
            wait(ids[-1], root, lambda view: view.state in runs.ENDED)
        yield root, ids, server


def roles(root: Path, run_id: str) -> list[str]:
    return [entry.call.agent for entry in read_calls(RunLayout(root=root / run_id).calls)]


def test_the_small_question_is_put_once_in_a_session(session):
    root, (first, second), server = session
    assert roles(root, first).count("tester") == 1 and roles(root, second).count("tester") == 0
    assert sum(asked.agent == "tester" for asked in server.stats.asked) == 1


def test_questions_without_an_answer_and_repairs_of_the_merger_are_told(session):
    root, (first, second), _ = session
    told = RunLayout(root=root / first).batch_summary_txt.read_text(encoding="utf-8")
    assert "Questions without an answer: 1." in told
    assert "fields read one level down: 1" in told
    assert runs.view_run(first, root).failed_calls == 1
    assert "Questions without" not in RunLayout(root=root / second).batch_summary_txt.read_text()
    assert list(merger_repairs(read_calls(RunLayout(root=root / first).calls))) == ["one_level_down"]


def test_a_connection_test_counts_as_the_small_question_and_another_key_does_not(tmp_path: Path):
    with ModelServer(models=("stand-in", "tested")) as server:
        model = AgentModel(provider="custom", model="tested", base_url=server.url)
        check_connection(model, "one")
        base = config(tmp_path, server.url)
        assert base.annotation is not None
        asked = replace(base, annotation=replace(base.annotation, annotator=model))
        run_id = runs.start_run(asked, {"custom": "other"}, tmp_path)
        wait(run_id, tmp_path, lambda view: view.state in runs.ENDED)
        with_the_same_key = runs.start_run(asked, {"custom": "one"}, tmp_path)
        wait(with_the_same_key, tmp_path, lambda view: view.state in runs.ENDED)
    assert "tester" in roles(tmp_path, run_id) and "tester" not in roles(tmp_path, with_the_same_key)
    kept = RunLayout(root=tmp_path / run_id).answered.read_text()
    assert "tested" in kept and "other" not in kept, "no key is kept"


def test_a_pause_is_told_before_what_reads_cells_is_loaded(tmp_path: Path):
    """The page and the command line say until when within seconds: the small question goes out first."""
    hour = Answer(status=429, error_code="rate_limit_exceeded", headers={"retry-after": "3600"})
    with ModelServer(fault=lambda asked, good: hour) as server:
        run_id = runs.start_run(config(tmp_path, server.url), {}, tmp_path)
        view = wait(run_id, tmp_path, lambda view: view.paused_until)
        assert view.datasets == () or all(not d.tiles for d in view.datasets)
        runs.cancel_run(run_id, tmp_path)
        wait(run_id, tmp_path, lambda view: view.state in runs.ENDED)
        assert server.stats.calls == 1
