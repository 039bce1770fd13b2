"""Expression values as text."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cassia_core.domain.config import ReadOptions
from cassia_core.errors import AnnDataError
from tests.corpus.case import case
from tests.corpus.material import N_CELLS, counts, ensembl, symbols


def expression_table() -> pd.DataFrame:
    return pd.DataFrame(counts().astype(int), index=[f"cell{i}" for i in range(N_CELLS)], columns=symbols())


@case(
    "CSV expression matrix, genes x cells",
    says=("Genes are taken to be in the rows", "Which way round", "120 cells"),
)
def genes_by_cells(folder: Path) -> Path:
    path = folder / "counts.csv"
    expression_table().T.to_csv(path)
    return path


@case("CSV expression matrix, genes x cells", says=("Genes are taken to be in the columns", "120 cells"))
def cells_by_genes_gz(folder: Path) -> Path:
    path = folder / "counts.tsv.gz"
    expression_table().to_csv(path, sep="\t")
    return path


@case(
    "CSV expression matrix, genes x cells",
    says=("as you said", "600 cells"),
    options=ReadOptions(genes_in_rows=True),
)
def turned_by_the_person(folder: Path) -> Path:
    path = folder / "counts.csv"
    expression_table().to_csv(path)
    return path


@case("CSV expression matrix, genes x cells", says=("cluster (2)", "120 cells"))
def expression_with_cell_columns(folder: Path) -> Path:
    path = folder / "counts.csv"
    table = expression_table()
    table.insert(0, "cluster", ["T cell" if i % 2 else "B cell" for i in range(N_CELLS)])
    table.to_csv(path)
    return path


@case("CSV expression matrix, genes x cells", says=("120 cells", "600 genes"))
def written_by_r_with_blanks(folder: Path) -> Path:
    path = folder / "counts.txt"
    table = expression_table().T
    lines = [" ".join(f'"{c}"' for c in table.columns)]
    lines += [
        f'"{gene}" ' + " ".join(map(str, row))
        for gene, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    path.write_text("\n".join(lines))
    return path


@case("CSV expression matrix, genes x cells", says=("120 cells", "taken from its column"))
def ids_and_symbols_beside_the_counts(folder: Path) -> Path:
    path = folder / "counts.tsv"
    table = expression_table().T
    table.insert(0, "gene_name", table.index)
    table.index = pd.Index(ensembl(list(table.index)), name="gene_id")
    table.to_csv(path, sep="\t")
    return path


@case("CSV expression matrix, genes x cells", says=("Line 51 has",), error=AnnDataError)
def expression_cut_in_a_line(folder: Path) -> Path:
    path = genes_by_cells(folder)
    lines = path.read_text().splitlines()
    lines[50] = lines[50][:40]
    path.write_text("\n".join(lines[:51]))
    return path
