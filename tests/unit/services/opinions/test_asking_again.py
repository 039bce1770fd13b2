"""Asking again and asking several models, through the whole process, against the stand-in server."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from cassia_core.domain.config import AgentModel, AnnotationParams, DatasetSpec, RunConfig
from cassia_core.domain.opinions.request import OpinionJob, OpinionRequest
from cassia_core.errors import ConfigError, RunLocked
from cassia_core.runs.layout import RunLayout
from cassia_core.services.labels import review
from cassia_core.services.opinions import opinions
from cassia_core.services.opinions.accepting import accept
from cassia_core.services.opinions.estimating import estimate_opinions
from cassia_core.services.runs import runs
from cassia_core.services.runs.results import load_results
from tests.model_server import Answer, Asked, ModelServer
from tests.small_runs import annotate_lists, write_lists

SECOND = {"general": "T cell", "subtypes": ["regulatory T cell"], "key_genes": ["CD3D"], "reasoning": "IL7R."}


def wait(run_id: str, job: str, root: Path) -> OpinionJob:
    deadline = time.monotonic() + 60
    while (found := opinions.view_job(run_id, job, root)).progress.state == "running":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def annotated(server: ModelServer, root: Path, table: Path) -> tuple[str, AgentModel]:
    model = AgentModel(provider="custom", model="stand-in", base_url=server.url)
    params = AnnotationParams(annotator=model, boost="off", merge=False)
    config = RunConfig(
        datasets=(DatasetSpec(name="lists", path=str(table), tissue="blood"),), annotation=params
    )
    run_id = runs.start_run(config, {}, root)
    deadline = time.monotonic() + 60
    while runs.view_run(run_id, root).state not in runs.ENDED and time.monotonic() < deadline:
        time.sleep(0.1)
    return run_id, model


def differing(asked: Asked, good: str) -> Answer | None:
    """Cluster 1 gets another answer from the second time on; one reply about cluster 2 cannot be read."""
    if asked.agent == "annotator" and "CD3D" in asked.markers and asked.times > 1:
        return Answer(text=json.dumps(SECOND))
    if asked.agent in ("annotator", "formatter") and "CD14" in str(asked.data) and asked.times == 2:
        return Answer(text="I would rather not say.")
    return None


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory):
    """A run of three clusters, each asked again so that five answers are there."""
    root = tmp_path_factory.mktemp("runs")
    with ModelServer(fault=differing, latency_s=0.01) as server:
        run_id, model = annotated(server, root, write_lists(root / "lists.csv"))
        before = server.stats.as_dict()
        request = OpinionRequest(dataset="lists", clusters=("all",), times=5)
        job = wait(run_id, opinions.start(run_id, request, {}, root), root)
        yield run_id, root, job, model, server, before


def of(run, cluster: str):
    return opinions.list_opinions(run[0], "lists", cluster=cluster, root=run[1])[-1]


def test_every_cluster_has_an_opinion(run):
    job = run[2]
    assert job.progress.state == "done", job.progress.problem
    assert job.progress.clusters_done == 3
    assert {o.clusters for o in opinions.list_opinions(run[0], "lists", root=run[1])} == {
        ("0",),
        ("1",),
        ("2",),
    }


def test_the_first_answer_is_the_runs_and_costs_nothing(run):
    first, *others = of(run, "0").answers
    assert first.first and first.calls == 0 and first.input_tokens == 0
    assert all(not answer.first for answer in others)
    assert {answer.calls for answer in others} == {1}, "its label was validated by the run"


def test_a_label_is_validated_once_for_a_cluster_and_the_conversation_says_so(run):
    others = of(run, "1").answers[1:]
    assert sorted(answer.calls for answer in others)[-1] == 2 and sum(a.calls == 2 for a in others) == 1
    turns = opinions.conversation_of(run[0], "lists", of(run, "1"), run[1])
    assert sum(turn.role == "validator" for turn in turns) == 1
    assert any("the validator was not asked again" in turn.text for turn in turns)


def test_agreement_that_is_settled_is_not_paid_to_the_end(run):
    found = of(run, "0").consensus
    assert (found.answered, found.asked, found.planned) == (4, 4, 5)
    assert found.settled_early and found.share == 1.0


def test_answers_that_differ_meet_at_the_type_above_them(run):
    found = of(run, "1").consensus
    votes = {level.name: level.votes for level in found.levels}
    assert votes["T cell"] == found.answered and votes["regulatory T cell"] == found.answered - 1
    assert found.label == "regulatory T cell" and found.cl_id == "CL:0000815"


def test_all_calls_are_in_the_account(run):
    told = json.loads(RunLayout(root=run[1] / run[0]).token_tracking.read_text())
    paid = sum(
        len([a for a in o.answers if not a.first])
        for o in opinions.list_opinions(run[0], "lists", root=run[1])
    )
    assert told["total_calls"] == run[4].stats.as_dict()["answered"]
    assert run[2].progress.usage.calls >= paid


def test_agreement_is_in_the_tables_and_in_the_report(run):
    folder = run[1] / run[0] / "blood" / "lists"
    table = pd.read_csv(folder / "lists_summary.csv", dtype={"Cluster ID": str}).set_index("Cluster ID")
    found = of(run, "1").consensus
    (row,) = (r for r in load_results(run[0], "lists", run[1]).rows if r.cluster == "1")
    assert table.loc["0", "Agreement (%)"] == 100.0 and table.loc["0", "Answers"] == "4 of 4"
    assert table.loc["1", "Consensus"] == "regulatory T cell"
    assert table.loc["1", "Answers"] == f"{row.agreement.votes} of {found.answered}" and row.light == "high"
    report = (folder / "lists_report.html").read_text()
    assert "answers share the label" in report and "Agreement" in report


def test_the_conversation_is_kept(run):
    opinion = of(run, "1")
    turns = opinions.conversation_of(run[0], "lists", opinion, run[1])
    assert sum(turn.role == "annotator" for turn in turns) == len(opinion.answers) - 1


def test_an_accepted_opinion_is_a_correction_that_can_be_undone(run):
    run_id, root = run[:2]
    before = {label.cluster: label.label for label in review.labels(run_id, "lists", root)}
    edit = accept(run_id, "lists", of(run, "1"), by="me", root=root)
    after = {label.cluster: label.label for label in review.labels(run_id, "lists", root)}
    assert after == before | {"1": "regulatory T cell"}
    assert "answers share it" in edit.reason
    review.undo(run_id, "lists", root, seq=edit.seq)
    assert {label.cluster: label.label for label in review.labels(run_id, "lists", root)} == before


def test_what_a_killed_job_has_paid_is_not_paid_again(tmp_path: Path):
    held = []

    def slow(asked: Asked, good: str) -> Answer | None:
        held.append(asked.agent)
        return None

    with ModelServer(fault=slow, latency_s=0.2) as server:
        run_id, _ = annotated(server, tmp_path, write_lists(tmp_path / "lists.csv"))
        request = OpinionRequest(dataset="lists", clusters=("all",), times=9, max_workers=1)
        job = opinions.start(run_id, request, {}, tmp_path)
        while opinions.view_job(run_id, job, tmp_path).progress.answers < 2:
            time.sleep(0.05)
        with pytest.raises(RunLocked):
            runs.resume_run(run_id, {}, tmp_path)
        opinions.cancel(run_id, job, tmp_path)
        assert wait(run_id, job, tmp_path).progress.state == "cancelled"
        opinions.resume(run_id, job, {}, tmp_path)
        assert wait(run_id, job, tmp_path).progress.state == "done"
        layout = RunLayout(root=tmp_path / run_id)
        keys = [json.loads(line)["key"] for line in layout.calls.read_text().splitlines()]
    assert len(keys) == len(set(keys))


def test_the_offline_engine_is_asked_once_and_a_cluster_that_is_not_there_is_refused(tmp_path: Path):
    run_id = annotate_lists(tmp_path, write_lists(tmp_path / "lists.csv"))
    request = OpinionRequest(dataset="lists", clusters=("1",), times=5)
    job = wait(run_id, opinions.start(run_id, request, {}, tmp_path), tmp_path)
    assert job.progress.state == "done" and "always gives the same answer" in job.progress.notices[0]
    (opinion,) = opinions.list_opinions(run_id, "lists", root=tmp_path)
    assert len(opinion.answers) == 1 and "always gives the same answer" in opinion.reason
    with pytest.raises(ConfigError, match="no cluster 7"):
        opinions.start(run_id, OpinionRequest(dataset="lists", clusters=("7",)), {}, tmp_path)


def test_models_that_differ_discuss_once_and_the_last_word_counts(tmp_path: Path):
    """The second model gives in when it sees the first one's reasons and the evidence."""
    heard: list[str] = []

    def fault(asked: Asked, good: str) -> Answer | None:
        if asked.agent != "annotator" or asked.model != "second":
            return None
        heard.append(str(asked.data.get("feedback", "")))
        talk = "This is a discussion" in heard[-1]
        return (
            None if talk else Answer(text=json.dumps(SECOND | {"general": "B cell", "subtypes": ["B cell"]}))
        )

    with ModelServer(fault=fault, latency_s=0.01, models=("stand-in", "second")) as server:
        run_id, model = annotated(server, tmp_path, write_lists(tmp_path / "lists.csv"))
        request = OpinionRequest(
            dataset="lists",
            clusters=("1",),
            kind="several",
            times=1,
            models=(model, replace(model, model="second")),
        )
        assert estimate_opinions(run_id, request, tmp_path).calls_low == 2
        job = wait(run_id, opinions.start(run_id, request, {}, tmp_path), tmp_path)
        assert job.progress.state == "done", job.progress.problem
    (opinion,) = opinions.list_opinions(run_id, "lists", root=tmp_path)
    said = [(a.model, a.round, a.label) for a in opinion.answers]
    assert said == [
        ("stand-in", 1, "T cell"),
        ("second", 1, "B cell"),
        ("stand-in", 2, "T cell"),
        ("second", 2, "T cell"),
    ]
    assert (opinion.consensus.label, opinion.consensus.votes, opinion.consensus.answered) == ("T cell", 2, 2)
    talk = next(text for text in heard if "This is a discussion" in text)
    assert "Another answer is T cell" in talk and "evidence" in talk and "CD3" in talk
