"""What ended since the last visit is told on the next one, once."""

from __future__ import annotations

from cassia_core.domain.outcome import RunSummary
from cassia_core.services.runs.last_visit import begin_visit, ended_between


def test_runs_that_ended_between_two_visits_are_told(tmp_path):
    assert begin_visit(tmp_path)[0] == "", "a first visit"
    visit = ("2026-11-21T10:00:00+00:00", "2026-11-22T10:00:00+00:00")
    runs = [
        RunSummary(run_id=name, ended_at=at)
        for name, at in (
            ("seen", "2026-11-21T09:00:00+00:00"),
            ("new", "2026-11-21T18:00:00+00:00"),
            ("at work", ""),
        )
    ]
    assert [run.run_id for run in ended_between(runs, visit)] == ["new"]
    assert ended_between(runs, ("", visit[1])) == ()


def test_a_visit_remembers_the_one_before_and_a_torn_note_is_none(tmp_path):
    begin_visit(tmp_path)
    before, now = begin_visit(tmp_path)
    assert before and before <= now
    (tmp_path / "last_visit.txt").write_text("yesterd")
    assert begin_visit(tmp_path)[0] == ""
