"""What a person asks of a run of many datasets: stop one of them, pause all, take up some only."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.domain.events import ClusterFinished, DatasetStarted
from cassia_core.domain.outcome import DatasetOutcome, overall_of_run
from cassia_core.errors import RunNotFound
from cassia_core.runs import orders
from cassia_core.runs.codec import read_json
from cassia_core.runs.event_log import read_events
from cassia_core.runs.layout import RunLayout
from cassia_core.runs.store import create_run
from cassia_core.services.runs import runs
from tests.small_runs import fill, write_lists


def run_of(folder: Path, *names: str) -> tuple[RunLayout, RunConfig]:
    specs = tuple(
        DatasetSpec(name=name, path=str(write_lists(folder / f"{name}.csv")), tissue="blood")
        for name in names
    )
    config = RunConfig(datasets=specs)
    return create_run(config, folder / "runs", {}), config


def statuses(layout: RunLayout, config: RunConfig) -> dict[str, str]:
    paths = {spec.name: layout.dataset(n, spec).outcome for n, spec in enumerate(config.datasets)}
    return {
        name: read_json(path, DatasetOutcome).status if path.exists() else "none"
        for name, path in paths.items()
    }


def test_one_dataset_is_stopped_and_the_others_go_on(tmp_path: Path):
    layout, config = run_of(tmp_path, "a", "b", "c")
    orders.stop_datasets(layout, ["b"])
    assert fill(layout, config) == "partial"
    assert statuses(layout, config) == {"a": "success", "b": "none", "c": "success"}
    table = layout.batch_summary_csv.read_text()
    assert "This dataset was cancelled before it began." in table, "every input is in every output"
    orders.forget_stops(layout)
    assert fill(layout, config) == "success"


def test_only_the_datasets_that_are_named_are_taken_up(tmp_path: Path):
    layout, config = run_of(tmp_path, "a", "b")
    (tmp_path / "a.csv").write_text("no table")
    orders.stop_datasets(layout, ["b"])
    assert fill(layout, config) == "failed"
    before = read_json(layout.dataset(0, config.datasets[0]).outcome, DatasetOutcome)
    orders.forget_stops(layout)
    orders.take_up_only(layout, ["b"])
    n_before = len(list(read_events(layout.events)))
    assert fill(layout, config) == "partial"
    assert statuses(layout, config) == {"a": "failed", "b": "success"}
    assert before.error in layout.batch_summary_csv.read_text(), "what is left keeps its reason"
    later = list(read_events(layout.events))[n_before:]
    assert {e.dataset for e in later if isinstance(e, DatasetStarted)} == {"b"}
    orders.take_up_only(layout, [])
    write_lists(tmp_path / "a.csv")
    assert fill(layout, config) == "success"


def test_a_paused_run_asks_nothing_until_it_goes_on(tmp_path: Path):
    layout, config = run_of(tmp_path, "a")
    layout.pause.touch()
    ended: list[str] = []
    thread = threading.Thread(target=lambda: ended.append(fill(layout, config)))
    thread.start()
    time.sleep(0.6)
    assert not any(isinstance(e, ClusterFinished) for e in read_events(layout.events))
    layout.pause.unlink()
    thread.join(60)
    assert ended == ["success"]


def test_a_paused_run_can_be_stopped(tmp_path: Path):
    layout, config = run_of(tmp_path, "a")
    layout.pause.touch()
    layout.cancel.touch()
    assert fill(layout, config) == "cancelled"


def test_a_run_cannot_take_up_what_it_has_not(tmp_path: Path):
    layout, _ = run_of(tmp_path, "a")
    with pytest.raises(RunNotFound, match="no dataset called x"):
        runs.resume_run(layout.root.name, {}, layout.root.parent, datasets=["x"])


@pytest.mark.parametrize(
    ("ended", "stopped", "status"),
    [
        (("success", "cancelled"), False, "partial"),
        (("success", "cancelled"), True, "cancelled"),
        (("cancelled", "cancelled"), False, "cancelled"),
        (("failed", "cancelled"), False, "failed"),
        (("success", "success"), False, "success"),
    ],
)
def test_a_dataset_stopped_by_itself_does_not_cancel_the_run(ended, stopped, status):
    assert overall_of_run(ended, stopped=stopped) == status
