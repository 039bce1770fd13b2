"""A row per dataset of a run: stage, clusters done, cost, time left; all read from one record."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from cassia_core.domain.config import DatasetSpec
from cassia_core.domain.events import RunState, Stage
from cassia_core.domain.progress import DatasetView, RunView, StageView
from cassia_core.domain.usage import Usage
from cassia_core.errors import CassiaError
from cassia_core.runs.codec import read_json, write_json
from cassia_core.runs.digest import stamp_of
from cassia_core.runs.layout import RunLayout
from cassia_core.runs.store import load_record, may_change
from cassia_core.services.runs import runs

AT_WORK = ("queued", "running")


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRow:
    """One dataset of a run. `cost_usd` is None as soon as a price is not known; `stage` is the step under
    way, None where there is none.
    """

    name: str
    tissue: str
    status: str
    stage: Stage | None = None
    fraction: float = 0.0
    clusters: int = 0
    finished: int = 0
    labelled: int = 0
    to_look_at: int = 0
    without_answer: int = 0
    calls: int = 0
    tokens: int = 0
    cost_usd: float | None = 0.0
    seconds_left: float | None = None
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRows:
    """All datasets of a run. `stamp` names the state of the run's files that they were read from."""

    stamp: str = ""
    state: RunState = "queued"
    title: str = ""
    started_at: str = ""
    finished_at: str = ""
    error: str = ""
    rows: tuple[DatasetRow, ...] = ()
    usage: Usage = Usage()
    seconds_left: float | None = None

    @property
    def at_work(self) -> bool:
        return self.state in AT_WORK

    def count(self, *statuses: str) -> int:
        """Datasets that are in one of these states."""
        return sum(row.status in statuses for row in self.rows)

    @property
    def ended(self) -> int:
        return len(self.rows) - self.count("queued", "running")

    @property
    def failed(self) -> tuple[DatasetRow, ...]:
        """Datasets that failed or lack answers; `failures.retry` does them once more."""
        return tuple(row for row in self.rows if row.status in ("failed", "partial"))


def rows_of_run(run_id: str, root: Path | None = None) -> RunRows:
    """The rows of a run. Of a run at rest they are kept beside it, so that its record need not be read again.

    Raises
    ------
    RunNotFound
        There is no such run.
    """
    layout = runs.find_run(run_id, root)
    stamp = stamp_of(layout)
    kept = _kept(layout)
    if kept is not None and kept.stamp == stamp:
        return kept
    config = load_record(layout).config
    view = runs.view_run(run_id, root)
    made = _rows(view, {spec.name: spec for spec in config.datasets}, stamp, config.title)
    # "interrupted" lies with a process, not with a file; and a run of somebody else is only read
    if not made.at_work and made.state != "interrupted" and may_change(layout):
        with suppress(OSError):  # a folder that can only be read is shown all the same
            write_json(layout.dataset_rows, made)
    return made


def _kept(layout: RunLayout) -> RunRows | None:
    try:
        return _read(layout.dataset_rows, layout.dataset_rows.stat().st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=64)
def _read(path: Path, changed_ns: int) -> RunRows | None:
    try:
        return read_json(path, RunRows)
    except CassiaError:  # damaged, or of another version: it is made anew
        return None


def _rows(view: RunView, specs: Mapping[str, DatasetSpec], stamp: str, title: str) -> RunRows:
    known = {dataset.name: dataset for dataset in view.datasets}
    return RunRows(
        stamp=stamp,
        state=view.state,
        title=title,
        started_at=view.started_at,
        finished_at=view.finished_at,
        error=view.error,
        rows=tuple(
            _row(known.get(name, DatasetView(name=name)), spec.tissue) for name, spec in specs.items()
        ),
        usage=view.usage,
        seconds_left=_run_seconds_left(view),
    )


def _row(view: DatasetView, tissue: str) -> DatasetRow:
    stage = next((s for s in reversed(view.stages) if s.state == "running"), None)
    return DatasetRow(
        name=view.name,
        tissue=tissue,
        status=view.status,
        stage=stage.stage if stage else None,
        fraction=stage.fraction if stage else 0.0,
        clusters=len(view.tiles),
        finished=view.finished_clusters,
        labelled=view.labelled_clusters,
        to_look_at=view.to_look_at,
        without_answer=sum(tile.state == "failed" for tile in view.tiles),
        calls=view.usage.calls,
        tokens=view.usage.total_tokens,
        cost_usd=None if view.usage.unpriced_calls else view.usage.cost_usd,
        seconds_left=_seconds_left(view, stage) if stage else None,
        error=view.error or next((t.reason for t in view.tiles if t.state == "failed"), ""),
    )


def _seconds_left(view: DatasetView, stage: StageView) -> float | None:
    """What the step under way will still take at its pace so far; None before that can be said."""
    if stage.stage != "annotate":
        return stage.seconds_left
    left = len(view.tiles) - view.finished_clusters
    if not view.finished_clusters or not left or not stage.begun_at:
        return None
    return _passed(stage.begun_at) / view.finished_clusters * left


def _run_seconds_left(view: RunView) -> float | None:
    """At the pace at which datasets have ended so far; None before one has ended."""
    ended = sum(d.status not in ("queued", "running") for d in view.datasets)
    left = len(view.datasets) - ended
    if view.state != "running" or not ended or not left or not view.started_at:
        return None
    return _passed(view.started_at) / ended * left


def _passed(begun_at: str) -> float:
    return max(0.0, (datetime.now(UTC) - datetime.fromisoformat(begun_at)).total_seconds())
