"""Options that answer what `inspect` asks, on the command line and as columns of a manifest."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from cassia_core.domain.config import ReadOptions, TableColumns
from cassia_core.errors import InputError
from cassia_core.services.intake import intake

OPTION_OF_QUESTION = {
    "genes_in_rows": "--genes-in rows or --genes-in columns",
    "not_values": '--not-values NAME (--not-values "" keeps all)',
    "symbol_column": "--symbol-column NAME",
    "genome": "--genome NAME",
    "replace_nan": "--missing-as-zero",
    "assay": "--assay NAME",
    "modality": "--modality NAME",
    "columns.cluster": "--cluster-column NAME",
    "columns.gene": "--gene-column NAME",
    "columns.sheet": "--sheet NAME",
}
"""Field of `ReadOptions` that a question is about, to the option that answers it."""
MANIFEST_COLUMNS = (
    "genes_in",
    "gene_column",
    "symbol_column",
    "genome",
    "sheet",
    "missing_as_zero",
    "not_values",
    "assay",
    "modality",
)
_YES, _NO = ("yes", "true", "1"), ("", "no", "false", "0")


def add_reading(command: argparse.ArgumentParser, *, with_cluster_column: bool = False) -> None:
    """Add the options that say how a file is read."""
    group = command.add_argument_group(
        "reading the file", "Answers to what `inspect` asks; what is not given is told from the file."
    )
    group.add_argument(
        "--genes-in", choices=("rows", "columns"), help="where a table of expression has its genes"
    )
    group.add_argument("--gene-column", metavar="NAME", help="column of a marker table that names the gene")
    if with_cluster_column:
        group.add_argument("--cluster-column", metavar="NAME", help="column that names the cluster")
    group.add_argument(
        "--symbol-column", metavar="NAME", help="column of a cell file that holds the gene symbols"
    )
    group.add_argument("--genome", metavar="NAME", help="which genome of a file with several")
    group.add_argument("--sheet", metavar="NAME", help="which sheet of a workbook")
    group.add_argument("--missing-as-zero", action="store_true", help="set missing and infinite values to 0")
    group.add_argument(
        "--not-values",
        action="append",
        metavar="NAME",
        help='a column of a table of expression that is no gene or cell, such as sums (repeat; "" keeps all)',
    )
    group.add_argument("--assay", metavar="NAME", help="which assay of an R object with several")
    group.add_argument("--modality", metavar="NAME", help="which modality of a file with several")


def reading_of(options: argparse.Namespace, path: Path, row: Mapping[str, str] | None = None) -> ReadOptions:
    """How `path` is read: what the manifest's `row` says, else what the command line says.

    Raises
    ------
    InputError
        A column of the manifest holds something else than it can.
    """
    given = {name: (row or {}).get(name) or "" for name in (*MANIFEST_COLUMNS, "cluster_column")}
    genes_in = given["genes_in"] or options.genes_in
    _check(path, "genes_in", genes_in, (None, "", "rows", "columns"))
    _check(path, "missing_as_zero", given["missing_as_zero"].lower(), (*_YES, *_NO))
    not_values = tuple(given["not_values"].split(";")) if given["not_values"] else options.not_values
    return ReadOptions(
        genome=given["genome"] or options.genome,
        genes_in_rows=None if not genes_in else genes_in == "rows",
        symbol_column=given["symbol_column"] or options.symbol_column,
        columns=_columns(options, path, given),
        replace_nan=given["missing_as_zero"].lower() in _YES or options.missing_as_zero,
        not_values=None if not_values is None else tuple(name for name in not_values if name),
        assay=given["assay"] or options.assay,
        modality=given["modality"] or options.modality,
        max_cells=getattr(options, "max_cells", None),
    )


def _columns(options: argparse.Namespace, path: Path, given: Mapping[str, str]) -> TableColumns | None:
    """Columns of a marker table; the column of clusters is one of these only in a marker table."""
    gene, sheet = given["gene_column"] or options.gene_column, given["sheet"] or options.sheet
    cluster = given["cluster_column"] or options.cluster_column
    if cluster and not (gene or sheet) and not intake.holds_markers(path):
        cluster = None
    return TableColumns(cluster=cluster, gene=gene, sheet=sheet) if cluster or gene or sheet else None


def _check(path: Path, name: str, value: str | None, allowed: tuple[str | None, ...]) -> None:
    if value not in allowed:
        raise InputError(
            f"The manifest says {name} = {value} for {path.name}.",
            "That is not one of its values.",
            f"Write one of: {', '.join(word for word in allowed if word)}.",
        )
