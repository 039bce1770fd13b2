from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from clustering_cells import counts

from cassia_core.data.h5ad.labels import write_labels
from cassia_core.domain.annotation import (
    ClusterResult,
    Evidence,
    MergedLabels,
    OntologyTerm,
    Proposal,
    QualityScore,
)
from cassia_core.errors import AnnDataError
from cassia_core.knowledge.naming.names import everyday_name


def result(cluster, label, **changes):
    return ClusterResult(
        cluster=cluster, status="done", proposal=Proposal(general="T cell", subtypes=(label,)), **changes
    )


@pytest.fixture
def cells():
    adata = counts(n_cells=30, n_genes=60)
    adata.obs["leiden"] = pd.Categorical([["0", "1", "10"][i % 3] for i in range(30)])
    return adata


def saved(adata, tmp_path):
    adata.write_h5ad(tmp_path / "cells.h5ad")
    return sc.read_h5ad(tmp_path / "cells.h5ad")


def test_labels_are_joined_by_exact_cluster_id(cells, tmp_path):
    write_labels(
        cells, "leiden", [result("0", "CD4+ T cell"), result("10", "B cell")], {}, everyday_name=everyday_name
    )
    back = saved(cells, tmp_path)
    by_cluster = back.obs.groupby("leiden", observed=True)["cell_type"].agg(lambda v: set(v.dropna()))
    assert by_cluster.to_dict() == {"0": {"CD4+ T cell"}, "1": set(), "10": {"B cell"}}


def test_all_that_is_known_of_a_cluster_is_written(cells, tmp_path):
    full = result(
        "0",
        "CD4+ T cell",
        light="medium",
        score=QualityScore(value=85.5),
        evidence=Evidence(label="CD4+ T cell", basis="cells", score=70.0),
        detailed_term=OntologyTerm(cl_id="CL:0000624", name="CD4-positive, alpha-beta T cell"),
        merged=MergedLabels(grouping_1="Lymphoid", grouping_2="T cell", grouping_3="CD4+ T cell"),
    )
    write_labels(
        cells, "leiden", [full], {"tissue": "blood", "seed": 0, "note": None}, everyday_name=everyday_name
    )
    row = saved(cells, tmp_path).obs.query("leiden == '0'").iloc[0]
    assert row["cell_type_general"] == "T cell"
    assert row["cell_type_ontology_term_id"] == "CL:0000624"
    assert (row["cassia_score"], row["cassia_evidence"]) == (85.5, 70.0)
    assert (row["cassia_confidence"], row["cassia_status"]) == ("medium", "done")
    assert row["cassia_merged_grouping_1"] == "Lymphoid"
    head = saved(cells, tmp_path).uns["cassia"]
    assert (head["tissue"], head["seed"], head["note"], head["cluster_key"]) == ("blood", "0", "", "leiden")


def test_a_failed_cluster_has_a_status_and_no_label(cells, tmp_path):
    write_labels(
        cells,
        "leiden",
        [ClusterResult(cluster="1", status="failed", reason="timeout"), result("0", "T cell")],
        {},
        everyday_name=everyday_name,
    )
    obs = saved(cells, tmp_path).obs
    assert obs.loc[obs["leiden"] == "1", "cell_type"].isna().all()
    assert set(obs.loc[obs["leiden"] == "1", "cassia_status"]) == {"failed"}
    assert obs.loc[obs["leiden"] == "10", "cassia_status"].isna().all()
    assert "cassia_merged_grouping_1" not in obs


def test_columns_of_the_same_name_are_kept_once_under_another(cells, tmp_path):
    cells.obs["cell_type"] = "mine"
    told = [
        write_labels(cells, "leiden", [result("0", label)], {}, everyday_name=everyday_name)
        for label in ("first", "second")
    ]
    assert told == [{"cell_type": "cell_type_original"}, {}], "what was renamed is said, once"
    obs = saved(cells, tmp_path).obs
    assert set(obs["cell_type_original"]) == {"mine"}
    assert set(obs["cell_type"].dropna()) == {"second"}
    assert "cell_type_original_" not in obs


def test_labels_for_clusters_that_are_called_cell_type_themselves(cells, tmp_path):
    cells.obs["cell_type"] = cells.obs["leiden"]
    write_labels(cells, "cell_type", [result("10", "B cell")], {}, everyday_name=everyday_name)
    back = saved(cells, tmp_path)
    assert back.uns["cassia"]["cluster_key"] == "cell_type_original"
    assert set(back.obs.loc[back.obs["cell_type_original"] == "10", "cell_type"]) == {"B cell"}


def test_what_h5ad_cannot_hold_is_mended_before_saving(cells, tmp_path):
    cells.obs["mixed"] = [1, "a", None] * 10
    cells.obs["when"] = pd.Timestamp("2020-01-01")
    cells.obs["text"] = pd.Series(["x", None, "y"] * 10, index=cells.obs_names, dtype="string")
    cells.obs["a/b"] = 1
    cells.obs[7] = 2.0
    cells.obs["odd"] = pd.Categorical([1, "a", 2.5] * 10)
    cells.obsm["X_a/b"] = np.zeros((30, 2))
    cells.uns["x/y"] = {"deep/er": 1, "none": None, "thing": object()}
    write_labels(cells, "leiden", [result("0", "T/NK cell")], {}, everyday_name=everyday_name)
    back = saved(cells, tmp_path)
    assert back.obs["mixed"].tolist()[:2] == ["1", "a"] and back.obs["mixed"].isna().sum() == 10
    assert {"a_b", "7", "when", "text", "odd"} <= set(back.obs)
    assert "X_a_b" in back.obsm
    assert back.uns["x_y"] == {"deep_er": 1}
    assert set(back.obs["cell_type"].dropna()) == {"T/NK cell"}


def test_two_results_of_one_cluster_and_a_missing_column_are_refused(cells):
    with pytest.raises(AnnDataError, match="two results"):
        write_labels(cells, "leiden", [result("0", "a"), result("0", "b")], {}, everyday_name=everyday_name)
    with pytest.raises(AnnDataError, match="no column nope"):
        write_labels(cells, "nope", [], {}, everyday_name=everyday_name)


def test_the_everyday_name_and_how_the_term_fits_stand_beside_the_label(cells, tmp_path):
    label = "effector CD8-positive, alpha-beta T cell"
    exact = OntologyTerm(cl_id="CL:0001050", name=label)
    nearest = OntologyTerm(cl_id="CL:1001571", name="hippocampal pyramidal neuron", nearest=True)
    rows = [
        result("0", label, detailed_term=exact),
        result("1", "CA1 pyramidal neuron", detailed_term=nearest),
        ClusterResult(cluster="10", status="failed", reason="No answer."),
    ]
    write_labels(cells, "leiden", rows, {}, everyday_name=everyday_name)
    obs = saved(cells, tmp_path).obs.drop_duplicates("leiden").set_index("leiden").astype(object)
    wanted = ["cell_type", "cell_type_short", "cell_type_ontology_term_id", "cell_type_ontology_match"]
    assert obs.loc["0", wanted].tolist() == [label, "CD8 effector T cell", "CL:0001050", "exact"]
    assert obs.loc["1", wanted].tolist() == [
        "CA1 pyramidal neuron",
        "CA1 pyramidal neuron",
        "CL:1001571",
        "nearest",
    ]
    assert obs.loc["10", wanted].isna().all()
