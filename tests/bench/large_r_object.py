"""A large R object: how long it takes to inspect, and how much memory it takes to load.

    python tests/bench/large_r_object.py --megabytes 300

Writes a Seurat object of about that size (packed with gzip, as `saveRDS` does), inspects it anew and from the
cache, and loads it, each in a process of its own. Memory is the highest that the process had above what it
had before the file was opened, against the memory of the matrix as it is held (float32 values,
int32 numbers).
"""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
N_GENES, PER_CELL = 20_000, 3_000
BYTES_OF_A_VALUE = 1.68
"""What a stored value takes in the packed file, as measured."""
_STEP = """
import sys, time, warnings
from pathlib import Path
warnings.simplefilter("ignore")
from cassia_core.data.cells.file_inspection import inspect_file
from cassia_core.data.cells.load_cells import load_cells
def high():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
def took():
    return round(time.monotonic() - begun, 2), round(time.process_time() - used, 2)
before, begun, used = high(), time.monotonic(), time.process_time()
path = Path(sys.argv[2])
if sys.argv[1] == "inspect":
    found = inspect_file(path)
    print("inspected", found.n_cells, found.n_genes, *took(), high() - before, 0)
else:
    cells = load_cells(path).adata
    held = cells.X.data.nbytes + cells.X.indices.nbytes + cells.X.indptr.nbytes
    print("loaded", *cells.shape, *took(), high() - before, held)
"""


def write_object(path: Path, megabytes: int) -> None:
    """A Seurat object (Assay) whose counts make up nearly all of the file."""
    sys.path.insert(0, str(ROOT))
    import numpy as np
    import scipy.sparse as sp

    from cassia_core.genes.tables_io import gene_table
    from tests.r_writer import S4, data_frame, dense, factor, matrix, named, rds

    n_cells = int(megabytes * 1e6 / BYTES_OF_A_VALUE / PER_CELL)
    rng = np.random.default_rng(0)
    genes = np.sort(rng.integers(0, N_GENES // PER_CELL, (n_cells, PER_CELL)), axis=1)
    indices = (np.arange(PER_CELL) * (N_GENES // PER_CELL) + genes).astype(np.int32)
    values = (1 + rng.poisson(0.8, indices.size)).astype(float)
    pointers = np.arange(n_cells + 1) * PER_CELL
    counts = sp.csc_matrix((values, indices.ravel(), pointers), shape=(N_GENES, n_cells))
    cells = [f"cell{i}" for i in range(n_cells)]
    empty = dense(np.empty((0, 0)), None, None)
    assay = S4(
        "Assay",
        {
            "counts": matrix(counts, sorted(gene_table("human").symbols)[:N_GENES], cells),
            "data": empty,
            "scale.data": empty,
        },
    )
    table = data_frame({"seurat_clusters": factor([str(i % 9) for i in range(n_cells)])}, cells)
    slots = {"assays": named({"RNA": assay}), "meta.data": table, "active.assay": ["RNA"]}
    path.write_bytes(gzip.compress(rds(S4("Seurat", slots)), compresslevel=1))


def step(what: str, path: Path, home: Path) -> str:
    """What one process says of one step."""
    environment = {**os.environ, "CASSIA_HOME": str(home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", _STEP, what, str(path)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    said, cells, genes, seconds, processor, above, held = done.stdout.split()[-7:]
    against = (
        f", {int(above) / int(held):.1f} times the matrix ({int(held) / 1e6:,.0f} MB)" if int(held) else ""
    )
    size = f"{int(cells):,} cells, {int(genes):,} genes"
    return f"{said}: {size}, {seconds} s ({processor} s of processor), {int(above) / 1e6:,.0f} MB{against}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--megabytes", type=int, default=300)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="large-r-") as folder:
        path, home = Path(folder) / "cells.rds", Path(folder) / "home"
        write_object(path, chosen.megabytes)
        load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
        print(f"{path.stat().st_size / 1e6:,.0f} MB, load {load}", flush=True)
        for what in ("inspect", "inspect", "load"):
            print(step(what, path, home), flush=True)


if __name__ == "__main__":
    main()
