"""Cluster a sample of the cells, the same way as a run does, and keep what a small picture needs."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path

import anndata as ad
import numpy as np

from cassia_core.data.cells.load_cells import load_cells
from cassia_core.data.clustering.cluster_cells import cluster_cells
from cassia_core.data.clustering.mixing import neighbours_mixed, sample_column
from cassia_core.data.clustering.samples import harmonise, samples_of
from cassia_core.data.kernels.neighbors import neighbor_graph
from cassia_core.data.view.view_store import open_view
from cassia_core.domain.config import DatasetSpec
from cassia_core.domain.events import Stage
from cassia_core.domain.findings import Findings
from cassia_core.domain.inside import DatasetInside
from cassia_core.domain.markers import ExpressionSource, MarkerTable
from cassia_core.domain.side_jobs import (
    PREVIEW_CELLS,
    PreviewCluster,
    PreviewFindings,
    PreviewProgress,
    PreviewRequest,
    SampleMixing,
)
from cassia_core.pipeline.cell_reader import reader_of
from cassia_core.runs.codec import write_json
from cassia_core.runs.side_folders import PreviewFolder

STEPS: tuple[Stage, ...] = (
    "read",
    "qc",
    "normalise",
    "variable_genes",
    "pca",
    "neighbors",
    "leiden",
    "markers",
    "umap",
)
"""In the order in which they end."""
_TOLD_EVERY_S = 0.2


class ProgressFile:
    """A `ClusteringListener` that writes how far the preview is. Nobody asks it to stop: its process is
    ended.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._told = path, 0.0
        self._only_map_left = False
        self.notices: list[str] = []

    def started(self, stage: Stage) -> None:
        self._tell(stage, 0.0)

    def progress(self, stage: Stage, fraction: float) -> None:
        if time.monotonic() - self._told >= _TOLD_EVERY_S:
            self._tell(stage, fraction)

    def finished(self, stage: Stage, seconds: float, summary: str) -> None: ...

    def notice(self, text: str) -> None:
        self.notices.append(text)

    def clusters_found(self, ids: tuple[str, ...], n_cells: tuple[int | None, ...]) -> None: ...

    def inside_read(self, inside: DatasetInside) -> None: ...

    def markers_ready(self, table: MarkerTable, expression: ExpressionSource) -> None:
        self._only_map_left = True

    def cancelled(self) -> bool:
        return False

    def _tell(self, stage: Stage, fraction: float) -> None:
        if stage == "umap" and not self._only_map_left:
            return  # the map is computed beside other steps, which are told first
        self._told = time.monotonic()
        done = STEPS.index(stage) + min(max(fraction, 0.0), 1.0)
        write_json(self._path, PreviewProgress(stage=stage, fraction=done / len(STEPS)))


def make_preview(request: PreviewRequest, folder: PreviewFolder) -> None:
    """Cluster at most `PREVIEW_CELLS` cells and write `folder.cells` and `folder.findings`.

    The sample is the reader's: random, and always the same for a file. It is normalised, chosen and clustered
    by the
    very code of a run, so that there is one way to do it.

    Raises
    ------
    InputError
        When the cells cannot be read or clustered.
    """
    begun = time.monotonic()
    spec, listener = request.spec, ProgressFile(folder.progress)
    listener.started("read")
    n_run = min(request.n_cells, spec.read.max_cells or request.n_cells)
    loaded = load_cells(Path(spec.path), replace(spec.reading, max_cells=min(n_run, PREVIEW_CELLS)))
    n_drawn = loaded.adata.n_obs
    clustered = cluster_cells(loaded, spec, listener, folder.view, reader_of(spec))
    view = open_view(folder.view)
    column, name = view.column(view.cluster_key), view.embeddings()[0]
    np.savez(folder.cells, xy=view.embedding(name), codes=column.codes)
    of = {c.cluster: c for c in clustered.table.clusters}
    used = clustered.adata.uns["cassia_clustering"]
    write_json(
        folder.findings,
        PreviewFindings(
            n_run=n_run,
            n_drawn=n_drawn,
            n_removed=n_drawn - clustered.adata.n_obs,
            clusters=tuple(
                PreviewCluster(cluster=c, n_cells=of[c].n_cells or 0, genes=of[c].symbols())
                for c in column.categories
            ),
            resolution=float(used["resolution"]),
            n_neighbors=int(used["n_neighbors"]),
            n_pcs=int(used["n_pcs"]),
            map_name=name,
            samples=_mixing(clustered.adata, loaded.findings, spec),
            how=str(used["reason"]),
            notices=tuple(listener.notices),
            seconds=time.monotonic() - begun,
        ),
    )
    shutil.rmtree(folder.view)  # the genes of the sample: large, and not shown


def _mixing(adata: ad.AnnData, findings: Findings, spec: DatasetSpec) -> SampleMixing | None:
    """How samples mix among neighbours, without Harmony and with it; None where the file names no samples."""
    params = spec.clustering
    column = params.batch_column or sample_column(findings.obs_columns, adata.obs)
    if column is None or "X_pca" not in adata.obsm:
        return None
    samples, components = samples_of(adata, column), np.asarray(adata.obsm["X_pca"], dtype=np.float32)
    if samples.nunique() < 2:
        return None
    mixed = [
        neighbours_mixed(neighbor_graph(space, params.n_neighbors, params.seed).connectivities, samples)
        for space in (components, harmonise(components, samples, params.seed))
    ]
    return SampleMixing(column=column, n_samples=samples.nunique(), before=mixed[0], after=mixed[1])
