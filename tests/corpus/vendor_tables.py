"""Expression values as instruments and other programs write them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd

from cassia_core.domain.config import ReadOptions
from cassia_core.errors import AnnDataError
from tests.corpus.case import case
from tests.corpus.expression_tables import expression_table
from tests.corpus.material import N_CELLS, counts, ensembl, symbols

ROW = "CSV expression matrix, genes x cells"


def _saved(table: pd.DataFrame, folder: Path, **how: object) -> Path:
    path = folder / "counts.csv"
    table.to_csv(path, **how)  # type: ignore[call-overload]
    return path


@case(ROW, says=("120 cells", "600 genes", "Raw counts"))
def every_value_in_quotes(folder: Path) -> Path:
    return _saved(expression_table(), folder, quoting=csv.QUOTE_ALL, sep="\t")


@case(ROW, says=("120 cells", "600 genes", "Raw counts"))
def values_padded_with_blanks(folder: Path) -> Path:
    path = folder / "counts.txt"
    table = expression_table().T
    lines = ["gene\t" + "\t".join(table.columns)]
    lines += [
        f"{gene}\t" + "\t".join(f"{value:>6d} " for value in row)
        for gene, row in zip(table.index, table.to_numpy(), strict=True)
    ]
    path.write_text("\n".join(lines))
    return path


@case(ROW, says=("120 cells", "600 genes"))
def decimal_commas_between_tabs(folder: Path) -> Path:
    return _saved(expression_table() / 4, folder, sep="\t", decimal=",", float_format="%.2f")


@case(ROW, says=("120 cells", "600 genes"))
def quoted_decimal_commas_between_commas(folder: Path) -> Path:
    table = (expression_table() / 4).map(lambda value: f"{value:.2f}".replace(".", ","))
    return _saved(table, folder, quoting=csv.QUOTE_ALL)


@case(ROW, says=("120 cells", "600 genes", "Raw counts"))
def commas_between_thousands(folder: Path) -> Path:
    table = (expression_table() * 700).map(lambda value: f"{value:,d}")
    return _saved(table, folder, quoting=csv.QUOTE_ALL)


@case(ROW, says=("missing or infinite", "set to 0", "120 cells"), options=ReadOptions(replace_nan=True))
def gaps_of_r(folder: Path) -> Path:
    table = expression_table().astype(float)
    table.iloc[3, 5] = table.iloc[90, 7] = np.nan
    return _saved(table, folder, na_rep="NA")


@case(ROW, says=("missing or infinite", "Set missing values to 0"), error=AnnDataError)
def gaps_left_empty(folder: Path) -> Path:
    table = expression_table().astype(float)
    table.iloc[100, 5] = np.nan
    return _saved(table, folder)


@case(ROW, says=('has "failed" in the column',), error=AnnDataError)
def words_among_the_values(folder: Path) -> Path:
    table = expression_table().astype(object)
    table.iloc[60, 5] = "failed"
    return _saved(table, folder)


@case(ROW, says=("120 cells", "600 genes", "5 features are controls"))
def xenium_with_codewords(folder: Path) -> Path:
    table = expression_table()
    for name in (
        "NegControlProbe_00042",
        "NegControlCodeword_0500",
        "UnassignedCodeword_0001",
        "BLANK_0006",
        "antisense_PROKR2",
    ):
        table[name] = 1
    table.index = pd.Index([f"aaaa{i:04d}-1" for i in range(N_CELLS)], name="cell_id")
    return _saved(table, folder)


@case(ROW, says=("117 cells", "600 genes", "fov", "3 rows of the cell number 0", "3 features are controls"))
def cosmx_with_fields_of_view(folder: Path) -> Path:
    table = expression_table().reset_index(drop=True)
    for name in ("NegPrb01", "SystemControl4", "FalseCode12"):
        table[name] = 0
    table.insert(0, "cell_ID", [i % 40 for i in range(N_CELLS)])
    table.insert(0, "fov", [i // 40 + 1 for i in range(N_CELLS)])
    return _saved(table, folder, index=False)


@case(ROW, says=("120 cells", "600 genes", "2 features are controls"))
def merscope_with_the_place_of_cells(folder: Path) -> Path:
    table = expression_table().reset_index(drop=True)
    table["Blank-17"] = table["blank_3"] = 0
    table.insert(0, "volume", np.linspace(100, 900, N_CELLS))
    table.insert(0, "center_x", np.linspace(0, 50, N_CELLS))
    table.insert(0, "EntityID", [2_100_000_000_000 + 7 * i for i in range(N_CELLS)])
    return _saved(table, folder, index=False)


@case(ROW, says=("120 cells", "600 genes", "made of several parts"))
def rhapsody_with_remarks(folder: Path) -> Path:
    table = expression_table().reset_index(drop=True)
    table.columns = pd.Index([f"{gene}|ENST{i:011d}|Reference_end" for i, gene in enumerate(table.columns)])
    table.insert(0, "Cell_Index", [7 * i + 3 for i in range(N_CELLS)])
    path = folder / "counts.csv"
    path.write_text("## Analysis\n# Sample, one\n#####\n" + table.to_csv(index=False))
    return path


@case(ROW, says=("120 cells", "600 genes"))
def numbered_cells_under_a_name_of_their_own(folder: Path) -> Path:
    table = expression_table().reset_index(drop=True)
    table.insert(0, "spot_number", [11 * i + 5 for i in range(N_CELLS)])
    return _saved(table, folder, index=False)


@case(ROW, says=("120 cells", "600 genes"))
def barcodes_beside_numbered_rows(folder: Path) -> Path:
    table = expression_table().reset_index(drop=True)
    table.insert(0, "barcode", [f"ACGT{i:04d}-1" for i in range(N_CELLS)])
    return _saved(table, folder)


@case(ROW, says=("120 cells", "600 genes"))
def genes_with_their_place_and_length(folder: Path) -> Path:
    table = expression_table().T
    table.insert(0, "Length", range(500, 500 + len(table)))
    table.insert(0, "Strand", "+")
    table.insert(0, "End", range(20_000, 20_000 + len(table)))
    table.insert(0, "Start", range(10_000, 10_000 + len(table)))
    table.insert(0, "Chr", 7)
    table.index.name = "Geneid"
    path = folder / "counts.txt"
    path.write_text('# Program:featureCounts v2.0.1; Command:"featureCounts"\n' + table.to_csv(sep="\t"))
    return path


@case(ROW, says=("120 cells", "600 genes", "holds nearly all counts", "rather than values"))
def a_column_of_sums(folder: Path) -> Path:
    table = expression_table()
    table["n_total"] = table.sum(axis=1)
    return _saved(table, folder)


@case(ROW, says=("120 cells", "600 genes", "holds nearly all counts"))
def a_row_of_sums(folder: Path) -> Path:
    table = expression_table().T
    table.loc["Sum of all"] = table.sum(axis=0)
    return _saved(table, folder)


@case(ROW, says=("120 cells", "600 genes", "as you said"), options=ReadOptions(not_values=("depth_of_cell",)))
def a_column_named_by_the_person(folder: Path) -> Path:
    table = expression_table()
    table["depth_of_cell"] = 3
    return _saved(table, folder)


@case(ROW, says=("120 cells", "600 genes"))
def a_header_behind_a_comment_sign(folder: Path) -> Path:
    path = folder / "counts.tsv"
    path.write_text("# made by a pipeline\n#" + expression_table().to_csv(sep="\t", index_label="barcode"))
    return path


def _long(folder: Path, names: tuple[str, str, str], sep: str = "\t", genes: list[str] | None = None) -> Path:
    values = counts()
    rows, columns = np.nonzero(values)
    genes = genes or symbols()
    frame = pd.DataFrame(
        {
            names[0]: [f"ACGTACGT{i:04d}-1" for i in rows],
            names[1]: [genes[j] for j in columns],
            names[2]: values[rows, columns].astype(int),
        }
    )
    path = folder / "long.tsv"
    frame.to_csv(path, sep=sep, index=False)
    return path


LONG = "long list of cell, gene, count"


@case(LONG, says=("120 cells", "A list of cells, genes and counts", "Raw counts"))
def long_list_of_umi_tools(folder: Path) -> Path:
    return _long(folder, ("cell", "gene", "count"))


@case(LONG, says=("120 cells", "A list of cells, genes and counts"))
def long_list_with_other_headers(folder: Path) -> Path:
    return _long(folder, ("Cell Barcode", "Gene Symbol", "UMIs"), sep=",")


@case(LONG, says=("120 cells", "A list of cells, genes and counts", "turned into symbols"))
def long_list_of_ids(folder: Path) -> Path:
    return _long(folder, ("barcode", "gene_id", "n_reads"), genes=ensembl(symbols()))
