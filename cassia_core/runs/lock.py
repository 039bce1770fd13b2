"""Who fills a run, and whether they are still alive."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from cassia_core.errors import RunLocked
from cassia_core.runs.codec import write_text
from cassia_core.runs.layout import RunLayout


@contextmanager
def hold_run(layout: RunLayout, note: Path | None = None) -> Iterator[None]:
    """Be the one worker of this run. The system frees the lock when the process ends, however it ends.

    `note`: where to write down which process it is; the run's own place when None.

    Raises
    ------
    RunLocked
        When another worker holds it.
    """
    lock = FileLock(layout.lock)
    try:
        # The system frees a file lock when its process dies, however it dies; a file that says "locked" would
        # stay.
        lock.acquire(timeout=0)
    except Timeout as error:
        raise RunLocked(
            "This run is already being worked on.",
            "Another worker holds it.",
            "Wait for it, or cancel it first.",
        ) from error
    try:
        note_process(note or layout.worker, os.getpid())
        yield
    finally:
        lock.release()


def note_process(path: Path, pid: int) -> None:
    """Write down a process that is at work."""
    # Numbers of processes are used again: only together with the time of its start is one the same.
    started = psutil.Process(pid).create_time()
    write_text(path, json.dumps({"pid": pid, "create_time": started}))


def worker_alive(layout: RunLayout) -> bool:
    """Whether the process that fills the run is still at work."""
    return process_alive(layout.worker)


def process_alive(path: Path) -> bool:
    """Whether the process that was noted is still at work (a number used again for another one is not)."""
    try:
        noted = json.loads(path.read_text())
        process = psutil.Process(noted["pid"])
        return (
            # A zombie has ended and does nothing any more. A second of difference: clocks of the system round
            # differently.
            process.status() != psutil.STATUS_ZOMBIE
            and abs(process.create_time() - noted["create_time"]) < 1.0
        )
    except (OSError, ValueError, TypeError, KeyError, psutil.Error):
        return False


def wait_for_worker(layout: RunLayout, timeout_s: float) -> bool:
    """Wait until the process that fills the run is gone; see `wait_for_process`."""
    return wait_for_process(layout.worker, timeout_s)


def wait_for_process(path: Path, timeout_s: float) -> bool:
    """Wait until a process that was noted is gone. False when it still lives after `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    while process_alive(path):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
