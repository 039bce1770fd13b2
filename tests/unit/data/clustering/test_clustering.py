from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from clustering_cells import Remembering, counts, loaded, run
from scipy import sparse
from sklearn.metrics import adjusted_rand_score, homogeneity_score

from cassia_core.data.cells.subset import keep_subset
from cassia_core.data.view.view_store import open_view
from cassia_core.domain.config import ClusteringParams, QCParams, ReadOptions
from cassia_core.errors import AnnDataError, ConfigError, RunCancelled


def test_counts_become_clusters_a_map_and_markers(tmp_path):
    adata = counts()
    original = adata.X.copy()
    listener = Remembering()
    found = run(loaded(adata), tmp_path, listener)
    assert found.cluster_key == "leiden"
    assert adjusted_rand_score(found.adata.obs["leiden"], found.adata.obs["type"]) == 1.0
    assert found.adata.obsm["X_umap"].shape == (300, 2)
    assert found.adata.obsm["X_pca"].shape == (300, 25)
    assert np.array_equal(found.adata.layers["counts"].toarray(), original.toarray())
    assert np.allclose(np.expm1(found.adata.X.toarray()).sum(axis=1), 1e4, rtol=1e-4)
    for cluster in found.table.clusters:
        kinds = found.adata.obs.loc[found.adata.obs["leiden"] == cluster.cluster, "type"].unique()
        assert set(cluster.symbols(10)) <= {f"T{kinds[0][-1]}-{i}" for i in range(40)}
        assert (cluster.state, cluster.n_cells) == ("ok", 100)


@pytest.mark.parametrize(("total", "base"), [(1e6, 2.0), (1e6, np.e), (4e4, np.e)])
def test_values_per_million_give_what_values_per_ten_thousand_give(tmp_path, total, base):
    """The limits of variable genes and of means are made for 10,000 a cell; log2 of CPM is usual too."""
    usual = counts()
    share = usual.X.toarray() / usual.X.toarray().sum(axis=1, keepdims=True)
    as_written = usual.copy()
    as_written.X = sparse.csr_matrix((np.log1p(share * total) / np.log(base)).astype(np.float32))
    own_values = as_written.X.copy()
    written = loaded(as_written, state="log_normalised", log_base="2" if base == 2.0 else "e")
    listener = Remembering()
    expected, found = run(loaded(usual), tmp_path / "a"), run(written, tmp_path / "b", listener)
    assert np.array_equal(expected.adata.var["highly_variable"], found.adata.var["highly_variable"])
    assert adjusted_rand_score(expected.adata.obs["leiden"], found.adata.obs["leiden"]) == 1.0
    fold_change = [r.frame.set_index(["cluster", "gene"])["log2fc"] for r in (expected, found)]
    assert np.allclose(fold_change[1].reindex(fold_change[0].index), fold_change[0], atol=1e-2)
    assert f"about {total:,.0f} each" in " ".join(listener.notices)
    assert np.array_equal(found.adata.X.toarray(), own_values.toarray()), "the file's own values stay"


def test_values_of_a_panel_are_not_blown_up(tmp_path):
    """A panel holds part of a cell: its sums lie below 10,000 and are left as they are."""
    panel = counts()
    panel.X = sparse.csr_matrix(
        np.log1p(panel.X.toarray() / panel.X.toarray().sum(axis=1, keepdims=True) * 2e3)
    )
    listener = Remembering()
    found = run(loaded(panel, state="log_normalised"), tmp_path, listener)
    assert np.allclose(np.expm1(found.adata.X.toarray()).sum(axis=1), 2e3, rtol=1e-3)
    assert not any("scaled to about" in notice for notice in listener.notices)


def test_markers_are_ready_before_the_map_is_waited_for(tmp_path):
    listener = Remembering()
    run(loaded(counts()), tmp_path, listener)
    order = [c[:2] for c in listener.calls if c[0] != "progress"]
    assert (
        order.index(("started", "umap")) < order.index(("markers_ready",)) < order.index(("finished", "umap"))
    )
    assert listener.stages() == [
        "qc",
        "normalise",
        "variable_genes",
        "pca",
        "neighbors",
        "umap",
        "leiden",
        "markers",
    ]
    assert sorted(listener.stages("finished")) == sorted(listener.stages())
    assert listener.table.ids() == ("0", "1", "2")


