"""From loaded cells to clusters, a map and markers: the path of CASSIA's Scanpy vignette, right first,
then fast.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse

from cassia_core.data.cells.subset import in_subset, keep_subset, take_subset
from cassia_core.data.clustering.borders import borders_of
from cassia_core.data.clustering.both_comparisons import alternate
from cassia_core.data.clustering.cell_groups import CellGroups
from cassia_core.data.clustering.cell_space import CellSpace, map_name, scaled_space, variable_space
from cassia_core.data.clustering.cluster_markers import ClusteredPart, MarkersOfClusters
from cassia_core.data.clustering.clustering_steps import ClusteringListener, Steps
from cassia_core.data.clustering.expression_matrix import Expression, chosen_matrix, log_normalised, matrix_at
from cassia_core.data.clustering.leiden_groups import (
    COMPUTED_KEY,
    leiden_groups,
    own_groups,
    reader_for,
    refusal_of,
    samples_by_cluster,
    store_clusters,
)
from cassia_core.data.clustering.own_tests import own_test
from cassia_core.data.clustering.reading_cells import CellReader, read_cells
from cassia_core.data.kernels.rank_genes import rank_genes
from cassia_core.data.kernels.umap import UmapJob
from cassia_core.data.quality.removing_cells import remove_cells
from cassia_core.data.view.cell_expression import CellExpression
from cassia_core.data.view.cluster_statistics import FIELDS, ClusterStatistics
from cassia_core.data.view.view_store import ViewWriter
from cassia_core.domain.config import DatasetSpec
from cassia_core.domain.findings import Findings
from cassia_core.domain.inside import Border, ClusterInside, ClusterSamples, DatasetInside
from cassia_core.domain.markers import ExpressionSource, MarkerTable
from cassia_core.errors import AnnDataError

if TYPE_CHECKING:
    from cassia_core.data.cells.load_cells import LoadedCells

__all__ = ["ClusteredCells", "ClusteringListener", "cluster_cells"]

MIN_CELLS, MIN_GENES = 10, 5
"""Fewer cells or genes than this cannot be clustered in any sensible way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusteredCells:
    """Cells with clusters, a map, and what was measured in each cluster.

    `removed` lists cells that quality control took out (columns `cell`, `reason`). `refusal` says why no
    markers
    could be computed, with a remedy, and is None where they were; every cluster is in `table` either way.
    """

    adata: ad.AnnData
    cluster_key: str
    table: MarkerTable
    frame: pd.DataFrame
    expression: ExpressionSource
    removed: pd.DataFrame
    refusal: AnnDataError | None = None


def cluster_cells(
    loaded: LoadedCells,
    spec: DatasetSpec,
    listener: ClusteringListener,
    view_dir: Path,
    reader: CellReader | None = None,
) -> ClusteredCells:
    """Quality control, log-normalisation, clusters, map and markers; writes the view.

    Keeps what the file has: with `spec.clustering.cluster_column` no clusters are computed, with an embedding
    in
    `obsm` no map is. With `spec.clustering.subset_clusters` only the cells of these clusters stay, and all of
    it is
    computed for them; their markers are tested against each other, against all other cells of the file, or
    both
    (`markers_against`). Takes `loaded.adata` over and changes it: cells that fail quality control leave it,
    `X`
    becomes log-normalised and `layers["counts"]` the counts where `X` held counts, `obs[cluster_key]` holds
    the
    clusters as strings, `obsm["X_pca"]` and `obsm["X_umap"]` what was computed.

    With a `reader` the cells of every cluster are read by small groups: `obs` gets `cassia_cell_reading` and
    its score,
    and the listener hears what is inside each cluster. Fine clusters (`FINE`) need one, for it says what is
    alike.

    Raises
    ------
    AnnDataError
        When there is nothing to cluster on, or a column or matrix asked for is not there.
    RunCancelled
        When the listener says so; nothing half-written stays behind.
    """
    return _Clustering(loaded, spec, listener, view_dir, reader).run()


