"""Pages agree on the dataset and the cluster they show, and forget the cluster when other results are
opened.
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cassia_core import settings
from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.services.runs import results, runs
from tests.small_runs import LISTS, annotate_lists, write_lists

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def two(tmp_path, monkeypatch) -> str:
    """A run over two marker tables; the second names its clusters otherwise."""
    monkeypatch.setenv("CASSIA_HOME", str(tmp_path))
    tables = {"first": LISTS, "second": {f"x{c}": genes for c, genes in LISTS.items()}}
    run_id = runs.start_run(
        RunConfig(
            datasets=tuple(
                DatasetSpec(name=name, path=str(write_lists(tmp_path / f"{name}.csv", lists)), tissue="blood")
                for name, lists in tables.items()
            )
        )
    )
    deadline = time.monotonic() + 120
    while runs.view_run(run_id).state not in runs.ENDED and time.monotonic() < deadline:
        time.sleep(0.1)
    return run_id


def opened(run_id: str) -> AppTest:
    at = AppTest.from_file(str(settings.app_folder() / "app.py"), default_timeout=90)
    at.query_params["run"] = run_id
    return at.run()


def test_the_way_from_a_conversation_to_the_results_keeps_dataset_and_cluster(two):
    at = opened(two).switch_page("pages/conversations.py").run()
    next(s for s in at.selectbox if s.label == "Dataset").select("second").run()
    assert not at.exception
    next(b for b in at.button if b.label == "Show on the map").click().run()
    assert not at.exception
    chosen = at.session_state["chosen_cluster"]
    at.switch_page("pages/results.py").run()
    assert next(s for s in at.selectbox if s.label == "Dataset").value == "second"
    assert chosen.startswith("x") and at.session_state["chosen_cluster"] == chosen


def test_another_run_begins_with_its_own_first_cluster(two, tmp_path):
    other = annotate_lists(None, tmp_path / "first.csv")
    first, *_, last = results.look_first(results.load_results(other, "lists").rows)
    at = opened(two).switch_page("pages/results.py").run()
    at.session_state["chosen_cluster"] = last.cluster
    assert at.run().session_state["chosen_cluster"] == last.cluster
    at.query_params["run"] = other
    at.run()
    assert not at.exception and at.session_state["chosen_cluster"] in ("", first.cluster)