def test_same_seed_gives_the_same_labels_and_coordinates(tmp_path):
    first, second = (run(loaded(counts()), tmp_path) for _ in range(2))
    assert (first.adata.obs["leiden"] == second.adata.obs["leiden"]).all()
    assert np.array_equal(first.adata.obsm["X_umap"], second.adata.obsm["X_umap"])


def test_own_clusters_and_own_map_are_kept_and_nothing_is_recomputed(tmp_path):
    adata = counts()
    own_map = np.random.default_rng(0).normal(size=(300, 2))
    own_map[4] = np.nan
    adata.obsm["X_UMAP"] = own_map.copy()
    adata.obs["group"] = pd.Categorical([str(i % 3) for i in range(300)], categories=["0", "1", "2", "empty"])
    adata.obs.loc[adata.obs_names[:9], "group"] = np.nan
    listener = Remembering()
    found = run(loaded(adata), tmp_path, listener, clustering=ClusteringParams(cluster_column="group"))
    assert listener.stages() == ["qc", "normalise", "markers"]
    assert found.cluster_key == "group"
    assert found.table.ids() == ("0", "1", "2", "Unassigned")
    assert found.table.get("Unassigned").state == "unassigned"
    assert found.table.get("Unassigned").n_cells == 9
    assert "Unassigned" not in set(found.frame["cluster"])
    assert np.array_equal(found.adata.obsm["X_UMAP"], own_map, equal_nan=True)
    assert "X_umap" not in found.adata.obsm and "X_pca" not in found.adata.obsm


def test_numbers_as_clusters_are_names_in_natural_order(tmp_path):
    adata = counts(n_cells=360, n_types=12)
    adata.obs["number"] = np.arange(360) % 12 * 1.0
    found = run(loaded(adata), tmp_path, clustering=ClusteringParams(cluster_column="number"))
    assert found.table.ids() == tuple(str(i) for i in range(12))


def test_a_small_cluster_is_listed_and_not_tested(tmp_path):
    adata = counts()
    adata.obs["group"] = ["tiny"] * 2 + ["a"] * 150 + ["b"] * 148
    found = run(loaded(adata), tmp_path, clustering=ClusteringParams(cluster_column="group"))
    assert found.table.get("tiny").state == "too_small"
    assert found.table.get("tiny").n_cells == 2
    assert not found.table.get("tiny").genes
    assert found.table.get("a").state != "too_small"


def test_one_cluster_only_is_listed_with_the_reason_why_it_has_no_markers(tmp_path):
    adata = counts()
    adata.obs["group"] = "all"
    listener = Remembering()
    found = run(loaded(adata), tmp_path, listener, clustering=ClusteringParams(cluster_column="group"))
    assert isinstance(found.refusal, AnnDataError)
    assert found.refusal.remedy
    assert found.table.get("all").state == "no_markers"
    assert "only one cluster" in found.table.get("all").reason
    assert listener.table is found.table
    assert list(found.frame.columns[:2]) == ["cluster", "gene"] and found.frame.empty


def test_scaled_values_are_clustered_and_markers_refused(tmp_path):
    adata = counts()
    dense = adata.X.toarray()
    adata.X = (dense - dense.mean(axis=0)) / np.where(dense.std(axis=0) == 0, 1, dense.std(axis=0))
    kept = adata.X.copy()
    found = run(loaded(adata, "scaled"), tmp_path)
    assert found.refusal is not None and "scaled" in str(found.refusal)
    assert adjusted_rand_score(found.adata.obs["leiden"], found.adata.obs["type"]) > 0.9
    assert found.adata.obsm["X_umap"].shape == (300, 2)
    assert np.array_equal(found.adata.X, kept)
    assert {c.state for c in found.table.clusters} == {"no_markers"}


