"""Many datasets in one run: `python -m tests.bench.batch [tables|cells|page] ...`.

tables  200 datasets of marker tables (20 clusters each) through the offline engine: seconds, peak memory of
        the worker, and how memory grew over the second half of the datasets
cells   24 datasets of 3,000 cells one after the other and with 2 Dask workers: ideal and measured for cells,
        for answers and for both, and the peak memory of each way
page    reruns of the page Batch over the run that `tables` left (or makes), seconds each

Ideal: the work of all cells over the number of cores; the latency of all calls over the questions at a time;
the longer of the two for both. Every figure is wall time of this machine, and says how loaded it was.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from cassia_core.data.kernels.threads import n_threads
from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.runs import store
from cassia_core.runs.call_log import read_calls
from cassia_core.runs.layout import RunLayout
from cassia_core.runs.store import load_record

ROOT = Path(__file__).resolve().parents[3]
TISSUES = ("blood", "lung", "skin", "spleen", "kidney")


def write_table(path: Path, n_clusters: int, seed: int) -> Path:
    """A marker table with `n_clusters` clusters: lists of the example's blood cells, each with some genes
    left out.
    """
    from cassia_core.services.intake.examples import example_markers

    rng = np.random.default_rng(seed)
    lists = [text.split(",") for text in _examples(example_markers)]
    rows = [
        {
            "cluster": str(at),
            "marker_genes": ",".join(g for g in lists[rng.integers(len(lists))] if rng.random() > 0.2),
        }
        for at in range(n_clusters)
    ]
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


_EXAMPLE: list[str] = []


def _examples(make) -> list[str]:
    if not _EXAMPLE:
        _EXAMPLE.extend(make(processed=True)["marker_genes"])
    return _EXAMPLE


@dataclass(frozen=True)
class Took:
    """What a run took: seconds, seconds of the processor, and memory of all its processes over time."""

    seconds: float
    cpu: float
    memory: list[tuple[float, int]]

    @property
    def peak(self) -> int:
        return max(size for _, size in self.memory)

    def __str__(self) -> str:
        return f"{self.seconds:.0f} s, {self.cpu:.0f} s of the processor, peak {self.peak / 1e6:,.0f} MB"


def run(config: RunConfig, root: Path) -> tuple[RunLayout, Took]:
    """Do a run in a worker of its own, and watch it."""
    layout = store.create_run(config, root, {})
    begun, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    worker = subprocess.Popen(
        [sys.executable, "-m", "cassia_core.pipeline.worker", str(layout.root)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    memory: list[tuple[float, int]] = []
    while worker.poll() is None:
        memory.append((time.monotonic() - begun, bytes_of(worker.pid)))
        time.sleep(0.25)
    seconds, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return layout, Took(seconds, cpu, memory)


def bytes_of(pid: int) -> int:
    """Memory of a process and all below it; what they share is counted for each."""
    total = 0
    try:
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            total += one.memory_info().rss
    except psutil.Error:
        pass
    return total


def load() -> str:
    return f"load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def tables(n_datasets: int, n_clusters: int, root: Path) -> str:
    """Marker tables through the offline engine; gives the run's id."""
    folder = root / "tables"
    folder.mkdir(exist_ok=True)
    specs = tuple(
        DatasetSpec(
            name=f"set_{n:03d}",
            path=str(write_table(folder / f"set_{n:03d}.csv", n_clusters, n)),
            tissue=TISSUES[n % len(TISSUES)],
        )
        for n in range(n_datasets)
    )
    layout, took = run(RunConfig(datasets=specs), root / "runs")
    done = int((pd.read_csv(layout.batch_summary_csv)["status"] == "success").sum())
    half = [size / 1e6 for at, size in took.memory if at > took.seconds / 2]
    print(
        f"{n_datasets} tables, {n_datasets * n_clusters:,} clusters: {took}, {done} done; memory over the "
        f"second half {half[0]:,.0f} to {half[-2]:,.0f} MB; {load()}",
        flush=True,
    )
    return layout.root.name


def cells(n_datasets: int, n_cells: int, workers: int, root: Path) -> None:
    """Files of cells, one after the other and side by side."""
    from tests.bench.batch.many_cells import many_cells

    folder = root / "cells"
    folder.mkdir(exist_ok=True)
    for n in range(n_datasets):
        if not (folder / f"cells_{n:02d}.h5ad").exists():
            many_cells(folder / f"cells_{n:02d}.h5ad", n_cells, seed=n)
    specs = tuple(DatasetSpec(name=p.stem, path=str(p), tissue="blood") for p in sorted(folder.iterdir()))
    seconds = {}
    for at_once in (1, workers):
        layout, took = run(RunConfig(datasets=specs, side_by_side=at_once), root / "runs")
        seconds[at_once] = took.seconds
        tell_cells(layout, took, at_once)
    print(f"{workers} workers are {seconds[1] / seconds[workers]:.2f} times faster", flush=True)


def tell_cells(layout: RunLayout, took: Took, at_once: int) -> None:
    """Ideal and measured for cells, answers and both."""
    config = load_record(layout).config
    outcomes = pd.read_csv(layout.batch_summary_csv)
    work = float(outcomes["preprocessing_time"].sum())
    latency = sum(entry.call.latency_s for entry in read_calls(layout.calls))
    asked = config.annotation.max_workers if config.annotation else 1
    places = min(at_once, n_threads())
    ideal_cells, ideal_answers = work / places, latency / asked
    both = max(ideal_cells, ideal_answers)
    done = (outcomes["status"] == "success").sum()
    print(
        f"{len(outcomes)} datasets ({done} done), {int(outcomes['n_cells'].sum()):,} cells, {at_once} at a "
        f"time: {took}; {load()}\n"
        f"  cells:   ideal {ideal_cells:.0f} s ({work:.0f} s of work on {places} cores)\n"
        f"  answers: ideal {ideal_answers:.1f} s ({latency:.1f} s of answers, {asked} at a time)\n"
        f"  both:    ideal {both:.0f} s, measured {took.seconds:.0f} s",
        flush=True,
    )


def page(run_id: str, root: Path) -> None:
    """Reruns of the page Batch over a run, with what they take in this process."""
    os.environ["CASSIA_HOME"] = str(root / "home")
    (root / "home").mkdir(exist_ok=True)
    link = root / "home" / "batch_results"
    if not link.exists():
        link.symlink_to(root / "runs")
    from streamlit.testing.v1 import AppTest

    at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
    at.session_state["chosen_run"] = run_id
    at.session_state["batch_part"] = "Batches"
    for what in ("first (the record is read)", "again", "again", "again"):
        begun, begun_cpu = time.perf_counter(), time.process_time()
        if what.startswith("first"):
            at.run().switch_page("pages/batch.py").run()
        else:
            at.run()
        print(
            f"page Batch, {what}: {time.perf_counter() - begun:.2f} s, of the processor "
            f"{time.process_time() - begun_cpu:.2f} s; {load()}",
            flush=True,
        )
    assert not at.exception, at.exception


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", nargs="*", default=["tables", "page", "cells"])
    parser.add_argument("--datasets", type=int, default=200)
    parser.add_argument("--clusters", type=int, default=20)
    parser.add_argument("--files", type=int, default=24)
    parser.add_argument("--cells", type=int, default=3000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cassia-batch-") as folder:
        root, run_id = Path(folder), ""
        if {"tables", "page"} & set(options.what):
            run_id = tables(options.datasets, options.clusters, root)
        if "page" in options.what:
            page(run_id, root)
        if "cells" in options.what:
            cells(options.files, options.cells, options.workers, root)


if __name__ == "__main__":
    main()
