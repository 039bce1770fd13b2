"""The list of runs: its lines, its digests, the archive, and runs that cannot be read."""

from __future__ import annotations

import shutil

import pytest

from cassia_core.domain import events as ev
from cassia_core.domain.config import DatasetSpec, PartOf, RunConfig
from cassia_core.errors import RunNotFound
from cassia_core.runs import digest, store
from cassia_core.runs.event_log import EventLog
from cassia_core.services.runs import runs
from tests.small_runs import call, past_run

AT = "2026-11-20T10:00:00.000+00:00"


def test_a_line_says_state_tokens_cost_and_what_is_to_look_at(tmp_path):
    past_run(tmp_path, "Blood", call(AT), call(AT), clusters=3, look=1)
    (line,) = runs.list_runs(tmp_path)
    assert (line.name, line.state, line.n_clusters, line.finished_clusters, line.to_look_at) == (
        "Blood",
        "success",
        3,
        3,
        1,
    )
    assert (line.total_tokens, line.cost_usd, line.problem) == (240, pytest.approx(0.02), "")


def test_a_cost_is_unknown_as_soon_as_one_call_has_no_price(tmp_path):
    past_run(tmp_path, "Blood", call(AT), call(AT, cost_usd=None))
    assert runs.list_runs(tmp_path)[0].cost_usd is None


def test_a_finished_run_is_listed_again_without_reading_its_events(tmp_path, monkeypatch):
    past_run(tmp_path, "Blood", call(AT))
    first = runs.list_runs(tmp_path)
    monkeypatch.setattr(runs, "view_run", lambda *_: pytest.fail("the events were read again"))
    digest._read.cache_clear()  # as after a restart of the server
    assert runs.list_runs(tmp_path) == first


def test_a_line_follows_when_the_run_goes_on(tmp_path):
    run_id = past_run(tmp_path, "Blood", call(AT), state="partial")
    assert runs.list_runs(tmp_path)[0].state == "partial"
    log = EventLog(runs.find_run(run_id, tmp_path).events)
    log.emit(ev.RunFinished(status="success"))
    log.close()
    assert runs.list_runs(tmp_path)[0].state == "success"


def test_a_damaged_digest_is_made_anew(tmp_path):
    run_id = past_run(tmp_path, "Blood", call(AT))
    first = runs.list_runs(tmp_path)
    runs.find_run(run_id, tmp_path).digest.write_text("{half a")
    assert runs.list_runs(tmp_path) == first


def test_a_copy_of_a_run_under_another_name_is_listed_under_that_name(tmp_path):
    run_id = past_run(tmp_path, "Blood", call(AT))
    runs.list_runs(tmp_path)
    shutil.copytree(tmp_path / run_id, tmp_path / "run_copy")
    assert {r.run_id for r in runs.list_runs(tmp_path)} == {run_id, "run_copy"}


def test_a_run_that_looks_into_another_names_it(tmp_path):
    parent = past_run(tmp_path, "Blood")
    past_run(
        tmp_path, "Inside 1", part_of=PartOf(run=parent, dataset="lists", clusters=("1",), title="Blood")
    )
    past_run(tmp_path, "Higher limit", parent_run=parent)
    lines = {r.title: r for r in runs.list_runs(tmp_path)}
    assert (lines["Inside 1"].parent_run, lines["Inside 1"].parent_title, lines["Inside 1"].is_part) == (
        parent,
        "Blood",
        True,
    )
    assert (lines["Higher limit"].parent_run, lines["Higher limit"].is_part) == (parent, False)
    assert lines["Blood"].parent_run == ""


def test_an_archived_run_leaves_the_list_and_comes_back_as_it_was(tmp_path):
    run_id = past_run(tmp_path, "Blood", call(AT))
    before = runs.list_runs(tmp_path)
    runs.archive_run(run_id, tmp_path)
    assert runs.list_runs(tmp_path) == () and runs.list_runs(tmp_path, archived=True) == before
    runs.restore_run(run_id, tmp_path)
    assert runs.list_runs(tmp_path) == before and runs.list_runs(tmp_path, archived=True) == ()


def test_an_archived_run_can_be_deleted_and_no_other_goes_with_it(tmp_path):
    gone, stays = past_run(tmp_path, "Gone"), past_run(tmp_path, "Stays")
    runs.archive_run(gone, tmp_path)
    runs.delete_run(gone, tmp_path, archived=True)
    assert runs.list_runs(tmp_path, archived=True) == ()
    assert [r.run_id for r in runs.list_runs(tmp_path)] == [stays]


@pytest.mark.parametrize("spoil", ["record", "record lost", "events"])
def test_a_run_that_cannot_be_read_is_listed_with_its_problem_and_can_be_deleted(tmp_path, spoil):
    run_id = past_run(tmp_path, "Blood", call(AT))
    layout = runs.find_run(run_id, tmp_path)
    if spoil == "record":
        layout.config.write_text("{}")
    elif spoil == "record lost":
        layout.config.unlink()
    else:
        layout.events.write_text("no event\n")
    (line,) = runs.list_runs(tmp_path)
    assert line.run_id == run_id and line.problem
    runs.delete_run(run_id, tmp_path)
    assert runs.list_runs(tmp_path) == () and not layout.root.exists()


def test_a_folder_that_is_no_run_is_neither_listed_nor_deleted(tmp_path):
    (tmp_path / "run_of_my_own").mkdir()
    assert runs.list_runs(tmp_path) == ()
    with pytest.raises(RunNotFound):
        runs.delete_run("run_of_my_own", tmp_path)
    assert (tmp_path / "run_of_my_own").is_dir()


def test_the_newest_run_stands_first(tmp_path):
    config = RunConfig(datasets=(DatasetSpec(name="a", path="/x/a.csv", tissue="brain"),))
    made = [store.create_run(config, tmp_path, {}).root.name for _ in range(3)]
    assert [r.run_id for r in runs.list_runs(tmp_path)] == made[::-1]
