from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scanpy as sc
from clustering_cells import Remembering, counts, loaded, run
from scipy import sparse
from sklearn.metrics import adjusted_rand_score
from sklearn.neighbors import NearestNeighbors

from cassia_core.data.clustering.samples import harmonise, moments_per_sample
from cassia_core.data.kernels.normalise import as_csr, normalise_counts
from cassia_core.data.kernels.variable_genes import variable_genes_over_samples
from cassia_core.data.quality.cell_metrics import cell_metrics
from cassia_core.data.quality.quality_limits import failing, suggest_cutoffs
from cassia_core.domain.config import ClusteringParams, QCParams
from cassia_core.errors import AnnDataError


def two_samples(n_cells=400):
    """Three types in two samples; 100 genes are higher in the second."""
    adata = counts(n_cells=n_cells)
    second = np.arange(n_cells) >= n_cells // 2
    dense = adata.X.toarray()
    dense[np.ix_(second, range(800, 900))] = dense[np.ix_(second, range(800, 900))] * 2 + 1
    adata.X = sparse.csr_matrix(dense)
    adata.obs["sample"] = np.where(second, "b", "a")
    return adata


def test_harmony_brings_the_samples_together_and_keeps_the_types_apart():
    rng = np.random.default_rng(0)
    kinds, samples = np.arange(600) % 3, pd.Series(np.where(np.arange(600) < 300, "a", "b"))
    shift = 5 * np.eye(8)[7] * (samples == "b").to_numpy()[:, None]
    points = rng.normal(size=(600, 8)) + 15 * np.eye(3, 8)[kinds] + shift
    joined = harmonise(points.astype(np.float32), samples)
    assert joined.shape == (600, 8) and joined.dtype == np.float32
    for values, mixed in ((points, False), (joined, True)):
        near = NearestNeighbors(n_neighbors=11).fit(values).kneighbors(values, return_distance=False)[:, 1:]
        assert (kinds[near] == kinds[:, None]).mean() > 0.99
        assert ((samples.to_numpy()[near] != samples.to_numpy()[:, None]).mean() > 0.3) == mixed


def test_a_run_with_harmony_keeps_the_plain_components_too(tmp_path):
    params = ClusteringParams(batch_column="sample", batch_method="harmony")
    found = run(loaded(two_samples()), tmp_path, clustering=params)
    assert adjusted_rand_score(found.adata.obs["leiden"], found.adata.obs["type"]) > 0.9
    assert found.adata.obsm["X_pca_harmony"].shape == found.adata.obsm["X_pca"].shape
    assert not np.array_equal(found.adata.obsm["X_pca_harmony"], found.adata.obsm["X_pca"])


@pytest.mark.parametrize("n_top_genes", [None, 150])
def test_variable_genes_over_samples_are_those_of_scanpy(n_top_genes):
    adata = two_samples()
    values, _ = normalise_counts(as_csr(adata.X), 1e4)
    sc.pp.normalize_total(adata, target_sum=1e4)
    sc.pp.log1p(adata)
    sc.pp.highly_variable_genes(adata, batch_key="sample", n_top_genes=n_top_genes)
    found = variable_genes_over_samples(
        moments_per_sample(values, adata.obs["sample"]), ClusteringParams(n_top_genes=n_top_genes)
    )
    assert np.array_equal(found, adata.var["highly_variable"])


def test_a_sample_column_that_is_not_there_is_named(tmp_path):
    with pytest.raises(AnnDataError, match="no column donor"):
        run(loaded(counts()), tmp_path, clustering=ClusteringParams(batch_column="donor"))


def test_doublets_are_scored_per_sample_and_made_ones_score_higher(tmp_path):
    adata = counts(n_cells=600)
    dense = adata.X.toarray()
    dense[:20] += dense[301:321]
    adata.X = sparse.csr_matrix(dense)
    adata.obs["sample"] = ["a"] * 550 + ["b"] * 50
    listener = Remembering()
    found = run(loaded(adata), tmp_path, listener, qc=QCParams(score_doublets=True, sample_column="sample"))
    score = found.adata.obs["doublet_score"]
    assert score[:20].median() > score[20:550].median()
    assert score[550:].isna().all()
    assert any("sample b" in text for text in listener.notices)
    assert found.adata.n_obs == 600


