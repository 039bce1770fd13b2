"""Twelve datasets of three tissues from start to end: two broken, one whose worker is killed half-way.

The same from Python and from the command line, failures done once more, and the loading snippets of the text
that describes batches run on the result. tests/browser/test_many_datasets_clicked.py clicks through the page.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import psutil
import pytest

import cassia_core as CASSIA
from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.runs.layout import RunLayout
from cassia_core.services.batches.dataset_rows import rows_of_run
from cassia_core.services.batches.failures import failures_of
from cassia_core.services.batches.packing import zip_tissue
from cassia_core.services.runs import runs
from tests.contract.test_documented_files import snippets
from tests.small_runs import write_lists
from tests.typed_cells import blood_cells

pytestmark = pytest.mark.slow
TISSUES = ("blood", "lung", "skin")
OF_CELLS = {"blood": ("c1", "c2"), "lung": ("c3",)}
BROKEN = ("broken_1", "broken_2")
PATIENCE_S = 600
N_CELLS = 200


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sub-folders by tissue: three files of cells, seven tables of markers, two files that are none."""
    root = tmp_path_factory.mktemp("twelve") / "data"
    for tissue in TISSUES:
        (root / tissue).mkdir(parents=True)
        for seed, name in enumerate(OF_CELLS.get(tissue, ())):
            blood_cells(root / tissue / f"{name}.h5ad", seed, N_CELLS)
    for number, tissue in enumerate(("blood", "lung", "lung", "lung", "skin", "skin", "skin")):
        write_lists(root / tissue / f"m{number}.csv")
    (root / "lung" / f"{BROKEN[0]}.h5ad").write_bytes(b"no HDF5 at all")
    (root / "skin" / f"{BROKEN[1]}.csv").write_text("nothing\nto see here\n")
    return root


def kill_a_worker(layout: RunLayout) -> bool:
    """Kill -9 a Dask worker of the run while it prepares cells; whether one was found in time."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and runs.view_run(layout.root.name, layout.root.parent).state not in (
        runs.ENDED
    ):
        under_way = list(layout.private.glob("datasets/*/preparing.jsonl"))
        if any('"stage_finished"' in path.read_text() for path in under_way):
            for process in workers_of(layout):
                os.kill(process.pid, signal.SIGKILL)
                return True
        time.sleep(0.05)
    return False


def workers_of(layout: RunLayout) -> Iterator[psutil.Process]:
    """Processes that prepare cells: started anew by multiprocessing below the run's own process."""
    pid = json.loads(layout.worker.read_text())["pid"]
    for process in psutil.Process(pid).children(recursive=True):
        line = " ".join(process.cmdline())
        if "spawn_main" in line or "forkserver" in line:
            yield process


