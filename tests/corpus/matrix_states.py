"""States of the matrix."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import scipy.sparse as sp

from cassia_core.domain.config import ReadOptions
from cassia_core.errors import AnnDataError
from tests.corpus.case import case
from tests.corpus.material import N_CELLS, N_GENES, cells, counts, logged, saved, scaled, symbols


@case(
    "X log-normalised, no counts",
    says=("Log-normalised", "10,000 per cell", "No raw counts"),
    expression="X",
    counts="",
)
def log_normalised(folder: Path) -> Path:
    return saved(cells(sp.csr_matrix(logged())), folder)


@case(
    "X log-normalised but base 2/10 or target not 1e4", says=("base 2", "1,000,000 per cell"), expression="X"
)
def log2_of_a_million(folder: Path) -> Path:
    return saved(cells(sp.csr_matrix(logged(1e6, 2))), folder)


@case("X log-normalised but base 2/10 or target not 1e4", says=("base 10",), expression="X")
def log10(folder: Path) -> Path:
    return saved(cells(sp.csr_matrix(logged(1e4, 10))), folder)


@case(
    "X log-normalised but base 2/10 or target not 1e4", says=("Natural logarithm of counts",), expression="X"
)
def log_of_variable_genes_only(folder: Path) -> Path:
    return saved(cells(sp.csr_matrix(logged()))[:, ::4].copy(), folder)


@case("X scaled (negative)", says=("10,000 per cell (the raw matrix", "Scaled"), expression="raw")
def scaled_with_raw(folder: Path) -> Path:
    adata = cells(scaled())
    adata.raw = cells(sp.csr_matrix(logged()))
    return saved(adata, folder)


@case("X scaled (negative)", says=("layer strange",), expression="layers/strange", counts="layers/strange")
def scaled_with_counts_in_a_layer_of_any_name(folder: Path) -> Path:
    adata = cells(scaled())
    adata.layers["strange"] = sp.csr_matrix(counts())
    return saved(adata, folder)


@case(
    "X scaled (negative)",
    says=("below zero", "Marker tests need counts or logarithms"),
    expression="",
    counts="",
)
def scaled_only(folder: Path) -> Path:
    return saved(cells(scaled()), folder)


@case("Raw counts in X", says=("Raw counts", "Human"), expression="X", counts="X")
def counts_in_x(folder: Path) -> Path:
    return saved(cells(), folder)


@case(
    "`.raw` holds scaled/counts, differs in genes",
    says=("Raw counts (the raw matrix",),
    expression="X",
    counts="raw",
)
def raw_holds_counts_of_more_genes(folder: Path) -> Path:
    adata = cells(sp.csr_matrix(logged()))[:, :590].copy()
    adata.raw = cells()
    return saved(adata, folder)


@case("`.raw` holds scaled/counts, differs in genes", says=("Scaled (the raw matrix",), expression="X")
def raw_holds_scaled_values(folder: Path) -> Path:
    adata = cells(sp.csr_matrix(logged()))
    adata.raw = cells(scaled())
    return saved(adata, folder)


@case("Counts stored as floats / decontaminated (SoupX, CellBender)", says=("Raw counts",), counts="X")
def counts_as_float64(folder: Path) -> Path:
    return saved(cells(sp.csr_matrix(counts().astype(np.float64))), folder)


@case(
    "Counts stored as floats / decontaminated (SoupX, CellBender)",
    says=("corrected counts",),
    expression="X",
    counts="",
)
def decontaminated_counts(folder: Path) -> Path:
    raw = counts() * 8
    return saved(
        cells(sp.csr_matrix(np.where(raw > 0, raw - np.random.default_rng(2).uniform(0, 0.9, raw.shape), 0))),
        folder,
    )


@case(
    "Counts stored as floats / decontaminated (SoupX, CellBender)",
    expression="X",
    counts="",
    says=("Normalised to 1 per cell, without logarithm",),
)
def fractions_of_counts(folder: Path) -> Path:
    raw = counts()
    return saved(cells(sp.csr_matrix(raw / raw.sum(axis=1, keepdims=True))), folder)


@case("NaN or inf in X", says=("missing or infinite values",), error=AnnDataError)
def missing_values(folder: Path) -> Path:
    values = logged()
    values[3, 5], values[7, 9] = np.nan, np.inf
    return saved(cells(values), folder)


@case(
    "NaN or inf in X",
    says=("2 missing or infinite values in X set to 0",),
    expression="X",
    options=ReadOptions(replace_nan=True),
)
def missing_values_set_to_zero(folder: Path) -> Path:
    return missing_values(folder)


@case("All-zero cells/genes", says=("5 cells have no value above zero",), expression="X")
def empty_cells_and_genes(folder: Path) -> Path:
    values = counts()
    values[:5], values[:, :20] = 0, 0
    return saved(cells(sp.csr_matrix(values)), folder)


@case("Sparse CSC/CSR/dense, float64", says=("Raw counts",), expression="X")
def column_wise_matrix(folder: Path) -> Path:
    return saved(cells(sp.csc_matrix(counts())), folder)


@case("Sparse CSC/CSR/dense, float64", says=("Raw counts",), expression="X")
def dense_float64(folder: Path) -> Path:
    return saved(cells(counts().astype(np.float64)), folder)


@case("Sparse CSC/CSR/dense, float64", says=("Raw counts",), expression="X")
def wide_indices(folder: Path) -> Path:
    path = saved(cells(), folder)
    with h5py.File(path, "a") as file:
        for name in ("indices", "indptr"):
            values = file["X"][name][()].astype(np.int64)
            del file["X"][name]
            file["X"][name] = values
    return path


@case(
    "Very wide (>60k features), tiny (<50 cells, <200 genes)", says=("fewer than 50 cells",), expression="X"
)
def few_cells(folder: Path) -> Path:
    return saved(cells()[:30].copy(), folder)


@case("Very wide (>60k features), tiny (<50 cells, <200 genes)", says=("targeted panel",), expression="X")
def few_genes(folder: Path) -> Path:
    return saved(cells()[:, :150].copy(), folder)


@case("Very wide (>60k features), tiny (<50 cells, <200 genes)", says=("too small",), error=AnnDataError)
def three_cells(folder: Path) -> Path:
    return saved(cells()[:3].copy(), folder)


@case(
    "Very wide (>60k features), tiny (<50 cells, <200 genes)", says=("Unusually many genes",), expression="X"
)
def very_wide(folder: Path) -> Path:
    names = symbols() + [f"feature{i}" for i in range(61_000)]
    values = sp.hstack([sp.csr_matrix(counts()), sp.csr_matrix((N_CELLS, 61_000))], format="csr")
    return saved(cells(values, names), folder)


@case("Very wide (>60k features), tiny (<50 cells, <200 genes)", says=("no value above zero",), expression="")
def nothing_but_zeros(folder: Path) -> Path:
    return saved(cells(sp.csr_matrix((N_CELLS, N_GENES), dtype=np.float32)), folder)
