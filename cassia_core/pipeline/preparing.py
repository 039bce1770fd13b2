"""From an input file to markers: read, cluster, measure. Says each step as an event."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cassia_core.data.cells.file_inspection import open_file
from cassia_core.data.tables.marker_tables import LoadedMarkers, load_markers
from cassia_core.domain import events as ev
from cassia_core.domain.config import DatasetSpec
from cassia_core.pipeline.context import RunContext
from cassia_core.pipeline.known_genes import refuse_unknown_genes
from cassia_core.pipeline.prepared import MarkersReady, Prepared, StageEvents
from cassia_core.runs.codec import write_json
from cassia_core.runs.layout import DatasetLayout

T = TypeVar("T")


def prepare(
    context: RunContext, spec: DatasetSpec, layout: DatasetLayout, ready: MarkersReady, *, told: bool = False
) -> Prepared:
    """Read the input and find its markers; `ready` is called as soon as they exist.

    `told`: another process has just prepared the cells, and its events are in the record already.

    Raises
    ------
    InputError
        When the file cannot be used.
    RunCancelled
        When a person stopped the run.
    """
    layout.private.mkdir(parents=True, exist_ok=True)
    if layout.clustered_h5ad.exists():
        from cassia_core.pipeline.preparing_cells import prepared_on_disk, resumed_cells

        if told:
            prepared = prepared_on_disk(context, spec, layout)
            ready(prepared.table, prepared.expression, prepared.findings)
            return prepared
        return _read_stage(context, spec, lambda: resumed_cells(context, spec, layout, ready))
    begun = time.monotonic()
    path = Path(spec.path)
    findings, markers = _read_stage(context, spec, lambda: open_file(path, spec.markers, spec.reading))
    if findings.kind == "markers":
        # A table that was not recognised is read again for the error that says why.
        loaded = markers or load_markers(path, spec.markers, spec.reading)
        return _prepare_markers(context, spec, layout, ready, loaded, time.monotonic() - begun)
    # Loads compiled code, so only where there are cells.
    from cassia_core.pipeline.preparing_cells import prepare_cells

    return prepare_cells(context, spec, layout, ready, findings)


def _read_stage(context: RunContext, spec: DatasetSpec, read: Callable[[], T]) -> T:
    context.emit(ev.DatasetStarted(dataset=spec.name))
    context.emit(ev.StageStarted(dataset=spec.name, stage="read"))
    return read()


def _prepare_markers(
    context: RunContext,
    spec: DatasetSpec,
    layout: DatasetLayout,
    ready: MarkersReady,
    loaded: LoadedMarkers,
    seconds: float,
) -> Prepared:
    refuse_unknown_genes(context, spec, loaded.frame["gene"])
    write_json(layout.findings, loaded.findings)
    listener = StageEvents(context, spec.name, layout, loaded.findings, ready)
    listener.finished("read", seconds, f"{len(loaded.table.clusters)} clusters in the table")
    listener.clusters_found(loaded.table.ids(), tuple(c.n_cells for c in loaded.table.clusters))
    listener.markers_ready(loaded.table, loaded.expression)
    return Prepared(findings=loaded.findings, table=loaded.table, expression=loaded.expression)
