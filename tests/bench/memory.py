"""Peak memory of a run's worker against what is estimated before loading.

    python tests/bench/memory.py                     5k, 15k and 30k cells, three kinds of file
    python tests/bench/memory.py --cells 5000 --kinds counts

Each run is the command `cluster` of a person: read, cluster, write. Its peak is that of the worker's own
process
(`VmHWM`). Counts are synthetic: 20,000 genes, about 2,700 non-zero per cell.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
N_GENES, DRAWS, AT_ONCE = 20_000, 6_000, 500
KINDS = ("counts", "counts in a layer", "packed float64")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, nargs="+", default=[5_000, 15_000, 30_000])
    parser.add_argument("--kinds", nargs="+", default=list(KINDS), choices=KINDS)
    options = parser.parse_args()
    print(f"{'kind':20}{'cells':>9}{'values':>14}{'peak':>10}{'estimate':>10}{'ratio':>8}{'seconds':>9}")
    for kind in options.kinds:
        for n_cells in options.cells:
            with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
                report(kind, n_cells, Path(folder))


def report(kind: str, n_cells: int, folder: Path) -> None:
    path = folder / "cells.h5ad"
    write_cells(kind, n_cells, path)
    from cassia_core.data.cells.file_inspection import inspect_file
    from cassia_core.data.readers.read_cells import find_source, read_cell_file

    estimated = inspect_file(path).memory_bytes
    values = read_cell_file(find_source(path), inspect=True).stored_values
    began = time.monotonic()
    peak = peak_of_worker(path, folder)
    print(
        f"{kind:20}{n_cells:>9,}{values:>14,}{peak / 1e9:>7.2f} GB{estimated / 1e9:>7.2f} "
        f"GB{estimated / peak:>8.2f}"
        f"{time.monotonic() - began:>9.0f}",
        flush=True,
    )


def peak_while_running(process: subprocess.Popen) -> int:
    """Bytes at the height of a process, watched until it ends."""
    peak = 0
    while process.poll() is None:
        peak = max(peak, high_water(process.pid))
        time.sleep(0.05)
    return peak


def peak_of_worker(path: Path, folder: Path) -> int:
    """Bytes at the height of the worker, which this process starts as a run does and watches."""
    from cassia_core.domain.config import DatasetSpec, RunConfig
    from cassia_core.runs import store
    from cassia_core.runs.layout import RunLayout

    config = RunConfig(datasets=(DatasetSpec(name="cells", path=str(path)),), annotation=None)
    layout: RunLayout = store.create_run(config, folder / "runs", {})
    process = subprocess.Popen(
        [sys.executable, "-m", "cassia_core.pipeline.worker", str(layout.root)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    peak = peak_while_running(process)
    if process.returncode:
        raise SystemExit(layout.events.read_text()[-1000:])
    return peak


def high_water(pid: int) -> int:
    """Peak of a process in bytes, 0 where it cannot be told."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


def write_cells(kind: str, n_cells: int, path: Path) -> None:
    """Poisson draws around ten profiles, written as the kind says."""
    import anndata as ad
    import numpy as np
    from scipy import sparse

    from cassia_core.genes.tables_io import gene_table

    rng = np.random.default_rng(0)
    profiles = rng.lognormal(0.0, 1.6, (10, N_GENES)) * rng.lognormal(0.0, 0.5, N_GENES)
    profiles *= DRAWS / profiles.sum(axis=1, keepdims=True)
    blocks = [
        sparse.csr_matrix(
            rng.poisson(profiles[rng.integers(0, 10, min(AT_ONCE, n_cells - start))]).astype(np.float32)
        )
        for start in range(0, n_cells, AT_ONCE)
    ]
    matrix = sparse.vstack(blocks, format="csr")
    del blocks
    adata = ad.AnnData(matrix)
    adata.var_names = sorted(gene_table("human").symbols)[:N_GENES]
    if kind == "counts in a layer":
        adata.layers["counts"] = matrix.copy()
        adata.X = matrix.copy()
        adata.X.data = np.log1p(adata.X.data / 0.6)
    if kind == "packed float64":
        adata.X = matrix.astype(np.float64)
    adata.write_h5ad(path, compression="gzip" if kind == "packed float64" else None)


if __name__ == "__main__":
    main()
