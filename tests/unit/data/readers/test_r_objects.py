"""Objects of R give the values, tables and coordinates that were put into them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from cassia_core.data.cells.load_cells import load_cells
from cassia_core.data.tables.marker_tables import load_markers
from tests.conftest import SHARED
from tests.corpus import r_objects
from tests.corpus.material import N_CELLS, counts, symbols
from tests.r_writer import matrix, rds

MADE = (
    r_objects.seurat_4_with_two_assays,
    r_objects.seurat_5_whole,
    r_objects.seurat_2,
    r_objects.single_cell_experiment,
    r_objects.sparse_matrix_with_cells_in_rows,
    r_objects.dense_matrix,
    r_objects.list_of_objects_in_a_workspace,
)
WRITTEN_BY_R = SHARED / "data" / "rds"


def values(path: Path) -> np.ndarray:
    adata = load_cells(path).adata
    return np.asarray(sp.csr_matrix(adata.X).todense())


@pytest.mark.parametrize("build", MADE, ids=lambda build: build.__name__)
def test_the_counts_are_those_that_were_saved(build, tmp_path: Path):
    path = build(tmp_path)
    assert np.array_equal(values(path), counts())
    assert list(load_cells(path).adata.obs_names) == r_objects.CELLS


def test_split_layers_are_put_together_by_the_names_of_their_cells_and_genes(tmp_path: Path):
    expected = counts()
    kept = np.arange(N_CELLS) % 3 == 0
    missing = np.arange(expected.shape[1]) % 5 == 0
    expected[np.ix_(~kept, missing)] = 0
    assert np.array_equal(values(r_objects.seurat_5_with_split_layers(tmp_path)), expected)


def test_clusters_and_maps_come_along(tmp_path: Path):
    adata = load_cells(r_objects.seurat_4_with_two_assays(tmp_path)).adata
    assert list(adata.obs["seurat_clusters"]) == r_objects.GROUPS
    assert adata.obsm["X_umap"].shape == (N_CELLS, 2)
    assert "active.ident" not in adata.obs  # the same as the clusters


def test_a_list_of_tables_names_its_clusters(tmp_path: Path):
    markers = load_markers(r_objects.list_of_tables_of_markers(tmp_path))
    assert set(markers.table.ids()) == {"T", "B", "NK"}


def test_a_matrix_without_names_of_cells_numbers_them(tmp_path: Path):
    path = tmp_path / "m.rds"
    path.write_bytes(rds(matrix(sp.csc_matrix(counts().T), symbols(), None)))
    loaded = load_cells(path)
    assert any("names no cells" in sentence for sentence in loaded.findings.done)
    assert loaded.adata.n_obs == N_CELLS


@pytest.mark.skipif(not WRITTEN_BY_R.exists(), reason="no ../shared here")
@pytest.mark.parametrize("name", ["seurat4_full", "seurat5_like", "sce_counts", "dgCMatrix"])
def test_objects_that_r_itself_wrote(name: str):
    loaded = load_cells(WRITTEN_BY_R / f"{name}.rds").adata
    assert loaded.shape == (800, 9840)
    assert float(loaded.X.sum()) == 1_615_915
    if name.startswith("seurat"):
        assert loaded.obs["seurat_clusters"].nunique() == 7
        assert {"X_pca", "X_umap"} <= set(loaded.obsm)
