"""The page Run in every state that a run can be in, read as a person reads it."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cassia_core import settings
from cassia_core.domain.config import AgentModel, AnnotationParams, DatasetSpec, RunConfig
from cassia_core.domain.progress import RunView
from cassia_core.services.runs import runs
from tests.model_server import Answer, Asked, ModelServer

ROOT = Path(__file__).resolve().parents[2]
TABLE = "cluster,gene\n" + "".join(
    f"{cluster},{gene}\n"
    for cluster, genes in {
        "0": ("MS4A1", "CD79A", "CD79B", "CD19"),
        "1": ("CD3D", "CD3E", "IL7R", "TRAC"),
        "T/NK": ("NKG7", "GNLY", "GZMB", "KLRD1"),
        "10": ("LYZ", "CD14", "S100A8", "S100A9"),
    }.items()
    for gene in genes
)


def start(folder: Path, server: ModelServer, **settings: object) -> str:
    table = folder / "markers.csv"
    table.write_text(TABLE)
    params = {"max_retries": 0, "max_workers": 1, "merge": False} | settings
    model = AgentModel(provider="custom", model="stand-in", base_url=server.url)
    spec = DatasetSpec(name="markers", path=str(table), tissue="blood", species="human")
    return runs.start_run(
        RunConfig(datasets=(spec,), annotation=AnnotationParams(annotator=model, **params)),
        {"custom": "a-key"},
    )


def wait(
    run_id: str, is_so: Callable[[RunView], bool] = lambda v: v.state not in ("queued", "running")
) -> RunView:
    deadline = time.monotonic() + 120
    while not is_so(runs.view_run(run_id)):
        assert time.monotonic() < deadline, runs.view_run(run_id)
        time.sleep(0.1)
    return runs.view_run(run_id)


def two_done(view: RunView) -> bool:
    return sum(d.finished_clusters for d in view.datasets) >= 2


def page_of(run_id: str) -> AppTest:
    at = AppTest.from_file(str(settings.app_folder() / "app.py"), default_timeout=90)
    at.query_params["run"] = run_id
    at.run()
    return at.switch_page("pages/run.py").run()


def text_of(at: AppTest) -> str:
    assert not at.exception, at.exception
    parts = [
        str(getattr(e, "value", ""))
        for kind in ("title", "subheader", "markdown", "caption")
        for e in getattr(at, kind)
    ]
    parts += [str(e.proto.text) for e in at.get("progress")]
    text = "\n".join(parts).replace("\\", "")
    assert "could not be drawn" not in text, text
    return text


def button(at: AppTest, label: str):
    return next(b for b in at.button if b.label == label)


def labels(at: AppTest) -> set[str]:
    return {b.label for b in at.button}


def of_cluster(gene: str) -> Callable[[Asked], bool]:
    return lambda asked: asked.agent == "annotator" and gene in asked.markers


def test_clusters_without_an_answer_are_named_with_the_reason_and_only_they_are_asked_again(tmp_path):
    broken = [True]

    def fault(asked: Asked, good: str) -> Answer | None:
        return Answer(status=500) if broken[0] and of_cluster("NKG7")(asked) else None

    with ModelServer(fault=fault) as server:
        run_id = start(tmp_path, server)
        assert wait(run_id).state == "partial"
        at = page_of(run_id)
        text = text_of(at)
        assert "3 of 4 clusters have a label." in text and "1 without an answer" in text
        assert "1 cluster got no usable answer." in text and "The other labels are safe." in text
        assert "Cluster T/NK" in text and "failed on its side (HTTP 500)" in text
        assert {"Retry failed only", "See the results"} <= labels(at)
        broken[0] = False
        server.reset_stats()
        button(at, "Retry failed only").click().run()
        wait(run_id, lambda v: v.state == "success")
        assert {a.markers[0] for a in server.stats.asked if a.agent == "annotator"} == {"NKG7"}
    text = text_of(page_of(run_id))
    assert "4 of 4 clusters have a label." in text and "no answer" not in text


def test_a_refused_key_is_one_card_with_what_to_do_and_not_one_per_cluster(tmp_path):
    with ModelServer(key="another-key") as server:
        run_id = start(tmp_path, server)
        assert wait(run_id).state == "failed"
    at = page_of(run_id)
    text = text_of(at)
    assert text.count("refused the key") == 1 + 1 + 4 + 1, (
        "once in the notice of the first question, in the card, in each tile, in the last words"
    )
    assert "4 clusters got no usable answer." in text and "Clusters 0, 1, 10 and T/NK" in text
    assert {"Retry failed only", "Keys and models"} <= labels(at)
    assert "a-key" not in text


def test_a_cancelled_run_says_what_is_kept_and_resumes(tmp_path):
    with ModelServer(latency_s=0.2) as server:
        run_id = start(tmp_path, server)
        wait(run_id, two_done)
        at = page_of(run_id)
        button(at, "Cancel run").click().run()
        assert wait(run_id).state == "cancelled"
        at = page_of(run_id)
        text = text_of(at)
        assert "This run was cancelled." in text and "of 4 clusters are done and kept" in text
        assert "Not done yet" in text and "Waiting" not in text
        button(at, "Resume").click().run()
        assert wait(run_id, lambda v: v.state == "success").datasets[0].labelled_clusters == 4


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_a_run_whose_worker_was_killed_says_so_and_resumes(tmp_path):
    with ModelServer(latency_s=0.2) as server:
        run_id = start(tmp_path, server)
        wait(run_id, two_done)
        os.kill(json.loads(runs.find_run(run_id).worker.read_text())["pid"], signal.SIGKILL)
        assert wait(run_id).state == "interrupted"
        at = page_of(run_id)
        text = text_of(at)
        assert "This run stopped before it was finished." in text and "no answer is paid for twice" in text
        button(at, "Resume").click().run()
        assert wait(run_id, lambda v: v.state == "success").datasets[0].labelled_clusters == 4


def test_a_run_at_its_limit_says_which_and_goes_on_with_a_higher_one(tmp_path):
    with ModelServer() as server:
        run_id = start(tmp_path, server, max_tokens_total=7_000)
        wait(run_id)
        at = page_of(run_id)
        text = text_of(at)
        assert "The limit you set (7,000 tokens) is reached." in text, text
        assert "parent_run" not in text and "usable answer" not in text
        assert "Retry failed only" not in labels(at)
        at.number_input[0].set_value(200_000).run()
        button(at, "Go on with this limit").click().run()
        new = runs.list_runs()[0].run_id
        assert new != run_id
        assert wait(new).state == "success"


def test_while_a_run_is_going_on_one_conversation_is_followed_and_the_next_stages_are_named(tmp_path):
    with ModelServer(latency_s=0.4) as server:
        run_id = start(tmp_path, server, max_workers=4, merge=True)
        wait(run_id, lambda v: bool(v.turns))
        at = page_of(run_id)
        text = text_of(at)
        assert "Happening now" in text and "Annotator" in text and "Cancel run" in labels(at)
        assert "Write files and report" in text and "to come" in text
        runs.cancel_run(run_id)
        wait(run_id)


def test_a_run_whose_file_is_gone_says_so_and_can_be_tried_again(tmp_path):
    with ModelServer() as server:
        model = AgentModel(provider="custom", model="stand-in", base_url=server.url)
        spec = DatasetSpec(name="gone", path=str(tmp_path / "gone.h5ad"), tissue="blood")
        run_id = runs.start_run(RunConfig(datasets=(spec,), annotation=AnnotationParams(annotator=model)))
        assert wait(run_id).state == "failed"
    at = page_of(run_id)
    text = text_of(at)
    assert "gone.h5ad" in text and "No cluster was reached." in text
    assert "Try again" in labels(at) and "See the results" not in labels(at)
