"""Who fills a run, and whether they are still alive."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
from filelock import FileLock, Timeout

from cassia_core.errors import RunLocked
from cassia_core.runs.codec import write_text
from cassia_core.runs.layout import RunLayout


@contextmanager
def hold_run(layout: RunLayout) -> Iterator[None]:
    """Be the one worker of this run. The system frees the lock when the process ends, however it ends.

    Raises
    ------
    RunLocked
        When another worker holds it.
    """
    lock = FileLock(layout.lock)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise RunLocked(
            "This run is already being worked on.",
            "Another worker holds it.",
            "Wait for it, or cancel it first.",
        ) from error
    try:
        note_worker(layout, os.getpid())
        yield
    finally:
        lock.release()


def note_worker(layout: RunLayout, pid: int) -> None:
    """Write down which process fills the run."""
    started = psutil.Process(pid).create_time()
    write_text(layout.worker, json.dumps({"pid": pid, "create_time": started}))


def worker_alive(layout: RunLayout) -> bool:
    """Whether the process that was noted is still at work (a number used again for another one is not)."""
    try:
        noted = json.loads(layout.worker.read_text())
        process = psutil.Process(noted["pid"])
        return (
            process.status() != psutil.STATUS_ZOMBIE
            and abs(process.create_time() - noted["create_time"]) < 1.0
        )
    except (OSError, ValueError, TypeError, KeyError, psutil.Error):
        return False


def wait_for_worker(layout: RunLayout, timeout_s: float) -> bool:
    """Wait until the worker that was noted is gone. False when it still lives after `timeout_s` seconds."""
    deadline = time.monotonic() + timeout_s
    while worker_alive(layout):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
