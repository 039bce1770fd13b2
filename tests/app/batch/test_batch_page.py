"""The page Batch: prepared in a table, started, followed, paused, failures done once more."""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cassia_core import settings
from cassia_core.domain import events as ev
from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.runs import store
from cassia_core.runs.event_log import EventLog
from cassia_core.services.batches.manifest_rows import ManifestRow
from cassia_core.services.runs import runs
from cassia_ui.batch.batch_draft import BatchDraft
from tests.small_runs import write_lists

MOST_OPENED = 6
_opened: list[str] | None = None


def _note(event: str, args: tuple) -> None:
    if event == "open" and _opened is not None and isinstance(args[0], str | bytes | Path):
        _opened.append(str(args[0]))


sys.addaudithook(_note)  # cannot be taken away again, and does nothing while nobody counts


def words(at: AppTest) -> str:
    kinds = ("markdown", "title", "subheader", "caption", "metric")
    return "\n".join(str(e.value) for kind in kinds for e in getattr(at, kind)).replace("\\", "")


def healthy(at: AppTest) -> AppTest:
    assert not at.exception, at.exception
    assert "could not be drawn" not in words(at), words(at)
    return at


def opened(**state: object) -> AppTest:
    at = AppTest.from_file(str(settings.app_folder() / "app.py"), default_timeout=90)
    for name, value in state.items():
        at.session_state[name] = value
    return healthy(at.run().switch_page("pages/batch.py").run())


def draft(at: AppTest) -> BatchDraft:
    return at.session_state["batch_being_prepared"]


def until_looked_into(at: AppTest) -> AppTest:
    deadline = time.monotonic() + 90
    while at.button(key="batch_start").disabled and time.monotonic() < deadline:
        time.sleep(0.1)
        at.run()
    return healthy(at)


def until_at_rest(run_id: str) -> None:
    deadline = time.monotonic() + 120
    while runs.view_run(run_id).state not in runs.ENDED and time.monotonic() < deadline:
        time.sleep(0.1)
    assert runs.view_run(run_id).state in runs.ENDED


@pytest.fixture
def three(tmp_path: Path) -> BatchDraft:
    """Two tables, and a file that is none."""
    broken = tmp_path / "broken.h5ad"
    broken.write_bytes(b"no HDF5")
    files = [write_lists(tmp_path / "one.csv"), write_lists(tmp_path / "two.csv"), broken]
    tissues = ("blood", "", "lung")
    return BatchDraft(
        rows=tuple(
            ManifestRow(path=path, name=path.stem, tissue=tissue)
            for path, tissue in zip(files, tissues, strict=True)
        )
    )


def test_an_empty_page_says_what_will_appear_and_offers_an_example():
    at = opened()
    assert "A table of your datasets appears here" in words(at)
    healthy(next(b for b in at.button if b.label == "Three example tables").click().run())
    assert [row.tissue for row in draft(at).rows] == ["blood"] * 3
    until_looked_into(at)
    assert "For 3 datasets together." in words(at)


def test_a_batch_is_prepared_started_followed_and_its_failure_done_once_more(three: BatchDraft):
    at = until_looked_into(opened(batch_being_prepared=three))
    assert "is not a .h5ad file" in words(at), "the one with a problem is shown first"
    assert "1 of 3 datasets have no tissue" in words(at)
    at.selectbox(key="batch_fill_column").set_value("tissue").run()
    healthy(at.button(key="batch_fill_down").click().run())
    assert [row.tissue for row in draft(at).rows] == ["blood", "blood", "lung"]
    at.number_input(key="batch_n_genes").set_value(30)
    at.number_input(key="batch_neighbors").set_value(15)
    healthy(at.run())
    assert (draft(at).shared.markers.n_genes, draft(at).shared.clustering.n_neighbors) == (30, 15)
    healthy(at.button(key="batch_start").click().run())
    run_id = at.session_state["chosen_run"]
    config = runs.load_config(run_id)
    assert [(d.tissue, d.markers.n_genes) for d in config.datasets] == [("blood", 30)] * 2 + [("lung", 30)]
    until_at_rest(run_id)
    text = words(healthy(at.run()))
    assert "3 datasets:** 2 done, 1 failed." in text
    assert "1 dataset has failed or lacks" in text and "is not a .h5ad file" in text
    write_lists(Path(three.rows[2].path).with_suffix(".csv")).replace(three.rows[2].path)
    healthy(at.button(key="batch_retry").click().run())
    until_at_rest(run_id)
    assert "3 datasets:** 3 done." in words(healthy(at.run()))
    before = {e.dataset: e.seq for e in _started_events(run_id)}
    assert sum(e.dataset == "one" for e in _started_events(run_id)) == 1, before


