"""Start the worker of a run as a process of its own, which outlives page and server; and those beside a
page.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from cassia_core import settings
from cassia_core.runs.layout import RunLayout
from cassia_core.runs.lock import note_process
from cassia_core.runs.orders import forget_stops
from cassia_core.runs.side_folders import PreviewFolder, QualityFolder

WORKER = "cassia_core.pipeline.worker"
OPINION_WORKER = "cassia_core.pipeline.opinions.opinion_worker"
PREVIEW_WORKER, QUALITY_WORKER = (
    "cassia_core.pipeline.side_jobs.preview_worker",
    "cassia_core.pipeline.side_jobs.quality_worker",
)
_started: list[subprocess.Popen] = []


def launch_worker(layout: RunLayout, keys: Mapping[str, str]) -> int:
    """Start the worker on `layout` and hand it the keys through its standard input.

    Keys are never on a command line, in the environment or on disk. Returns the process id.
    """
    forget_stops(layout)
    return _launch_with_keys([WORKER, str(layout.root)], layout, layout.worker, keys)


def launch_opinions(layout: RunLayout, job: str, keys: Mapping[str, str]) -> int:
    """Start the process of a job of further opinions on a finished run; the rest as `launch_worker`."""
    paths = layout.opinion_job(job)
    paths.cancel.unlink(missing_ok=True)
    return _launch_with_keys([OPINION_WORKER, str(layout.root), job], layout, paths.worker, keys)


def _launch_with_keys(module: list[str], layout: RunLayout, note: Path, keys: Mapping[str, str]) -> int:
    _started[:] = [p for p in _started if p.poll() is None]
    with layout.worker_log.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=_worker_folder(),
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            **_detached(),
        )
    _started.append(process)
    note_process(note, process.pid)
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
    return subprocess.Popen(
        [sys.executable, "-m", module, str(root)],
        cwd=_worker_folder(),
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        **_detached(),
    )


def _worker_folder() -> Path:
    """Where a worker starts: a checkout is found from there; an installed package is found from anywhere."""
    if settings.is_checkout():
        return settings.PACKAGE_ROOT
    settings.home().mkdir(parents=True, exist_ok=True)
    return settings.home()


def _environment() -> dict[str, str]:
    """Our environment without anything that is named like a key."""
    # A worker gets the keys that this run needs, and no other secret of the server's.
    return {k: v for k, v in os.environ.items() if not k.upper().endswith(("_KEY", "_TOKEN", "_SECRET"))}


def _detached() -> dict:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    # A session of its own: Ctrl-C in the terminal, or the end of the page's process, leaves the run at work.
    return {"start_new_session": True}
