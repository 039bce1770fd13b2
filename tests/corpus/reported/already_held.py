"""Clusters, maps and marker tests that a file or its folder already holds; several measurements in one."""

from __future__ import annotations

import tarfile
import warnings
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import scanpy as sc
import scipy.sparse as sp

from cassia_core.domain.config import ReadOptions
from cassia_core.errors import AnnDataError
from tests.corpus.case import case
from tests.corpus.material import N_CELLS, cells, counts, ensembl, logged, saved, symbols
from tests.corpus.tenx import tenx_v3, triple

ANALYSIS = "Cell Ranger's analysis folder"
CLUSTER_OF = np.arange(N_CELLS) % 2 + 1


def cell_ranger_analysis(folder: Path, first: str = "", suffix: str = "") -> None:
    """The folder `analysis`; newer versions (`first`, `suffix`) name the kind of feature in every folder."""
    tables = {
        f"clustering/{first}graphclust": ("clusters", ["Barcode,Cluster"], [f"{c}" for c in CLUSTER_OF]),
        f"clustering/{first}kmeans_3{suffix}": (
            "clusters",
            ["Barcode,Cluster"],
            [f"{i % 3 + 1}" for i in range(N_CELLS)],
        ),
        f"umap/{first}2_components": (
            "projection",
            ["Barcode,UMAP-1,UMAP-2"],
            [f"{i / 7:.3f},{-i / 3:.3f}" for i in range(N_CELLS)],
        ),
    }
    for place, (name, head, values) in tables.items():
        (folder / place).mkdir(parents=True)
        # In another order than the matrix: what belongs together is told by the names.
        rows = [f"CELL{i}-1,{values[i]}" for i in reversed(range(N_CELLS))]
        (folder / place / f"{name}.csv").write_text("\n".join([*head, *rows]) + "\n")
    genes = list(zip(ensembl(symbols()), symbols(), strict=True))
    columns = [f"Cluster {c} {what}" for c in (1, 2) for what in ("Mean Counts", "Log2 fold change")]
    columns = [
        "Feature ID",
        "Feature Name",
        *columns,
        "Cluster 1 Adjusted p value",
        "Cluster 2 Adjusted p value",
    ]
    rows = [
        f"{key},{name},1,{3 - at / 10},1,{-3 + at / 10},0.001,0.001" for at, (key, name) in enumerate(genes)
    ]
    place = folder / f"diffexp/{first}graphclust"
    place.mkdir(parents=True)
    (place / "differential_expression.csv").write_text("\n".join([",".join(columns), *rows]) + "\n")


HELD = ("graphclust_clusters (2)", "X_umap", "graphclust (Cell Ranger's own test, 2 groups")


@case(ANALYSIS, says=("kmeans_3_clusters (3)", *HELD))
def outs_with_matrix_folder(folder: Path) -> Path:
    triple(folder / "outs" / "filtered_feature_bc_matrix")
    cell_ranger_analysis(folder / "outs" / "analysis")
    return folder / "outs"


@case(ANALYSIS, says=HELD)
def outs_with_h5_alone(folder: Path) -> Path:
    (folder / "outs").mkdir()
    tenx_v3(folder / "outs" / "filtered_feature_bc_matrix.h5")
    cell_ranger_analysis(folder / "outs" / "analysis", "gene_expression_", "_clusters")
    return folder / "outs"


@case(ANALYSIS, says=("is unpacked", *HELD))
def outs_packed_whole(folder: Path) -> Path:
    outs = outs_with_matrix_folder(folder)
    path = folder / "sample1.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(outs, "sample1/outs")
    return path


@case(ANALYSIS, says=("is of other cells; its clusters are not taken", "None in the file"))
def outs_with_the_analysis_of_another_sample(folder: Path) -> Path:
    outs = outs_with_matrix_folder(folder)
    for table in outs.glob("analysis/*/*/*.csv"):
        table.write_text(table.read_text().replace("CELL", "OTHER"))
    return outs