@pytest.fixture(scope="module")
def from_python(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> RunLayout:
    """The run started from Python, one of its workers killed half-way."""
    root = tmp_path_factory.mktemp("python") / "batch_results"
    specs = tuple(
        DatasetSpec(name=path.stem, path=str(path), tissue=path.parent.name)
        for path in sorted(folder.glob("*/*"))
    )
    run_id = runs.start_run(RunConfig(datasets=specs, side_by_side=2), {}, root)
    layout = runs.find_run(run_id, root)
    assert kill_a_worker(layout), "no worker was at work when it was to be killed"
    deadline = time.monotonic() + PATIENCE_S
    while runs.view_run(run_id, root).state not in runs.ENDED and time.monotonic() < deadline:
        time.sleep(0.2)
    return layout


def test_ten_are_done_and_two_are_reported_with_reasons(from_python: RunLayout):
    found = rows_of_run(from_python.root.name, from_python.root.parent)
    assert (len(found.rows), found.state) == (12, "partial")
    assert [row.name for row in found.failed] == sorted(BROKEN, key=lambda n: n != "broken_1")
    assert found.count("success") == 10
    failures = failures_of(from_python.root.name, from_python.root.parent)
    assert {f.dataset for f in failures} == set(BROKEN) and all(len(f.reason) > 20 for f in failures)
    table = pd.read_csv(from_python.batch_summary_csv)
    assert table["status"].value_counts().to_dict() == {"success": 10, "failed": 2}
    assert table.loc[table["status"] == "failed", "error"].str.len().min() > 20
    for name, tissue in (("c1", "blood"), ("c2", "blood"), ("c3", "lung")):
        assert (from_python.root / tissue / name / f"{name}_annotated.h5ad").exists()


def test_the_loading_snippets_of_the_text_on_batches_run_on_it(
    from_python: RunLayout, shared: Path, tmp_path: Path, monkeypatch, capsys
):
    text = next((shared / "seeds").glob("001_*")).read_text()
    target = tmp_path / "batch_results" / "run_brain_20260216_151425"
    shutil.copytree(from_python.root, target)
    (target / "blood").rename(target / "brain")
    (target / "brain" / "c1").rename(target / "brain" / "Data_Filbin2018_Brain")
    for file in list((target / "brain" / "Data_Filbin2018_Brain").iterdir()):
        file.rename(file.with_name(file.name.replace("c1_", "Data_Filbin2018_Brain_", 1)))
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    wanted = ("Processed", "tracking['total_calls']", "all_datasets", "failed = summary")
    chosen = [code for code in snippets(text, "python") if any(word in code for word in wanted)]
    assert len(chosen) == 4
    for code in chosen:
        exec(compile(code, "documented snippet", "exec"), names)
    assert "Processed 12 datasets" in (printed := capsys.readouterr().out)
    assert "Combined: 600 cells from 3 datasets" in printed
    assert set(names["failed"]["dataset"]) == set(BROKEN)


def test_its_datasets_are_compared_combined_and_packed(from_python: RunLayout):
    import anndata as ad

    table = CASSIA.compare_datasets(from_python.root, "lineage")
    assert len(table) == 10 and table.loc["c1"].sum() == N_CELLS
    cells = ad.read_h5ad(CASSIA.combine_datasets(from_python.root))
    assert cells.n_obs == 600 and set(cells.obs["dataset"]) == {"c1", "c2", "c3"}
    assert set(cells.obs["tissue"]) == {"blood", "lung"}
    import zipfile

    with zipfile.ZipFile(zip_tissue(from_python.root.name, "blood", from_python.root.parent)) as packed:
        tops = {Path(name).parts[1] for name in packed.namelist()}
    assert tops == {"blood", "batch_summary.csv", "batch_summary.txt", "token_tracking.json"}


def test_the_same_from_the_command_line_and_failures_done_once_more(
    folder: Path, tmp_path: Path, command_line
):
    data = tmp_path / "data"
    shutil.copytree(folder, data)
    for cells in data.glob("*/*.h5ad"):
        if cells.stem not in BROKEN:
            cells.unlink()  # cells were done above; here only what differs: the way it is started
    out = tmp_path / "out"
    done = command_line("batch", data, "--tissue-from", "folder", "--output-dir", out, "--quiet")
    assert done.returncode == 2, done.stderr
    for name in BROKEN:
        assert f"{name}: failed, 0 of 0 clusters have a label. " in done.stdout
    run = next(out.glob("run_*"))
    assert run.name.startswith("run_blood_lung_skin_")
    (data / "lung" / f"{BROKEN[0]}.h5ad").unlink()
    write_lists(data / "skin" / f"{BROKEN[1]}.csv")
    before = (run / "skin" / "m4" / "m4_summary.csv").stat().st_mtime_ns
    again = command_line("resume", run, "--failed", "--quiet")
    assert again.returncode == 2 and f"{BROKEN[1]}: success, 3 of 3" in again.stdout
    assert (run / "skin" / "m4" / "m4_summary.csv").stat().st_mtime_ns == before, "the others stay"
    across = command_line("across", run, "--csv", tmp_path / "across.csv")
    assert across.returncode == 0 and f"{BROKEN[0]}: left out." in across.stdout
    assert len(pd.read_csv(tmp_path / "across.csv")) == 8
    combined = command_line("combine", run)
    assert combined.returncode == 1 and "nothing to combine" in combined.stderr
    write_lists(data / "lung" / f"{BROKEN[0]}.csv").replace(data / "lung" / f"{BROKEN[0]}.h5ad")
    assert CASSIA.retry_failed(run, quiet=True).status == "success"
    assert not failures_of(run.name, out)
