"""Old runs and uploads go, a week after their person was told."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cassia_core import persons, settings
from cassia_core.errors import CassiaError
from cassia_core.persons import Person
from cassia_core.runs.office.shared_file import change_shared, read_shared
from cassia_core.services.runs import runs
from cassia_core.services.sharing.limits import limits

NOTICE_S = 7 * 24 * 3600.0
_DAY_S = 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GoingRun:
    """A run that will be removed, and when (seconds since 1970)."""

    run_id: str
    goes_at: float


def going_runs() -> tuple[GoingRun, ...]:
    """Runs of the person who asks that are old and will go, soonest first; none in personal mode."""
    if not persons.is_shared():
        return ()
    told = read_shared(_notes())
    there = {run.run_id for run in runs.list_runs()}
    going = [GoingRun(run_id=run, goes_at=at) for run, at in told.items() if run in there]
    return tuple(sorted(going, key=lambda run: run.goes_at))


def tidy_everybody() -> int:
    """Tell people of old runs, and remove those they were told of long enough ago. Gives their number."""
    return sum(_tidy(person) for person in everybody())


def everybody() -> Iterator[Person]:
    """Everybody who has a workspace on this server."""
    for folder in sorted(settings.people_root().glob("*")):
        try:
            yield Person(id=folder.name)
        except CassiaError:  # not a folder of ours
            continue


def _tidy(person: Person) -> int:
    removed = 0
    with persons.acting_as(person):
        now, oldest = time.time(), time.time() - limits().days * _DAY_S
        old = {run: at for run, at in _made().items() if at < oldest}
        told = change_shared(_notes(), lambda held: _tell(held, old, now))
        for run in [run for run, at in told.items() if at < now]:
            try:
                runs.delete_run(run)
                removed += 1
            except CassiaError:  # somebody works on it: it goes the next time
                continue
        _remove_uploads(oldest)
    return removed


def _made() -> dict[str, float]:
    folder = settings.runs_root()
    return {
        run.run_id: (folder / run.run_id).stat().st_mtime
        for run in runs.list_runs()
        if (folder / run.run_id).is_dir()
    }


def _tell(held: dict[str, float], old: dict[str, float], now: float) -> dict[str, float]:
    for run in [run for run in held if run not in old]:
        del held[run]  # it was worked on since, or is gone
    for run in old:
        held.setdefault(run, now + NOTICE_S)
    return dict(held)


def _remove_uploads(oldest: float) -> None:
    """Uploads that are old and that no run reads."""
    used = {
        Path(spec.path).parent
        for run in runs.list_runs()
        if not run.problem
        for spec in runs.load_config(run.run_id).datasets
    }
    for folder in settings.inputs_root().glob("*"):
        if folder not in used and folder.stat().st_mtime < oldest - NOTICE_S:
            shutil.rmtree(folder, ignore_errors=True)


def _notes() -> Path:
    return settings.home() / "going.json"