def _started_events(run_id: str) -> list[ev.DatasetStarted]:
    from cassia_core.runs.event_log import read_events

    return [e for e in read_events(runs.find_run(run_id).events) if isinstance(e, ev.DatasetStarted)]


def test_failures_are_taken_into_a_new_batch(three: BatchDraft):
    at = until_looked_into(opened(batch_being_prepared=three))
    healthy(at.button(key="batch_start").click().run())
    until_at_rest(at.session_state["chosen_run"])
    healthy(at.run())
    healthy(at.button(key="batch_prepare_again").click().run())
    assert [(row.name, row.tissue) for row in draft(at).rows] == [("broken", "lung")]


def past_batch(n_datasets: int, n_clusters: int) -> str:
    """A finished batch as its worker leaves it, without results."""
    specs = tuple(
        DatasetSpec(name=f"set_{n}", path=f"/data/{n}.csv", tissue=f"tissue {n % 5}")
        for n in range(n_datasets)
    )
    layout = store.create_run(RunConfig(datasets=specs), settings.runs_root(), {})
    log = EventLog(layout.events)
    clusters = tuple(map(str, range(n_clusters)))
    log.emit(ev.RunStarted(datasets=tuple(spec.name for spec in specs)))
    for spec in specs:
        log.emit(ev.ClustersFound(dataset=spec.name, clusters=clusters, n_cells=(None,) * n_clusters))
        for cluster in clusters:
            log.emit(ev.ClusterFinished(dataset=spec.name, cluster=cluster, label="B cell", light="high"))
        log.emit(ev.DatasetFinished(dataset=spec.name, status="success"))
    log.emit(ev.RunFinished(status="success"))
    log.close()
    return layout.root.name


def test_a_rerun_opens_no_file_per_dataset():
    global _opened
    run_id = past_batch(60, 3)
    at = opened(chosen_run=run_id)
    at.segmented_control(key="batch_part").set_value("Batches").run()
    assert "60 datasets:** 60 done." in words(healthy(at))
    _opened = []
    try:
        at.run()
    finally:
        names, _opened = _opened, None
    mine = Counter(name for name in names if name.startswith(str(settings.runs_root())))
    assert mine.total() <= MOST_OPENED, mine.most_common()


def test_a_batch_under_way_is_paused_goes_on_and_is_cancelled(tmp_path: Path):
    specs = tuple(
        DatasetSpec(name=name, path=str(write_lists(tmp_path / f"{name}.csv")), tissue="blood")
        for name in ("a", "b")
    )
    layout = store.create_run(RunConfig(datasets=specs), settings.runs_root(), {})
    layout.pause.touch()
    from cassia_core.runs.launcher import launch_worker

    launch_worker(layout, {})
    layout.pause.touch()
    at = opened(chosen_run=layout.root.name)
    assert "Paused" in words(at)
    healthy(at.button(key="batch_pause").click().run())
    assert not layout.pause.exists() or runs.view_run(layout.root.name).state in runs.ENDED
    at.run()
    if any(b.key == "batch_cancel" for b in at.button):
        at.button(key="batch_cancel").click().run()
    until_at_rest(layout.root.name)
    healthy(at.run())
