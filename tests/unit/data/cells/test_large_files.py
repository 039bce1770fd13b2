"""A file is looked at before it is loaded, and refused with figures or sampled when it is too large."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from cassia_core.data.cells.file_inspection import inspect_file
from cassia_core.data.cells.load_cells import load_cells
from cassia_core.data.readers.cell_file import block_rows
from cassia_core.domain.config import ReadOptions
from cassia_core.errors import AnnDataError
from tests.corpus.material import symbols

N_CELLS, N_GENES, PER_CELL = 130_000, 10_000, 2_000


def large_h5ad(path: Path) -> Path:
    """An h5ad of 2 GB; only the cells that an inspection looks at are written, the rest is unallocated."""
    rng = np.random.default_rng(0)
    genes = np.sort(rng.choice(N_GENES, PER_CELL, replace=False)).astype(np.int32)
    values = rng.integers(1, 9, PER_CELL).astype(np.float32)
    names = symbols(n=N_GENES)
    with h5py.File(path, "w") as file:
        file.attrs.update({"encoding-type": "anndata", "encoding-version": "0.1.0"})
        matrix = file.create_group("X")
        matrix.attrs.update(
            {"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": [N_CELLS, N_GENES]}
        )
        matrix["indptr"] = np.arange(N_CELLS + 1, dtype=np.int64) * PER_CELL
        for name, content in (("data", values), ("indices", genes)):
            stored = unwritten(matrix, name, N_CELLS * PER_CELL, content.dtype)
            for cell in block_rows(N_CELLS):
                stored[cell * PER_CELL : (cell + 1) * PER_CELL] = content
        for table, index in (("obs", [f"c{i}" for i in range(N_CELLS)]), ("var", names)):
            group = file.create_group(table)
            group.attrs.update(
                {
                    "encoding-type": "dataframe",
                    "encoding-version": "0.2.0",
                    "_index": "_index",
                    "column-order": np.array([], dtype=h5py.string_dtype()),
                }
            )
            group.create_dataset("_index", data=np.array(index, dtype=h5py.string_dtype()))
    return path


def unwritten(group: h5py.Group, name: str, length: int, dtype: np.dtype) -> h5py.Dataset:
    """A dataset whose place in the file is taken at once and never filled."""
    how = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    how.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    how.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    h5py.h5d.create(
        group.id, name.encode(), h5py.h5t.py_create(dtype), h5py.h5s.create_simple((length,)), how
    )
    return group[name]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = large_h5ad(tmp_path_factory.mktemp("large") / "large.h5ad")
    yield path
    path.unlink()


def test_two_gigabytes_are_inspected_without_being_loaded(large: Path):
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak of memory is read from /proc")
    assert large.stat().st_size > 2e9
    code = (
        "import sys; from cassia_core.data.cells.file_inspection import inspect_file; findings = "
        "inspect_file(sys.argv[1]); "
        "peak = [line for line in open('/proc/self/status') if line.startswith('VmHWM')][0].split()[1]; "
        "print(findings.n_cells, findings.expression, int(peak) // 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(large)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[4],
    )
    n_cells, expression, megabytes = done.stdout.split()
    assert (int(n_cells), expression) == (N_CELLS, "X")
    assert int(megabytes) < 300


def test_a_file_beyond_the_memory_limit_is_refused_with_figures(large: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CASSIA_MEMORY_GB", "1")
    findings = inspect_file(large)
    with pytest.raises(AnnDataError) as caught:
        load_cells(large)
    assert f"{findings.memory_bytes / 1e9:.1f} GB" in caught.value.why
    assert "1.1 GB may be used" in caught.value.why
    assert "sample of at most" in caught.value.remedy


def test_a_random_sample_is_read_and_said(large: Path):
    loaded = load_cells(large, ReadOptions(max_cells=1500))
    assert loaded.adata.shape == (1500, N_GENES)
    assert f"A random sample of 1,500 of {N_CELLS:,} cells is used, as you asked." in loaded.findings.done
    again = load_cells(large, ReadOptions(max_cells=1500))
    assert list(loaded.adata.obs_names) == list(again.adata.obs_names)
