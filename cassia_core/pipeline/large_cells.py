"""Cells whose counts stay on disk: from file to clusters and markers, and their values into the annotated
file.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import anndata as ad

from cassia_core.data.cells.subset import subset_findings
from cassia_core.data.clustering.expression_matrix import COUNT_STATES, chosen_matrix
from cassia_core.data.large.annotated_blocks import MatrixCopy, add_matrices
from cassia_core.data.large.cells_on_disk import open_cells
from cassia_core.data.large.large_clusters import KEPT_ROWS, LargePlaces, cluster_large
from cassia_core.data.large.memory_plan import MemoryPlan
from cassia_core.data.large.passes import PassFolder
from cassia_core.data.view.gene_store import GeneStore
from cassia_core.domain import events as ev
from cassia_core.domain.config import DatasetSpec
from cassia_core.domain.findings import Findings
from cassia_core.errors import AnnDataError
from cassia_core.pipeline.cell_reader import reader_of
from cassia_core.pipeline.context import RunContext
from cassia_core.pipeline.known_genes import refuse_unknown_genes
from cassia_core.pipeline.memory_of import memory_plan_of
from cassia_core.pipeline.prepared import MarkersReady, Prepared, StageEvents
from cassia_core.report.tables.safe_tables import write_csv
from cassia_core.runs.codec import write_json
from cassia_core.runs.layout import DatasetLayout

_PLAN = "plan"
_TOLD_EVERY_S = 0.5


def stays_on_disk(spec: DatasetSpec, layout: DatasetLayout, looked_at: Findings) -> bool:
    """Whether the values of a dataset stay on disk: as it was asked for, or because they do not fit into
    memory.
    """
    if spec.read.cells != "auto":
        return spec.read.cells == "sketch"
    # A run that was cut off goes on the way it began, whatever memory is free by now.
    return layout.passes.exists() or memory_plan_of(spec, looked_at).way == "sketch"


def prepare_large_cells(
    context: RunContext, spec: DatasetSpec, layout: DatasetLayout, ready: MarkersReady, looked_at: Findings
) -> tuple[Prepared, ad.AnnData]:
    """Read cells block by block, cluster a sketch of them and find markers of all; also gives their tables.

    Raises
    ------
    InputError
        The file cannot be used this way, or the disk has not enough room.
    RunCancelled
        A person stopped the run.
    """
    begun = time.monotonic()
    passes = _passes(spec, layout)
    sketch_cells, most_cells = _sizes(context, spec, layout, passes, looked_at)
    opened = open_cells(Path(spec.path), spec.reading)
    refuse_unknown_genes(context, spec, opened.cells.var["symbol"])
    opened = replace(opened, findings=subset_findings(opened.findings, opened.cells, spec.clustering))
    write_json(layout.findings, opened.findings)
    listener = StageEvents(context, spec.name, layout, opened.findings, ready)
    shape = f"{opened.cells.n_obs:,} cells, {opened.cells.n_vars:,} genes; the counts stay on disk"
    listener.read(time.monotonic() - begun, shape)
    places = LargePlaces(view=layout.view, store=layout.gene_blocks, passes=passes)
    clustered = cluster_large(opened, spec, listener, places, (sketch_cells, most_cells), reader_of(spec))
    if len(clustered.removed):
        write_csv(layout.removed_cells, clustered.removed)
    prepared = Prepared(
        findings=opened.findings,
        table=clustered.table,
        expression=clustered.expression,
        read_cells=lambda: clustered.adata,
        cluster_key=clustered.cluster_key,
        refusal=str(clustered.refusal) if clustered.refusal else "",
        add_values=values_adder(context, spec, layout),
    )
    return prepared, clustered.adata


def values_adder(context: RunContext, spec: DatasetSpec, layout: DatasetLayout) -> Callable[[Path], None]:
    """What copies the values of the file into an h5ad with the tables of the cells."""

    def add(path: Path) -> None:
        passes = _passes(spec, layout)
        rows = passes.load("cells")[KEPT_ROWS]
        if passes.has("part"):
            rows = rows[passes.load("part")["inside"]]
        opened = open_cells(Path(spec.path), spec.reading)
        source = chosen_matrix(opened.findings, spec.clustering.expression)
        in_x = source is not None and source.location == "X" and source.state in COUNT_STATES
        copy = MatrixCopy(
            opened=opened,
            rows=rows,
            counts_in_x=in_x,
            target_sum=spec.clustering.target_sum,
            largest=GeneStore(layout.gene_blocks).largest,
        )
        add_matrices(path, copy, passes.scratch(), _told(context, spec))
        passes.tidy()

    return add


def _told(context: RunContext, spec: DatasetSpec) -> Callable[[float], None]:
    """Tells how far the writing is, and stops it on a cancel."""
    told_at = [0.0]

    def tell(fraction: float) -> None:
        context.stop_if_cancelled()
        if time.monotonic() - told_at[0] > _TOLD_EVERY_S:
            told_at[0] = time.monotonic()
            context.emit(ev.StageProgress(dataset=spec.name, stage="write", fraction=fraction))

    return tell


def _passes(spec: DatasetSpec, layout: DatasetLayout) -> PassFolder:
    settings = repr((spec.reading, spec.qc, spec.clustering, spec.markers, spec.species, spec.tissue))
    return PassFolder(layout.passes, Path(spec.path), settings)


def _sizes(
    context: RunContext, spec: DatasetSpec, layout: DatasetLayout, passes: PassFolder, looked_at: Findings
) -> tuple[int, int]:
    """Cells of the sketch, and of a part that is clustered as a whole; decided once for a run."""
    if not passes.has(_PLAN):
        plan = memory_plan_of(spec, looked_at)
        _refuse_without_room(plan, layout)
        context.emit(ev.Notice(dataset=spec.name, text=plan.in_words()))
        passes.save(_PLAN, {"sketch_cells": plan.sketch_cells, "most_cells": plan.most_cells})
    kept = passes.load(_PLAN)
    return int(kept["sketch_cells"]), int(kept["most_cells"])


def _refuse_without_room(plan: MemoryPlan, layout: DatasetLayout) -> None:
    free = shutil.disk_usage(layout.private).free
    if plan.disk_bytes > free:
        raise AnnDataError(
            "There is not enough room on the disk.",
            f"The counts stay on disk, and what is made of them takes about {plan.disk_bytes / 1e9:.1f} GB; "
            f"{free / 1e9:.1f} GB are free.",
            "Free some space, or set CASSIA_HOME to a folder on a larger disk.",
        )
