"""A killed worker costs the calls in flight, and nothing else."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest

from cassia_core.domain.config import AgentModel, AnnotationParams, DatasetSpec, RunConfig
from cassia_core.errors import RunLocked
from cassia_core.runs.layout import RunLayout
from cassia_core.services.runs import results, runs
from tests.model_server import ModelServer

LISTS = {
    "0": "MS4A1,CD79A,CD79B,CD19,BANK1",
    "1": "CD3D,CD3E,CD2,IL7R,TRAC",
    "10": "CD14,LYZ,S100A8,S100A9,FCN1",
    "2": "NKG7,GNLY,KLRD1,NCAM1,KLRF1",
    "T/NK": "CD3D,NKG7,GZMB,PRF1,CD8A",
    "-1": "PPBP,PF4,ITGA2B,GP9,TUBB1",
    "3": "COL1A1,DCN,LUM,PDGFRA,COL3A1",
    "4": "PECAM1,VWF,CDH5,CLDN5,ERG",
}
WORKERS = 2


@pytest.fixture
def marker_table(tmp_path) -> Path:
    path = tmp_path / "lists.csv"
    pd.DataFrame({"cluster": LISTS.keys(), "marker_genes": LISTS.values()}).to_csv(path, index=False)
    return path


def config(marker_table: Path, url: str) -> RunConfig:
    model = AgentModel(provider="custom", model="stand-in", base_url=url)
    return RunConfig(
        datasets=(DatasetSpec(name="lists", path=str(marker_table), tissue="blood"),),
        annotation=AnnotationParams(annotator=model, max_workers=WORKERS, boost="off"),
    )


def wait(run_id: str, root: Path, until, timeout_s: float = 90):
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        view = runs.view_run(run_id, root)
        if until(view):
            return view
        time.sleep(0.05)
    raise AssertionError(f"still {view.state} after {timeout_s} s: {view.error or view.datasets}")


def ended(view) -> bool:
    return view.state in (*runs.ENDED, "interrupted")


def tables(run_id: str, root: Path) -> pd.DataFrame:
    file = next(f.path for f in results.output_files(run_id, root) if f.path.name == "lists_scored.csv")
    return pd.read_csv(file, dtype=str)


def kill_worker(run_id: str, root: Path) -> None:
    pid = runs.view_run(run_id, root) and int(
        pd.read_json(RunLayout(root=root / run_id).worker, typ="series")["pid"]
    )
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=10)


def test_a_killed_worker_is_seen_and_resumed_with_no_call_paid_twice_but_those_in_flight(
    tmp_path, marker_table
):
    with ModelServer(latency_s=0.0) as server:
        whole = runs.start_run(config(marker_table, server.url), {}, tmp_path / "whole")
        assert wait(whole, tmp_path / "whole", ended).state == "success"
        calls_unbroken = server.stats.calls

    root = tmp_path / "broken"
    with ModelServer(latency_s=0.4) as server:
        run_id = runs.start_run(config(marker_table, server.url), {}, root)
        wait(run_id, root, lambda view: view.dataset("lists").finished_clusters >= 3)
        with pytest.raises(RunLocked):
            runs.resume_run(run_id, {}, root)
        kill_worker(run_id, root)
        assert wait(run_id, root, ended).state == "interrupted"
        runs.resume_run(run_id, {}, root)
        assert wait(run_id, root, lambda v: v.state in runs.ENDED).state == "success"
        assert server.stats.calls <= calls_unbroken + WORKERS
    pd.testing.assert_frame_equal(tables(run_id, root), tables(whole, tmp_path / "whole"))


def test_a_cancelled_run_stops_asking_keeps_what_is_done_and_goes_on_when_resumed(tmp_path, marker_table):
    with ModelServer(latency_s=0.4) as server:
        run_id = runs.start_run(config(marker_table, server.url), {}, tmp_path)
        wait(run_id, tmp_path, lambda view: view.dataset("lists").finished_clusters >= 2)
        runs.cancel_run(run_id, tmp_path)
        assert wait(run_id, tmp_path, ended).state == "cancelled"
        calls = server.stats.calls
        done = tables(run_id, tmp_path)
        assert set(done["cluster"]) == set(LISTS), "every cluster is in the output, also those not reached"
        time.sleep(0.6)
        assert server.stats.calls == calls
        runs.resume_run(run_id, {}, tmp_path)
        assert wait(run_id, tmp_path, lambda v: v.state in runs.ENDED).state == "success"


def test_a_key_is_in_no_file_of_the_run_and_on_no_command_line(tmp_path, marker_table):
    canary = "canary-key-7f3a9"
    with ModelServer(latency_s=0.1, key=canary) as server:
        run_id = runs.start_run(config(marker_table, server.url), {"custom": canary}, tmp_path)
        wait(run_id, tmp_path, lambda view: view.dataset("lists").finished_clusters >= 1)
        lines = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
        assert not [line for line in lines if canary in line]
        assert wait(run_id, tmp_path, ended).state == "success"
    with ModelServer(key="another-key") as refusing:
        refused = runs.start_run(config(marker_table, refusing.url), {"custom": canary}, tmp_path)
        assert wait(refused, tmp_path, ended).state in ("failed", "partial")
    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert len(files) > 10
    assert not [p for p in files if canary.encode() in p.read_bytes()]


def test_a_resumed_run_of_cells_does_not_cluster_again_and_ends_with_all_files(tmp_path):
    from cassia_core.services.intake.intake import demo_path

    with ModelServer(latency_s=0.5) as server:
        model = AgentModel(provider="custom", model="stand-in", base_url=server.url)
        spec = DatasetSpec(name="cells", path=str(demo_path()), tissue="blood")
        params = AnnotationParams(annotator=model, max_workers=1, boost="off")
        run_id = runs.start_run(RunConfig(datasets=(spec,), annotation=params), {}, tmp_path)
        layout = RunLayout(root=tmp_path / run_id).dataset(0, spec)
        wait(
            run_id,
            tmp_path,
            lambda v: v.dataset("cells").finished_clusters >= 1 and layout.clustered_h5ad.exists(),
            240,
        )
        kill_worker(run_id, tmp_path)
        kept = [p.read_bytes() for p in sorted(layout.clusters.glob("*.json"))]
        runs.resume_run(run_id, {}, tmp_path)
        view = wait(run_id, tmp_path, lambda v: v.state in runs.ENDED, 240)
    assert view.state == "success"
    assert [s.summary for s in view.dataset("cells").stages if s.stage == "read"] == [
        "Taken from the earlier part of this run"
    ]
    names = {f.path.name for f in results.output_files(run_id, tmp_path)}
    assert {"cells_annotated.h5ad", "cells_report.html", "cells_scored.csv"} <= names
    assert not layout.clustered_h5ad.exists()
    assert len(kept) >= 1
