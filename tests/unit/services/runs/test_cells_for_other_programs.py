"""Annotated cells come out for Seurat, Vitessce and CELLxGENE as they are."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from cassia_core.data.cells.load_cells import load_cells
from cassia_core.data.exports.cellxgene_fields import CellxgeneFields
from cassia_core.data.exports.cellxgene_file import write_cellxgene
from cassia_core.data.exports.seurat_folder import SCRIPT, write_seurat_folder
from cassia_core.data.exports.vitessce_store import write_vitessce_folder
from cassia_core.errors import AnnDataError, ConfigError
from tests.corpus.material import N_CELLS, cells, counts, ensembl, symbols

FIELDS = CellxgeneFields(title="Blood", assay="EFO:0009922", tissue="UBERON:0000178", donor="leiden")


@pytest.fixture
def annotated() -> ad.AnnData:
    """Cells as a run leaves them: logarithms in `X`, counts in a layer, labels, a map."""
    adata = cells()
    adata.layers["counts"] = adata.X.copy()
    adata.X = adata.X.log1p()
    adata.obs["cell_type"] = ["B cell" if i % 2 else "monocyte" for i in range(N_CELLS)]
    adata.obs["cell_type_short"] = adata.obs["cell_type"]
    adata.obs["cell_type_ontology_term_id"] = ["CL:0000236" if i % 2 else "" for i in range(N_CELLS)]
    adata.obsm["X_umap"] = np.arange(2 * N_CELLS, dtype=float).reshape(N_CELLS, 2)
    return adata


def test_the_folder_for_seurat_holds_counts_columns_and_maps(annotated, tmp_path: Path):
    write_seurat_folder(annotated, tmp_path / "out", "leiden")
    read = load_cells(tmp_path / "out").adata
    assert (sp.csr_matrix(counts()) != read.X).nnz == 0
    assert list(read.var_names) == list(annotated.var_names)
    about = pd.read_csv(tmp_path / "out" / "metadata.csv.gz", index_col=0, dtype=str)
    assert list(about.index) == list(annotated.obs_names)
    assert list(about["leiden"]) == list(annotated.obs["leiden"])
    places = pd.read_csv(tmp_path / "out" / "reductions" / "umap.csv.gz", index_col=0)
    assert np.array_equal(places.to_numpy(), annotated.obsm["X_umap"])
    assert 'Idents(cells) <- "cell_type_short"' in (tmp_path / "out" / SCRIPT).read_text()


def test_cells_without_counts_are_not_called_counts_in_r(annotated, tmp_path: Path):
    del annotated.layers["counts"]
    said = write_seurat_folder(annotated, tmp_path / "out", "leiden")
    program = (tmp_path / "out" / SCRIPT).read_text()
    assert "CreateAssayObject(data = values)" in program and "NormalizeData" not in program
    assert "no counts are there" in said[0]


def test_the_view_of_vitessce_names_what_the_store_holds(annotated, tmp_path: Path):
    write_vitessce_folder(annotated, tmp_path / "out", "leiden", "Blood")
    store = ad.read_zarr(tmp_path / "out" / "cells.zarr")
    assert np.allclose(store.X.toarray(), annotated.X.toarray())
    options = json.loads((tmp_path / "out" / "vitessce.json").read_text())["datasets"][0]["files"][0][
        "options"
    ]
    for path in (options["obsEmbedding"][0]["path"], *(s["path"] for s in options["obsSets"])):
        where, name = path.split("/")
        assert name in getattr(store, where)
    assert (tmp_path / "out" / "cells.zarr" / ".zattrs").exists()


def test_vitessce_is_refused_cells_without_a_map(annotated, tmp_path: Path):
    del annotated.obsm["X_umap"]
    with pytest.raises(AnnDataError, match="map"):
        write_vitessce_folder(annotated, tmp_path / "out", "leiden", "Blood")


def test_a_file_for_cellxgene_has_ids_counts_and_fields(annotated, tmp_path: Path):
    write_cellxgene(annotated, tmp_path / "c.h5ad", FIELDS, species="human")
    written = ad.read_h5ad(tmp_path / "c.h5ad")
    assert list(written.var_names) == ensembl(symbols())
    assert np.array_equal(written.raw.X.toarray(), counts())
    assert np.allclose(written.X.toarray(), annotated.X.toarray())
    assert list(written.obs["donor_id"]) == list(annotated.obs["leiden"])
    assert set(written.obs["cell_type_ontology_term_id"]) == {"CL:0000236", "unknown"}
    assert "cell_type" not in written.obs and set(written.obs["cassia_cell_type"]) == {"B cell", "monocyte"}
    assert written.uns["organism_ontology_term_id"] == "NCBITaxon:9606"


def test_gene_ids_that_the_validator_does_not_know_can_be_left_out(annotated, tmp_path: Path):
    unknown = ensembl(symbols())[3]
    write_cellxgene(annotated, tmp_path / "c.h5ad", replace(FIELDS, leave_out=unknown), species="human")
    written = ad.read_h5ad(tmp_path / "c.h5ad")
    assert unknown not in written.var_names and written.raw.shape == (N_CELLS, len(symbols()) - 1)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"title": " "}, "title"),
        ({"assay": "10x"}, "EFO"),
        ({"sex": "cell_type"}, "the column cell_type holds"),
    ],
)
def test_what_cellxgene_asks_for_is_asked_for(annotated, tmp_path: Path, changed: dict, said: str):

    with pytest.raises(ConfigError, match=said):
        write_cellxgene(annotated, tmp_path / "c.h5ad", replace(FIELDS, **changed), species="human")
    assert not (tmp_path / "c.h5ad").exists()


def test_cellxgene_is_refused_cells_without_counts(annotated, tmp_path: Path):
    del annotated.layers["counts"]
    with pytest.raises(AnnDataError, match="CELLxGENE"):
        write_cellxgene(annotated, tmp_path / "c.h5ad", FIELDS, species="human")