def test_log2_values_give_the_clusters_of_natural_logs_and_stay_in_the_file(tmp_path):
    adata = counts()
    natural = adata.copy()
    natural.X = sparse.csr_matrix(np.log1p(natural.X.toarray() / np.asarray(natural.X.sum(axis=1)) * 1e4))
    binary = natural.copy()
    binary.X = binary.X / np.log(2)
    kept = binary.X.copy()
    listener = Remembering()
    one = run(loaded(natural, "log_normalised"), tmp_path)
    two = run(loaded(binary, "log_normalised", log_base="2"), tmp_path, listener)
    assert any("base 2" in text for text in listener.notices)
    assert adjusted_rand_score(one.adata.obs["leiden"], two.adata.obs["leiden"]) == 1.0
    assert abs(two.adata.X - kept).max() == 0
    gene = one.frame["gene"].iloc[0]
    there = two.frame[(two.frame["gene"] == gene) & (two.frame["cluster"] == one.frame["cluster"].iloc[0])]
    assert np.isclose(one.frame["log2fc"].iloc[0], there["log2fc"].iloc[0], rtol=1e-3)
    assert "counts" not in one.adata.layers


def test_empty_cells_leave_before_normalising_and_are_recorded(tmp_path):
    adata = counts()
    matrix = adata.X.tolil()
    matrix[[3, 7]] = 0
    adata.X = matrix.tocsr()
    listener = Remembering()
    found = run(loaded(adata), tmp_path, listener)
    assert found.adata.n_obs == 298
    assert found.removed["cell"].tolist() == ["cell3", "cell7"]
    assert set(found.removed["reason"]) == {"no counts at all"}
    assert any("2 of 300" in text for text in listener.notices)
    assert np.isfinite(found.adata.X.data).all()


def test_cut_offs_take_cells_out_with_the_reason(tmp_path):
    adata = counts()
    limit = float(np.quantile(np.asarray(adata.X.sum(axis=1)), 0.9))
    found = run(loaded(adata), tmp_path, qc=QCParams(max_counts=limit))
    assert 25 < len(found.removed) <= 30
    assert set(found.adata.uns["cassia_removed_cells"]["reason"]) == {"number of counts"}
    with pytest.raises(AnnDataError, match="No cell is left"):
        run(loaded(counts()), tmp_path, qc=QCParams(min_genes=100_000))


def test_the_file_s_own_leiden_column_is_kept_beside_the_new_one(tmp_path):
    adata = counts()
    adata.obs["leiden"] = "old"
    found = run(loaded(adata), tmp_path)
    assert set(found.adata.obs["leiden_original"]) == {"old"}
    assert found.adata.obs["leiden"].nunique() == 3


def test_a_panel_of_forty_genes_is_used_whole(tmp_path):
    listener = Remembering()
    found = run(loaded(counts(n_genes=40)), tmp_path, listener)
    assert adjusted_rand_score(found.adata.obs["leiden"], found.adata.obs["type"]) > 0.9
    assert found.adata.obsm["X_pca"].shape[1] == 25
    assert any(c[1] == "variable_genes" and "40 of 40" in c[2] for c in listener.calls if c[0] == "finished")


def test_eight_thousand_three_hundred_cells_are_clustered_by_the_approximate_search(tmp_path, monkeypatch):
    monkeypatch.setattr("cassia_core.data.kernels.neighbors.EXACT_CELLS", 8_000)
    listener = Remembering()
    found = run(loaded(counts(n_cells=8_300, n_genes=60)), tmp_path, listener)
    assert any(c[1] == "neighbors" and "approximate" in c[2] for c in listener.calls if c[0] == "finished")
    assert homogeneity_score(found.adata.obs["type"], found.adata.obs["leiden"]) > 0.95
    told = [c[2] for c in listener.calls if c[0] == "progress" and c[1] == "neighbors"]
    assert told == sorted(told) and len(told) > 5


