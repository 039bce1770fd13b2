"""Events of a worker, copied into the run's record while the worker is at it."""

from __future__ import annotations

import threading
from pathlib import Path

from cassia_core.domain.events import Event, StageProgress
from cassia_core.pipeline.context import RunContext
from cassia_core.runs.event_log import read_events

EVERY_S = 0.5


class EventRelay:
    """Copies new events of `path` into the run's record until it is closed; a context manager."""

    def __init__(self, context: RunContext, path: Path) -> None:
        self._context, self._path = context, path
        self._copied = 0
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="relay", daemon=True)

    def __enter__(self) -> EventRelay:
        self._path.unlink(missing_ok=True)  # of an earlier worker of this run
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._thread.join()
        self._copy()
        self._path.unlink(missing_ok=True)

    def _follow(self) -> None:
        while not self._closed.wait(EVERY_S):
            self._copy()

    def _copy(self) -> None:
        events = list(read_events(self._path, after=self._copied))
        for number, event in enumerate(events, start=1):
            if not _is_overtaken(event, events[number:]):
                self._context.emit(event)
        self._copied += len(events)


def _is_overtaken(event: Event, later: list[Event]) -> bool:
    """Whether a later event of the same look tells the same stage's progress anew."""
    return isinstance(event, StageProgress) and any(
        isinstance(other, StageProgress) and other.stage == event.stage for other in later
    )
