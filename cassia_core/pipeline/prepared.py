"""What the steps before annotation hand on: a dataset ready for the agents, and its progress as events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import anndata as ad

from cassia_core.domain import events as ev
from cassia_core.domain.findings import Findings
from cassia_core.domain.inside import DatasetInside
from cassia_core.domain.markers import ExpressionSource, MarkerTable
from cassia_core.pipeline.context import RunContext
from cassia_core.runs.codec import write_json
from cassia_core.runs.layout import DatasetLayout

MarkersReady = Callable[[MarkerTable, ExpressionSource, Findings], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A dataset ready for the agents. `read_cells` gives its clustered cells, in memory already or read from
    disk when they are asked for, so that datasets whose answers are awaited take no memory; None for a marker
    table.
    """

    findings: Findings
    table: MarkerTable
    expression: ExpressionSource
    read_cells: Callable[[], ad.AnnData] | None = None
    cluster_key: str = ""
    refusal: str = ""
    """Why no markers could be computed, with the remedy; "" where they were."""
    add_values: Callable[[Path], None] | None = None
    """Adds the matrices to a file with the tables of the cells, where their values stayed on disk."""


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

    def read(self, seconds: float, summary: str) -> None:
        """The file is read: how many cells the run is about, also where that is a part of the file."""
        whole = self._findings.n_cells_of_file
        self._context.emit(
            ev.StageFinished(
                dataset=self._dataset,
                stage="read",
                seconds=seconds,
                summary=summary,
                n_cells=None if whole is None else self._findings.n_cells,
                n_cells_of_file=whole,
            )
        )

    def notice(self, text: str) -> None:
        self._context.emit(ev.Notice(dataset=self._dataset, text=text))

    def clusters_found(self, ids: tuple[str, ...], n_cells: tuple[int | None, ...]) -> None:
        self._context.emit(ev.ClustersFound(dataset=self._dataset, clusters=ids, n_cells=n_cells))

    def inside_read(self, inside: DatasetInside) -> None:
        write_json(self._layout.inside, inside)

    def markers_ready(self, table: MarkerTable, expression: ExpressionSource) -> None:
        write_json(self._layout.marker_table, table)
        self._ready(table, expression, self._findings)

    def cancelled(self) -> bool:
        return self._context.cancelled()
