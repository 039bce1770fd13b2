"""Every step against scanpy's, on the same values."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pytest
import scanpy as sc
from clustering_cells import counts
from scipy import sparse
from scipy.optimize import brentq, curve_fit
from sklearn.neighbors import NearestNeighbors

from cassia_core.data.kernels.leiden import leiden_clusters
from cassia_core.data.kernels.nearest import nearest_cells
from cassia_core.data.kernels.neighbors import neighbor_graph
from cassia_core.data.kernels.normalise import as_csr, compact_counts, moments, normalise_counts
from cassia_core.data.kernels.pca import principal_components
from cassia_core.data.kernels.rank_genes import rank_genes
from cassia_core.data.kernels.umap import CURVE_A, CURVE_B, UmapJob, layout
from cassia_core.data.kernels.variable_genes import variable_genes
from cassia_core.domain.config import ClusteringParams

LABELLED = {
    "pbmc_facs_zheng2017": "subpop",
    "pbmc_symphony_3batches": "cell_type",
    "pbmc68k_reduced": "bulk_labels",
    "mouse_hippocampus_saunders2018": "cell_type",
    "mouse_kidney_tabulamuris": "cell_type",
}


def log_values(adata):
    """scanpy's log-normalised copy."""
    adata = adata.copy()
    sc.pp.normalize_total(adata, target_sum=1e4)
    sc.pp.log1p(adata)
    return adata


def labelled(shared, name):
    adata = ad.read_h5ad(shared / "data" / "h5ad" / f"{name}.h5ad")
    if name == "pbmc68k_reduced":
        adata = adata.raw.to_adata()
    if name in ("pbmc_facs_zheng2017", "mouse_hippocampus_saunders2018"):
        adata = log_values(adata)
    if name == "mouse_kidney_tabulamuris":
        adata.X = adata.X * np.log(2)
    adata.X = as_csr(adata.X).astype(np.float32)
    return adata


@pytest.fixture(scope="module")
def normalised():
    adata = counts(n_cells=400, n_genes=2000)
    return log_values(adata), *normalise_counts(as_csr(adata.X), 1e4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.uint8])
def test_normalised_values_are_scanpy_s(dtype):
    adata = counts()
    ours, _ = normalise_counts(as_csr(adata.X.astype(dtype)), 1e4)
    assert np.allclose(ours.data, log_values(adata).X.data, rtol=3e-7, atol=0)
    assert ours.dtype == np.float32


def test_counts_that_are_no_whole_numbers_are_normalised_too():
    adata = counts()
    adata.X.data = adata.X.data * np.float32(0.37) + np.float32(0.01)
    ours, _ = normalise_counts(as_csr(adata.X), 1e4)
    assert np.allclose(ours.data, log_values(adata).X.data, rtol=3e-7, atol=0)


def test_counts_are_kept_exactly_in_the_smallest_type():
    for high, dtype in ((200, np.uint8), (60_000, np.uint16), (70_000, np.uint32)):
        values = np.array([1, 7, high], dtype=np.float32)
        assert compact_counts(values).dtype == dtype
        assert np.array_equal(compact_counts(values), values)
    assert compact_counts(np.array([0.5, 2], dtype=np.float64)).dtype == np.float32


def test_moments_are_the_same_in_one_pass_and_afterwards(normalised):
    _, values, in_pass = normalised
    after = moments(values)
    for name in ("mean", "var", "log_mean", "log_var", "n_cells"):
        assert np.allclose(getattr(in_pass, name), getattr(after, name))


def test_variable_genes_are_identical(normalised):
    theirs, _, gene_moments = normalised
    theirs = theirs.copy()
    sc.pp.highly_variable_genes(theirs, min_mean=0.0125, max_mean=3, min_disp=0.5)
    assert np.array_equal(variable_genes(gene_moments, ClusteringParams()), theirs.var["highly_variable"])
    sc.pp.highly_variable_genes(theirs, n_top_genes=100)
    assert np.array_equal(
        variable_genes(gene_moments, ClusteringParams(n_top_genes=100)), theirs.var["highly_variable"]
    )


