from __future__ import annotations

import subprocess
import sys

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from clustering_cells import counts, loaded, run
from scipy import sparse

from cassia_core.data.view.cell_expression import CellExpression
from cassia_core.data.view.view_store import MAX_CATEGORIES, ViewWriter, open_view
from cassia_core.domain.config import ClusteringParams
from cassia_core.errors import RunNotFound


@pytest.fixture
def written(tmp_path):
    adata = counts()
    adata.obs["score"] = np.where(np.arange(300) % 5, np.arange(300) / 10, np.nan)
    adata.obs["flag"] = np.arange(300) % 2 == 0
    adata.obs["a/b"] = ["x", None, "y"] * 100
    adata.obs["name"] = [f"n{i}" for i in range(300)]
    found = run(loaded(adata), tmp_path)
    return found, open_view(tmp_path / "view")


def test_a_gene_column_is_that_of_the_matrix(written):
    found, view = written
    for gene in ("T0-0", "T2-39", "G1499"):
        column = found.adata[:, gene].X.toarray().ravel()
        assert np.array_equal(view.gene(gene), column)
        assert view.gene(gene).dtype == np.float32
    with pytest.raises(KeyError):
        view.gene("nope")


def test_cells_columns_and_maps_come_back(written):
    found, view = written
    assert view.n_cells == 300
    assert view.cell_ids() == tuple(found.adata.obs_names)
    assert view.embeddings()[0] == "X_umap"
    assert np.array_equal(view.embedding("X_umap"), found.adata.obsm["X_umap"])
    assert view.embedding("X_pca").shape == (300, 2)
    kinds = {c.name: c.kind for c in view.columns()}
    assert kinds["leiden"] == kinds["flag"] == kinds["a/b"] == "categorical"
    assert kinds["score"] == "numeric"
    leiden = view.column("leiden")
    assert [leiden.categories[c] for c in leiden.codes] == found.adata.obs["leiden"].tolist()
    assert np.isnan(view.column("score").values).sum() == 60
    assert (view.column("a/b").codes == -1).sum() == 100


def test_statistics_of_a_cluster_are_those_of_the_frame(written):
    found, view = written
    rows = found.frame[found.frame["cluster"] == "1"].reset_index(drop=True)
    table = view.cluster_statistics("1")
    assert table["gene"].tolist() == rows["gene"].tolist()
    assert np.array_equal(table["score"], rows["score"])
    with pytest.raises(KeyError):
        view.cluster_statistics("10")


def test_genes_are_measured_again_from_the_view(written):
    found, view = written
    again = CellExpression(view.statistics(), "human")
    genes = ("T1-0", "G1400", "NOPE")
    assert again.measure("2", genes) == found.expression.measure("2", genes)
    assert not again.has_gene("NOPE")


def test_a_view_without_markers_still_has_cells_and_genes(tmp_path):
    adata = counts()
    adata.obs["group"] = "one"
    run(loaded(adata), tmp_path, clustering=ClusteringParams(cluster_column="group"))
    view = open_view(tmp_path / "view")
    assert view.clusters() == () and view.statistics() is None
    assert view.gene("T0-0").any()


def test_no_view_is_said_in_words(tmp_path):
    with pytest.raises(RunNotFound, match="no view"):
        open_view(tmp_path / "view")


def test_reading_a_view_loads_no_compiled_code():
    code = (
        "import sys, cassia_core.data.view.view_store; "
        "print({'numba', 'scanpy', 'anndata'} & set(sys.modules))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"
    )


def test_clusters_are_in_the_view_however_many_there_are(tmp_path):
    n = MAX_CATEGORIES + 5
    values = sparse.csr_matrix(np.ones((n, 3), dtype=np.float32))
    names = [f"c{i}" for i in range(n)]
    obs = pd.DataFrame({"own": pd.Categorical(names), "other": names}, index=names)
    writer = ViewWriter(tmp_path / "view")
    writer.write_genes(values, ("A", "B", "C"), lambda _: None)
    writer.finish(ad.AnnData(values, obs=obs), "own", None)
    view = open_view(tmp_path / "view")
    assert [c.name for c in view.columns()] == ["own"]
    assert len(view.column("own").categories) == n
