"""The command line on good and bad input: files, exit codes, plain words."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest

from cassia_core.report.tables.dataset_tables import SUMMARY_COLUMNS

ENDINGS = (
    "_markers.csv",
    "_annotated.h5ad",
    "_annotation.txt",
    "_summary.txt",
    "_summary.csv",
    "_full.csv",
    "_scored.csv",
    "_conversations.json",
    "_report.html",
    "_tables.xlsx",
)
BATCH_COLUMNS = [
    "dataset",
    "tissue",
    "file_path",
    "n_cells",
    "n_genes",
    "n_clusters",
    "preprocessing_time",
    "annotation_time",
    "total_time",
    "status",
    "output_dir",
    "error",
]


def test_a_run_leaves_every_promised_file(demo_run: Path):
    folder = demo_run / "blood" / "pbmc"
    assert sorted(p.name for p in folder.iterdir()) == sorted(f"pbmc{e}" for e in ENDINGS)
    assert all(p.stat().st_size > 0 for p in folder.iterdir())
    assert list(pd.read_csv(demo_run / "batch_summary.csv").columns) == BATCH_COLUMNS
    assert "Total cost: $" in (demo_run / "batch_summary.txt").read_text()
    tracking = json.loads((demo_run / "token_tracking.json").read_text())
    assert tracking["total_calls"] == len(tracking["api_calls"]) > 0
    assert set(tracking["api_calls"][0]) == {
        "timestamp",
        "input_tokens",
        "output_tokens",
        "cost",
        "counted",
        "provider",
        "model",
        "agent",
        "dataset",
        "cluster",
        "attempt",
        "latency_s",
        "cached_tokens",
        "cache_write_tokens",
        "reasoning_tokens",
    }


def test_every_cluster_is_in_every_output_with_a_status(demo_run: Path):
    folder = demo_run / "blood" / "pbmc"
    adata = ad.read_h5ad(folder / "pbmc_annotated.h5ad")
    clusters = set(adata.obs["leiden"].astype(str))
    summary = pd.read_csv(folder / "pbmc_summary.csv", dtype={"Cluster ID": str})
    assert tuple(summary.columns[: len(SUMMARY_COLUMNS)]) == SUMMARY_COLUMNS
    assert set(summary["Cluster ID"]) == clusters and summary["Status"].notna().all()
    for name in ("scored", "full"):
        assert set(pd.read_csv(folder / f"pbmc_{name}.csv", dtype={"cluster": str})["cluster"]) == clusters
    talk = json.loads((folder / "pbmc_conversations.json").read_text())
    assert set(talk) == clusters and all(entry["turns"] for entry in talk.values())


def test_the_annotated_file_keeps_the_input_and_carries_labels_by_exact_cluster(demo_run: Path):
    from cassia_core.services.intake.intake import demo_path

    folder = demo_run / "blood" / "pbmc"
    adata, source = ad.read_h5ad(folder / "pbmc_annotated.h5ad"), ad.read_h5ad(demo_path())
    np.testing.assert_array_equal(adata.X, source.X)
    assert (adata.raw.X != source.raw.X).nnz == 0
    assert {"X_pca", "X_umap"} <= set(adata.obsm)
    scored = pd.read_csv(folder / "pbmc_scored.csv", dtype={"cluster": str}).set_index("cluster")[
        "celltype_1"
    ]
    expected = adata.obs["leiden"].astype(str).map(scored)
    assert (adata.obs["cell_type"].astype(str) == expected.astype(str)).all()


@pytest.mark.parametrize(
    ("name", "content"), [("words.h5ad", b"just some words\n" * 90), ("empty.h5ad", b"")]
)
def test_an_unusable_file_ends_with_code_1_and_says_cause_and_remedy(command_line, tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    for arguments in (
        ("inspect", path),
        (
            "annotate",
            path,
            "--tissue",
            "blood",
            "--species",
            "human",
            "--output-dir",
            tmp_path / "out",
            "--quiet",
        ),
    ):
        done = command_line(*arguments)
        assert done.returncode == 1
        assert name in done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr


def test_a_file_of_three_cells_is_refused_in_plain_words(command_line, tmp_path):
    ad.AnnData(np.ones((3, 4), dtype=np.float32)).write_h5ad(tmp_path / "three.h5ad")
    done = command_line("inspect", tmp_path / "three.h5ad")
    assert done.returncode == 1 and "too small" in done.stderr and "What to do" in done.stderr


def test_a_missing_file_and_a_missing_key_are_said_before_a_run_is_made(command_line, tmp_path):
    missing = command_line(
        "annotate", tmp_path / "no.h5ad", "--tissue", "blood", "--species", "human", "--output-dir", tmp_path
    )
    assert missing.returncode == 1 and "There is no file" in missing.stderr
    table = tmp_path / "lists.csv"
    table.write_text('cluster,marker_genes\n0,"CD3D,CD3E"\n')
    no_key = command_line(
        "annotate",
        table,
        "--tissue",
        "blood",
        "--species",
        "human",
        "--provider",
        "openai",
        "--model",
        "m",
        "--output-dir",
        tmp_path,
    )
    assert no_key.returncode == 1 and "needs a key" in no_key.stderr
    assert not list(tmp_path.glob("run_*"))


def test_a_batch_reports_one_bad_file_and_does_the_rest(command_line, tmp_path):
    (tmp_path / "good.csv").write_text(
        'cluster,marker_genes\n0,"MS4A1,CD79A,CD79B,CD19"\n1,"CD3D,CD3E,CD2,TRAC"\n'
    )
    (tmp_path / "bad.h5ad").write_bytes(b"no cells in here\n" * 50)
    (tmp_path / "manifest.csv").write_text(
        "path,tissue,species\nbad.h5ad,brain,human\ngood.csv,blood,human\nlost.csv,blood,human\n"
    )
    done = command_line("batch", tmp_path / "manifest.csv", "--output-dir", tmp_path / "out", "--quiet")
    assert done.returncode == 2, done.stderr
    run_dir = next((tmp_path / "out").glob("run_brain_blood_*"))
    summary = pd.read_csv(run_dir / "batch_summary.csv").set_index("dataset")
    assert summary["status"].to_dict() == {"bad": "failed", "good": "success", "lost": "failed"}
    assert "plain text" in summary.loc["bad", "error"]
    assert (run_dir / "blood" / "good" / "good_scored.csv").exists()
    again = command_line("runs", "--output-dir", tmp_path / "out")
    assert "partial" in again.stdout and run_dir.name in again.stdout


def test_doctor_says_what_is_installed_and_that_the_engine_answers(command_line):
    done = command_line("doctor", OPENAI_API_KEY="sk-very-secret-123456")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "scanpy" in done.stdout and "B cell" in done.stdout
    assert "sk-very-secret" not in done.stdout + done.stderr


def test_resume_of_a_finished_run_changes_nothing(command_line, demo_run, tmp_path):
    copy = tmp_path / demo_run.name
    shutil.copytree(demo_run, copy)
    before = (copy / "blood" / "pbmc" / "pbmc_scored.csv").read_bytes()
    done = command_line("resume", copy, "--quiet")
    assert done.returncode == 0, done.stderr
    assert (copy / "blood" / "pbmc" / "pbmc_scored.csv").read_bytes() == before
