"""A million cells on a laptop: makes cells whose types are known, runs the whole path, and says what it took.

    python tests/bench/million.py                              100,000 cells: exact, sketch, and scanpy beside
    python tests/bench/million.py --cells 300000 --ways sketch
    python tests/bench/million.py --cells 1000000 --ways sketch --memory 6

Counts are synthetic: 20,000 genes with human names, about 3,000 of them seen per cell, 15 types of unequal
size, the rarest 0.02 % of the cells. They are written in blocks, so that making them takes little memory.
Each way runs in a process of its own; its peak is that of the whole process (`VmHWM`). Agreement is the
adjusted Rand index with the planted types; the rarest type is found when some cluster holds most of it and
little else.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.bench.memory import high_water, peak_while_running  # noqa: E402

os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(tempfile.gettempdir()) / "cassia-bench-numba"))

N_GENES, N_TYPES, DRAWS = 20_000, 15, 5_400
RAREST, MARKERS = 0.0002, 30
TYPES = (
    "CD4-positive, alpha-beta T cell",
    "fibroblast",
    "neutrophil",
    "B cell",
    "hepatocyte",
    "endothelial cell",
    "natural killer cell",
    "neuron",
    "classical monocyte",
    "astrocyte",
    "oligodendrocyte",
    "plasma cell",
    "smooth muscle cell",
    "melanocyte",
    "mast cell",
)
"""Largest first; mast cells are the rarest."""
AT_ONCE = 10_000
"""Cells made and written at once."""
WAYS = ("sketch", "exact", "scanpy")
SEEDS = 3
"""Of scanpy: how far its own clusters are from each other is what ours are held against."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=100_000)
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS)
    parser.add_argument("--memory", type=float, default=6.0, help="gigabytes that the sketch way may take")
    parser.add_argument("--file", type=Path, help="where the cells are kept, or lie already")
    parser.add_argument("--keep", type=Path, help="folder in which the runs stay")
    parser.add_argument("--make", action="store_true", help="make the cells and stop")
    parser.add_argument("--scanpy", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.scanpy is not None:
        print(json.dumps(by_scanpy(options.file, options.scanpy)))
        return
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as scratch:
        path = options.file or Path(scratch) / "cells.h5ad"
        if not path.exists():
            began = time.monotonic()
            make_cells(path, options.cells)
            print(f"made {options.cells:,} cells in {time.monotonic() - began:.0f} s", flush=True)
        if not options.make:
            compare(path, options, options.keep or Path(scratch) / "runs")


def compare(path: Path, options: argparse.Namespace, folder: Path) -> None:
    """Run each way and print its figures."""
    print(
        f"{path.stat().st_size / 1e9:.1f} GB, {shutil.disk_usage(path.parent).free / 1e9:.0f} GB free on disk"
    )
    for way in options.ways:
        if way == "scanpy":
            for seed in range(SEEDS):
                say(f"scanpy, seed {seed}", scanpy_apart(path, seed))
        else:
            say(way, by_run(path, way, options.memory, folder))


def say(way: str, found: dict) -> None:
    """Print what one way gave."""
    times = f"{found['seconds']:.0f} s ({found['cpu']:.0f} s of the processor)"
    print(f"\n{way}: {times}, peak {found['peak_gb']:.2f} GB, {found['clusters']} clusters")
    print(f"  ARI {found['ari']:.4f}; rarest: {found['rarest']}")
    for stage, seconds in found.get("stages", {}).items():
        print(f"  {stage:16}{seconds:>8.1f} s")
    for notice in found.get("notices", ()):
        print(f"  {notice}")
    sys.stdout.flush()


# ------------------------------------------------------------------ the cells


def sizes_of(n_cells: int) -> list[int]:
    """Cells of every type, largest first: each about two thirds of the one before, the last `RAREST`."""
    import numpy as np

    shares = 0.62 ** np.arange(N_TYPES - 1)
    rare = max(20, round(RAREST * n_cells))
    sizes = np.floor(shares / shares.sum() * (n_cells - rare)).astype(int)
    sizes[0] += n_cells - rare - sizes.sum()
    return [*sizes.tolist(), rare]


def make_cells(path: Path, n_cells: int) -> None:
    """Write the cells as h5ad, a block at a time; the planted type is `obs["planted"]`."""
    import anndata as ad
    import h5py
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    kinds = np.repeat(np.arange(N_TYPES), sizes_of(n_cells)).astype(np.int32)
    rng.shuffle(kinds)
    depth = np.clip(rng.normal(DRAWS, DRAWS / 5, n_cells), DRAWS / 3, None).astype(np.int64)
    obs = pd.DataFrame(
        {"planted": pd.Categorical([TYPES[k] for k in kinds])}, index=[f"cell{i}" for i in range(n_cells)]
    )
    names = gene_names()
    var = pd.DataFrame(index=names)
    part = path.with_suffix(".part")
    ad.AnnData(obs=obs, var=var).write_h5ad(part)
    with h5py.File(part, "r+") as file:
        _write_counts(file, kinds, depth, profiles(rng, names))
    part.replace(path)


def gene_names() -> list[str]:
    """Human genes: all that the knowledge base lists for a type, then others."""
    from cassia_core.genes.tables_io import gene_table
    from cassia_core.knowledge.content.base import load_knowledge

    listed = dict.fromkeys(m.gene for entry in load_knowledge().types for m in entry.markers)
    return list(dict.fromkeys([*listed, *sorted(gene_table("human").symbols)]))[:N_GENES]


def profiles(rng, names: list[str]):
    """Cumulative shares of all genes in every type.

    A common log-normal profile with 300 genes raised in each type, and up to `MARKERS` of the markers that
    the knowledge base lists for it, 2.5 to 7.5 counts in 10,000 of each; other types hardly have them.
    """
    import numpy as np

    from cassia_core.knowledge.content.base import load_knowledge

    known = load_knowledge()
    listed = {m.gene for entry in known.types for m in entry.markers}
    common = rng.lognormal(0.0, 1.6, N_GENES)
    common[[name in listed for name in names]] *= 0.05
    found = np.tile(common / common.sum(), (N_TYPES, 1))
    place = {name: at for at, name in enumerate(names)}
    for profile, kind in zip(found, TYPES, strict=True):
        profile[rng.choice(N_GENES, 300, replace=False)] *= rng.lognormal(1.5, 0.7, 300)
        strong = [m.gene for m in known.get(kind).markers if m.weight >= 2 and m.gene in place]
        markers = [place[gene] for gene in strong[:MARKERS]]
        profile[markers] = rng.uniform(2.5e-4, 7.5e-4, len(markers))
    return np.cumsum(found / found.sum(axis=1, keepdims=True), axis=1)


def _write_counts(file, kinds, depth, edges) -> None:
    import numpy as np

    if "X" in file:
        del file["X"]
    group = file.create_group("X")
    group.attrs.update(
        {"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": [len(kinds), N_GENES]}
    )
    steps = range(0, len(kinds), AT_ONCE)
    data = group.create_dataset("data", (0,), "u2", maxshape=(None,), chunks=(1 << 20,))
    indices = group.create_dataset("indices", (0,), "i4", maxshape=(None,), chunks=(1 << 20,))
    indptr, draw = [np.zeros(1, dtype=np.int64)], _drawing(edges)
    with ThreadPoolExecutor(2) as pool:
        for start, (ends, genes, counts) in zip(
            steps,
            pool.map(lambda a: draw(kinds[a : a + AT_ONCE], depth[a : a + AT_ONCE], a), steps),
            strict=True,
        ):
            at = data.shape[0]
            for stored, values in ((data, counts), (indices, genes)):
                stored.resize((at + len(values),))
                stored[at:] = values
            indptr.append(ends + at)
            print(f"\r{start:,}", end="", file=sys.stderr)
    group["indptr"] = np.concatenate(indptr)


def _drawing(edges):
    import numpy as np
    from numba import njit

    lookup = np.stack([np.searchsorted(e, np.arange(65537) / 65536) for e in edges]).astype(np.int32)
    lookup = np.minimum(lookup, N_GENES - 1)

    @njit(nogil=True)
    def draw(kinds, depth, edges, lookup, seed):
        np.random.seed(seed)
        seen = np.zeros(N_GENES, dtype=np.uint16)
        ends = np.zeros(kinds.size, dtype=np.int64)
        genes, counts = np.empty(depth.sum(), dtype=np.int32), np.empty(depth.sum(), dtype=np.uint16)
        at = 0
        for cell in range(kinds.size):
            edge, first = edges[kinds[cell]], lookup[kinds[cell]]
            for _ in range(depth[cell]):
                u = np.random.random()
                gene = first[int(u * 65536)]
                while edge[gene] < u and gene < N_GENES - 1:
                    gene += 1
                seen[gene] += 1
            for gene in range(N_GENES):
                if seen[gene] > 0:
                    genes[at], counts[at] = gene, seen[gene]
                    seen[gene] = 0
                    at += 1
            ends[cell] = at
        return ends, genes[:at].copy(), counts[:at].copy()

    return lambda kinds, depth, seed: draw(kinds, depth, edges, lookup, seed)


# ------------------------------------------------------------------ the ways


def by_run(path: Path, way: str, memory: float, folder: Path) -> dict:
    """A run of the program, as a person starts it: read, cluster, find markers, write; nobody is asked."""
    from cassia_core.domain.config import DatasetSpec, ReadOptions, RunConfig
    from cassia_core.runs import store

    read = ReadOptions(cells=way, memory_gb=memory if way == "sketch" else None)
    spec = DatasetSpec(name=way, path=str(path), read=read)
    layout = store.create_run(RunConfig(datasets=(spec,), annotation=None), folder, {})
    began, cpu = time.monotonic(), cpu_of_children()
    worker = subprocess.Popen(
        [sys.executable, "-m", "cassia_core.pipeline.worker", str(layout.root)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    peak = peak_while_running(worker)
    seconds = time.monotonic() - began
    if worker.returncode:
        raise SystemExit(layout.events.read_text(encoding="utf-8")[-2000:])
    events = [json.loads(line) for line in layout.events.read_text().splitlines()]
    return {
        "seconds": seconds,
        "cpu": cpu_of_children() - cpu,
        "peak_gb": peak / 1e9,
        "stages": {e["stage"]: e["seconds"] for e in events if e["type"] == "stage_finished"},
        "notices": [e["text"] for e in events if e["type"] == "notice"],
        **agreement(layout.dataset(0, spec).annotated_h5ad, "leiden"),
    }


def agreement(path: Path, column: str) -> dict:
    """Agreement of the clusters in an annotated file with the planted types."""
    import anndata as ad
    import h5py

    with h5py.File(path) as file:
        obs = ad.io.read_elem(file["obs"])
    return scored(obs["planted"].astype(str).to_numpy(), obs[column].astype(str).to_numpy())


def scored(planted, clusters) -> dict:
    """Agreement, number of clusters, and what became of the rarest type."""
    import pandas as pd
    from sklearn.metrics import adjusted_rand_score

    table = pd.crosstab(pd.Series(planted), pd.Series(clusters))
    rarest = table.sum(axis=1).idxmin()
    best = table.loc[rarest].idxmax()
    inside, of_type, of_cluster = table.loc[rarest, best], table.loc[rarest].sum(), table[best].sum()
    verdict = "found" if inside >= 0.8 * of_type and inside >= 0.8 * of_cluster else "NOT found"
    return {
        "ari": float(adjusted_rand_score(planted, clusters)),
        "clusters": table.shape[1],
        "rarest": f"{verdict} ({inside} of its {of_type} cells in a cluster of {of_cluster})",
    }


def cpu_of_children() -> float:
    """Seconds of the processor that ended processes took: on a busy machine they say more than the clock."""
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def scanpy_apart(path: Path, seed: int) -> dict:
    """Scanpy in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--file", str(path), "--scanpy", str(seed)],
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def by_scanpy(path: Path, seed: int) -> dict:
    """CASSIA's Scanpy vignette as far as its clusters, with another seed each time."""
    import anndata as ad
    import numpy as np
    import scanpy as sc

    began = time.monotonic()
    cells = ad.read_h5ad(path)
    cells.X = cells.X.astype(np.float32)
    sc.pp.normalize_total(cells, target_sum=1e4)
    sc.pp.log1p(cells)
    sc.pp.highly_variable_genes(cells, min_mean=0.0125, max_mean=3, min_disp=0.5)
    cells = cells[:, cells.var.highly_variable].copy()
    sc.pp.scale(cells, max_value=10)
    sc.tl.pca(cells, svd_solver="arpack", random_state=seed)
    sc.pp.neighbors(cells, n_neighbors=10, n_pcs=25, random_state=seed)
    sc.tl.leiden(cells, resolution=0.4, flavor="igraph", n_iterations=2, random_state=seed)
    return {
        "seconds": time.monotonic() - began,
        "cpu": time.process_time(),
        "peak_gb": high_water(os.getpid()) / 1e9,
        **scored(cells.obs["planted"].astype(str).to_numpy(), cells.obs["leiden"].astype(str).to_numpy()),
    }


if __name__ == "__main__":
    main()
