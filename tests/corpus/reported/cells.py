"""Cells as people reported them: names of genes, filters of HDF5, tables within tables, links."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import h5py
import hdf5plugin
import numpy as np
import pandas as pd
import scipy.sparse as sp

from cassia_core.errors import GeneIdError
from tests.corpus.case import case
from tests.corpus.expression_tables import expression_table
from tests.corpus.material import N_CELLS, cells, counts, ensembl, saved, symbols
from tests.corpus.tenx import tenx_v2, tenx_v3

DOTS = "R's dots for dashes"


def renamed(
    folder: Path, change: Callable[[str], str], species: str = "human", more: tuple[str, ...] = ()
) -> Path:
    """Cells whose genes are called by another spelling; `more` takes the place of the first ones."""
    names = [*more, *symbols(species)[len(more) :]]
    return saved(cells(names=[change(name) for name in names]), folder)


HLA = ("HLA-DRA", "HLA-DPB1", "MT-CO1", "MT-ND4")


@case(DOTS, says=("HLA.DRA to HLA-DRA",))
def dots_in_names_of_human_genes(folder: Path) -> Path:
    return renamed(folder, lambda name: name.replace("-", "."), more=HLA)


@case(DOTS, says=("H2.Aa to H2-Aa", "Mouse"))
def dots_in_names_of_mouse_genes(folder: Path) -> Path:
    return renamed(folder, lambda name: name.replace("-", "."), "mouse", ("H2-Aa", "H2-Ab1", "mt-Co1"))


@case(DOTS, says=("HLA.DRA to HLA-DRA", "120 cells"))
def dots_in_a_table_of_counts(folder: Path) -> Path:
    table = expression_table()
    table = table.rename(
        columns=dict(zip(table.columns[:4], ("HLA.DRA", "HLA.DPB1", "MT.CO1", "MT.ND4"), strict=True))
    )
    path = folder / "counts.csv"
    table.to_csv(path)
    return path


JOINED = "Several names in one"


@case(JOINED, says=("Gene names are made of several parts", "Human"))
def symbols_before_ids_with_a_dash(folder: Path) -> Path:
    names = [f"{s}-{e}" for s, e in zip(symbols(), ensembl(symbols()), strict=True)]
    return saved(cells(names=names), folder)


@case(JOINED, says=("Gene names are made of several parts", "Human"))
def ids_and_symbols_with_colons(folder: Path) -> Path:
    names = [f"{e}.4::{s}" for s, e in zip(symbols(), ensembl(symbols()), strict=True)]
    return saved(cells(names=names), folder)


@case(JOINED, says=("Gene names are made of several parts", "Mouse"))
def symbols_with_ids_in_brackets(folder: Path) -> Path:
    mouse = symbols("mouse")
    names = [f"{s} [{e}]" for s, e in zip(mouse, ensembl(mouse, "mouse"), strict=True)]
    return saved(cells(names=names), folder)


WITHIN = "Tables within the file that have a column `_index`"


def with_reserved_column(folder: Path, at: str) -> Path:
    """Cells in which the table at `at` has a column of the name that AnnData keeps for its index."""
    made = cells()
    made.raw = made
    made.obsm["table"] = pd.DataFrame({"v": np.arange(N_CELLS)}, index=made.obs_names)
    made.varm["table"] = pd.DataFrame({"v": np.arange(made.n_vars)}, index=made.var_names)
    path = saved(made, folder)
    with h5py.File(path, "a") as file:
        table = file[at]
        n = len(table[table.attrs["_index"]])
        table.attrs["_index"] = "names"
        table.move("_index", "names")
        table["_index"] = np.arange(n)
        columns = [*table.attrs["column-order"], "_index"]
        table.attrs["column-order"] = np.array(columns, dtype=h5py.string_dtype())
    return path


@case(WITHIN, says=("120 cells, 600 genes",), counts="X")
def reserved_column_in_the_table_of_raw(folder: Path) -> Path:
    return with_reserved_column(folder, "raw/var")


@case(WITHIN, says=("120 cells, 600 genes",), counts="X")
def reserved_column_in_a_table_of_genes(folder: Path) -> Path:
    return with_reserved_column(folder, "varm/table")


@case(WITHIN, says=("120 cells, 600 genes", "_index to index_column"), counts="X")
def reserved_column_in_the_cell_table(folder: Path) -> Path:
    return with_reserved_column(folder, "obs")


SPECIES = "Species by ids"


def of_species(folder: Path, ids: str) -> Path:
    """Cells with the ids of another species beside human-like symbols, as its annotation has them."""
    made = cells()
    made.var["gene_id"] = [f"{ids}{i:011d}" for i in range(made.n_vars)]
    return saved(made, folder)


@case(SPECIES, says=("Macaque",))
def ids_of_a_macaque(folder: Path) -> Path:
    return of_species(folder, "ENSMMUG")


@case(SPECIES, says=("Pig",))
def ids_of_a_pig(folder: Path) -> Path:
    return of_species(folder, "ENSSSCG")


@case(SPECIES, says=("Chicken",))
def ids_of_a_chicken_in_a_table(folder: Path) -> Path:
    table = expression_table().T
    table.insert(0, "gene_id", [f"ENSGALG{i:011d}" for i in range(len(table))])
    path = folder / "counts.tsv"
    table.to_csv(path, sep="\t")
    return path


FILTERS = "Filters of HDF5 that h5py lacks"


def packed_by(path: Path, at: str, **how: object) -> Path:
    with h5py.File(path, "a") as file:
        values = file[at][()]
        del file[at]
        file.create_dataset(at, data=values, chunks=values.shape, **how)
    return path


@case(FILTERS, says=("Raw counts",), counts="X")
def packed_by_blosc(folder: Path) -> Path:
    return packed_by(saved(cells(), folder), "X/data", **hdf5plugin.Blosc())


@case(FILTERS, says=("version 3", "Raw counts"))
def packed_by_lz4(folder: Path) -> Path:
    return packed_by(tenx_v3(folder / "cells.h5"), "matrix/data", **hdf5plugin.LZ4())


@case(FILTERS, says=("version 2", "Raw counts"))
def packed_by_bitshuffle(folder: Path) -> Path:
    return packed_by(tenx_v2(folder / "cells.h5", ("hg19",)), "hg19/data", **hdf5plugin.Bitshuffle())


NO_GENES = "Features of which none is a gene"


@case(NO_GENES, error=GeneIdError, says=("The file has no genes", "chr1:0-500"))
def peaks_from_the_first_base_on(folder: Path) -> Path:
    return saved(
        cells(names=[f"chr{i % 22 + 1}:{i // 22 * 600}-{i // 22 * 600 + 500}" for i in range(600)]), folder
    )


@case(NO_GENES, error=GeneIdError, says=("The file has no genes", "TotalSeqB"))
def antibodies_alone(folder: Path) -> Path:
    values = sp.csr_matrix(counts(N_CELLS, 20))
    return saved(cells(values, [f"CD{i}_TotalSeqB" for i in range(1, 21)]), folder)


@case(NO_GENES, error=GeneIdError, says=("The file has no genes", "Blank-1"))
def controls_alone(folder: Path) -> Path:
    return saved(cells(sp.csr_matrix(counts(N_CELLS, 20)), [f"Blank-{i}" for i in range(1, 21)]), folder)


NOWHERE = "HDF5 links that lead nowhere"


@case(NOWHERE, says=("Links that lead nowhere are left out: layers",))
def link_in_a_circle(folder: Path) -> Path:
    path = saved(cells(), folder)
    with h5py.File(path, "a") as file:
        del file["layers"]
        file["layers"] = h5py.SoftLink("/layers")
    return path


@case(NOWHERE, says=("Links that lead nowhere are left out: obsm/X_umap",))
def link_to_a_map_that_is_gone(folder: Path) -> Path:
    path = saved(cells(), folder)
    with h5py.File(path, "a") as file:
        file["obsm/X_umap"] = h5py.SoftLink("/elsewhere/umap")
    return path


@case(NOWHERE, says=("Links that lead nowhere are left out: col_attrs/State",))
def link_in_a_loom(folder: Path) -> Path:
    path = folder / "cells.loom"
    with h5py.File(path, "w") as file:
        file["matrix"] = counts().T
        file["row_attrs/Gene"] = np.array([name.encode() for name in symbols()])
        file["col_attrs/CellID"] = np.array([f"cell{i}".encode() for i in range(N_CELLS)])
        file["col_attrs/State"] = h5py.SoftLink("/col_attrs/Gone")
    return path


GROUPED = "Numbers with signs between their thousands"


def grouped_by(folder: Path, change: Callable[[str], str], sep: str) -> Path:
    """Counts of thousands with two decimals, as spreadsheets of other countries write them."""
    table = (expression_table() * 700).map(lambda value: change(f"{value:,.2f}"))
    path = folder / "counts.csv"
    table.to_csv(path, sep=sep)
    return path


@case(GROUPED, says=("120 cells, 600 genes", "Raw counts"))
def points_between_thousands(folder: Path) -> Path:
    return grouped_by(folder, lambda text: text.translate(str.maketrans(",.", ".,")), ";")


@case(GROUPED, says=("120 cells, 600 genes", "Raw counts"))
def apostrophes_between_thousands(folder: Path) -> Path:
    return grouped_by(folder, lambda text: text.replace(",", "'"), ";")


@case(GROUPED, says=("120 cells, 600 genes", "Raw counts"))
def narrow_blanks_between_thousands(folder: Path) -> Path:
    return grouped_by(folder, lambda text: text.replace(",", "\u202f").replace(".", ","), "\t")


BESIDE = "Columns beside the values"


@case(BESIDE, says=("nCount_RNA, percent.mt describe the cells",))
def columns_of_seurat_beside_the_counts(folder: Path) -> Path:
    table = expression_table()
    table.insert(0, "percent.mt", np.linspace(0, 5, len(table)))
    table.insert(0, "nCount_RNA", table.iloc[:, 1:].sum(axis=1).astype(int))
    path = folder / "counts.csv"
    table.to_csv(path)
    return path


@case("Several files of one kind", says=("is used: A/cells.h5", "(B/cells.h5)"))
def two_samples_of_one_name(folder: Path) -> Path:
    path = folder / "samples.tar"
    with tarfile.open(path, "w") as archive:
        for sample in ("A", "B"):
            archive.add(tenx_v3(folder / "cells.h5"), f"{sample}/cells.h5")
            (folder / "cells.h5").unlink()
    return path
