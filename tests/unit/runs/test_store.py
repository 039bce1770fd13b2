"""Run directories, their record, checkpoints, events and lock."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cassia_core.domain import events as ev
from cassia_core.domain.annotation import ClusterResult, Proposal
from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.errors import RunError, RunLocked, RunNotFound
from cassia_core.runs import store
from cassia_core.runs.codec import from_json, to_json
from cassia_core.runs.event_log import EventLog, read_events
from cassia_core.runs.lock import hold_run, note_process, worker_alive

CONFIG = RunConfig(datasets=(DatasetSpec(name="a", path="/x/a.h5ad", tissue="brain"),))


@pytest.fixture
def layout(tmp_path):
    return store.create_run(CONFIG, tmp_path, {"annotator": "abc"})


def test_two_runs_in_one_second_get_different_names(tmp_path):
    names = {store.create_run(CONFIG, tmp_path, {}).root.name for _ in range(3)}
    assert len(names) == 3


def test_the_record_comes_back_as_it_was(layout):
    record = store.load_record(layout)
    assert record.config == CONFIG and record.prompts == {"annotator": "abc"} and "scanpy" in record.packages


@pytest.mark.parametrize("run_id", ["", "..", "../x", "run_none"])
def test_a_name_that_is_no_run_is_not_found(layout, run_id):
    with pytest.raises(RunNotFound):
        store.find_run(run_id, layout.root.parent)


@given(st.text(max_size=20))
def test_a_checkpoint_is_found_by_its_exact_cluster(tmp_path_factory, cluster):
    paths = store.RunLayout(root=tmp_path_factory.mktemp("run")).dataset(0, CONFIG.datasets[0])
    result = ClusterResult(cluster=cluster, status="done", proposal=Proposal(general="B cell"))
    store.save_cluster(paths, result)
    assert store.load_cluster(paths, cluster) == result
    assert store.load_cluster(paths, cluster + "0") is None


@pytest.mark.parametrize("kind", ev.AnyEvent.__args__)
def test_every_event_round_trips(kind):
    event = kind(seq=3, at="2026-01-01T00:00:00+00:00")
    assert from_json(to_json(event), ev.AnyEvent) == event


def test_events_are_numbered_on_and_a_half_line_of_a_killed_worker_is_dropped(layout):
    log = EventLog(layout.events)
    log.emit(ev.Notice(text="one"))
    log.close()
    with layout.events.open("a") as file:
        file.write('{"type": "notice", "te')
    assert [e.text for e in read_events(layout.events)] == ["one"]
    log = EventLog(layout.events)
    log.emit(ev.Notice(text="two"))
    log.close()
    assert [(e.seq, e.text) for e in read_events(layout.events)] == [(1, "one"), (2, "two")]
    assert [e.text for e in read_events(layout.events, after=1)] == ["two"]


def test_a_damaged_record_says_so_in_plain_words(layout):
    layout.config.write_text("{}")
    with pytest.raises(RunError, match="cannot be read"):
        store.load_record(layout)


def test_a_second_worker_is_refused_and_the_lock_is_free_after_a_kill(layout):
    code = (
        "import sys, time; from pathlib import Path; from cassia_core.runs.layout import RunLayout;"
        "from cassia_core.runs.lock import hold_run\n"
        f"with hold_run(RunLayout(root=Path({str(layout.root)!r}))):\n print('held', flush=True); "
        "time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().strip() == "held"
    assert worker_alive(layout)
    with pytest.raises(RunLocked), hold_run(layout):
        pass
    process.kill()
    process.wait()
    assert not worker_alive(layout)
    with hold_run(layout):
        assert worker_alive(layout)


def test_a_worker_number_that_was_given_to_another_process_is_not_taken_for_the_worker(layout):
    note_process(layout.worker, os.getpid())
    text = layout.worker.read_text().replace('"create_time": ', '"create_time": 1')
    layout.worker.write_text(text)
    assert not worker_alive(layout)


@pytest.mark.parametrize("name", ["", "..", "/etc", "a\0b", 300 * "a", "run_that_never_was"])
def test_whatever_stands_in_an_address_names_a_run_or_is_said_to_name_none(name, tmp_path):
    with pytest.raises(RunNotFound):
        store.find_run(name, tmp_path)


def test_a_run_of_another_folder_is_listed_opened_and_forgotten_without_being_touched(tmp_path):
    elsewhere, own = tmp_path / "project" / "results", tmp_path / "own"
    layout = store.create_run(CONFIG, elsewhere, {})
    own.mkdir()
    assert store.list_elsewhere(elsewhere, own) == (layout.root.name,)
    assert store.run_ids(own) == (layout.root.name,)
    assert store.find_run(layout.root.name, own).root == layout.root
    store.forget_elsewhere(layout.root.name, own)
    assert store.run_ids(own) == () and layout.config.is_file()


def test_a_folder_without_runs_says_so(tmp_path):
    with pytest.raises(RunNotFound, match="no run in"):
        store.list_elsewhere(tmp_path, tmp_path)
