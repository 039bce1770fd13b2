"""The tables behind the plots: the same numbers, and nothing that a spreadsheet would run."""

from __future__ import annotations

import io

import openpyxl
import pandas as pd
import pytest

from cassia_core.services.labels import review
from cassia_core.services.plots.figure_tables import table_file, tables
from cassia_core.services.plots.plot_numbers import FigureOptions

OPTIONS = FigureOptions(genes=("CD79A", "NKG7"), column="bulk_labels")


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("map", {"cell", "UMAP_1", "cluster", "cell_type"}),
        ("dots", {"cluster", "gene", "mean", "share_of_cells", "cells"}),
        ("heat", {"mean_as_share_of_highest"}),
        ("violins", {"median", "lower_quartile"}),
        ("composition", {"group", "cell_type", "cells", "share_of_group"}),
        ("confusion", {"label_of_file"}),
    ],
)
def test_every_plot_has_a_table_with_its_numbers(demo_run, kind, columns):
    name, content = table_file(demo_run.name, "pbmc", kind, "csv", OPTIONS, demo_run.parent)
    table = pd.read_csv(io.BytesIO(content))
    assert name.startswith("pbmc_") and name.endswith(".csv")
    assert columns <= set(table.columns) and len(table)


def test_the_comparison_is_a_workbook_with_a_sheet_per_table(demo_run):
    name, content = table_file(demo_run.name, "pbmc", "confusion", "xlsx", OPTIONS, demo_run.parent)
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert name == "pbmc_labels_against_bulk_labels.xlsx"
    assert book.sheetnames == ["Cells", "Agreement", "Per label", "Per cluster", "Not in the ontology"]
    name, content = table_file(
        demo_run.name, "pbmc", "confusion", "csv", OPTIONS, demo_run.parent, table="Per cluster"
    )
    assert name == "pbmc_labels_against_bulk_labels_per_cluster.csv" and b"agrees_at" in content


def test_a_label_that_looks_like_a_formula_is_text_in_both_files_and_stands_as_corrected(own_run):
    run_id, root = own_run
    review.apply_edit(run_id, "pbmc", ("0",), "rename", label='=HYPERLINK("http://x","y")', root=root)
    assert '=HYPERLINK("http://x","y")' in set(
        tables(run_id, "pbmc", "dots", OPTIONS, root)["Expression"]["cell_type"]
    )
    text = table_file(run_id, "pbmc", "dots", "csv", OPTIONS, root)[1].decode()
    assert "'=HYPERLINK" in text and ",=HYPERLINK" not in text
    book = openpyxl.load_workbook(io.BytesIO(table_file(run_id, "pbmc", "dots", "xlsx", OPTIONS, root)[1]))
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
