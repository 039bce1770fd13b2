"""When somebody last opened the app on this machine, and which runs have ended since."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from cassia_core import settings
from cassia_core.domain.outcome import RunSummary

_FILE = "last_visit.txt"


def begin_visit(home: Path | None = None) -> tuple[str, str]:
    """Note a visit; gives the time of the one before ("" for the first) and of this one (UTC, ISO 8601)."""
    path = (home or settings.home()) / _FILE
    now, before = datetime.now(UTC).isoformat(), ""
    with suppress(OSError, ValueError):
        before = datetime.fromisoformat(path.read_text(encoding="utf-8").strip()).isoformat()
    with suppress(OSError):  # a folder that can only be read keeps no visits
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(now, encoding="utf-8")
    return before, now


def ended_between(runs: Iterable[RunSummary], visit: tuple[str, str]) -> tuple[RunSummary, ...]:
    """The runs that ended after the visit before and before this one; none on a first visit."""
    before, now = visit
    if not before:
        return ()
    since, until = datetime.fromisoformat(before), datetime.fromisoformat(now)
    return tuple(
        run for run in runs if run.ended_at and since < datetime.fromisoformat(run.ended_at) <= until
    )
