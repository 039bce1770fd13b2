"""What a file already holds is taken as it is: clusters, maps and marker tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from clustering_cells import Remembering

from cassia_core.data.cells.load_cells import load_cells
from cassia_core.data.clustering.cluster_cells import cluster_cells
from cassia_core.domain.config import ClusteringParams, DatasetSpec, MarkerParams, ReadOptions
from cassia_core.errors import AnnDataError, ConfigError
from cassia_core.services.intake import intake
from tests.corpus.reported import already_held


def spec_with(path: Path, column: str | None, own_test: str | None) -> DatasetSpec:
    return DatasetSpec(
        name="cells",
        path=str(path),
        clustering=ClusteringParams(cluster_column=column),
        markers=MarkerParams(own_test=own_test, n_genes=10),
    )


def clustered(path: Path, column: str, own_test: str | None, folder: Path):
    listener = Remembering()
    spec = spec_with(path, column, own_test)
    return cluster_cells(load_cells(path), spec, listener, folder / "view"), listener


@pytest.mark.parametrize("build", [already_held.outs_with_matrix_folder, already_held.outs_with_h5_alone])
def test_the_tables_of_cell_ranger_are_joined_by_the_names_of_the_cells(build, tmp_path: Path):
    adata = load_cells(build(tmp_path)).adata
    numbers = [int(name.removeprefix("CELL").removesuffix("-1")) for name in adata.obs_names]
    assert list(adata.obs["graphclust_clusters"]) == [str(number % 2 + 1) for number in numbers]
    assert [round(x * 7) for x in adata.obsm["X_umap"][:, 0]] == numbers


def test_markers_are_those_of_the_test_in_the_file(tmp_path: Path):
    path = already_held.outs_with_matrix_folder(tmp_path)
    held, listener = clustered(path, "graphclust_clusters", "graphclust", tmp_path)
    by_cluster = {c.cluster: c.symbols(10) for c in held.table.clusters}
    # Its fold changes fall along the genes of the first cluster, and rise along those of the second.
    assert by_cluster["1"][:3] == tuple(already_held.symbols()[:3])
    assert all(0 <= gene.pct_in <= 1 for c in held.table.clusters for gene in c.genes)
    assert any("file's own test graphclust" in notice for notice in listener.notices)


@pytest.mark.parametrize("build", [already_held.test_in_the_file, already_held.test_of_ensembl_ids])
def test_the_test_of_scanpy_gives_what_scanpy_ranked(build, tmp_path: Path):
    path = build(tmp_path)
    loaded = load_cells(path)
    held, _ = clustered(path, "leiden", "rank_genes_groups", tmp_path)
    ranked = loaded.adata.uns["rank_genes_groups"]["names"]["0"][:40]
    now = dict(zip(loaded.adata.var["original_name"], loaded.adata.var_names, strict=True))
    expected = [now[name] for name in ranked]
    markers = [c for c in held.table.clusters if c.cluster == "0"][0].symbols(10)
    assert set(markers) <= set(expected)


def test_a_test_of_genes_of_raw_is_found_there(tmp_path: Path):
    held, _ = clustered(already_held.test_of_raw_under_another_name(tmp_path), "leiden", "by_t", tmp_path)
    assert all(c.genes for c in held.table.clusters)


def test_a_test_of_other_clusters_or_of_none_is_refused(tmp_path: Path):
    path = already_held.outs_with_matrix_folder(tmp_path)
    with pytest.raises(AnnDataError, match="is of other clusters"):
        clustered(path, "kmeans_3_clusters", "graphclust", tmp_path)
    with pytest.raises(AnnDataError, match="holds no marker test wilcox"):
        clustered(path, "graphclust_clusters", "wilcox", tmp_path)
    with pytest.raises(ConfigError, match="own_test"):
        spec_with(path, None, "graphclust")


def test_a_test_against_one_group_is_none(tmp_path: Path):
    assert not load_cells(already_held.test_against_one_group_is_not_offered(tmp_path)).findings.marker_tests


def test_the_modality_chosen_is_the_one_read(tmp_path: Path):
    path = already_held.h5mu_with_a_modality_chosen(tmp_path)
    asked = intake.inspect_file(path)
    assert [(q.option, q.choices, q.suggested) for q in asked.questions] == [
        ("modality", ("nuclei", "rna"), "rna")
    ]
    assert asked.n_genes == 600
    chosen = ReadOptions(modality="nuclei")
    assert intake.inspect_file(path, chosen).n_genes == load_cells(path, chosen).adata.n_vars == 300
    assert not intake.inspect_file(path, chosen).questions
    assert np.allclose(load_cells(path, chosen).adata.X.sum(), already_held.counts(120, 300).sum())
