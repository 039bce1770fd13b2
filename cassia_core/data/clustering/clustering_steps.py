"""Telling a listener how far clustering is, and stopping when it says so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from cassia_core.domain.events import Stage
from cassia_core.domain.inside import DatasetInside
from cassia_core.domain.markers import ExpressionSource, MarkerTable
from cassia_core.errors import RunCancelled

_POLL_S = 0.25
T = TypeVar("T")


class ClusteringListener(Protocol):
    """Who is told. All calls come from the thread that runs the clustering."""

    def started(self, stage: Stage) -> None: ...

    def progress(self, stage: Stage, fraction: float) -> None: ...

    def finished(self, stage: Stage, seconds: float, summary: str) -> None: ...

    def notice(self, text: str) -> None: ...

    def clusters_found(self, ids: tuple[str, ...], n_cells: tuple[int | None, ...]) -> None: ...

    def inside_read(self, inside: DatasetInside) -> None:
        """What is inside each cluster; called before `markers_ready`."""
        ...

    def markers_ready(self, table: MarkerTable, expression: ExpressionSource) -> None: ...

    def cancelled(self) -> bool: ...


class BesideJob(Protocol):
    """Work in another thread."""

    @property
    def fraction(self) -> float: ...

    def wait(self, seconds: float) -> bool: ...


@dataclass(slots=True)
class StageNote:
    """Filled in by a stage: one short phrase on what came out."""

    summary: str = ""


class Steps:
    """Stages with their times, progress of what runs beside, and the check for a cancel."""

    def __init__(self, listener: ClusteringListener) -> None:
        self._listener = listener
        self._begun: dict[Stage, float] = {}
        self._beside: BesideJob | None = None
        self._told = 0.0
        self.notice = listener.notice
        self.clusters_found = listener.clusters_found
        self.inside_read = listener.inside_read
        self.markers_ready = listener.markers_ready

    @contextmanager
    def stage(self, name: Stage) -> Iterator[StageNote]:
        self.begin(name)
        note = StageNote()
        yield note
        self.end(name, note.summary)
        self.check()

    def begin(self, name: Stage) -> None:
        self.check()
        self._begun[name] = time.monotonic()
        self._listener.started(name)

    def end(self, name: Stage, summary: str) -> None:
        self._listener.finished(name, time.monotonic() - self._begun[name], summary)

    def reporter(self, name: Stage) -> Callable[[float], None]:
        """A function that passes a fraction on and stops the work on a cancel."""

        def report(fraction: float) -> None:
            self._listener.progress(name, fraction)
            self.check()

        return report

    def beside(self, job: BesideJob) -> None:
        """From now on the map is computed in another thread; its progress is told from this one."""
        self._beside = job

    def wait_beside(self) -> None:
        while self._beside is not None and not self._beside.wait(_POLL_S):
            self.check()
        self._beside = None

    def patiently(self, work: Callable[[], T]) -> T:
        """Do work that does not look whether to stop, in another thread, and look from this one.

        Raises
        ------
        RunCancelled
            When the listener says so; the work is left to itself.
        """
        results: list[T] = []
        failed: list[BaseException] = []

        def do() -> None:
            try:
                results.append(work())
            except BaseException as error:  # noqa: BLE001  raised again in the thread that asked for it
                failed.append(error)

        thread = threading.Thread(target=do, daemon=True, name="patiently")
        thread.start()
        while thread.is_alive():
            thread.join(_POLL_S)
            self.check()
        if failed:
            raise failed[0]
        return results[0]

    def check(self) -> None:
        """Tell how far the other thread is; stop on a cancel.

        Raises
        ------
        RunCancelled
            When the listener says so.
        """
        if self._beside is not None and time.monotonic() - self._told > _POLL_S:
            self._told = time.monotonic()
            self._listener.progress("umap", self._beside.fraction)
        if self._listener.cancelled():
            raise RunCancelled("The run was cancelled.", "", "Start it again, or resume it.")
