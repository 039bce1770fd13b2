"""Gene names, cell names, and columns of cells."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from cassia_core.domain.config import ReadOptions
from cassia_core.errors import GeneIdError
from cassia_core.genes.tables_io import gene_table
from tests.corpus.case import case
from tests.corpus.material import N_CELLS, N_GENES, cells, ensembl, saved, symbols


@case("Duplicate var_names", says=("occurs more than once (ADAM15)",), expression="X")
def repeated_genes(folder: Path) -> Path:
    names = symbols()
    names[7] = names[8] = names[6]
    return saved(cells(names=names), folder)


@case("Duplicate var_names", says=("occurs more than once (ADAM15)",), expression="X")
def repeated_genes_with_ids(folder: Path) -> Path:
    names = symbols()
    adata = cells()
    adata.var["gene_ids"] = ensembl(names)
    names[7] = names[6]
    adata.var_names = names
    return saved(adata, folder)


@case("Ensembl in var_names, symbols in a column", says=("taken from its column feature_name", "Ensembl ids"))
def ensembl_with_a_column(folder: Path) -> Path:
    adata = cells()
    adata.var["feature_name"] = adata.var_names
    adata.var_names = ensembl(list(adata.var_names))
    return saved(adata, folder)


@case("Ensembl in var_names, symbols in a column", says=("600 gene ids are turned into symbols", "Human"))
def versioned_ensembl_without_a_column(folder: Path) -> Path:
    adata = cells()
    adata.var_names = [f"{gene_id}.{i % 9 + 1}" for i, gene_id in enumerate(ensembl(list(adata.var_names)))]
    return saved(adata, folder)


@case("Ensembl in var_names, symbols in a column", says=("Mouse", "turned into symbols"))
def mouse_ensembl(folder: Path) -> Path:
    return saved(cells(names=ensembl(symbols("mouse"), "mouse")), folder)


@case("Ensembl in var_names, symbols in a column", says=("Entrez ids, turned into symbols", "Human"))
def entrez_ids(folder: Path) -> Path:
    entrez = {symbol: key for key, symbol in gene_table("human").by_id.items() if key.isdigit()}
    return saved(cells(names=[entrez[s] for s in sorted(entrez)[:N_GENES]]), folder)


@case("Ensembl in var_names, symbols in a column", says=("are not known to us",), error=GeneIdError)
def ids_of_another_species(folder: Path) -> Path:
    return saved(cells(names=[f"ENSDARG{i:011d}" for i in range(N_GENES)]), folder)


@case(
    "Mixed Ensembl + symbols; `hg19_`/`GRCh38_` prefixes; two genomes",
    says=("200 gene ids are turned into symbols",),
)
def mixed_ids_and_symbols(folder: Path) -> Path:
    names = symbols()
    return saved(cells(names=ensembl(names[:200]) + names[200:]), folder)


@case(
    "Mixed Ensembl + symbols; `hg19_`/`GRCh38_` prefixes; two genomes",
    says=("The prefix GRCh38 is taken off",),
)
def genome_prefix(folder: Path) -> Path:
    return saved(cells(names=[f"GRCh38_{name}" for name in symbols()]), folder)


@case(
    "Mixed Ensembl + symbols; `hg19_`/`GRCh38_` prefixes; two genomes",
    says=("mixes genes of several genomes", "Only the 300 genes of"),
)
def two_genomes(folder: Path) -> Path:
    return saved(
        cells(names=[f"GRCh38_{n}" for n in symbols(n=300)] + [f"mm10_{n}" for n in symbols("mouse", 300)]),
        folder,
    )


@case(
    "Mixed Ensembl + symbols; `hg19_`/`GRCh38_` prefixes; two genomes",
    says=("Mouse", "Only the 300 genes of mm10"),
    options=ReadOptions(genome="mm10"),
)
def two_genomes_answered(folder: Path) -> Path:
    return two_genomes(folder)


@case("Antibody/ATAC/hashtag features mixed in", says=("20 of kind Antibody Capture",))
def antibodies_by_kind(folder: Path) -> Path:
    adata = cells()
    adata.var["feature_types"] = ["Antibody Capture"] * 20 + ["Gene Expression"] * (N_GENES - 20)
    return saved(adata, folder)


@case("Antibody/ATAC/hashtag features mixed in", says=("6 features look like antibodies, tags or peaks",))
def antibodies_and_peaks_by_name(folder: Path) -> Path:
    odd = ["AB_CD3", "CD4-TotalSeqB", "HTO1", "Hashtag_2", "chr1:1000-2000", "chrX-500-900"]
    return saved(cells(names=odd + symbols()[6:]), folder)


@case("obs_names not unique", says=("cell names repeat others",))
def repeated_cell_names(folder: Path) -> Path:
    adata = cells()
    adata.obs_names = ["same"] * N_CELLS
    return saved(adata, folder)


@case("Mixed-case mouse (`CD3D` in mouse, `Cd3d` in human)", says=("Mouse",))
def mouse(folder: Path) -> Path:
    return saved(cells(names=symbols("mouse")), folder)


@case("Mixed-case mouse (`CD3D` in mouse, `Cd3d` in human)", says=("Species: Mouse",))
def mouse_in_capitals(folder: Path) -> Path:
    return saved(cells(names=[name.upper() for name in symbols("mouse")]), folder)


@case("Ensembl in var_names, symbols in a column", says=("Numbers; names from a column", "Human"))
def numbered_genes_with_a_column(folder: Path) -> Path:
    adata = cells()
    adata.var["gene_name"] = adata.var_names
    adata.var_names = [str(i) for i in range(N_GENES)]
    return saved(adata, folder)


@case("Ensembl in var_names, symbols in a column", says=("only numbered",), error=GeneIdError)
def numbered_genes(folder: Path) -> Path:
    return saved(cells(names=[str(i) for i in range(N_GENES)]), folder)


@case(
    "Ensembl in var_names, symbols in a column", says=("The features are only numbered", "Say which species")
)
def made_up_genes(folder: Path) -> Path:
    return saved(cells(names=[f"feature-{i}" for i in range(N_GENES)]), folder)


@case("Ensembl in var_names, symbols in a column", says=("made of several parts",))
def symbol_and_id_in_one_name(folder: Path) -> Path:
    return saved(
        cells(names=[f"{i}_{s}" for i, s in zip(ensembl(symbols()), symbols(), strict=True)]), folder
    )


@case(
    "Excel-mangled genes (1-Mar, 1-Sep, 1-Dec, 43891, 2.31E+19)",
    says=("put right", "1-Mar (MARCHF1 or MTARC1)"),
)
def spreadsheet_gene_names(folder: Path) -> Path:
    return saved(cells(names=["1-Mar", "2-Sep", "1-Dec", "43891", *symbols()[4:]]), folder)


@case("Cluster column numeric / bool / string / NaN", says=("seurat_clusters (3)",))
def odd_cluster_columns(folder: Path) -> Path:
    adata = cells()
    adata.obs["seurat_clusters"] = [float(i % 3) for i in range(N_CELLS)]
    adata.obs["is_doublet_cluster"] = [i % 2 == 0 for i in range(N_CELLS)]
    adata.obs["barcode_cluster"] = [f"unique {i}" for i in range(N_CELLS)]
    adata.obs["cell_type"] = pd.Categorical([None if i % 5 == 0 else "T/NK" for i in range(N_CELLS)])
    return saved(adata, folder)


@case(
    "Reserved names: obs column equals index name, `_index`, `/` in keys",
    says=("reserved names are renamed",),
)
def reserved_names(folder: Path) -> Path:
    path = saved(cells(), folder)
    with h5py.File(path, "a") as file:
        file["obs"].create_dataset("_index_", data=np.arange(N_CELLS))
        group = file["obs"]
        order = [*group.attrs["column-order"], "_index"]
        index = group["_index"][()]
        del group["_index"]
        group["names"], group["_index"] = index, np.arange(N_CELLS)
        group.attrs["_index"], group.attrs["column-order"] = "names", order
    return path


@case("obs with 300 columns, 1M-level strings", says=("leiden (2)",))
def three_hundred_columns(folder: Path) -> Path:
    adata = cells()
    more = pd.DataFrame(
        {f"note{i}": [f"{i}-{j}" for j in range(N_CELLS)] for i in range(300)}, index=adata.obs_names
    )
    adata.obs = pd.concat([adata.obs, more], axis=1)
    return saved(adata, folder)


@case("X_umap missing, NaN, shape (n,3+), name `UMAP`/`X_UMAP`", says=("UMAP",))
def odd_maps(folder: Path) -> Path:
    adata = cells()
    adata.obsm["UMAP"] = np.full((N_CELLS, 3), np.nan)
    return saved(adata, folder)
