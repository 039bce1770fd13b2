"""The files that show further opinions, written anew after each job."""

from __future__ import annotations

from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.report.tables import run_tables
from cassia_core.runs.call_log import read_calls
from cassia_core.runs.codec import write_text
from cassia_core.runs.layout import DatasetLayout, RunLayout


def write_after(layout: RunLayout, config: RunConfig, spec: DatasetSpec, paths: DatasetLayout) -> None:
    """Bring the run's account of calls up to date."""
    calls = [entry.call for entry in read_calls(layout.calls)]
    write_text(layout.token_tracking, run_tables.token_tracking(calls, config.replay_from))
