"""A dataset of a finished run as its agents saw it: markers, measured genes, setting, results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cassia_core.data.tables.marker_expression import MarkerExpression
from cassia_core.data.tables.marker_tables import load_markers
from cassia_core.data.view.cell_expression import CellExpression
from cassia_core.data.view.view_store import open_view
from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.domain.contrast import Contrast
from cassia_core.domain.findings import Findings
from cassia_core.domain.markers import ExpressionSource, MarkerTable
from cassia_core.domain.tasks import Setting
from cassia_core.pipeline.annotation.annotating import setting_of
from cassia_core.pipeline.annotation.cluster_contrasts import contrasts_of
from cassia_core.runs.codec import read_json
from cassia_core.runs.file_hash import file_sha256
from cassia_core.runs.layout import DatasetLayout
from cassia_core.runs.store import load_cluster

_COLUMNS = ("cluster", "gene", "log2fc", "score", "pval", "pval_adj", "pct_in", "pct_out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    """What questions about the clusters of a finished dataset need. `results` and `contrasts` go by cluster
    id.
    """

    setting: Setting
    table: MarkerTable
    expression: ExpressionSource
    contrasts: Mapping[str, Contrast]
    results: Mapping[str, ClusterResult]


def reopen(config: RunConfig, spec: DatasetSpec, paths: DatasetLayout) -> Reopened:
    """Read a finished dataset back; its input file is needed only where a marker table was the input, and
    is done without where it is gone or changed since.

    Raises
    ------
    RunError
        When the dataset's own record is missing or damaged.
    """
    findings = read_json(paths.findings, Findings)
    table = read_json(paths.marker_table, MarkerTable)
    setting = setting_of(config, spec, findings)
    expression = _expression(spec, paths, findings, table)
    results = (load_cluster(paths, entry.cluster) for entry in table.clusters)
    return Reopened(
        setting=setting,
        table=table,
        expression=expression,
        contrasts=contrasts_of(table, expression, setting, spec.markers.n_genes),
        results={result.cluster: result for result in results if result is not None},
    )


def _expression(
    spec: DatasetSpec, paths: DatasetLayout, findings: Findings, table: MarkerTable
) -> ExpressionSource:
    statistics = open_view(paths.view).statistics() if paths.view.is_dir() else None
    if statistics is not None:
        return CellExpression(statistics, findings.species)
    source = Path(spec.path)
    if findings.kind == "markers" and source.is_file() and file_sha256(source) == spec.sha256:
        return load_markers(source, spec.markers, spec.reading).expression
    return MarkerExpression(_frame_of(table), findings.species)


def _frame_of(table: MarkerTable) -> pd.DataFrame:
    """The selected markers as a frame: all that is left when the table itself is gone."""
    rows = [
        (entry.cluster, g.gene, g.log2fc, g.score, g.pval, g.pval_adj, g.pct_in, g.pct_out)
        for entry in table.clusters
        for g in entry.genes
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))
