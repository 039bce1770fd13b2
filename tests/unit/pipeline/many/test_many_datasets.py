"""Cells of many datasets side by side: the same results, memory kept, lost workers and bad files told."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from cassia_core.data.kernels.threads import n_threads
from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.domain.events import DatasetFinished, StageFinished
from cassia_core.domain.outcome import DatasetOutcome
from cassia_core.errors import InputError
from cassia_core.pipeline.context import RunContext
from cassia_core.pipeline.many import preparer as preparers
from cassia_core.pipeline.many.memory_gate import MemoryGate
from cassia_core.pipeline.many.side_by_side import workers_for
from cassia_core.runs.codec import read_json
from cassia_core.runs.event_log import EventLog, read_events
from cassia_core.runs.layout import RunLayout
from cassia_core.runs.store import create_run
from tests.small_runs import fill
from tests.typed_cells import blood_cells

SPEC = DatasetSpec(name="one", path="one.h5ad", tissue="blood")


def run_of(folder: Path, files: list[Path], side_by_side: int) -> tuple[RunLayout, RunConfig]:
    specs = tuple(DatasetSpec(name=path.stem, path=str(path), tissue="blood") for path in files)
    config = RunConfig(datasets=specs, side_by_side=side_by_side)
    return create_run(config, folder, {}), config


@pytest.mark.slow
def test_cells_prepared_side_by_side_end_as_those_prepared_one_after_the_other(tmp_path: Path):
    files = [blood_cells(tmp_path / "a.h5ad", 1), blood_cells(tmp_path / "b.h5ad", 2)]
    broken = tmp_path / "broken.h5ad"
    broken.write_bytes(b"no HDF5 at all")
    files.append(broken)
    one_by_one, beside = (run_of(tmp_path / name, files, n) for name, n in (("one", 1), ("two", 2)))
    assert fill(*one_by_one) == fill(*beside) == "partial"
    for index, spec in enumerate(one_by_one[1].datasets):
        before, after = (layout.dataset(index, spec) for layout, _ in (one_by_one, beside))
        kept = [read_json(paths.outcome, DatasetOutcome) for paths in (before, after)]
        assert kept[0].status == kept[1].status
        assert not after.preparing_events.exists()
        if spec.name == "broken":
            assert kept[0].error == kept[1].error != ""
        else:
            assert before.summary_csv.read_text() == after.summary_csv.read_text()
    events = list(read_events(beside[0].events))
    assert [e.seq for e in events] == list(range(1, len(events) + 1))
    told = {(e.dataset, e.stage) for e in events if isinstance(e, StageFinished)}
    assert {("a", "leiden"), ("b", "leiden"), ("a", "annotate")} <= told
    assert {e.dataset for e in events if isinstance(e, DatasetFinished)} == {"a", "b", "broken"}


def dies(run_dir: str, index: int) -> float:
    os._exit(9)


def lives(run_dir: str, index: int) -> float:
    return 1.5


@pytest.mark.slow
def test_a_file_of_which_two_workers_die_is_told_and_the_workers_go_on(tmp_path: Path, monkeypatch):
    layout, config = run_of(tmp_path, [tmp_path / "one.h5ad"], 2)
    context = RunContext(layout=layout, config=config, log=EventLog(layout.events), pool=None)
    monkeypatch.setattr(preparers, "prepare_on_worker", dies)
    with preparers.CellPreparer("", 1, 10**9) as preparer:
        with pytest.raises(InputError, match="Two worker processes died"):
            preparer.prepare(context, 0, config.datasets[0], 0)
        monkeypatch.setattr(preparers, "prepare_on_worker", lives)
        assert preparer.prepare(context, 0, config.datasets[0], 0) == 1.5
    context.log.close()


def test_a_scheduler_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setattr(preparers, "CONNECT_S", 0.5)
    with pytest.raises(preparers.ConfigError, match="does not answer"):
        preparers.CellPreparer("tcp://127.0.0.1:9", 0, 10**9)


@pytest.mark.parametrize(
    ("asked", "left", "expected"),
    [(None, 1, 0), (None, 2, 0), (None, 3, min(n_threads(), 3)), (1, 9, 0), (2, 9, 2), (4, 2, 2)],
)
def test_one_dataset_needs_no_workers_and_many_get_as_many_as_cores(asked, left, expected):
    config = RunConfig(datasets=(SPEC,), side_by_side=asked)
    assert workers_for(config, range(left)) == (expected if expected > 1 else 0)


def test_datasets_are_let_in_while_their_memory_fits():
    gate, most, now = MemoryGate(100, places=9), [0], [0]
    lock = threading.Lock()

    def work(n_bytes: int) -> None:
        with gate.inside(n_bytes):
            with lock:
                now[0] += n_bytes
                most[0] = max(most[0], now[0])
            time.sleep(0.02)
            with lock:
                now[0] -= n_bytes

    threads = [threading.Thread(target=work, args=(n,)) for n in (60, 60, 40, 30, 90, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert now[0] == 0
    assert 60 <= most[0] <= 100


def test_what_is_larger_than_the_limit_is_let_in_alone():
    gate = MemoryGate(100, places=2)
    with gate.inside(500):
        waited = threading.Event()

        def other() -> None:
            with gate.inside(1):
                waited.set()

        thread = threading.Thread(target=other)
        thread.start()
        assert not waited.wait(0.1)
    thread.join(5)
    assert waited.is_set()