def tested(adata: ad.AnnData, **how: object) -> ad.AnnData:
    """Cells with scanpy's marker test of their clusters."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sc.tl.rank_genes_groups(adata, **{"groupby": "leiden", "method": "wilcoxon", **how})
    return adata


TESTS = "Marker tests of scanpy in the file"


@case(TESTS, says=("rank_genes_groups (Wilcoxon, 2 groups of leiden)",))
def test_in_the_file(folder: Path) -> Path:
    return saved(tested(cells(logged())), folder)


@case(TESTS, says=("by_t (t test, 2 groups of leiden)",))
def test_of_raw_under_another_name(folder: Path) -> Path:
    adata = cells(logged())
    adata.raw = adata
    adata = adata[:, :300].copy()
    return saved(tested(adata, method="t-test", key_added="by_t", use_raw=True), folder)


@case(TESTS, says=("Log-normalised", "leiden (2)"))
def test_against_one_group_is_not_offered(folder: Path) -> Path:
    return saved(tested(cells(logged()), reference="0"), folder)


@case(TESTS, says=("rank_genes_groups (Wilcoxon, 2 groups of leiden)", "turned into symbols"))
def test_of_ensembl_ids(folder: Path) -> Path:
    return saved(tested(cells(logged(), ensembl(symbols()))), folder)


@case(TESTS, says=("rank_genes_groups (Wilcoxon, 2 groups of leiden)",))
def test_as_anndata_wrote_it_in_2018(folder: Path) -> Path:
    path = test_in_the_file(folder)
    with h5py.File(path, "a") as file:
        params = file["uns/rank_genes_groups/params"]
        for name in ("groupby", "method", "reference"):
            value = params[name].asstr()[()].encode()
            del params[name]
            params[name] = np.array([value])
    return path


SEVERAL = "Several measurements (h5mu)"


def h5mu_of(folder: Path, **parts: ad.AnnData) -> Path:
    path = folder / "both.h5mu"
    with h5py.File(path, "w") as file:
        for name, adata in parts.items():
            ad.io.write_elem(file, f"mod/{name}", adata)
        ad.io.write_elem(file, "obs", pd.DataFrame(index=[f"cell{i}" for i in range(N_CELLS)]))
    return path


def antibodies() -> ad.AnnData:
    return cells(sp.csr_matrix(counts(N_CELLS, 5)), [f"ADT{i}" for i in range(5)])


@case(SEVERAL, says=("Only the part whole_cell is used", "several measurements"))
def h5mu_whose_part_with_genes_has_its_own_name(folder: Path) -> Path:
    return h5mu_of(folder, prot=antibodies(), whole_cell=cells())


@case(
    SEVERAL,
    says=("Only the part nuclei is used; the file also holds rna.", "120 cells, 300 genes"),
    options=ReadOptions(modality="nuclei"),
)
def h5mu_with_a_modality_chosen(folder: Path) -> Path:
    return h5mu_of(folder, rna=cells(), nuclei=cells(sp.csr_matrix(counts(N_CELLS, 300))))


@case(
    SEVERAL,
    says=("has no modality atac", "prot, rna"),
    error=AnnDataError,
    options=ReadOptions(modality="atac"),
)
def h5mu_without_the_modality_chosen(folder: Path) -> Path:
    return h5mu_of(folder, rna=cells(), prot=antibodies())


@case(SEVERAL, says=("no gene expression part", "--modality"), error=AnnDataError)
def h5mu_of_antibodies_alone(folder: Path) -> Path:
    return h5mu_of(folder, prot=antibodies(), hto=antibodies())


@case(SEVERAL, says=("holds one measurement only",), error=AnnDataError, options=ReadOptions(modality="rna"))
def h5ad_with_a_modality_chosen(folder: Path) -> Path:
    return saved(cells(), folder)
