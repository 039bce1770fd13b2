"""Annotate the clusters of one dataset side by side; every finished one is on disk before it is announced."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace

from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.config import UNKNOWN_TISSUE, DatasetSpec, RunConfig
from cassia_core.domain.contrast import Contrast
from cassia_core.domain.events import ClusterFailed, ClusterFinished
from cassia_core.domain.findings import Findings
from cassia_core.domain.inside import DatasetInside
from cassia_core.domain.markers import ClusterMarkers, ExpressionSource, MarkerTable
from cassia_core.domain.tasks import Setting
from cassia_core.errors import RunCancelled
from cassia_core.pipeline.annotation.cautions import with_inside
from cassia_core.pipeline.annotation.cluster import annotate_cluster
from cassia_core.pipeline.annotation.cluster_contrasts import contrasts_of
from cassia_core.pipeline.annotation.part_context import part_context
from cassia_core.pipeline.context import RunContext
from cassia_core.runs.codec import read_json
from cassia_core.runs.layout import DatasetLayout
from cassia_core.runs.store import load_cluster, save_cluster

logger = logging.getLogger(__name__)
SMALL_PANEL_GENES = 1000
FINAL = ("done", "needs_review", "skipped")


def setting_of(config: RunConfig, spec: DatasetSpec, findings: Findings | None) -> Setting:
    """What the agents are told of the sample. A small targeted panel, and a part of a larger data set, is
    named as
    such."""
    n_genes = findings.n_genes if findings and findings.kind == "cells" else None
    tissue = "" if spec.tissue.strip().lower() == UNKNOWN_TISSUE else spec.tissue
    context = " ".join(text for text in (spec.context, part_context(config, spec)) if text)
    return Setting(
        species=spec.species,
        tissue=tissue,
        context=context,
        panel_genes=n_genes if n_genes and n_genes <= SMALL_PANEL_GENES else None,
    )


class ClusterPool:
    """The clusters of one dataset on their way through the agents."""

    def __init__(self, context: RunContext, spec: DatasetSpec, layout: DatasetLayout) -> None:
        self._context, self._spec, self._layout = context, spec, layout
        self._futures: dict[str, Future[ClusterResult]] = {}
        self._table = MarkerTable(clusters=())
        self._inside = DatasetInside()

    def start(self, table: MarkerTable, expression: ExpressionSource, findings: Findings | None) -> None:
        """Hand every cluster of `table` to the pool; those with a finished checkpoint are taken from it."""
        self._table = table
        self._inside = (
            read_json(self._layout.inside, DatasetInside) if self._layout.inside.exists() else DatasetInside()
        )
        setting = setting_of(self._context.config, self._spec, findings)
        contrasts = self._contrasts(table, expression, setting)
        for markers in table.clusters:
            finished = self._kept(markers)
            if finished is not None:
                self._futures[markers.cluster] = _done(finished)
                self._announce(finished)
            else:
                self._futures[markers.cluster] = self._context.pool.submit(
                    self._one, markers, setting, expression, contrasts.get(markers.cluster)
                )

    def _contrasts(
        self, table: MarkerTable, expression: ExpressionSource, setting: Setting
    ) -> Mapping[str, Contrast]:
        """What the cells say of each cluster; nothing where nobody is asked for labels."""
        if self._context.asker is None:
            return {}
        return contrasts_of(table, expression, setting, self._spec.markers.n_genes)

    def results(self) -> tuple[ClusterResult, ...]:
        """Wait for all clusters; one row per cluster, in the table's order."""
        return tuple(self._futures[c.cluster].result() for c in self._table.clusters)

    def tell_again(self, results: Sequence[ClusterResult]) -> None:
        """Announce the clusters whose light has changed since they were finished."""
        before = {c.cluster: self._futures[c.cluster].result() for c in self._table.clusters}
        for result in results:
            if result.light != before[result.cluster].light:
                self._announce(result)

    def _kept(self, markers: ClusterMarkers) -> ClusterResult | None:
        finished = load_cluster(self._layout, markers.cluster)
        n_genes = self._spec.markers.n_genes
        # An answer is kept only for the very list that it was given for: other limits give other genes.
        if finished is None or finished.status not in FINAL or finished.markers != markers.symbols(n_genes):
            return None
        return finished

    def _one(
        self, markers: ClusterMarkers, setting: Setting, expression: ExpressionSource, cells: Contrast | None
    ) -> ClusterResult:
        base = ClusterResult(
            cluster=markers.cluster,
            status="cancelled",
            n_cells=markers.n_cells,
            markers=markers.symbols(self._spec.markers.n_genes),
        )
        try:
            # Clusters that still wait for a thread must not begin any more.
            self._context.stop_if_cancelled()
            result = self._annotated(markers, setting, expression, base, cells)
        # No checkpoint: a cluster that was cut short stays open for whoever resumes the run.
        except RunCancelled as error:
            return replace(base, reason=error.what)
        except Exception as error:
            logger.exception("Cluster %r of %r failed", markers.cluster, self._spec.name)
            result = replace(
                base,
                status="failed",
                reason=f"The program itself failed ({type(error).__name__}). Details are in the run's log.",
            )
        # On disk before it is told: whoever hears of a cluster can open it.
        result = with_inside(result, self._inside)
        save_cluster(self._layout, result)
        self._announce(result)
        return result

    def _annotated(
        self,
        markers: ClusterMarkers,
        setting: Setting,
        expression: ExpressionSource,
        base: ClusterResult,
        cells: Contrast | None,
    ) -> ClusterResult:
        if self._context.asker is None or self._context.config.annotation is None:
            return replace(base, status="skipped", reason=markers.reason or "No annotation was asked for.")
        if self._spec.only_clusters and markers.cluster not in self._spec.only_clusters:
            return replace(base, status="skipped", reason="This run was asked for other clusters only.")
        result = annotate_cluster(
            markers,
            setting=setting,
            params=self._context.config.annotation,
            n_genes=self._spec.markers.n_genes,
            asker=self._context.asker,
            expression=expression,
            dataset=self._spec.name,
            emit=self._context.emit,
            cells=cells,
        )
        return replace(result, markers=base.markers)

    def _announce(self, result: ClusterResult) -> None:
        if result.status == "failed":
            self._context.emit(
                ClusterFailed(dataset=self._spec.name, cluster=result.cluster, reason=result.reason)
            )
        elif result.status != "cancelled":  # such a cluster stays open for a resumed run
            self._context.emit(
                ClusterFinished(
                    dataset=self._spec.name,
                    cluster=result.cluster,
                    status=result.status,
                    label=result.label,
                    score=result.score.value if result.score else None,
                    light=result.light,
                )
            )


def _done(result: ClusterResult) -> Future[ClusterResult]:
    future: Future[ClusterResult] = Future()
    future.set_result(result)
    return future
