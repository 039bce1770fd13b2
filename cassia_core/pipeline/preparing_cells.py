"""Cells from file to clusters and markers, and back again when a run is resumed."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import replace
from pathlib import Path

import anndata as ad

from cassia_core.data.cells.load_cells import load_cells
from cassia_core.data.cells.subset import subset_findings
from cassia_core.data.clustering.cluster_cells import cluster_cells
from cassia_core.data.h5ad.h5ad_safe import make_writable
from cassia_core.data.h5ad.saving import save_cells
from cassia_core.data.view.cell_expression import CellExpression
from cassia_core.data.view.view_store import open_view
from cassia_core.domain import events as ev
from cassia_core.domain.config import DatasetSpec
from cassia_core.domain.findings import Findings
from cassia_core.domain.markers import MarkerTable
from cassia_core.pipeline.cell_reader import reader_of
from cassia_core.pipeline.context import RunContext
from cassia_core.pipeline.known_genes import refuse_unknown_genes
from cassia_core.pipeline.large_cells import prepare_large_cells, stays_on_disk, values_adder
from cassia_core.pipeline.prepared import MarkersReady, Prepared, StageEvents
from cassia_core.report.tables.safe_tables import write_csv
from cassia_core.runs.codec import read_json, write_json, write_text
from cassia_core.runs.layout import DatasetLayout

logger = logging.getLogger(__name__)


def prepare_cells(
    context: RunContext, spec: DatasetSpec, layout: DatasetLayout, ready: MarkersReady, looked_at: Findings
) -> Prepared:
    """Read cells, cluster them and find markers; see `preparing.prepare`.

    `looked_at`: what an inspection of the file has found.
    """
    if stays_on_disk(spec, layout, looked_at):
        prepared, tables = prepare_large_cells(context, spec, layout, ready, looked_at)
        return prepared if prepared.refusal else _kept(context, spec.name, layout, prepared, tables)
    begun = time.monotonic()
    read = load_cells(Path(spec.path), spec.reading)
    refuse_unknown_genes(context, spec, read.adata.var["symbol"])
    loaded = replace(read, findings=subset_findings(read.findings, read.adata, spec.clustering))
    write_json(layout.findings, loaded.findings)
    listener = StageEvents(context, spec.name, layout, loaded.findings, ready)
    listener.read(time.monotonic() - begun, f"{loaded.adata.n_obs:,} cells, {loaded.adata.n_vars:,} genes")
    clustered = cluster_cells(loaded, spec, listener, layout.view, reader_of(spec))
    if len(clustered.removed):
        write_csv(layout.removed_cells, clustered.removed)
    prepared = Prepared(
        findings=loaded.findings,
        table=clustered.table,
        expression=clustered.expression,
        read_cells=lambda: clustered.adata,
        cluster_key=clustered.cluster_key,
        refusal=str(clustered.refusal) if clustered.refusal else "",
    )
    return prepared if prepared.refusal else _kept(context, spec.name, layout, prepared, clustered.adata)


def _kept(
    context: RunContext, dataset: str, layout: DatasetLayout, prepared: Prepared, adata: ad.AnnData
) -> Prepared:
    """Keep the clustered cells on disk, so that a resumed run need not cluster again."""
    at = list(adata.obs.columns).index(prepared.cluster_key)
    make_writable(adata)  # may rename columns that h5ad cannot hold; their order stays
    key = str(adata.obs.columns[at])
    part = layout.clustered_h5ad.with_suffix(".part")
    try:
        save_cells(adata, part)
        write_text(layout.prepared, json.dumps({"cluster_key": key}))
        part.replace(layout.clustered_h5ad)
    except Exception as error:
        # The answers are under way already: nothing that is paid for hangs on this copy.
        logger.exception("The clustered cells could not be kept")
        part.unlink(missing_ok=True)
        why = f"({type(error).__name__})"
        text = f"The clustered cells could not be kept {why}; a resumed run clusters them again."
        context.emit(ev.Notice(dataset=dataset, text=text))
    return replace(prepared, cluster_key=key)


def resumed_cells(
    context: RunContext, spec: DatasetSpec, layout: DatasetLayout, ready: MarkersReady
) -> Prepared:
    """The cells as an earlier worker of this run left them."""
    begun = time.monotonic()
    prepared = prepared_on_disk(context, spec, layout)
    listener = StageEvents(context, spec.name, layout, prepared.findings, ready)
    listener.read(time.monotonic() - begun, "Taken from the earlier part of this run")
    listener.clusters_found(prepared.table.ids(), tuple(c.n_cells for c in prepared.table.clusters))
    ready(prepared.table, prepared.expression, prepared.findings)
    return prepared


def prepared_on_disk(context: RunContext, spec: DatasetSpec, layout: DatasetLayout) -> Prepared:
    """The cells and markers that a worker has left in the dataset's folder."""
    findings = read_json(layout.findings, Findings)
    noted = json.loads(layout.prepared.read_text(encoding="utf-8"))
    statistics = open_view(layout.view).statistics()
    assert statistics is not None, "cells are kept only where clusters were tested"
    return Prepared(
        findings=findings,
        table=read_json(layout.marker_table, MarkerTable),
        expression=CellExpression(statistics, findings.species),
        read_cells=lambda: ad.read_h5ad(layout.clustered_h5ad),
        cluster_key=noted["cluster_key"],
        add_values=values_adder(context, spec, layout) if layout.passes.exists() else None,
    )