def test_metrics_count_the_genes_of_mitochondria_ribosomes_and_blood():
    matrix = sparse.csr_matrix(np.array([[1, 0, 2, 1], [0, 0, 0, 0], [5, 5, 0, 0]], dtype=np.float32))
    table = cell_metrics(matrix, ("MT-CO1", "RPS3", "HBB", "CD3D"))
    assert table["n_genes"].tolist() == [3, 0, 2]
    assert table["n_counts"].tolist() == [4, 0, 10]
    assert table["pct_mito"].tolist() == [25, 0, 50]
    assert table["pct_ribo"].tolist() == [0, 0, 50]
    assert table["pct_haemo"].tolist() == [50, 0, 0]
    logged = matrix.copy()
    logged.data = np.log1p(logged.data)
    assert np.allclose(
        cell_metrics(logged, ("mt-Co1", "Rps3", "Hbb-bs", "Cd3d"), is_log=True), table, atol=1e-4
    )


def test_the_first_cut_off_a_cell_fails_is_its_reason():
    table = pd.DataFrame(
        {
            "n_genes": [0, 5, 50, 60],
            "n_counts": [0, 50, 500, 600],
            "pct_mito": [0, 90, 30, 1.0],
            "pct_ribo": 0.0,
            "pct_haemo": 0.0,
        }
    )
    reasons = failing(table, QCParams(min_genes=10, max_pct_mito=20))
    assert reasons.tolist() == ["no counts at all", "number of genes", "mitochondrial share", ""]
    assert (failing(table.iloc[1:], QCParams()) == "").all()


def test_suggested_cut_offs_take_the_odd_cells_and_leave_the_rest():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "n_genes": rng.normal(2000, 200, 500).astype(int),
            "n_counts": rng.normal(6000, 600, 500),
            "pct_mito": rng.gamma(4, 1, 500),
            "pct_ribo": 0.0,
            "pct_haemo": 0.0,
        }
    )
    table.loc[:4, "n_genes"] = 100
    table.loc[10:14, "pct_mito"] = 60.0
    found = suggest_cutoffs(table)
    assert found.removed >= 10
    assert found.removed < 40
    assert 100 < found.params.min_genes < 1500
    assert found.params.max_pct_mito < 30


def test_no_limit_is_suggested_where_more_than_half_of_the_cells_are_alike():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "n_genes": [40] * 300 + list(range(20, 40)),
            "n_counts": rng.normal(6000, 600, 320),
            "pct_mito": [0.0] * 200 + list(rng.random(120)),
            "pct_ribo": 0.0,
            "pct_haemo": 0.0,
        }
    )
    found = suggest_cutoffs(table).params
    assert (found.min_genes, found.max_genes, found.max_pct_mito) == (None, None, None)
    assert 0 < found.min_counts < 6000 < found.max_counts


def test_a_file_s_own_doublet_scores_are_kept_beside_new_ones(tmp_path):
    adata = counts()
    adata.obs["doublet_score"] = 0.5
    found = run(loaded(adata), tmp_path, qc=QCParams(score_doublets=True)).adata.obs
    assert set(found["doublet_score_original"]) == {0.5}
    assert found["doublet_score"].nunique() > 1


def test_a_mitochondrial_share_from_0_to_1_is_kept_beside_the_percentage(tmp_path):
    adata = counts()
    adata.var_names = [f"MT-{i}" if i < 20 else name for i, name in enumerate(adata.var_names)]
    adata.obs["pct_mito"] = 0.2
    listener = Remembering()
    found = run(loaded(adata), tmp_path, listener).adata.obs
    assert set(found["pct_mito_original"]) == {0.2}
    assert found["pct_mito"].max() > 1
    assert any("pct_mito_original" in text for text in listener.notices)