def test_two_hundred_clusters_are_all_listed(tmp_path):
    adata = counts(n_cells=1000, n_genes=400)
    adata.obs["group"] = [str(i % 200) for i in range(1000)]
    adata.obsm["X_umap"] = np.zeros((1000, 2))
    found = run(loaded(adata), tmp_path, clustering=ClusteringParams(cluster_column="group"))
    assert found.table.ids() == tuple(str(i) for i in range(200))
    assert len(found.frame) == 200 * 400


def test_a_subset_of_clusters_is_clustered_again_alone(tmp_path):
    adata = counts()
    adata.obsm["X_umap"] = np.zeros((300, 2))
    params = ClusteringParams(cluster_column="type", subset_clusters=("type 1", "type 2"))
    found = run(loaded(adata), tmp_path, clustering=params)
    assert found.cluster_key == "leiden"
    assert set(found.adata.obs["type"]) == {"type 1", "type 2"}
    assert adjusted_rand_score(found.adata.obs["leiden"], found.adata.obs["type"]) > 0.9
    assert np.ptp(found.adata.obsm["X_umap"]) > 0
    with pytest.raises(AnnDataError, match="type 9"):
        run(
            loaded(counts()),
            tmp_path,
            clustering=ClusteringParams(cluster_column="type", subset_clusters=("type 9",)),
        )


def test_parts_compared_with_all_cells_have_the_statistics_of_a_test_over_all_cells(tmp_path):
    params = ClusteringParams(
        cluster_column="type", subset_clusters=("type 1", "type 2"), markers_against="all"
    )
    found = run(loaded(counts()), tmp_path / "part", clustering=params)
    assert found.adata.n_obs == 200 and set(found.adata.obs["type"]) == {"type 1", "type 2"}
    everything = counts()
    everything.obs["part"] = (
        found.adata.obs["leiden"].astype(str).reindex(everything.obs_names).fillna("outside")
    )
    whole = run(loaded(everything), tmp_path / "whole", clustering=ClusteringParams(cluster_column="part"))
    for cluster in found.table.ids():
        ours, theirs = (
            f.frame[f.frame["cluster"] == cluster].set_index("gene").sort_index() for f in (found, whole)
        )
        np.testing.assert_allclose(ours["score"], theirs["score"], atol=1e-4)
        np.testing.assert_allclose(ours["pct_out"], theirs["pct_out"], atol=1e-6)


def test_one_part_alone_is_compared_with_the_cells_outside(tmp_path):
    params = ClusteringParams(
        cluster_column="type", subset_clusters=("type 1",), markers_against="all", resolution=0.01
    )
    found = run(loaded(counts()), tmp_path, clustering=params)
    assert found.refusal is None and found.table.ids() == ("0",)
    assert found.table.clusters[0].symbols(5)[0].startswith("T1-")


def test_cells_can_leave_a_file_that_keeps_neighbour_graphs_the_old_way(tmp_path):
    adata = counts()
    adata.uns["neighbors"] = {"distances": sparse.eye(300, format="csr"), "params": {"n_neighbors": 5}}
    found = run(
        loaded(adata),
        tmp_path,
        clustering=ClusteringParams(
            cluster_column="type", subset_clusters=("type 1",), markers_against="all"
        ),
    )
    assert found.adata.n_obs == 100


@pytest.mark.parametrize("stage", ["qc", "pca", "neighbors", "umap", "leiden", "markers"])
def test_a_cancel_stops_in_any_stage_and_leaves_no_view(tmp_path, stage):
    with pytest.raises(RunCancelled):
        run(loaded(counts()), tmp_path, Remembering(cancel_at=stage))
    assert not list(tmp_path.iterdir())


def test_a_column_that_is_not_there_is_named_with_those_that_are(tmp_path):
    with pytest.raises(AnnDataError, match="no column nope.*type"):
        run(loaded(counts()), tmp_path, clustering=ClusteringParams(cluster_column="nope"))
    with pytest.raises(AnnDataError, match="no map X_tsne"):
        run(loaded(counts()), tmp_path, clustering=ClusteringParams(embedding="X_tsne"))


