"""Small real runs: the offline engine on a few marker lists, and finished runs of models that were paid."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from cassia_core.domain import events as ev
from cassia_core.domain.config import AgentModel, AnnotationParams, DatasetSpec, RunConfig
from cassia_core.domain.usage import CallRecord
from cassia_core.pipeline.batch import run_batch
from cassia_core.runs import store
from cassia_core.runs.call_log import CallLog, LoggedCall
from cassia_core.runs.event_log import EventLog
from cassia_core.runs.layout import RunLayout
from cassia_core.services.runs import runs

LISTS = {
    "0": "MS4A1,CD79A,CD79B,CD19,BANK1",
    "1": "CD3D,CD3E,CD2,IL7R,TRAC",
    "2": "CD14,LYZ,S100A8,S100A9,FCN1",
}


def write_lists(path: Path, lists: Mapping[str, str] = LISTS) -> Path:
    """A marker table: a cluster and its genes per row."""
    pd.DataFrame({"cluster": lists.keys(), "marker_genes": lists.values()}).to_csv(path, index=False)
    return path


def annotate_lists(
    root: Path | None,
    table: Path,
    title: str = "",
    *,
    tissue: str = "blood",
    name: str = "lists",
    wait_s: float = 120,
    **annotation: object,
) -> str:
    """Run the offline engine on a marker table, and wait for its end."""
    config = RunConfig(
        title=title,
        datasets=(DatasetSpec(name=name, path=str(table), tissue=tissue),),
        annotation=AnnotationParams(**annotation),
    )
    run_id = runs.start_run(config, {}, root)
    deadline = time.monotonic() + wait_s
    while runs.view_run(run_id, root).state not in runs.ENDED and time.monotonic() < deadline:
        time.sleep(0.1)
    assert runs.view_run(run_id, root).state == "success"
    return run_id


def past_run(
    root: Path,
    title: str,
    *calls: CallRecord,
    model: str = "model-a",
    provider: str = "custom",
    clusters: int = 2,
    look: int = 0,
    state: str = "success",
    **config: object,
) -> str:
    """A run as a worker leaves it: record, events and calls, without results."""
    datasets = (DatasetSpec(name="lists", path="/data/lists.csv", tissue="blood"),)
    annotation = AnnotationParams(annotator=AgentModel(provider=provider, model=model))
    layout = store.create_run(
        RunConfig(datasets=datasets, title=title, annotation=annotation, **config), root, {}
    )
    _write_events(layout, calls, clusters, look, state)
    log = CallLog(layout.calls)
    for number, call in enumerate(calls):
        log.add(LoggedCall(key=str(number), call=call, reply="B cell"))
    log.close()
    return layout.root.name


def _write_events(
    layout: RunLayout, calls: tuple[CallRecord, ...], clusters: int, look: int, state: str
) -> None:
    log = EventLog(layout.events)
    names = tuple(map(str, range(clusters)))
    log.emit(ev.RunStarted(datasets=("lists",)))
    log.emit(ev.DatasetStarted(dataset="lists"))
    log.emit(ev.ClustersFound(dataset="lists", clusters=names, n_cells=(None,) * clusters))
    for call in calls:
        log.emit(
            ev.UsageAdded(
                dataset="lists",
                input_tokens=call.input_tokens,
                output_tokens=call.output_tokens,
                cost_usd=call.cost_usd,
            )
        )
    for number, name in enumerate(names):
        doubtful = number < look
        log.emit(
            ev.ClusterFinished(
                dataset="lists",
                cluster=name,
                label="B cell",
                light="look" if doubtful else "high",
                status="needs_review" if doubtful else "done",
            )
        )
    log.emit(ev.DatasetFinished(dataset="lists", status=state))
    log.emit(ev.RunFinished(status=state))
    log.close()


def call(
    at: str,
    *,
    model: str = "model-a",
    provider: str = "custom",
    tokens: tuple[int, int] = (100, 20),
    cost_usd: float | None = 0.01,
) -> CallRecord:
    """One finished call at a time in UTC."""
    return CallRecord(
        at=at,
        provider=provider,
        model=model,
        agent="annotator",
        dataset="lists",
        cluster="0",
        attempt=1,
        input_tokens=tokens[0],
        output_tokens=tokens[1],
        latency_s=0.5,
        cost_usd=cost_usd,
    )


def fill(layout: RunLayout, config: RunConfig) -> str:
    """Do the work of a run in this very process; gives the run's status."""
    log = EventLog(layout.events)
    try:
        return run_batch(layout, config, log, {})
    finally:
        log.close()
