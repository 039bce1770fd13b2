from __future__ import annotations

from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pytest
import scipy.sparse as sp

from cassia_core.data.cells.file_inspection import inspect_file
from cassia_core.data.cells.load_cells import load_cells
from cassia_core.domain.config import ReadOptions
from tests.corpus import expression_tables, h5ad_versions, matrix_states, names, tenx
from tests.corpus.material import N_CELLS, N_GENES, cells, counts, logged, saved, symbols

FORMATS = [
    matrix_states.counts_in_x,
    matrix_states.column_wise_matrix,
    matrix_states.dense_float64,
    matrix_states.wide_indices,
    h5ad_versions.anndata_of_2018,
    tenx.mtx_of_kallisto,
    tenx.mtx_folder,
    tenx.tenx_version_2,
    tenx.loom,
    expression_tables.genes_by_cells,
    expression_tables.cells_by_genes_gz,
]


def dense(matrix: np.ndarray | sp.spmatrix) -> np.ndarray:
    return matrix.toarray() if sp.issparse(matrix) else np.asarray(matrix)


@pytest.mark.parametrize("build", FORMATS, ids=[build.__name__ for build in FORMATS])
def test_every_format_gives_the_same_values_genes_and_cells(build, tmp_path: Path):
    adata = load_cells(build(tmp_path)).adata
    assert adata.shape == (N_CELLS, N_GENES)
    assert list(adata.var_names) == symbols()
    np.testing.assert_array_equal(dense(adata.X), counts())


@pytest.mark.parametrize("build", FORMATS, ids=[build.__name__ for build in FORMATS])
def test_every_format_can_be_sampled_and_the_sample_is_part_of_the_whole(build, tmp_path: Path):
    path = build(tmp_path)
    whole, loaded = load_cells(path).adata, load_cells(path, ReadOptions(max_cells=40))
    part = loaded.adata
    assert part.n_obs == loaded.findings.n_cells == 40 and loaded.findings.n_cells_of_file == 120
    np.testing.assert_array_equal(dense(part.X), dense(whole[part.obs_names].X))
    assert any("random sample of 40 of 120 cells" in said for said in loaded.findings.done)


def test_the_files_own_gene_names_are_kept_beside_the_current_ones(tmp_path: Path):
    own = ["MARCH1", "CD20", *symbols()[2:]]
    adata = load_cells(saved(cells(names=own), tmp_path)).adata
    assert list(adata.var_names[:2]) == ["MARCHF1", "MS4A1"]
    assert list(adata.var["original_name"]) == own


def test_of_equal_gene_names_the_strongest_keeps_it_and_all_values_stay(tmp_path: Path):
    values = counts()
    values[:, 6], values[:, 7], values[:, 8] = 1, 5, 2
    same = symbols()
    same[7] = same[8] = same[6]
    adata = load_cells(saved(cells(sp.csr_matrix(values), same), tmp_path)).adata
    assert adata.var_names.is_unique
    assert adata.var_names[7] == same[6]
    assert set(adata.var["symbol"].iloc[6:9]) == {same[6]}
    np.testing.assert_array_equal(dense(adata.X), values)


def test_an_old_name_is_not_made_current_where_the_file_has_the_current_one_too(tmp_path: Path):
    adata = load_cells(saved(cells(names=["MARCH1", "MARCHF1", *symbols()[2:]]), tmp_path)).adata
    assert list(adata.var_names[:2]) == ["MARCH1", "MARCHF1"]


def test_the_raw_matrix_gets_its_gene_names_repaired_too(tmp_path: Path):
    adata = cells(sp.csr_matrix(logged()))
    adata.raw = cells(names=["MARCH1", *symbols()[1:]])
    loaded = load_cells(saved(adata, tmp_path))
    assert loaded.adata.raw.var_names[0] == "MARCHF1"
    assert (loaded.findings.expression, loaded.findings.counts) == ("X", "raw")


def test_maps_graphs_and_notes_of_the_file_are_kept(tmp_path: Path):
    adata = cells(sp.csr_matrix(logged()))
    adata.obsm["X_umap"] = np.random.default_rng(0).normal(size=(N_CELLS, 2))
    adata.obsp["connectivities"] = sp.eye(N_CELLS, format="csr")
    adata.uns["log1p"], adata.uns["mine"] = {}, {"a": [1, 2]}
    loaded = load_cells(saved(adata, tmp_path))
    assert loaded.findings.embeddings == ("X_umap",)
    np.testing.assert_array_equal(loaded.adata.obsm["X_umap"], adata.obsm["X_umap"])
    assert loaded.adata.obsp["connectivities"].nnz == N_CELLS
    assert loaded.adata.uns["log1p"]["base"] is None
    assert list(loaded.adata.uns["mine"]["a"]) == [1, 2]


def test_what_was_loaded_can_be_written_again(tmp_path: Path):
    for build in (
        names.reserved_names,
        names.repeated_cell_names,
        h5ad_versions.newer_encodings,
        h5ad_versions.anndata_of_2018,
        names.odd_cluster_columns,
    ):
        folder = tmp_path / build.__name__
        folder.mkdir()
        written = folder / "again.h5ad"
        load_cells(build(folder)).adata.write_h5ad(written)
        assert ad.read_h5ad(written).n_obs == N_CELLS


def test_columns_of_too_many_values_or_one_are_not_offered(tmp_path: Path):
    columns = {c.name: c for c in inspect_file(names.odd_cluster_columns(tmp_path)).obs_columns}
    assert "barcode_cluster" not in columns
    assert (columns["seurat_clusters"].looks_like, columns["seurat_clusters"].examples) == (
        "clusters",
        ("0", "1", "2"),
    )
    assert columns["cell_type"].looks_like == ""  # it has one value only
    assert columns["leiden"].kind == "categorical"


def test_cells_are_named_by_the_columns_they_belong_to_after_sampling(tmp_path: Path):
    part = load_cells(matrix_states.counts_in_x(tmp_path), ReadOptions(max_cells=30)).adata
    assert [str(int(name.removeprefix("cell")) % 2) for name in part.obs_names] == list(part.obs["leiden"])


def test_text_columns_of_a_file_too_large_to_read_are_offered_when_they_group_cells(tmp_path: Path):
    n = 2400
    adata = cells(sp.csr_matrix(np.tile(counts(), (n // N_CELLS, 1))))
    adata.obs_names = [f"cell{i}" for i in range(n)]
    path = saved(adata, tmp_path)
    with h5py.File(path, "a") as file:
        text = h5py.string_dtype()
        file["obs"]["louvain"] = np.array([f"group {i % 12}" for i in range(n)], dtype=text)
        file["obs"]["barcode"] = np.array([f"barcode {i}" for i in range(n)], dtype=text)
        file["obs"]["tissue"] = np.array(["kidney"] * n, dtype=text)
    findings = inspect_file(path)
    assert {c.name: c.n_values for c in findings.obs_columns if c.looks_like == "clusters"} == {
        "leiden": 2,
        "louvain": 12,
    }
    assert "barcode" not in {c.name for c in findings.obs_columns}
    assert findings.tissue_guess == "kidney"


def test_two_old_names_of_one_gene_do_not_become_equal(tmp_path: Path):
    findings = load_cells(saved(cells(names=["RNF171", "MARCH1", *symbols()[2:]]), tmp_path))
    assert list(findings.adata.var_names[:2]) == ["MARCHF1", "MARCH1"]
    assert not any("more than once" in said for said in findings.findings.done)