def test_too_few_cells_are_refused_with_figures(tmp_path):
    with pytest.raises(AnnDataError, match="6 cells"):
        run(loaded(counts(n_cells=6)), tmp_path)


def test_a_suggested_resolution_comes_with_its_reason(tmp_path):
    listener = Remembering()
    found = run(loaded(counts()), tmp_path, listener, clustering=ClusteringParams(resolution=None))
    assert any("was chosen" in text for text in listener.notices)
    assert adjusted_rand_score(found.adata.obs["leiden"], found.adata.obs["type"]) > 0.9


def test_markers_are_of_all_genes_with_fractions_in_and_out(tmp_path):
    found = run(loaded(counts()), tmp_path)
    assert len(found.frame) == 3 * 1500
    top = found.table.get("0").genes[0]
    assert top.log2fc > 2 and top.pct_in > 0.9 > top.pct_out and top.pval_adj < 1e-10
    measured = found.expression.measure("0", (top.gene, "NOT-A-GENE"))
    assert measured[0].status == "measured_here" and measured[0].rank == 1 and measured[0].top_cluster == "0"
    assert measured[1].status == "not_in_data"


@pytest.mark.parametrize(
    ("own", "wish", "shown"),
    [("X_draw_graph_fa", None, "X_draw_graph_fa"), ("UMAP", None, "UMAP"), ("UMAP", "new", "X_umap")],
)
def test_the_map_to_show_stands_first_in_the_view_whatever_it_is_called(tmp_path, own, wish, shown):
    adata = counts()
    adata.obsm[own] = np.random.default_rng(0).normal(size=(300, 2))
    found = run(loaded(adata), tmp_path, clustering=ClusteringParams(embedding=wish))
    assert open_view(tmp_path / "view").embeddings()[0] == shown
    assert ("X_umap" in found.adata.obsm) == (wish == "new")


def test_a_map_that_is_a_table_is_kept_and_shown(tmp_path):
    adata = counts()
    xy = np.random.default_rng(0).normal(size=(300, 2))
    adata.obsm["X_umap"] = pd.DataFrame(xy, index=adata.obs_names, columns=["one", "two"])
    run(loaded(adata), tmp_path)
    assert np.allclose(open_view(tmp_path / "view").embedding("X_umap"), xy)


def test_cells_that_are_all_alike_are_refused_in_words(tmp_path):
    adata = counts()
    adata.X = sparse.csr_matrix(np.tile(adata.X[0].toarray(), (300, 1)))
    with pytest.raises(AnnDataError, match="nothing tells them apart"):
        run(loaded(adata), tmp_path)


def test_the_remedy_for_a_part_in_one_piece_is_a_higher_resolution(tmp_path):
    adata = counts()
    adata.obs["type"] = adata.obs["type"].astype(str)
    params = ClusteringParams(
        cluster_column="type", subset_clusters=(adata.obs["type"].iloc[0],), resolution=0.01
    )
    found = run(loaded(adata), tmp_path, clustering=params)
    assert found.refusal is not None and found.refusal.remedy == "Choose a higher resolution."


@pytest.mark.parametrize(
    "wrong", [{"seed": -1}, {"n_top_genes": 0}, {"max_value": 0.0}, {"min_mean": float("nan")}]
)
def test_a_setting_that_means_nothing_is_refused_by_name(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        ClusteringParams(**wrong)
    with pytest.raises(ConfigError, match="max_cells"):
        ReadOptions(max_cells=0)


@pytest.mark.parametrize(("label", "kept"), [("T cell", True), (None, False)])
def test_a_part_says_what_its_cells_were_called_only_where_they_had_a_name(label, kept):
    adata = counts()
    adata.obs["cell_type"] = pd.Categorical([label] * adata.n_obs)
    adata.uns["cassia"] = {"label_columns": np.array(["cell_type"])}
    keep_subset(adata, np.arange(adata.n_obs) < 50, ClusteringParams())
    assert ("parent_cell_type" in adata.obs) == kept
    assert "cell_type" not in adata.obs
