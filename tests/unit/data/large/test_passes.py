"""Counts that stay on disk: blocks, the store of genes, markers of all cells, and going on after a kill."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import adjusted_rand_score

from cassia_core.data.cells.load_cells import load_cells
from cassia_core.data.clustering.cluster_cells import cluster_cells
from cassia_core.data.kernels.normalise import normalise_counts
from cassia_core.data.kernels.rank_genes import rank_blocks, rank_genes
from cassia_core.data.large import row_blocks
from cassia_core.data.large.cells_on_disk import open_cells
from cassia_core.data.large.joining import AGREEMENT, IN_SKETCH
from cassia_core.data.large.large_clusters import LargePlaces, cluster_large
from cassia_core.data.large.passes import PassFolder
from cassia_core.data.large.store_genes import cells_of_store, gene_chunks
from cassia_core.data.large.store_writer import GeneStoreWriter
from cassia_core.data.view.gene_store import GeneStore
from cassia_core.data.view.reading_columns import READING
from cassia_core.data.view.view_store import open_view
from cassia_core.domain.config import ClusteringParams, DatasetSpec, QCParams
from cassia_core.errors import AnnDataError, RunCancelled
from tests.clustering_cells import Remembering
from tests.typed_cells import typed_cells

RESOLUTION = 0.5
SIZES = (300, 400)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch):
    """Several blocks in few cells."""
    monkeypatch.setattr(row_blocks, "BLOCK_CELLS", 128)


@pytest.fixture(scope="module")
def counts() -> sparse.csr_matrix:
    rng = np.random.default_rng(1)
    dense = rng.poisson(0.7, (500, 60)).astype(np.float32)
    dense[3, 5], dense[499, 0] = 300, 70_000
    return sparse.csr_matrix(dense)


def stored_as(path: Path, matrix) -> h5py.File:
    ad.AnnData(matrix).write_h5ad(path)
    return h5py.File(path, "r")


@pytest.mark.parametrize("form", ["csr", "csc", "dense"])
def test_every_layout_comes_in_the_same_blocks(form: str, counts: sparse.csr_matrix, tmp_path: Path):
    matrix = {"csr": counts, "csc": counts.tocsc(), "dense": counts.toarray()}[form]
    with stored_as(tmp_path / "cells.h5ad", matrix) as file:
        rows = row_blocks.row_blocks(file["X"], tmp_path / "scratch", lambda: None)
        blocks = [rows.block(a, b) for a, b in row_blocks.bounds(500)]
    assert [b.shape[0] for b in blocks] == [128, 128, 128, 116]
    assert (sparse.vstack(blocks) != counts).nnz == 0
    assert all(b.has_sorted_indices for b in blocks)


def test_columns_first_is_turned_in_parts(
    counts: sparse.csr_matrix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(row_blocks, "COLUMN_VALUES", 700)
    looks = []
    with stored_as(tmp_path / "cells.h5ad", counts.tocsc()) as file:
        rows = row_blocks.row_blocks(file["X"], tmp_path / "scratch", lambda: looks.append(1))
        assert (rows.block(384, 500) != counts[384:500]).nnz == 0
    assert len(looks) > 20, "it can be stopped between the parts"


def store_of(counts: sparse.csr_matrix, folder: Path) -> GeneStore:
    writer = GeneStoreWriter(folder, counts.shape[1], is_counts=True)
    for start in range(0, counts.shape[0], 128):
        writer.add(counts[start : start + 128])
    writer.finish(np.asarray(counts.sum(axis=1)).ravel().astype(np.float32) / np.float32(1e4))
    writer.close()
    return GeneStore(folder)


def test_a_store_gives_back_genes_cells_and_tests(counts: sparse.csr_matrix, tmp_path: Path):
    store = store_of(counts, tmp_path / "store")
    logs, _ = normalise_counts(counts, 1e4)
    np.testing.assert_allclose(store.gene(5), logs[:, [5]].toarray().ravel(), rtol=1e-6)
    assert store.largest == 70_000
    cells = np.array([0, 3, 127, 128, 499])
    assert (cells_of_store(store, cells, np.diff(counts.indptr)[cells]) != counts[cells]).nnz == 0
    genes, codes = tuple(f"g{i}" for i in range(60)), np.arange(500) % 3 - (np.arange(500) % 7 == 0)
    ours = rank_blocks(gene_chunks(store), genes, codes, ("a", "b", "c"))
    whole = rank_genes(logs, genes, codes, ("a", "b", "c"))
    # Bit for bit: the same values in the same order, only met in another way.
    for name in ("score", "pval", "log2fc", "pct_in", "mean_out"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(whole, name))


def test_cells_among_which_a_gene_is_seen(counts: sparse.csr_matrix, tmp_path: Path):
    store = store_of(counts, tmp_path / "store")
    inside = np.zeros(500, dtype=bool)
    inside[[1, 2, 3, 300]] = True
    np.testing.assert_array_equal(store.seen_among(inside), (counts[inside] != 0).sum(axis=0).A1)
    np.testing.assert_array_equal(store.gene_sizes(), (counts != 0).sum(axis=0).A1)


# ------------------------------------------------------------------ the whole way


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "cells.h5ad"
    typed_cells(path, n_cells=900, n_genes=600, n_types=4, n_poor=5)
    return path


def spec_of(path: Path, **clustering) -> DatasetSpec:
    params = ClusteringParams(**{"resolution": RESOLUTION, **clustering})
    return DatasetSpec(name="large", path=str(path), clustering=params, qc=QCParams(min_genes=50))


def large(path: Path, folder: Path, listener=None, sizes=SIZES, **clustering):
    spec = spec_of(path, **clustering)
    folder.mkdir(exist_ok=True)
    passes = PassFolder(folder / "passes", path, repr(spec))
    places = LargePlaces(view=folder / "view", store=folder / "gene_blocks", passes=passes)
    return cluster_large(open_cells(path), spec, listener or Remembering(), places, sizes)


def agreement_with_types(adata: ad.AnnData) -> float:
    """Adjusted Rand index of the clusters and the planted types."""
    return float(adjusted_rand_score(adata.obs["type"].astype(str), adata.obs["leiden"].astype(str)))


def test_a_sketch_finds_what_all_cells_find(cells: Path, tmp_path: Path):
    listener = Remembering()
    found = large(cells, tmp_path / "run", listener)
    exact = cluster_cells(load_cells(cells), spec_of(cells), Remembering(), tmp_path / "view")
    assert agreement_with_types(found.adata) >= 0.97 * agreement_with_types(exact.adata) > 0.8
    assert list(found.adata.obs_names) == list(exact.adata.obs_names), "the same cells go"
    assert found.removed.equals(exact.removed)
    in_sketch = found.adata.obs[IN_SKETCH].to_numpy()
    assert in_sketch.sum() == SIZES[0]
    agreement = found.adata.obs[AGREEMENT].to_numpy()
    assert np.isnan(agreement[in_sketch]).all() and (agreement[~in_sketch] > 0.2).all()
    assert found.adata.obsm["X_umap"].shape == (found.adata.n_obs, 2)
    assert np.isfinite(found.adata.obsm["X_umap"]).all()
    assert any("of these are unsure" in text for text in listener.notices)
    told = {call[1] for call in listener.calls if call[0] == "progress"}
    assert {"first_pass", "sketch", "join", "markers"} <= told
    assert READING not in found.adata.obs


def test_markers_are_those_of_all_cells(cells: Path, tmp_path: Path):
    own = {"cluster_column": "type"}
    found = large(cells, tmp_path / "run", **own)
    exact = cluster_cells(load_cells(cells), spec_of(cells, **own), Remembering(), tmp_path / "view")
    assert found.table == exact.table
    view, whole = open_view(tmp_path / "run" / "view"), open_view(tmp_path / "view")
    gene = found.table.clusters[0].genes[0].gene
    np.testing.assert_allclose(view.gene(gene), whole.gene(gene), rtol=1e-6)
    assert view.genes_of_cells(np.arange(40), 5) == whole.genes_of_cells(np.arange(40), 5)
    assert view.cluster_statistics("type 1").equals(whole.cluster_statistics("type 1"))


def test_logarithms_of_counts_per_million_are_brought_to_the_usual_sum(cells: Path, tmp_path: Path):
    written = ad.read_h5ad(cells)
    share = written.X.multiply(1.0 / written.X.sum(axis=1)).toarray()
    written.X = sparse.csr_matrix(np.log2(1 + share * 1e6).astype(np.float32))
    written.write_h5ad(tmp_path / "cpm.h5ad")
    own, listener = {"cluster_column": "type"}, Remembering()
    found = large(tmp_path / "cpm.h5ad", tmp_path / "run", listener, **own)
    path = tmp_path / "cpm.h5ad"
    exact = cluster_cells(load_cells(path), spec_of(path, **own), Remembering(), tmp_path / "view")
    assert any("about 1,000,000 each" in text for text in listener.notices)
    assert [c.symbols(10) for c in found.table.clusters] == [c.symbols(10) for c in exact.table.clusters]
    gene = found.table.clusters[0].genes[0].gene
    view, whole = open_view(tmp_path / "run" / "view"), open_view(tmp_path / "view")
    np.testing.assert_allclose(view.gene(gene), whole.gene(gene), rtol=1e-4)


@pytest.mark.parametrize("against", ["subset", "all", "both"])
def test_a_part_is_clustered_as_a_whole(cells: Path, tmp_path: Path, against: str):
    part = {"cluster_column": "type", "subset_clusters": ("type 0", "type 2"), "markers_against": against}
    found = large(cells, tmp_path / "run", sizes=(100, 1_000), **part)
    exact = cluster_cells(load_cells(cells), spec_of(cells, **part), Remembering(), tmp_path / "view")
    assert found.adata.obs[IN_SKETCH].all(), "few enough to be clustered without a sketch"
    assert list(found.adata.obs["leiden"]) == list(exact.adata.obs["leiden"])
    assert found.table == exact.table


class Killed(BaseException):
    """The process is gone: nothing catches it."""


class KilledAfter(Remembering):
    """Ends everything once a stage is finished."""

    def __init__(self, stage: str) -> None:
        super().__init__()
        self._last = stage

    def finished(self, stage, seconds, summary):
        super().finished(stage, seconds, summary)
        if stage == self._last:
            raise Killed


def test_a_run_killed_after_every_pass_comes_to_the_same(cells: Path, tmp_path: Path):
    straight = large(cells, tmp_path / "straight")
    for stage in ("first_pass", "sketch", "umap", "join", "markers"):
        listener = KilledAfter(stage)
        with pytest.raises(Killed):
            large(cells, tmp_path / "killed", listener)
    last = Remembering()
    found = large(cells, tmp_path / "killed", last)
    assert not any(call[:2] == ("progress", "first_pass") for call in last.calls), "nothing is read twice"
    assert found.adata.obs.equals(straight.adata.obs)
    np.testing.assert_array_equal(found.adata.obsm["X_umap"], straight.adata.obsm["X_umap"])
    assert found.table == straight.table


def test_a_changed_file_is_read_anew(cells: Path, tmp_path: Path):
    path = tmp_path / "cells.h5ad"
    path.write_bytes(cells.read_bytes())
    large(path, tmp_path / "run")
    with h5py.File(path, "r+") as file:
        file.attrs["changed"] = "yes"
    listener = Remembering()
    large(path, tmp_path / "run", listener)
    assert any(call[:2] == ("progress", "first_pass") for call in listener.calls)


@pytest.mark.parametrize("stage", ["first_pass", "sketch", "join", "markers"])
def test_every_pass_can_be_stopped(cells: Path, tmp_path: Path, stage: str):
    with pytest.raises(RunCancelled):
        large(cells, tmp_path / "run", Remembering(cancel_at=stage))


def test_what_needs_all_values_in_memory_is_refused_before_the_first_pass(cells: Path, tmp_path: Path):
    spec = DatasetSpec(name="large", path=str(cells), qc=QCParams(max_doublet_score=0.3))
    places = LargePlaces(
        view=tmp_path / "view",
        store=tmp_path / "gene_blocks",
        passes=PassFolder(tmp_path / "passes", cells, "any"),
    )
    with pytest.raises(AnnDataError) as caught:
        cluster_large(open_cells(cells), spec, Remembering(), places, SIZES)
    assert "doublet" in caught.value.why and caught.value.remedy
