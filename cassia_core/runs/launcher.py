"""Start the worker of a run as a process of its own, which outlives page and server; and those beside a
page.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from cassia_core import persons, settings
from cassia_core.runs.layout import RunLayout
from cassia_core.runs.lock import note_process
from cassia_core.runs.orders import forget_stops
from cassia_core.runs.queue.tickets import put, queue_file
from cassia_core.runs.queue.turns import Kind, Ticket
from cassia_core.runs.side_folders import PreviewFolder, QualityFolder

WAITING = "cassia_core.runs.queue.waiting"
WORKER = "cassia_core.pipeline.worker"
OPINION_WORKER = "cassia_core.pipeline.opinions.opinion_worker"
PREVIEW_WORKER, QUALITY_WORKER = (
    "cassia_core.pipeline.side_jobs.preview_worker",
    "cassia_core.pipeline.side_jobs.quality_worker",
)
LEAST_MEMORY = 600_000_000
"""Bytes of a worker with its libraries and a small file (16 of 3,774 cells held 9 GB)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a piece of work will need: bytes, and how much of the machine it keeps busy."""

    memory: int = LEAST_MEMORY
    cores: float = 1.0


@dataclass(frozen=True, slots=True)
class Waiter:
    """How a process stands in the queue: the folder it fills, the file that stops it, since when it waits."""

    about: Path
    cancel: Path | None
    work: Work
    made: float = 0.0


_started: list[subprocess.Popen] = []


def launch_worker(
    layout: RunLayout, keys: Mapping[str, str], work: Work | None = None, made: float = 0.0
) -> int:
    """Start the worker on `layout` and hand it the keys through its standard input; it waits for its turn.

    Keys are never on a command line, in the environment or on disk. Returns the process id.

    Parameters
    ----------
    work
        What it will need, as far as that is known.
    made
        When it was first asked for, where it keeps an earlier place; 0: now.
    """
    forget_stops(layout)
    module = [WORKER, str(layout.root)]
    return _launch_with_keys(
        module, layout, layout.worker, keys, Waiter(layout.root, layout.cancel, work or Work(), made)
    )


def launch_opinions(layout: RunLayout, job: str, keys: Mapping[str, str]) -> int:
    """Start the process of a job of further opinions on a finished run; the rest as `launch_worker`."""
    paths = layout.opinion_job(job)
    paths.cancel.unlink(missing_ok=True)
    module = [OPINION_WORKER, str(layout.root), job]
    # Opinions wait for answers of models for most of their time.
    work = Work(memory=LEAST_MEMORY, cores=0.5)
    return _launch_with_keys(module, layout, paths.worker, keys, Waiter(paths.root, paths.cancel, work))


def _launch_with_keys(
    module: list[str], layout: RunLayout, note: Path, keys: Mapping[str, str], line: Waiter
) -> int:
    _started[:] = [p for p in _started if p.poll() is None]
    with layout.worker_log.open("ab") as log:
        ticket = uuid.uuid4().hex
        process = subprocess.Popen(
            [sys.executable, "-m", *_in_line(module, ticket, line)],
            cwd=_worker_folder(),
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            **_detached(),
        )
    _started.append(process)
    note_process(note, process.pid)
    # Its ticket is there before it can ask for its turn: it reads its keys first.
    _take_place("run", module, process.pid, ticket, line, bool(keys))
    assert process.stdin is not None, "asked for above"
    # Keys go through a pipe: arguments and variables of a process can be read by other programs.
    process.stdin.write(json.dumps(dict(keys)).encode())
    process.stdin.close()
    return process.pid


def launch_preview(folder: PreviewFolder) -> subprocess.Popen:
    """Start the process that fills the folder of a preview."""
    return _launch_beside(PREVIEW_WORKER, folder.root)


def launch_quality(folder: QualityFolder) -> subprocess.Popen:
    """Start the process that measures the cells of a file."""
    return _launch_beside(QUALITY_WORKER, folder.root)


def _launch_beside(module: str, root: Path) -> subprocess.Popen:
    """A process beside a page. It asks nobody and gets no key; its log is ours."""
    ticket, line = uuid.uuid4().hex, Waiter(root, None, Work())
    process = subprocess.Popen(
        [sys.executable, "-m", *_in_line([module, str(root)], ticket, line)],
        cwd=_worker_folder(),
        env=_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        **_detached(),
    )
    _take_place("side", [module, str(root)], process.pid, ticket, line, False)
    assert process.stdin is not None, "asked for above"
    process.stdin.close()
    return process


def _in_line(module: list[str], ticket: str, line: Waiter) -> list[str]:
    """The command of a process that first waits for its turn; the module itself where there is no queue."""
    if settings.runs_at_once() == 0:
        return module
    return [WAITING, str(queue_file()), ticket, str(line.cancel or ""), *module]


def _take_place(kind: Kind, module: list[str], pid: int, ticket: str, line: Waiter, has_keys: bool) -> None:
    if settings.runs_at_once() == 0:
        return
    person = persons.current()
    put(
        Ticket(
            id=ticket,
            kind=kind,
            made=line.made or time.time(),
            pid=pid,
            pid_started=psutil.Process(pid).create_time(),
            about=str(line.about),
            module=tuple(module),
            cancel=str(line.cancel or ""),
            person=person.id if person else "",
            memory=line.work.memory,
            cores=line.work.cores,
            keys=has_keys,
        )
    )


def _worker_folder() -> Path:
    """Where a worker starts: a checkout is found from there; an installed package is found from anywhere."""
    if settings.is_checkout():
        return settings.PACKAGE_ROOT
    settings.server_home().mkdir(parents=True, exist_ok=True)
    return settings.server_home()


def _environment() -> dict[str, str]:
    """Our environment without anything that is named like a key."""
    # A worker gets the keys that this run needs, and no other secret of the server's.
    ours = {k: v for k, v in os.environ.items() if not k.upper().endswith(("_KEY", "_TOKEN", "_SECRET"))}
    if persons.is_shared():
        ours["CASSIA_PERSON"] = persons.signed_in().id  # a worker may open what its person may, and no more
    return ours


def _detached() -> dict:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    # A session of its own: Ctrl-C in the terminal, or the end of the page's process, leaves the run at work.
    return {"start_new_session": True}
