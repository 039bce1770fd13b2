"""Time and peak memory of clustering: CASSIA's Scanpy vignette as written, with correct markers, and ours, on
the same
counts.

    python tests/bench/clustering.py                         3k, 30k and 100k cells, all three ways
    python tests/bench/clustering.py --cells 30000 --ways correct ours

Each way runs in a process of its own, warm (numba code compiled before the clock starts), and its peak is
that of
the whole process. Counts are synthetic: 20,000 genes, about 3,000 non-zero per cell, 15 types of unequal
size.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(tempfile.gettempdir()) / "cassia-bench-numba"))
warnings.simplefilter("ignore")

N_GENES, N_TYPES, DRAWS = 20_000, 15, 6_300
WAYS = ("as_written", "correct", "ours")
STEPS = (
    "read",
    "qc",
    "normalise",
    "variable_genes",
    "scale",
    "pca",
    "neighbors",
    "umap",
    "leiden",
    "markers",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, nargs="+", default=[3_000, 30_000, 100_000])
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS)
    parser.add_argument("--one", nargs=2, metavar=("WAY", "FOLDER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one[0], Path(options.one[1]))))
        return
    for n_cells in options.cells:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                [sys.executable, __file__, "--cells", str(n_cells), "--one", "make", folder],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            report(n_cells, {way: in_own_process(way, folder) for way in options.ways})


def in_own_process(way: str, folder: str) -> dict:
    done = subprocess.run(
        [sys.executable, __file__, "--one", way, folder], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def report(n_cells: int, found: dict[str, dict]) -> None:
    print(f"\n{n_cells:,} cells")
    print(f"{'':16}" + "".join(f"{way:>14}" for way in found))
    for step in (*STEPS, "view"):
        seconds = [f["steps"].get(step) for f in found.values()]
        if any(s is not None for s in seconds):
            print(f"{step:16}" + "".join(f"{'' if s is None else f'{s:.1f} s':>14}" for s in seconds))
    print(f"{'whole':16}" + "".join(f"{f['seconds']:>12.1f} s" for f in found.values()))
    print(f"{'until markers':16}" + "".join(f"{f['until_markers']:>12.1f} s" for f in found.values()))
    print(f"{'peak memory':16}" + "".join(f"{f['peak_gb']:>11.2f} GB" for f in found.values()))
    print(f"{'clusters':16}" + "".join(f"{f['clusters']:>14}" for f in found.values()))
    print(f"{'agreement (ARI)':16}" + "".join(f"{f['ari']:>14.3f}" for f in found.values()))
    if {"correct", "ours"} <= set(found):
        correct, ours = found["correct"], found["ours"]
        print(
            f"ours against correct: {correct['seconds'] / ours['seconds']:.2f} times faster, "
            f"{ours['peak_gb'] / correct['peak_gb']:.2f} of the peak memory",
            flush=True,
        )


def measure(way: str, folder: Path) -> dict:
    if way == "make":
        make_counts(int(sys.argv[sys.argv.index("--cells") + 1]), folder)
        return {}
    warm_up(way, folder)
    adata = read(folder)
    steps: dict[str, float] = {}
    began = time.perf_counter()
    labels, until_markers = (
        ours(adata, steps, folder) if way == "ours" else vignette(adata, steps, way == "correct", began)
    )
    seconds = time.perf_counter() - began
    from sklearn.metrics import adjusted_rand_score

    return {
        "steps": steps,
        "seconds": seconds,
        "until_markers": until_markers,
        "clusters": len(set(labels)),
        "ari": adjusted_rand_score(adata.obs["type"], labels),
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
    }


@contextmanager
def clock(steps: dict[str, float], name: str):
    began = time.perf_counter()
    yield
    steps[name] = time.perf_counter() - began


def vignette(adata, steps: dict[str, float], correct: bool, began: float) -> tuple[list[str], float]:
    """Seed 002, section 3 and 4.1. `correct`: markers from the log-normalised values of all genes."""
    import scanpy as sc

    with clock(steps, "normalise"):
        sc.pp.normalize_total(adata, target_sum=1e4)
        sc.pp.log1p(adata)
    with clock(steps, "variable_genes"):
        sc.pp.highly_variable_genes(adata, min_mean=0.0125, max_mean=3, min_disp=0.5)
        adata_raw = adata
        adata = adata[:, adata.var.highly_variable]
    with clock(steps, "scale"):
        sc.pp.scale(adata, max_value=10)
    with clock(steps, "pca"):
        sc.tl.pca(adata, svd_solver="arpack")
    with clock(steps, "neighbors"):
        sc.pp.neighbors(adata, n_neighbors=10, n_pcs=25)
    with clock(steps, "umap"):
        sc.tl.umap(adata)
    with clock(steps, "leiden"):
        sc.tl.leiden(adata, resolution=0.4, key_added="leiden_res_0.4")
    with clock(steps, "markers"):
        if correct:
            adata_raw.obs["leiden_res_0.4"] = adata.obs["leiden_res_0.4"]
        sc.tl.rank_genes_groups(adata_raw if correct else adata, "leiden_res_0.4", method="wilcoxon")
        sc.get.rank_genes_groups_df(adata_raw if correct else adata, group=None)
    return adata.obs["leiden_res_0.4"].astype(str).tolist(), time.perf_counter() - began


class Watch:
    """A `ClusteringListener` that keeps the time of every stage."""

    def __init__(self, steps: dict[str, float]) -> None:
        self.steps, self.began, self.until_markers = steps, time.perf_counter(), 0.0

    def started(self, stage) -> None: ...

    def progress(self, stage, fraction) -> None: ...

    def finished(self, stage, seconds, summary) -> None:
        self.steps[stage] = seconds

    def notice(self, text) -> None: ...

    def clusters_found(self, ids, n_cells) -> None: ...

    def inside_read(self, inside: object) -> None: ...

    def markers_ready(self, table, expression) -> None:
        self.until_markers = time.perf_counter() - self.began

    def cancelled(self) -> bool:
        return False


def ours(adata, steps: dict[str, float], folder: Path) -> tuple[list[str], float]:
    """`cluster_cells` as a run calls it, the view included."""
    from cassia_core.data.cells.load_cells import LoadedCells
    from cassia_core.data.clustering.cluster_cells import cluster_cells
    from cassia_core.domain.config import DatasetSpec
    from cassia_core.domain.findings import Findings, MatrixInfo

    info = MatrixInfo(location="X", state="counts", n_genes=adata.n_vars)
    findings = Findings(
        kind="cells", format="h5ad", matrices=(info,), expression="X", counts="X", species="human"
    )
    watch = Watch(steps)
    found = cluster_cells(
        LoadedCells(adata=adata, findings=findings),
        DatasetSpec(name="bench", path="bench"),
        watch,
        folder / "view",
    )
    return found.adata.obs["leiden"].astype(str).tolist(), watch.until_markers


def warm_up(way: str, folder: Path) -> None:
    """Run the same code on few cells, so that compiling is not measured; scanpy's approximate search needs
    many.
    """
    import numpy as np

    if way == "ours":
        from cassia_core.data.kernels.nearest import nearest_cells

        ours(few_cells(folder), {}, folder)
        nearest_cells(np.random.default_rng(0).normal(size=(1000, 25)).astype(np.float32), 10)
        return
    import anndata as ad
    import scanpy as sc

    vignette(few_cells(folder), {}, way == "correct", 0.0)
    if n_cells_of(folder) >= 8192:
        points = ad.AnnData(np.random.default_rng(0).normal(size=(8300, 25)).astype(np.float32))
        sc.pp.neighbors(points, n_neighbors=10, use_rep="X")


def n_cells_of(folder: Path) -> int:
    import numpy as np

    return np.load(folder / "kinds.npy", mmap_mode="r").size


def few_cells(folder: Path):
    import anndata as ad
    import numpy as np
    from scipy import sparse

    stop = 600
    indptr = np.load(folder / "indptr.npy", mmap_mode="r")[: stop + 1].copy()
    parts = [
        np.load(folder / f"{name}.npy", mmap_mode="r")[: indptr[-1]].copy() for name in ("data", "indices")
    ]
    adata = ad.AnnData(sparse.csr_matrix((*parts, indptr), shape=(stop, N_GENES)))
    adata.obs["type"] = [str(k) for k in np.load(folder / "kinds.npy", mmap_mode="r")[:stop]]
    return adata


def read(folder: Path):
    import anndata as ad
    import numpy as np
    import pandas as pd
    from scipy import sparse

    kinds = np.load(folder / "kinds.npy")
    parts = [np.load(folder / f"{name}.npy") for name in ("data", "indices", "indptr")]
    matrix = sparse.csr_matrix(tuple(parts), shape=(kinds.size, N_GENES))
    obs = pd.DataFrame({"type": kinds.astype(str)}, index=[f"cell{i}" for i in range(kinds.size)])
    return ad.AnnData(matrix, obs=obs, var=pd.DataFrame(index=[f"GENE{i}" for i in range(N_GENES)]))


def make_counts(n_cells: int, folder: Path) -> None:
    """Draws from a profile per type: a shared log-normal one, with 300 genes of its own raised."""
    import numpy as np
    from numba import njit

    rng = np.random.default_rng(0)
    shared = rng.lognormal(0.0, 1.6, N_GENES)
    profiles = np.tile(shared, (N_TYPES, 1))
    for profile in profiles:
        profile[rng.choice(N_GENES, 300, replace=False)] *= rng.lognormal(1.5, 0.7, 300)
    edges = np.cumsum(profiles / profiles.sum(axis=1, keepdims=True), axis=1)
    sizes = rng.dirichlet(np.full(N_TYPES, 2.0))
    kinds = rng.choice(N_TYPES, n_cells, p=sizes)
    depth = np.clip(rng.normal(DRAWS, DRAWS / 5, n_cells), DRAWS / 3, None).astype(np.int64)

    @njit
    def draw(start, stop, kinds, depth, edges, lookup, seed):
        np.random.seed(seed)
        found = np.zeros(N_GENES, dtype=np.float32)
        indptr = np.zeros(stop - start + 1, dtype=np.int64)
        indices = np.empty(depth[start:stop].sum(), dtype=np.int32)
        data = np.empty(indices.size, dtype=np.float32)
        at = 0
        for cell in range(start, stop):
            edge, first = edges[kinds[cell]], lookup[kinds[cell]]
            for _ in range(depth[cell]):
                u = np.random.random()
                gene = first[int(u * 65536)]
                while edge[gene] < u and gene < N_GENES - 1:
                    gene += 1
                found[gene] += 1
            for gene in range(N_GENES):
                if found[gene] > 0:
                    indices[at], data[at] = gene, found[gene]
                    found[gene] = 0
                    at += 1
            indptr[cell - start + 1] = at
        return indptr, indices[:at].copy(), data[:at].copy()

    lookup = np.stack([np.searchsorted(e, np.arange(65537) / 65536) for e in edges]).astype(np.int32)
    lookup = np.minimum(lookup, N_GENES - 1)
    parts = [
        draw(a, min(a + 5_000, n_cells), kinds, depth, edges, lookup, a) for a in range(0, n_cells, 5_000)
    ]
    offsets = np.cumsum([0, *(p[0][-1] for p in parts)])
    indptr = np.concatenate([[0], *(p[0][1:] + o for p, o in zip(parts, offsets, strict=False))])
    np.save(folder / "indptr.npy", indptr.astype(np.int32 if indptr[-1] < 2**31 else np.int64))
    np.save(folder / "indices.npy", np.concatenate([p[1] for p in parts]))
    np.save(folder / "data.npy", np.concatenate([p[2] for p in parts]))
    np.save(folder / "kinds.npy", kinds)


if __name__ == "__main__":
    main()