class _Clustering:
    """One call of `cluster_cells`, step by step."""

    def __init__(
        self,
        loaded: LoadedCells,
        spec: DatasetSpec,
        listener: ClusteringListener,
        view_dir: Path,
        reader: CellReader | None,
    ) -> None:
        self.reader = reader
        self.adata: ad.AnnData = loaded.adata
        self.findings: Findings = loaded.findings
        self.tests = loaded.tests
        self.spec, self.params = spec, spec.clustering
        self.steps, self.view = Steps(listener), ViewWriter(view_dir)
        self.umap: UmapJob | None = None
        self.borders: dict[str, tuple[Border, ...]] = {}
        self.computes_clusters = self.params.cluster_column is None or bool(self.params.subset_clusters)
        self.whole: _Whole | None = None

    def run(self) -> ClusteredCells:
        try:
            return self._run()
        finally:
            if self.umap is not None:
                self.umap.stop()
            self.view.discard()

    def _run(self) -> ClusteredCells:
        params = self.params
        source = chosen_matrix(self.findings, params.expression)
        inside = in_subset(self.adata, params)
        keeps_whole = inside is not None and params.markers_against != "subset" and source is not None
        chosen = self.adata.obs_names[inside] if keeps_whole else None
        if inside is not None and not keeps_whole:
            keep_subset(self.adata, inside, params)
        removed = remove_cells(self.adata, self.findings, source, self.spec.qc, self.steps)
        expression = None
        if source is not None:
            with self.steps.stage("normalise") as done:
                expression = log_normalised(self.adata, source, params.target_sum, self.steps.notice)
                done.summary = f"{expression.values.shape[1]:,} genes, from {source.location}"
        if chosen is not None and expression is not None:
            self.whole = _Whole(values=expression.values, inside=self.adata.obs_names.isin(chosen))
            expression = take_subset(self.adata, expression, self.whole.inside, params)
        kept_map = map_name(self.adata, params)
        needs_map = kept_map is None
        if self.computes_clusters:
            space = self._space(expression)
            if needs_map:
                self._start_umap(space)
            groups, key = self._leiden(space, expression), COMPUTED_KEY
            self.borders = borders_of(space.graph.connectivities, groups)
            store_clusters(self.adata.obs, groups, key, self.steps, computed=self.computes_clusters)
            markers = self._markers(groups, expression)
        else:
            key = str(params.cluster_column)
            groups = own_groups(self.adata.obs, key, self.params.min_cells_per_cluster, self.steps)
            store_clusters(self.adata.obs, groups, key, self.steps, computed=self.computes_clusters)
            markers = self._markers(groups, expression)
            if needs_map:
                self._start_umap(self._space(expression))
        self.whole = None  # values of cells that are not clustered: not needed any more, and large
        self._write_genes(expression)
        self._finish_umap()
        self.view.finish(self.adata, key, markers.statistics, kept_map or "X_umap")
        return ClusteredCells(
            adata=self.adata,
            cluster_key=key,
            table=markers.table,
            frame=markers.frame,
            expression=markers.expression,
            removed=removed,
            refusal=markers.refusal,
        )

    def _space(self, expression: Expression | None) -> CellSpace:
        if self.adata.n_obs < MIN_CELLS or self.adata.n_vars < MIN_GENES:
            raise AnnDataError(
                "There is too little to cluster.",
                f"The data have {self.adata.n_obs} cells and {self.adata.n_vars} genes.",
                f"At least {MIN_CELLS} cells and {MIN_GENES} genes are needed.",
            )
        if expression is None:
            return scaled_space(self.adata, self.findings, self.params, self.steps)
        return variable_space(self.adata, expression, self.params, self.spec.qc, self.steps)

    def _start_umap(self, space: CellSpace) -> None:
        self.steps.begin("umap")
        self.umap = UmapJob(space.graph.connectivities, space.components, self.params.seed).start()
        self.steps.beside(self.umap)

    def _leiden(self, space: CellSpace, expression: Expression | None) -> CellGroups:
        with self.steps.stage("leiden") as done:
            partition = leiden_groups(space, expression, self.params, self.reader, self.steps)
            done.summary = partition.summary
            self.adata.uns["cassia_clustering"] = partition.note
        n_others = self.whole.n_others if self.whole else 0
        return CellGroups.of(partition.names, self.params.min_cells_per_cluster, n_others)

    def _markers(self, groups: CellGroups, expression: Expression | None) -> MarkersOfClusters:
        refusal = refusal_of(groups, self.params, has_values=expression is not None)
        if refusal is not None:
            self.steps.notice(str(refusal))
            table, frame, values = no_markers(groups, refusal)
            markers = MarkersOfClusters(
                table=table, frame=frame, expression=values, statistics=None, refusal=refusal
            )
        else:
            assert expression is not None, "clusters without values are refused"
            with self.steps.stage("markers") as done:
                statistics = self._rank(groups, expression, self.whole)
                frame = statistics.frame()
                table = groups.marker_table(self._tested(frame), self.spec.markers)
                alone = replace(groups, n_others=0)
                if self.params.markers_against == "both" and self.whole is not None and alone.tested():
                    among = alone.marker_table(self._rank(alone, expression, None).frame(), self.spec.markers)
                    table = alternate(table, among, statistics, self.spec.markers.n_genes)
                markers = MarkersOfClusters(
                    table=table,
                    frame=frame,
                    statistics=statistics,
                    refusal=None,
                    expression=CellExpression(statistics, self.findings.species),
                )
                with_genes = sum(bool(c.genes) for c in table.clusters)
                done.summary = f"{with_genes} of {len(groups.ids)} clusters have markers"
                self._read_inside(groups, expression)
        self.steps.markers_ready(markers.table, markers.expression)
        return markers

    def _tested(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Statistics that choose the markers: those computed, or the file's own where they were asked for."""
        if self.spec.markers.own_test is None:
            return frame
        own, said = own_test(self.tests, self.spec.markers.own_test, self.findings, self.params, frame)
        self.steps.notice(said)
        return own

    def _read_inside(self, groups: CellGroups, expression: Expression) -> None:
        """Kinds of cells and samples in every cluster."""
        kinds: dict[str, ClusterInside] = {}
        if reader := reader_for(expression, self.reader):
            reading = read_cells(expression, groups, reader, self.params.seed)
            reading.write_to(self.adata.obs)
            kinds = reading.inside
        self.steps.inside_read(
            DatasetInside(kinds=kinds, samples=self._samples(groups), borders=self.borders)
        )

    def _samples(self, groups: CellGroups) -> dict[str, ClusterSamples]:
        return samples_by_cluster(self.adata, self.findings, self.spec, groups)

    def _rank(self, groups: CellGroups, expression: Expression, whole: _Whole | None) -> ClusterStatistics:
        """Statistics of the groups against each other, or against all cells of the file."""
        codes = groups.tested_codes()
        values, codes = (whole.values, whole.codes(codes)) if whole else (expression.values, codes)
        return rank_genes(
            values,
            expression.genes,
            codes,
            groups.tested(),
            self.spec.markers.method,
            self.steps.reporter("markers"),
        )

    def _finish_umap(self) -> None:
        if self.umap is None:
            return
        self.steps.wait_beside()
        if "X_umap" in self.adata.obsm:
            self.adata.obsm["X_umap_original"] = self.adata.obsm["X_umap"]
        self.adata.obsm["X_umap"] = self.umap.embedding()
        self.steps.end("umap", f"{self.adata.n_obs:,} cells")

    def _write_genes(self, expression: Expression | None) -> None:
        if expression is None:
            values, genes = matrix_at(self.adata, "X")
        else:
            values, genes = expression.values, expression.genes
        self.view.write_genes(values, genes, lambda _: self.steps.check())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whole(ClusteredPart):
    """Log-normalised values of all cells of the file, shape (n_cells, n_genes), and which of them are
    clustered.
    """

    values: sparse.csr_matrix


def no_markers(groups: CellGroups, refusal: AnnDataError) -> tuple[MarkerTable, pd.DataFrame, CellExpression]:
    """Every cluster with the reason why it has no markers, and no statistics."""
    table = groups.table_without_markers(str(refusal))
    return table, _EMPTY_FRAME.copy(), CellExpression(_NO_STATISTICS)


_EMPTY_FRAME = pd.DataFrame(
    {
        "cluster": pd.Series(dtype=str),
        "gene": pd.Series(dtype=str),
        **{name: pd.Series(dtype=float) for name in FIELDS},
    }
)
_NO_STATISTICS = ClusterStatistics(
    clusters=(),
    genes=(),
    n_cells=np.zeros(0, dtype=np.int64),
    **{name: np.zeros((0, 0), dtype=np.float32) for name in FIELDS},
)
