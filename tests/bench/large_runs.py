"""Whole runs of many cells, as a person starts them: `python -m tests.bench.large_runs [--small 30000]
[--large 100000]`.

Prints, for the synthetic counts of tests/bench/clustering.py: the time of a run without agents from start to
last file; the
same once more, with labels and coordinates compared; what a cancel during the map of the large file does; and
one gene of all
cells read from disk in a process of its own, with that process's memory.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from cassia_core.data.view.view_store import open_view
from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.domain.progress import RunView
from cassia_core.runs.lock import worker_alive
from cassia_core.services.runs import runs
from tests.bench import clustering

LOOK_EVERY_S = 0.05


def write_cells(n_cells: int, folder: Path) -> Path:
    """Synthetic counts as an h5ad file, made in a process of its own so that this one stays small."""
    path = folder / f"cells_{n_cells}.h5ad"
    subprocess.run(
        [sys.executable, "-m", "tests.bench.large_runs", "--write", str(n_cells), str(path)], check=True
    )
    return path


def start(path: Path, root: Path) -> str:
    return runs.start_run(
        RunConfig(datasets=(DatasetSpec(name="cells", path=str(path)),), annotation=None), {}, root
    )


def wait(run_id: str, root: Path, until: Callable[[RunView], bool]) -> float:
    """Seconds until the run's progress is as wanted."""
    began = time.perf_counter()
    while not until(runs.view_run(run_id, root)):
        time.sleep(LOOK_EVERY_S)
    return time.perf_counter() - began


def stage(view: RunView, name: str) -> str:
    return next((s.state for d in view.datasets for s in d.stages if s.stage == name), "waiting")


def view_folder(run_id: str, root: Path) -> Path:
    layout = runs.find_run(run_id, root)
    return layout.dataset(0, runs.load_config(run_id, root).datasets[0]).view


def repeat(path: Path, root: Path) -> None:
    found = []
    for number in ("first", "second"):
        run_id = start(path, root)
        shown = wait(
            run_id,
            root,
            lambda v: {stage(v, "umap"), stage(v, "leiden")} == {"done"} or v.state in runs.ENDED,
        )
        whole = shown + wait(run_id, root, lambda v: v.state in runs.ENDED)
        print(
            f"{path.stem}, {number} run: clusters and map after {shown:.1f} s, everything written after "
            f"{whole:.1f} s "
            f"({runs.view_run(run_id, root).state})",
            flush=True,
        )
        view = open_view(view_folder(run_id, root))
        found.append((view.column(view.cluster_key).codes, view.embedding("X_umap")))
    same = [
        np.array_equal(a, b, equal_nan=True) if a.dtype.kind == "f" else np.array_equal(a, b)
        for a, b in zip(*found, strict=True)
    ]
    print(
        f"same seed twice: labels {'identical' if same[0] else 'DIFFERENT'}, coordinates "
        f"{'identical' if same[1] else 'DIFFERENT'}",
        flush=True,
    )


def cancelled(path: Path, root: Path) -> None:
    run_id = start(path, root)
    wait(run_id, root, lambda v: stage(v, "umap") == "running" or v.state in runs.ENDED)
    time.sleep(3)
    at_work = stage(runs.view_run(run_id, root), "umap")
    began = time.perf_counter()
    runs.cancel_run(run_id, root)
    layout = runs.find_run(run_id, root)
    while worker_alive(layout):
        time.sleep(LOOK_EVERY_S)
    seconds = time.perf_counter() - began
    left = sorted(
        p.name for p in layout.root.rglob("*") if p.suffix in (".h5ad", ".part") or p.name.startswith("view")
    )
    print(
        f"{path.stem}, cancel while the map is {at_work}: worker gone after {seconds:.1f} s, state "
        f"{runs.view_run(run_id, root).state}, half-written files: {left or 'none'}",
        flush=True,
    )


def genes(path: Path, root: Path) -> None:
    run_id = start(path, root)
    wait(run_id, root, lambda v: v.state in runs.ENDED)
    subprocess.run(
        [sys.executable, "-m", "tests.bench.large_runs", "--read", str(view_folder(run_id, root))], check=True
    )


def read_genes(folder: Path) -> None:
    view = open_view(folder)
    names = view.genes()
    rng, seconds = np.random.default_rng(0), []
    for gene in rng.choice(len(names), 30, replace=False):
        began = time.perf_counter()
        values = view.gene(names[gene])
        seconds.append(time.perf_counter() - began)
    print(
        f"one gene of {len(values):,} cells from disk: median {1e3 * np.median(seconds):.0f} ms, slowest of "
        "30 "
        f"{1e3 * max(seconds):.0f} ms; the process holds "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.large_runs", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--small", type=int, default=30_000)
    parser.add_argument("--large", type=int, default=100_000)
    parser.add_argument("--write", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--read", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        read_genes(Path(options.read))
    elif options.write:
        with tempfile.TemporaryDirectory() as folder:
            clustering.make_counts(int(options.write[0]), Path(folder))
            clustering.read(Path(folder)).write_h5ad(options.write[1])
    else:
        with tempfile.TemporaryDirectory(prefix="cassia-large-runs-") as folder:
            repeat(write_cells(options.small, Path(folder)), Path(folder))
            large = write_cells(options.large, Path(folder))
            cancelled(large, Path(folder))
            genes(large, Path(folder))


if __name__ == "__main__":
    main()
