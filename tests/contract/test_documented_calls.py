"""The Python snippets of CASSIA's documentation run as written, against a local model server."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import anndata as ad
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

import cassia_core as CASSIA
from cassia_core.api import MODEL_VARIABLE, PROVIDER_VARIABLE, URL_VARIABLE
from cassia_core.errors import ConfigError, MissingKeyError
from cassia_core.services.intake.intake import demo_path
from tests.contract.test_documented_files import snippets
from tests.model_server import ModelServer


@pytest.fixture
def server(monkeypatch):
    """A server that answers for every model name; the environment sends all calls to it."""
    with ModelServer(models=()) as server:
        monkeypatch.setenv(PROVIDER_VARIABLE, "custom")
        monkeypatch.setenv(URL_VARIABLE, server.url)
        monkeypatch.delenv(MODEL_VARIABLE, raising=False)
        yield server


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    mpl.use("Agg")
    return tmp_path


@pytest.fixture(scope="module")
def cells():
    """Blood cells with counts-like values, as the texts' own data would come."""
    import anndata as ad

    adata = ad.read_h5ad(demo_path()).raw.to_adata()
    adata.X = adata.X.expm1().astype(np.float32)
    adata.obs["Broad_cell_type"] = adata.obs["bulk_labels"]
    for field in (adata.uns, adata.obsm, adata.obsp):
        field.clear()
    return adata


def run_snippet(code: str, names: dict) -> None:
    exec(
        compile(re.sub(r"^import CASSIA$", "import cassia_core as CASSIA", code, flags=re.M), "seed", "exec"),
        names,
    )


def test_the_batch_snippets_of_seed_000_run_as_written(shared, server, folder, cells):
    import scanpy as sc

    text = next((shared / "seeds").glob("000_*")).read_text()
    table = CASSIA.loadmarker("unprocessed")
    table.to_csv("seurat_markers.csv", index=False)
    Path("path/to/your").mkdir(parents=True)
    CASSIA.loadmarker("processed").to_csv("path/to/your/markers.csv", index=False)
    adata = cells.copy()
    sc.pp.log1p(adata)
    sc.tl.rank_genes_groups(adata, "louvain", method="wilcoxon")
    names: dict = {"adata": adata}
    for code in snippets(text, "python"):
        run_snippet(code, names)
    summary = pd.read_csv("intestine_detailed_summary.csv", dtype={"Cluster ID": str})
    assert set(summary["Cluster ID"]) == set(table["cluster"].astype(str))
    assert (summary["Model"] == "anthropic/claude-sonnet-4.5").all()
    assert (
        Path("intestine_detailed_conversations.json").exists()
        and Path("intestine_detailed_report.html").exists()
    )
    assert server.stats.calls >= 2 * len(summary)


def test_the_vignette_of_seed_002_runs_as_written_and_labels_the_cells(shared, server, folder, cells):
    text = next((shared / "seeds").glob("002_*")).read_text()
    cells.write_h5ad("gtex_ref.h5ad")
    names: dict = {}
    for code in snippets(text, "python"):
        run_snippet(code, names)
    for ending in ("summary.csv", "full.csv", "scored.csv", "report.html"):
        assert Path(f"gtex_breast_annotation_{ending}").exists()
    scored = pd.read_csv("gtex_breast_annotation_scored.csv")
    assert {
        "cluster",
        "celltype_1",
        "celltype_2",
        "celltype_3",
        "CASSIA_merged_grouping_1",
        "CASSIA_merged_grouping_2",
        "CASSIA_merged_grouping_3",
        "Score",
        "Scoring_Reasoning",
    } <= set(scored)
    assert names["adata"].obs["CASSIA_annotation"].notna().any()


