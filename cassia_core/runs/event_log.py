"""`events.jsonl`: one writer appends, anyone reads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from cassia_core.domain.events import AnyEvent, Event
from cassia_core.errors import RunError
from cassia_core.runs.codec import after_torn_part, cut_torn_end, from_json, to_json


def utc_now() -> str:
    """Now, in UTC, ISO 8601 with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class EventLog:
    """Append events of a run; numbers them and stamps the time. Safe for use from several threads."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        cut_torn_end(path)
        self._lock = threading.Lock()
        # Numbers go on where the earlier worker stopped: pages ask for what came after the number they know.
        self._seq = max((e.seq for e in read_events(path)), default=0)
        self._file = path.open("a", encoding="utf-8")

    def emit(self, event: Event) -> None:
        with self._lock:
            self._seq += 1
            # Number and time are set under the lock, so that the order of lines is the order of numbers.
            stamped = replace(event, seq=self._seq, at=utc_now())
            self._file.write(to_json(stamped) + "\n")
            self._file.flush()

    def close(self) -> None:
        with self._lock:
            self._file.close()


def read_events(path: Path, after: int = 0) -> Iterator[Event]:
    """Events with `seq` above `after`, in order. A last line that is still being written is left out."""
    if not path.exists():
        return
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            # One line per number: lines are skipped without being parsed, which is what a poll of a long run
            # mostly does.
            if number <= after:
                continue
            # A line that is being written just now; the next poll finds it whole.
            if not line.endswith(b"\n"):
                return
            try:
                yield from_json(after_torn_part(line), AnyEvent)
            except RunError as error:
                raise RunError(
                    f"Line {number} of the run's record is damaged.",
                    error.why,
                    "What is on disk stays; start the run again.",
                    details=error.details,
                ) from error
