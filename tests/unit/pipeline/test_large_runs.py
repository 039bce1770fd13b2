"""Whole runs with the counts left on disk: what is written, what is said, and how much memory decides."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
import pytest

from cassia_core.data.large import memory_plan
from cassia_core.domain.config import ClusteringParams, DatasetSpec, ReadOptions, RunConfig
from cassia_core.pipeline import large_cells
from cassia_core.pipeline.batch import run_batch
from cassia_core.runs import store
from cassia_core.runs.event_log import EventLog, read_events
from cassia_core.runs.layout import RunLayout
from cassia_core.services.intake.memory import plan_of_file
from cassia_core.services.runs.results import load_results
from tests.typed_cells import typed_cells


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cells") / "cells.h5ad"
    made = typed_cells(path, n_cells=500, n_genes=300, n_poor=0)
    made.layers["spliced"] = made.X.copy()
    made.obsp["graph"] = made.X @ made.X.T
    made.raw = made[:, :50].copy()
    made.write_h5ad(path)
    return path


def run(path: Path, root: Path, **read: object) -> tuple[RunLayout, DatasetSpec, str]:
    """Cluster a file in this process."""
    spec = DatasetSpec(
        name="cells", path=str(path), read=ReadOptions(**read), clustering=ClusteringParams(resolution=0.3)
    )
    config = RunConfig(datasets=(spec,), annotation=None)
    layout = store.create_run(config, root, {})
    log = EventLog(layout.events)
    status = run_batch(layout, config, log, {})
    log.close()
    return layout, spec, status


@pytest.fixture(scope="module")
def sketched(cells: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[RunLayout, DatasetSpec]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory_plan, "FEWEST", 200)
        layout, spec, status = run(cells, tmp_path_factory.mktemp("sketched"), cells="sketch")
    assert status == "success", list(read_events(layout.events))[-2:]
    return layout, spec


def test_the_annotated_file_holds_what_an_exact_run_writes(cells: Path, sketched, tmp_path: Path):
    before = cells.read_bytes()
    layout, spec, _ = run(cells, tmp_path, cells="exact")
    exact = ad.read_h5ad(layout.dataset(0, spec).annotated_h5ad)
    found = ad.read_h5ad(sketched[0].dataset(0, sketched[1]).annotated_h5ad)
    assert cells.read_bytes() == before
    for one, other in (
        (found.X, exact.X),
        (found.raw.X, exact.raw.X),
        (found.obsp["graph"], exact.obsp["graph"]),
    ):
        assert (one != other).nnz == 0
    assert (found.layers["counts"] != exact.layers["counts"]).nnz == 0
    assert found.layers["counts"].dtype == exact.layers["counts"].dtype == np.uint8
    assert (found.layers["spliced"] != exact.layers["spliced"]).nnz == 0
    assert list(found.obs_names) == list(exact.obs_names) and list(found.var_names) == list(exact.var_names)
    assert list(found.raw.var_names) == list(exact.raw.var_names)
    assert set(exact.obs) <= set(found.obs)
    assert found.uns["cassia"]["cluster_key"] == "leiden"


def test_what_is_done_is_said_and_what_was_needed_is_gone(sketched):
    layout, spec = sketched
    notices = [e.text for e in read_events(layout.events) if e.type == "notice"]
    assert any("a sketch of" in text and "may be used" in text for text in notices)
    assert any("unsure" in text for text in notices)
    stages = [e.stage for e in read_events(layout.events) if e.type == "stage_finished"]
    assert [s for s in stages if s in ("first_pass", "sketch", "join", "markers")] == [
        "first_pass",
        "sketch",
        "join",
        "markers",
    ]
    dataset = layout.dataset(0, spec)
    assert dataset.gene_blocks.exists() and not dataset.passes.exists()
    view = load_results(layout.root.name, "cells", layout.root.parent).view
    assert view.gene(view.genes()[0]).shape == (view.n_cells,)


def test_memory_decides_where_nobody_does(cells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory_plan, "FEWEST", 100)
    monkeypatch.setattr(memory_plan, "BLOCK_BYTES", 0)
    plan = plan_of_file(cells)
    assert plan.way == "exact" and plan.sketch_bytes < plan.exact_bytes
    little = (plan.exact_bytes - 1000) / 1e9
    assert plan_of_file(cells, ReadOptions(memory_gb=little)).way == "sketch"
    assert plan_of_file(cells, ReadOptions(memory_gb=0.5)).way == "exact", "not even a sketch fits"
    layout, spec, status = run(cells, tmp_path, memory_gb=little)
    assert status == "success"
    assert layout.dataset(0, spec).gene_blocks.exists()


def test_too_little_room_on_the_disk_is_told_before_the_start(
    cells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(large_cells.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 10}))
    layout, spec, status = run(cells, tmp_path, cells="sketch")
    assert status == "failed"
    text = layout.dataset(0, spec).summary_txt.read_text(encoding="utf-8")
    assert "not enough room on the disk" in text and "CASSIA_HOME" in text
