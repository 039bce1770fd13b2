"""Quality of a file's cells before a run: measured beside the page, kept, and refused in plain words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cassia_core import settings
from cassia_core.domain.config import QCParams, ReadOptions
from cassia_core.errors import InputError
from cassia_core.services.side_jobs import cell_quality
from tests.typed_cells import typed_cells

ROOT = Path(__file__).resolve().parents[4]


def test_cells_are_measured_once_and_nothing_but_the_table_stays(tmp_path, monkeypatch):
    cells = typed_cells(tmp_path / "cells.h5ad", n_cells=120, n_poor=5)
    table = cell_quality.quality_metrics(tmp_path / "cells.h5ad")
    assert table["n_counts"].to_numpy() == pytest.approx(np.asarray(cells.X.sum(axis=1)).ravel())
    assert (table["pct_mito"].max() > 0) and (table["pct_ribo"].max() > 0)
    assert [p.suffix for p in (settings.cache_root() / "quality").iterdir()] == [".parquet"]
    monkeypatch.setattr(cell_quality, "launch_quality", lambda folder: pytest.fail("measured twice"))
    assert cell_quality.quality_metrics(tmp_path / "cells.h5ad").equals(table)
    reasons = cell_quality.quality_reasons(table, QCParams(min_genes=150))
    assert (reasons[:5] == "number of genes").all()


def test_a_file_without_counts_is_refused_with_a_remedy(tmp_path):
    cells = typed_cells(tmp_path / "counts.h5ad", n_cells=120)
    cells.X.data = np.log1p(cells.X.data * 7.3)
    cells.write_h5ad(tmp_path / "logs.h5ad")
    with pytest.raises(InputError, match="no counts") as caught:
        cell_quality.quality_metrics(tmp_path / "logs.h5ad", ReadOptions(max_cells=100))
    assert caught.value.remedy
    assert list((settings.cache_root() / "quality").iterdir()) == []


def test_no_compiled_code_enters_the_process_of_a_page():
    code = (
        "import sys; from cassia_core.services.side_jobs import cell_quality, clustering_preview; "
        "from cassia_core.services.clusters import cluster_quality; from cassia_core.services.intake import "
        "memory; "
        "print([n for n in ('numba', 'scanpy', 'umap') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"