@pytest.mark.parametrize("name", LABELLED)
def test_variable_genes_are_identical_on_real_cells(shared, name):
    adata = labelled(shared, name)
    sc.pp.highly_variable_genes(adata, min_mean=0.0125, max_mean=3, min_disp=0.5)
    assert np.array_equal(variable_genes(moments(adata.X), ClusteringParams()), adata.var["highly_variable"])


@pytest.mark.parametrize("max_value", [10.0, 1.5])
@pytest.mark.parametrize("n_genes", [60, 700, 1900])
def test_components_are_those_of_scale_and_pca(normalised, n_genes, max_value):
    theirs, values, gene_moments = normalised
    used = np.zeros(values.shape[1], dtype=bool)
    used[:n_genes] = True
    part = theirs[:, used].copy()
    sc.pp.scale(part, max_value=max_value)
    sc.tl.pca(part, svd_solver="arpack", n_comps=5)
    ours = principal_components(values, used, gene_moments, n_comps=5, max_value=max_value)
    for i in range(2):
        assert abs(np.corrcoef(ours[:, i], part.obsm["X_pca"][:, i])[0, 1]) > 0.99999
    assert np.allclose(ours.std(axis=0), part.obsm["X_pca"].std(axis=0), rtol=1e-4)


def test_the_graph_joins_memberships_that_sum_to_the_logarithm_of_k():
    points = np.random.default_rng(0).normal(size=(500, 12)).astype(np.float32)
    points[7] = points[8]
    indices, distances = exact_neighbors(points, 10)
    graph = neighbor_graph(points, 10)
    assert graph.exact
    assert abs(graph.connectivities - graph.connectivities.T).max() == 0
    assert graph.connectivities.data.min() > 0 and graph.connectivities.data.max() == 1.0
    directed = np.zeros((500, 500))
    for i in range(500):
        gaps = np.maximum(distances[i, 1:] - distances[i][distances[i] > 0].min(), 0).astype(float)
        width = brentq(lambda w, gaps=gaps: np.exp(-gaps / w).sum() - np.log2(10), 1e-3, 1e3)
        directed[i, indices[i, 1:]] = np.exp(-gaps / width)
    expected = directed + directed.T - directed * directed.T
    assert np.abs(graph.connectivities.toarray() - expected).max() < 1e-4


def exact_neighbors(points, k):
    distances, indices = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(points).kneighbors(points)
    for i in range(len(points)):
        indices[i] = [i, *(j for j in indices[i] if j != i)][:k]
    return indices, distances


def test_many_cells_get_nearly_all_their_true_neighbours():
    points = (np.random.default_rng(0).normal(size=(8300, 25)) * np.linspace(5, 1, 25)).astype(np.float32)
    found, distances = nearest_cells(points, 10)
    true = (
        NearestNeighbors(n_neighbors=10, algorithm="brute")
        .fit(points)
        .kneighbors(points, return_distance=False)
    )
    recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(found, true, strict=True)])
    assert recall > 0.93
    assert (found[:, 0] == np.arange(8300)).all()
    assert (np.diff(distances, axis=1) >= 0).all()
    again, _ = nearest_cells(points, 10)
    assert np.array_equal(found, again)


def test_leiden_is_deterministic_and_the_largest_cluster_is_0():
    points = np.concatenate(
        [np.random.default_rng(i).normal(loc=8 * i, size=(60 + 40 * i, 5)) for i in range(3)]
    )
    graph = neighbor_graph(points.astype(np.float32), 10).connectivities
    first = leiden_clusters(graph, 0.1, seed=3)
    assert (first == leiden_clusters(graph, 0.1, seed=3)).all()
    sizes = [int((first == name).sum()) for name in sorted(set(first), key=int)]
    assert sizes == sorted(sizes, reverse=True) == [140, 100, 60]


