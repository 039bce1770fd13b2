"""From an input file to markers: read, cluster, measure. Says each step as an event."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import anndata as ad

from cassia_core.data.cells.file_inspection import inspect_file
from cassia_core.data.tables.marker_tables import load_markers
from cassia_core.domain import events as ev
from cassia_core.domain.config import DatasetSpec
from cassia_core.domain.findings import Findings
from cassia_core.domain.markers import ExpressionSource, MarkerTable
from cassia_core.pipeline.context import RunContext
from cassia_core.runs.codec import write_json
from cassia_core.runs.layout import DatasetLayout

T = TypeVar("T")
MarkersReady = Callable[[MarkerTable, ExpressionSource, Findings], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A dataset ready for the agents. `cells` is None for a marker table."""

    findings: Findings
    table: MarkerTable
    expression: ExpressionSource
    adata: ad.AnnData | None = None
    cluster_key: str = ""
    refusal: str = ""
    """Why no markers could be computed, with the remedy; "" where they were."""


class StageEvents:
    """Turn what the clustering reports into events of the run (a `ClusteringListener`)."""

    def __init__(
        self,
        context: RunContext,
        dataset: str,
        layout: DatasetLayout,
        findings: Findings,
        ready: MarkersReady,
    ) -> None:
        self._context, self._dataset, self._layout = context, dataset, layout
        self._findings, self._ready = findings, ready

    def started(self, stage: ev.Stage) -> None:
        self._context.emit(ev.StageStarted(dataset=self._dataset, stage=stage))

    def progress(self, stage: ev.Stage, fraction: float) -> None:
        self._context.emit(ev.StageProgress(dataset=self._dataset, stage=stage, fraction=fraction))

    def finished(self, stage: ev.Stage, seconds: float, summary: str) -> None:
        self._context.emit(
            ev.StageFinished(dataset=self._dataset, stage=stage, seconds=seconds, summary=summary)
        )

    def notice(self, text: str) -> None:
        self._context.emit(ev.Notice(dataset=self._dataset, text=text))

    def clusters_found(self, ids: tuple[str, ...], n_cells: tuple[int | None, ...]) -> None:
        self._context.emit(ev.ClustersFound(dataset=self._dataset, clusters=ids, n_cells=n_cells))

    def markers_ready(self, table: MarkerTable, expression: ExpressionSource) -> None:
        write_json(self._layout.marker_table, table)
        self._ready(table, expression, self._findings)

    def cancelled(self) -> bool:
        return self._context.cancelled()


def prepare(context: RunContext, spec: DatasetSpec, layout: DatasetLayout, ready: MarkersReady) -> Prepared:
    """Read the input and find its markers; `ready` is called as soon as they exist.

    Raises
    ------
    InputError
        When the file cannot be used.
    RunCancelled
        When a person stopped the run.
    """
    layout.private.mkdir(parents=True, exist_ok=True)
    if layout.clustered_h5ad.exists():
        from cassia_core.pipeline.preparing_cells import resumed_cells

        return _read_stage(context, spec, lambda: resumed_cells(context, spec, layout, ready))
    findings = _read_stage(context, spec, lambda: inspect_file(Path(spec.path), spec.read))
    if findings.kind == "markers":
        return _prepare_markers(context, spec, layout, ready)
    from cassia_core.pipeline.preparing_cells import (
        prepare_cells,
    )  # compiled code: only where there are cells

    return prepare_cells(context, spec, layout, ready)


def _read_stage(context: RunContext, spec: DatasetSpec, read: Callable[[], T]) -> T:
    context.emit(ev.DatasetStarted(dataset=spec.name))
    context.emit(ev.StageStarted(dataset=spec.name, stage="read"))
    return read()


def _prepare_markers(
    context: RunContext, spec: DatasetSpec, layout: DatasetLayout, ready: MarkersReady
) -> Prepared:
    begun = time.monotonic()
    loaded = load_markers(Path(spec.path), spec.markers, spec.read)
    write_json(layout.findings, loaded.findings)
    listener = StageEvents(context, spec.name, layout, loaded.findings, ready)
    listener.finished("read", time.monotonic() - begun, f"{len(loaded.table.clusters)} clusters in the table")
    listener.clusters_found(loaded.table.ids(), tuple(c.n_cells for c in loaded.table.clusters))
    listener.markers_ready(loaded.table, loaded.expression)
    return Prepared(findings=loaded.findings, table=loaded.table, expression=loaded.expression)
