"""The page Refine, from app.py: what is preselected, what is asked, what stands beside the first label."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cassia_core import settings
from cassia_core.domain.opinions.request import OpinionRequest
from cassia_core.pipeline.opinions.opinion_job import JobProgress
from cassia_core.pipeline.opinions.opinion_worker import do_job
from cassia_core.runs import opinion_log
from cassia_core.services.labels import review
from cassia_core.services.opinions import opinions
from cassia_core.services.runs import runs
from cassia_core.services.runs.results import load_results


@pytest.fixture
def run_id(demo_run: Path, home: Path) -> str:
    """A finished demo run in the app's own folder."""
    shutil.copytree(demo_run, settings.runs_root() / demo_run.name)
    return demo_run.name


def page_of(run_id: str, page: str = "refine") -> AppTest:
    at = AppTest.from_file(str(settings.app_folder() / "app.py"), default_timeout=90)
    if run_id:
        at.query_params["run"] = run_id
    return healthy(at.run().switch_page(f"pages/{page}.py").run())


def text_of(at: AppTest) -> str:
    kinds = ("markdown", "subheader", "caption", "title")
    return "\n".join(str(e.value) for kind in kinds for e in getattr(at, kind)).replace("\\", "")


def healthy(at: AppTest) -> AppTest:
    assert not at.exception, at.exception
    assert "could not be drawn" not in text_of(at), text_of(at)
    return at


def button(at: AppTest, label: str):
    found = [b for b in at.button if b.label == label]
    assert found, f"no button {label!r} among {[b.label for b in at.button]}"
    return found[0]


def way(at: AppTest, kind: str) -> AppTest:
    at.segmented_control(key="refine_way").set_value(kind)
    return healthy(at.run())


def dataset_of(run_id: str) -> str:
    return runs.load_config(run_id).datasets[0].name


def asked(run_id: str, **request: object) -> None:
    """An opinion as a job leaves it."""
    layout = runs.find_run(run_id)
    wanted = OpinionRequest(dataset=dataset_of(run_id), id="job1", at="2026-11-26T20:00:00+00:00", **request)
    ready = opinions.prepared(run_id, wanted)
    opinion_log.save_request(layout, ready)
    progress = JobProgress(layout, ready)
    do_job(layout, ready, {}, progress)
    progress.update(state="done")


def test_without_a_run_the_page_says_what_appears_here(home: Path):
    assert "No results yet" in text_of(page_of(""))


def test_the_doubtful_clusters_are_preselected_and_every_way_says_what_the_offline_engine_does(run_id: str):
    at = page_of(run_id)
    doubtful = [r.cluster for r in load_results(run_id, dataset_of(run_id)).rows if r.light != "high"]
    assert set(at.multiselect(key="refine_clusters").value) == set(doubtful)
    assert "asking again adds nothing" in text_of(at)
    for kind, words in (
        ("several", "is no language model"),
        ("comparison", "the measured evidence is shown all the same"),
        ("closer_look", "answers no free question"),
        ("question", "cannot talk"),
    ):
        assert words in text_of(way(at, kind))
    assert "None yet for these clusters" in text_of(at)


def test_a_button_of_the_card_leads_here_with_the_same_cluster(run_id: str):
    at = page_of(run_id, "results")
    button(at, "Second opinion").click()
    at = healthy(at.run())
    assert at.title[0].value == "Refine" and len(at.multiselect(key="refine_clusters").value) == 1


def test_one_candidate_or_no_question_cannot_be_started(run_id: str):
    at = way(page_of(run_id), "question")
    assert button(at, "Start").disabled and "Type a question" in text_of(at)
    at.text_area(key="refine_question").set_value("Is CD3D high?")
    assert not button(healthy(at.run()), "Start").disabled
    at = way(at, "comparison")
    candidates = next(m for m in at.multiselect if m.label.startswith("Candidates"))
    candidates.set_value(candidates.value[:1])
    at = healthy(at.run())
    assert button(at, "Start").disabled and "at least 2 types" in text_of(at)


def test_an_opinion_stands_beside_the_label_until_it_is_accepted_and_can_be_undone(run_id: str):
    dataset = dataset_of(run_id)
    rows = load_results(run_id, dataset).rows
    row = next(r for r in rows if r.light != "high")
    asked(run_id, clusters=(row.cluster,), kind="comparison", candidates=(row.label, "megakaryocyte"))
    at = page_of(run_id)
    assert "One model alone is no agreement" in text_of(at)
    table = next(h.proto.body for h in at.get("html") if "Candidate" in h.proto.body)
    assert "Evidence (measured)" in table
    button(at, "Accept Megakaryocyte").click()
    at = healthy(at.run())
    labels = {label.cluster: label.label for label in review.labels(run_id, dataset)}
    assert labels[row.cluster] == "megakaryocyte"
    button(at, "Undo the last step").click()
    healthy(at.run())
    assert {x.cluster: x.label for x in review.labels(run_id, dataset)}[row.cluster] == row.label


def test_a_question_and_its_answer_are_shown_with_the_values_looked_up(run_id: str):
    row = next(r for r in load_results(run_id, dataset_of(run_id)).rows if r.light != "high")
    asked(run_id, clusters=(row.cluster,), kind="question", question="Is <b>CD3D</b> high?")
    at = page_of(run_id)
    assert "Is <b>CD3D</b> high?" in text_of(at) and "cannot talk" in text_of(at)
    assert any("CD3D" in json.dumps(d.value.to_dict()) for d in at.dataframe)


def test_a_job_that_stopped_offers_the_way_on(run_id: str):
    layout = runs.find_run(run_id)
    request = OpinionRequest(dataset=dataset_of(run_id), id="dead", clusters=("0",), kind="comparison")
    opinion_log.save_request(layout, request)
    opinion_log.save_progress(layout, "dead", opinion_log.read_progress(layout, "dead"))
    at = page_of(run_id)
    assert "it stopped" in text_of(at) and button(at, "Go on")
