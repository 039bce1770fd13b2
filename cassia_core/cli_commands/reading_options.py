"""Options that answer what `inspect` asks, on the command line and as columns of a manifest."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path

from cassia_core.domain.config import ReadOptions, TableColumns
from cassia_core.services.batches.manifests import answers_read

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
    group.add_argument(
        "--cells",
        choices=("auto", "exact", "sketch"),
        default="auto",
        help="hold the values of all cells in memory (exact), or leave them on disk, cluster a sketch of the "
        "cells and join the others to it (sketch); auto: exact where it fits",
    )
    group.add_argument(
        "--memory",
        type=memory_size,
        metavar="SIZE",
        help="memory that a dataset may take, such as 6GB (default: what the machine has free)",
    )


def memory_size(text: str) -> float:
    """Gigabytes from "6GB", "6 gb", "600MB" or "6"."""
    found = re.fullmatch(r"\s*([\d.]+)\s*([MGT]?)B?\s*", text.upper())
    try:
        size = float(found.group(1)) * {"M": 1e-3, "T": 1e3}.get(found.group(2), 1.0) if found else 0.0
    except ValueError:
        size = 0.0
    if not size > 0:
        raise argparse.ArgumentTypeError(f'"{text}" is no amount of memory; write 6GB')
    return size


def reading_of(
    options: argparse.Namespace, path: Path, answers: Mapping[str, str] | None = None
) -> ReadOptions:
    """How `path` is read: what a manifest's row answers, else what the command line says.

    Raises
    ------
    InputError
        A column of the manifest holds something else than it can.
    """
    return answers_read(answers or {}, path, _given(options))


def _given(options: argparse.Namespace) -> ReadOptions:
    """What the command line says of all files."""
    not_values = options.not_values
    return ReadOptions(
        genome=options.genome,
        genes_in_rows=None if not options.genes_in else options.genes_in == "rows",
        symbol_column=options.symbol_column,
        columns=TableColumns(cluster=options.cluster_column, gene=options.gene_column, sheet=options.sheet),
        replace_nan=options.missing_as_zero,
        not_values=None if not_values is None else tuple(name for name in not_values if name),
        assay=options.assay,
        modality=options.modality,
        max_cells=getattr(options, "max_cells", None),
        cells=options.cells,
        memory_gb=options.memory,
    )
