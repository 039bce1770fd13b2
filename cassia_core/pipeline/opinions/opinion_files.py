"""The files that show further opinions, written anew after each job."""

from __future__ import annotations

from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.domain.markers import MarkerTable
from cassia_core.knowledge.evidence.agreeing import with_agreement
from cassia_core.pipeline.exporting import write_dataset_again
from cassia_core.report.tables import run_tables
from cassia_core.runs.call_log import read_calls
from cassia_core.runs.codec import read_json, write_text
from cassia_core.runs.layout import DatasetLayout, RunLayout
from cassia_core.runs.opinion_log import read_opinions
from cassia_core.runs.store import load_cluster


def write_after(
    layout: RunLayout, config: RunConfig, spec: DatasetSpec, paths: DatasetLayout
) -> tuple[str, ...]:
    """Bring the run's account of calls and the files of the dataset up to date.

    Returns what could not be written, a sentence each.
    """
    calls = [entry.call for entry in read_calls(layout.calls)]
    write_text(layout.token_tracking, run_tables.token_tracking(calls, config.replay_from))
    table = read_json(paths.marker_table, MarkerTable)
    results = [load_cluster(paths, entry.cluster) for entry in table.clusters]
    rows = with_agreement([row for row in results if row is not None], read_opinions(paths))
    return write_dataset_again(layout, spec, paths, rows)