def test_the_curve_of_the_map_is_the_best_fit_for_a_minimal_distance_of_one_half():
    x = np.linspace(0, 3, 300)
    wished = np.where(x < 0.5, 1.0, np.exp(-(x - 0.5)))
    (a, b), _ = curve_fit(lambda x, a, b: 1 / (1 + a * x ** (2 * b)), x, wished)
    assert np.allclose((a, b), (CURVE_A, CURVE_B), rtol=1e-4)


def test_the_map_keeps_clusters_apart_and_repeats_exactly():
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(loc=12 * i, size=(150, 6)) for i in range(3)]).astype(np.float32)
    graph = neighbor_graph(points, 10).connectivities
    first, second = (layout(graph, points, 0, 200, np.zeros(2, dtype=np.int64)) for _ in range(2))
    assert np.array_equal(first, second)
    nearest = NearestNeighbors(n_neighbors=6).fit(first).kneighbors(first, return_distance=False)
    assert (nearest // 150 == nearest[:, :1] // 150).mean() > 0.99


def test_a_map_under_way_tells_how_far_it_is_and_stops_when_asked():
    points = np.random.default_rng(0).normal(size=(9000, 5)).astype(np.float32)
    graph = neighbor_graph(points, 15).connectivities
    job = UmapJob(graph, points).start()
    while job.fraction == 0.0:
        assert not job.wait(0.01)
    job.stop()
    assert 0.0 < job.fraction < 1.0


@pytest.mark.parametrize("method", ["wilcoxon", "t-test"])
def test_scores_fold_changes_and_fractions_are_those_of_scanpy(normalised, method):
    theirs, values, _ = normalised
    theirs = theirs.copy()
    theirs.obs["group"] = theirs.obs["type"].astype("category")
    theirs.obs.loc[theirs.obs_names[:11], "group"] = np.nan
    groups = theirs.obs["group"].cat
    found = rank_genes(
        values, tuple(theirs.var_names), groups.codes.to_numpy(), tuple(groups.categories), method
    )
    sc.tl.rank_genes_groups(theirs, "group", method=method, pts=True)
    for at, cluster in enumerate(found.clusters):
        table = sc.get.rank_genes_groups_df(theirs, cluster).set_index("names").loc[list(found.genes)]
        assert np.allclose(found.score[at], table["scores"], rtol=2e-6, atol=2e-5)
        assert np.allclose(found.log2fc[at], table["logfoldchanges"], rtol=1e-5, atol=1e-5)
        assert np.allclose(found.pval[at], table["pvals"], rtol=1e-3, atol=1e-12)
        assert np.allclose(found.pval_adj[at], table["pvals_adj"], rtol=1e-3, atol=1e-12)
        assert np.allclose(found.pct_in[at], table["pct_nz_group"]) and found.pct_in[at].max() <= 1


def test_ranks_of_negative_values_and_of_stored_zeros_are_right():
    rng = np.random.default_rng(0)
    dense = np.round(rng.normal(size=(60, 30)), 1).astype(np.float32)
    matrix = sparse.csr_matrix(np.ones_like(dense))
    matrix.data[:] = dense.ravel()
    codes = np.arange(60) % 2
    found = rank_genes(matrix, tuple(f"g{i}" for i in range(30)), codes, ("a", "b"))
    adata = ad.AnnData(dense, obs={"group": [["a", "b"][c] for c in codes]})
    sc.tl.rank_genes_groups(adata, "group", method="wilcoxon")
    table = sc.get.rank_genes_groups_df(adata, "a").set_index("names").loc[list(adata.var_names)]
    assert np.allclose(found.score[0], table["scores"], rtol=1e-5, atol=1e-5)


def test_logistic_regression_gives_coefficients_and_no_p_values(normalised):
    theirs, values, _ = normalised
    codes = theirs.obs["type"].astype("category").cat.codes.to_numpy()
    found = rank_genes(values, tuple(theirs.var_names), codes, ("0", "1", "2"), "logreg")
    assert np.isnan(found.pval).all()
    for at in range(3):
        assert found.genes[int(found.score[at].argmax())].startswith(f"T{at}-")