def test_labels_join_onto_cells_by_exact_cluster_and_a_missing_one_stays_missing(cells):
    adata = cells[:6].copy()
    adata.obs["group"] = ["1", "10", "CD4+", "CD4-", "0", "2"]
    table = pd.DataFrame(
        {
            "cluster": ["10", "CD4+", "0"],
            "celltype_1": ["B cell", "T cell", "NK cell"],
            "celltype_2": "",
            "celltype_3": "",
            "CASSIA_merged_grouping_1": "",
            "CASSIA_merged_grouping_2": "",
            "CASSIA_merged_grouping_3": "",
            "Score": [90.0, 80.0, 70.0],
        }
    )
    CASSIA.add_cassia_to_anndata(adata, table, "group")
    assert adata.obs["CASSIA_celltype_1"].astype(object).where(
        adata.obs["CASSIA_celltype_1"].notna(), None
    ).tolist() == [None, "B cell", "T cell", None, "NK cell", None]


def test_one_marker_list_is_annotated_offline(folder, monkeypatch):
    monkeypatch.setenv(PROVIDER_VARIABLE, "offline")
    result = CASSIA.runCASSIA(
        marker_list=["MS4A1", "CD79A", "CD79B", "CD19", "PAX5", "BANK1"], tissue="blood", species="human"
    )
    assert result.label and "B cell" in result.label and result.turns


def test_a_boost_is_measured_in_the_very_cluster(folder, monkeypatch):
    monkeypatch.setenv(PROVIDER_VARIABLE, "offline")
    table = CASSIA.loadmarker("unprocessed")
    run = CASSIA.runCASSIA_pipeline("blood", "blood", "human", table)
    assert set(run.scored["cluster"]) == set(table["cluster"].astype(str))
    result = CASSIA.runCASSIA_annotationboost(
        "blood_full.csv", table, run.scored["cluster"][0], "blood cells", "again"
    )
    assert result.cluster == run.scored["cluster"][0] and Path("again_summary.html").exists()
    assert result.boost is None or all(
        m.status != "not_in_data" or m.pct_in is None for m in result.boost.measured
    )


def test_cells_are_clustered_from_python_without_asking_anybody(folder):
    run = CASSIA.cluster(
        demo_path(),
        name="cells",
        markers=CASSIA.MarkerParams(n_genes=7),
        clustering=CASSIA.ClusteringParams(resolution=1.0),
    )
    assert run.status == "success"
    markers = pd.read_csv(run.files()["_markers.csv"], dtype={"cluster": str})
    assert markers.groupby("cluster").size().max() == 7
    adata = ad.read_h5ad(run.files()["_annotated.h5ad"])
    assert set(adata.obs["leiden"]) == set(markers["cluster"]) and adata.obsm["X_umap"].shape == (700, 2)


def test_clusters_of_a_run_are_looked_into_from_python(demo_run, tmp_path):
    shutil.copytree(demo_run, tmp_path / demo_run.name)
    run = CASSIA.open_run(tmp_path / demo_run.name)
    child = CASSIA.subcluster(run, ["0", "1"], resolution=0.3, quiet=True)
    sizes = {row.cluster: row.n_cells for row in run.clusters}
    assert sum(row.n_cells for row in child.clusters) == sizes["0"] + sizes["1"]
    assert child.run_dir.parent == run.run_dir.parent and all(
        row.status != "failed" for row in child.clusters
    )
    with pytest.raises(ConfigError, match="no cluster 99"):
        CASSIA.subcluster(run.run_dir, ["99"])


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"n_genes": 0}, "n_genes"),
        ({"ranking_method": "best"}, "ranking_method"),
        ({"temperature": 3}, "temperature"),
        ({"validator_involvement": "v9"}, "validator_involvement"),
        ({"max_workers": 0}, "max_workers"),
        ({"reasoning": "extreme"}, "reasoning"),
    ],
)
def test_a_wrong_value_says_parameter_received_and_expected(folder, change, word):
    with pytest.raises(ConfigError, match=f"`{word}` cannot be"):
        CASSIA.runCASSIA_batch(CASSIA.loadmarker("processed"), "x", **change)


def test_without_a_key_the_error_is_the_way_to_set_one(folder):
    with pytest.raises(MissingKeyError, match="set_api_key"):
        CASSIA.runCASSIA_batch(CASSIA.loadmarker("processed"), "x", provider="openrouter")


def test_all_is_sorted_and_complete():
    assert sorted(CASSIA.__all__) == CASSIA.__all__
    assert all(callable(getattr(CASSIA, name)) for name in CASSIA.__all__)
