"""Encodings, workbooks and values of marker tables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from cassia_core.domain.config import ReadOptions, TableColumns
from cassia_core.errors import InputError, MarkerFormatError
from tests.corpus.case import case
from tests.corpus.material import seurat, written

SEURAT_ROW = "Seurat marker CSV, rownames column, unnamed first column"
TEXT_ROW = "Semicolon + decimal comma, tab, BOM, UTF-16, CP1252, quotes"


@case(TEXT_ROW, says=("semicolons", "3 clusters"), kind="markers")
def semicolons_and_decimal_commas(folder: Path) -> Path:
    return written(seurat(), folder, sep=";", decimal=",")


@case(TEXT_ROW, says=("tabs", "UTF-16", "3 clusters"), kind="markers")
def utf16_from_excel(folder: Path) -> Path:
    return written(seurat(), folder, "markers.txt", sep="\t", encoding="utf-16")


@case(TEXT_ROW, says=("UTF-8 with mark", "3 clusters"), kind="markers")
def byte_order_mark(folder: Path) -> Path:
    return written(seurat(), folder, encoding="utf-8-sig", lineterminator="\r\n")


@case(TEXT_ROW, says=("Windows-1252", "3 clusters"), kind="markers")
def windows_encoding(folder: Path) -> Path:
    frame = seurat()
    frame["cluster"] = frame["cluster"].map({0: "Ödem", 1: "naïve", 2: "café"})
    return written(frame, folder, encoding="cp1252")


@case(TEXT_ROW, says=("3 clusters",), kind="markers")
def quoted_and_gzipped(folder: Path) -> Path:
    return written(seurat(), folder, "markers.csv.gz", quoting=1)


@case(TEXT_ROW, says=("3 clusters",), kind="markers")
def title_over_the_header(folder: Path) -> Path:
    path = written(seurat(), folder)
    path.write_text("Supplementary Table 4\n\n# made with Seurat\n" + path.read_text())
    return path


@case(TEXT_ROW, says=("0 to 100", "3 clusters"), kind="markers")
def signs_behind_and_before_numbers(folder: Path) -> Path:
    frame = seurat()
    frame["pct.1"], frame["pct.2"] = [(frame[c] * 100).round(1).astype(str) + "%" for c in ("pct.1", "pct.2")]
    frame["p_val"] = "<2e-16"
    return written(frame, folder)


@case(TEXT_ROW, says=("columns",), error=MarkerFormatError, kind="markers")
def lines_of_different_width(folder: Path) -> Path:
    path = written(seurat(), folder)
    lines = path.read_text().splitlines()
    lines[5] += ",more,and,more"
    path.write_text("\n".join(lines))
    return path


@case(
    "xlsx with several sheets, sheet per cluster",
    says=("Excel workbook", "3 clusters", "sheet markers"),
    kind="markers",
)
def workbook_with_notes(folder: Path) -> Path:
    path = folder / "markers.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"About": ["written by hand"]}).to_excel(book, sheet_name="notes", index=False)
        seurat().to_excel(book, sheet_name="markers", index=False)
    return path


@case("xlsx with several sheets, sheet per cluster", says=("Seurat", "3 clusters"), kind="markers")
def workbook_with_a_title(folder: Path) -> Path:
    path = folder / "markers.xlsx"
    with pd.ExcelWriter(path) as book:
        seurat().to_excel(book, sheet_name="Table S4", index=False, startrow=3)
        book.sheets["Table S4"]["A1"] = "Supplementary Table 4. Markers of all clusters"
    return path


@case(
    "xlsx with several sheets, sheet per cluster",
    says=("3 sheets, one per cluster", "3 clusters"),
    kind="markers",
)
def workbook_with_a_sheet_per_cluster(folder: Path) -> Path:
    path = folder / "markers.xlsx"
    with pd.ExcelWriter(path) as book:
        for cluster, part in seurat().groupby("cluster"):
            part.drop(columns="cluster").to_excel(book, sheet_name=f"Cluster {cluster}", index=False)
    return path


@case(
    "xlsx with several sheets, sheet per cluster",
    says=("2 clusters", "sheet two"),
    kind="markers",
    options=ReadOptions(columns=TableColumns(sheet="two")),
)
def workbook_with_two_tables_answered(folder: Path) -> Path:
    return workbook_with_two_tables(folder)


@case("xlsx with several sheets, sheet per cluster", says=("Which sheet", "sheet one"), kind="markers")
def workbook_with_two_tables(folder: Path) -> Path:
    path = folder / "markers.xlsx"
    with pd.ExcelWriter(path) as book:
        seurat().to_excel(book, sheet_name="one", index=False)
        seurat()[lambda f: f["cluster"] < 2].to_excel(book, sheet_name="two", index=False)
    return path


@case("Mixed-case mouse (`CD3D` in mouse, `Cd3d` in human)", says=("Mouse",), kind="markers")
def mouse_markers(folder: Path) -> Path:
    frame = seurat()
    frame["gene"] = frame["gene"].str.capitalize()
    return written(frame, folder)


@case("NaN log-FC", says=("4 rows without a fold change are left out",), kind="markers")
def missing_fold_changes(folder: Path) -> Path:
    frame = seurat()
    frame.loc[:3, "avg_log2FC"] = np.nan
    return written(frame, folder, na_rep="NA")


@case("+-inf log-FC, or +-30 from zero mean", says=("2 infinite fold changes",), kind="markers")
def infinite_fold_changes(folder: Path) -> Path:
    frame = seurat()
    frame.loc[[0, 12], "avg_log2FC"] = [np.inf, -np.inf]
    return written(frame, folder)


@case("p_adj all 1 / nothing passes filter", says=("had to be lifted",), kind="markers")
def nothing_significant(folder: Path) -> Path:
    return written(seurat().assign(p_val_adj=1.0), folder)


@case("Only down-regulated rows", says=("No gene is higher in this cluster",), kind="markers")
def only_down(folder: Path) -> Path:
    frame = seurat()
    frame.loc[frame["cluster"] == 1, "avg_log2FC"] *= -1
    return written(frame, folder)


@case("Names with `/`, `\\`, `:`, emoji, RTL, leading `=`", says=("6 clusters",), kind="markers")
def odd_cluster_names(folder: Path) -> Path:
    frame = seurat()
    odd = ["T/NK", "a\\b:c", "=1+1", "🧬 שלום", "-1", "7_0"]
    frame["cluster"] = [odd[i % 6] for i in range(30)]
    return written(frame, folder)


@case('Duplicate labels after trimming/case ("T cell", "t cell ")', says=("are kept apart",), kind="markers")
def nearly_equal_names(folder: Path) -> Path:
    frame = seurat()
    frame["cluster"] = frame["cluster"].map({0: "T cell", 1: "t cell ", 2: "B"})
    return written(frame, folder)


@case("> 100 clusters", says=("150 clusters",), kind="markers")
def many_clusters(folder: Path) -> Path:
    return written(
        pd.concat([seurat().assign(cluster=lambda f, i=i: f["cluster"] + 3 * i) for i in range(50)]), folder
    )


@case("Cluster column numeric / bool / string / NaN", says=("set aside", "4 clusters"), kind="markers")
def rows_without_a_cluster(folder: Path) -> Path:
    frame = seurat().astype({"cluster": float})
    frame.loc[[3, 4], "cluster"] = np.nan
    return written(frame, folder)


@case(
    SEURAT_ROW,
    says=("not recognised", "Which column names the cluster"),
    kind="markers",
    error=MarkerFormatError,
)
def unknown_columns(folder: Path) -> Path:
    table = seurat().rename(columns={"cluster": "Zellhaufen", "gene": "Erbanlage"})
    return written(
        table.sample(frac=1, random_state=1).assign(Erbanlage=lambda t: "g" + t["Erbanlage"]), folder
    )


@case(
    SEURAT_ROW,
    says=("3 clusters",),
    kind="markers",
    options=ReadOptions(columns=TableColumns(cluster="Zellhaufen", gene="Erbanlage")),
)
def unknown_columns_answered(folder: Path) -> Path:
    return unknown_columns(folder)


@case("Truncated / empty upload", says=("column names and no rows",), error=MarkerFormatError, kind="markers")
def header_only(folder: Path) -> Path:
    return written(seurat()[:0], folder)


@case("Truncated / empty upload", says=("0 bytes",), error=InputError, kind="markers")
def empty_table(folder: Path) -> Path:
    path = folder / "markers.csv"
    path.touch()
    return path
