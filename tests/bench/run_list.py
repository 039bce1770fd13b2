"""How quick a list of many runs is: `python -m tests.bench.run_list [--runs 300] [--clusters 15] [--calls
60]`.

Makes runs as a worker leaves them (record, events, calls with replies of 4,000 characters) in a temporary
folder and
prints the time of a list that reads every record, of one after a restart of the server, and of one on every
later rerun
of the page, with the same for tokens and cost over time.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from cassia_core.domain import events as ev
from cassia_core.domain.config import AgentModel, AnnotationParams, DatasetSpec, RunConfig
from cassia_core.domain.usage import CallRecord
from cassia_core.runs import store
from cassia_core.runs.call_log import CallLog, LoggedCall
from cassia_core.runs.event_log import EventLog
from cassia_core.services.runs import runs, usage_history

REPLY = "The markers MS4A1, CD79A and CD79B speak for a B cell. " * 73


def make_run(root: Path, number: int, clusters: int, calls: int) -> None:
    model = AgentModel(provider="custom", model=f"model-{number % 3}")
    layout = store.create_run(
        RunConfig(
            datasets=(DatasetSpec(name="lists", path="/data/lists.csv", tissue="blood"),),
            title=f"Run {number}",
            annotation=AnnotationParams(annotator=model),
        ),
        root,
        {},
    )
    events, log = EventLog(layout.events), CallLog(layout.calls)
    log._sync = lambda _: None  # the disk need not be waited for here
    names = tuple(map(str, range(clusters)))
    events.emit(ev.RunStarted(datasets=("lists",)))
    events.emit(ev.ClustersFound(dataset="lists", clusters=names, n_cells=(None,) * clusters))
    for at in range(calls):
        cluster = names[at % clusters]
        call = CallRecord(
            at=f"2026-11-{1 + number % 28:02d}T10:{at % 60:02d}:00.000+00:00",
            provider="custom",
            model=model.model,
            agent="annotator",
            dataset="lists",
            cluster=cluster,
            attempt=1,
            input_tokens=900,
            output_tokens=700,
            latency_s=4.0,
            cost_usd=0.01,
        )
        log.add(LoggedCall(key=f"{at}", call=call, reply=REPLY))
        events.emit(ev.AgentStarted(dataset="lists", cluster=cluster))
        events.emit(
            ev.UsageAdded(
                dataset="lists", cluster=cluster, input_tokens=900, output_tokens=700, cost_usd=0.01
            )
        )
        events.emit(
            ev.TurnFinished(
                dataset="lists", cluster=cluster, outcome="passed", label="B cell", text=REPLY[:400]
            )
        )
    for name in names:
        events.emit(ev.ClusterFinished(dataset="lists", cluster=name, label="B cell", light="high"))
    events.emit(ev.DatasetFinished(dataset="lists"))
    events.emit(ev.RunFinished())
    events.close()
    log.close()


def timed(what: str, root: Path, work) -> None:
    begun, begun_cpu = time.perf_counter(), time.process_time()
    n = work(root)
    took, cpu = time.perf_counter() - begun, time.process_time() - begun_cpu
    memory = psutil.Process().memory_info().rss / 1e6
    print(
        f"{what:42s} {took * 1000:8.0f} ms {cpu * 1000:8.0f} ms of processor {n:6d} rows {memory:6.0f} MB",
        flush=True,
    )


def listed(root: Path) -> int:
    return len(runs.list_runs(root))


def spent(root: Path) -> int:
    return len(usage_history.usage_history(root).rows)


def look(root: Path, first: str) -> None:
    timed(first, root, listed)
    timed("  again (every later rerun)", root, listed)
    timed("  tokens and cost over time", root, spent)
    timed("  again", root, spent)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--clusters", type=int, default=15)
    parser.add_argument("--calls", type=int, default=60)
    parser.add_argument("--look", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.look:
        look(options.look, "after a restart of the server")
        return
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.runs):
            make_run(Path(folder), number, options.clusters, options.calls)
        print(f"{options.runs} runs of {options.clusters} clusters and {options.calls} calls", flush=True)
        look(Path(folder), "first list ever (reads every record)")
        subprocess.run([sys.executable, "-m", "tests.bench.run_list", "--look", folder], check=True)


if __name__ == "__main__":
    main()
