"""Expression values as a plain table, genes in rows or in columns."""

from __future__ import annotations

import csv
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import scipy.sparse as sp

from cassia_core.data.readers.cell_file import CellFile, random_rows
from cassia_core.data.readers.text import (
    DECIMAL_COMMA,
    MISSING,
    TextTable,
    is_numeric,
    open_text,
    read_bytes,
    read_table,
    to_numbers,
)
from cassia_core.domain.config import ReadOptions
from cassia_core.domain.findings import Question
from cassia_core.errors import AnnDataError
from cassia_core.genes.lookup import share_known

_HEAD_ROWS = 20
_INSPECTED_ROWS = 150
_HEAD_BYTES = 40_000_000
_GENES_IN_ROWS, _GENES_IN_COLUMNS = "genes in rows, cells in columns", "cells in rows, genes in columns"
_SAMPLED = 400


def is_dense_table(frame: pd.DataFrame) -> bool:
    """Whether a table of strings is one of expression values: nearly all of it numbers, many columns or
    rows.
    """
    if frame.shape[1] < 11 or len(frame) < 2:
        return False
    head = frame.head(50)
    columns = list(head.columns)[:: max(1, head.shape[1] // 60)]
    numeric = [is_numeric(head[column]) for column in columns]
    return sum(numeric) >= max(0.8 * len(numeric), len(numeric) - 5)


def read_dense_table(path: Path, options: ReadOptions = ReadOptions(), *, inspect: bool = False) -> CellFile:
    """Read a table of expression values; text columns beside the values become columns of the cells.

    Raises
    ------
    AnnDataError
        It does not look like expression values, or a line does not fit the others.
    """
    head = read_table(path, _HEAD_ROWS)
    if not is_dense_table(head.frame):
        raise AnnDataError(
            f"{path.name} is not a table of expression values.",
            "Most of its columns are not numbers.",
            "Open it as a marker table, or open the cell file.",
        )
    layout = _layout(head)
    names, text, matrix = _read_rows(path, head, layout, _INSPECTED_ROWS if inspect else None)
    columns = [head.header[position] for position in layout.values]
    in_rows, sure = _genes_in_rows(names, columns)
    if options.genes_in_rows is not None:
        in_rows = options.genes_in_rows
    n_rows = _count_rows(path) if inspect and matrix.shape[0] == _INSPECTED_ROWS else matrix.shape[0]
    if in_rows:
        adata = ad.AnnData(
            X=matrix.T.tocsr(), obs=pd.DataFrame(index=pd.Index(columns)), var=text.set_index(pd.Index(names))
        )
        n_cells, n_genes = len(columns), n_rows
    else:
        adata = ad.AnnData(
            X=matrix, obs=text.set_index(pd.Index(names)), var=pd.DataFrame(index=pd.Index(columns))
        )
        n_cells, n_genes = n_rows, len(columns)
    rows = None if inspect else random_rows(n_cells, options.max_cells)
    density = matrix.nnz / max(1, matrix.shape[0] * matrix.shape[1])
    return CellFile(
        adata=adata if rows is None else adata[rows].copy(),
        format=_format(head),
        n_cells=n_cells,
        n_genes=n_genes,
        questions=_question(options, in_rows),
        done=_said(in_rows, sure, options),
        stored_values=int(density * n_cells * n_genes),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Positions of the columns: the one that names the rows (None: there is none), text, and values."""

    names: int | None
    text: tuple[int, ...]
    values: tuple[int, ...]


def _layout(head: TextTable) -> _Layout:
    cells = head.frame.to_numpy(dtype=object)
    numeric = [all(_is_number(cell) for cell in cells[:, position]) for position in range(cells.shape[1])]
    text = [position for position, number in enumerate(numeric) if not number]
    if text and text[0] == 0 or not head.header[0]:
        names: int | None = 0
    else:
        names = text[0] if text else None
    return _Layout(
        names=names,
        text=tuple(p for p in text if p != names),
        values=tuple(p for p, number in enumerate(numeric) if number and p != names),
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell.strip().lower() in MISSING or DECIMAL_COMMA.match(cell.strip()) is not None
    return True


def _read_rows(
    path: Path, head: TextTable, layout: _Layout, limit: int | None
) -> tuple[list[str], pd.DataFrame, sp.csr_matrix]:
    """Names of the rows, their text columns, and the values (n_rows, n_columns), a line at a time."""
    names: list[str] = []
    texts: list[list[str]] = []
    parts: list[tuple[np.ndarray, np.ndarray]] = []
    split = _fast_splitter(head, layout)
    with open_text(path) as stream, warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # numpy says so of a line it cannot read to its end
        lines = (line for line in stream if line.strip() and not line.startswith(("#", "%")))
        for number, line in enumerate(islice(lines, head.title_rows + 1, None), start=1):
            if limit is not None and number > limit:
                break
            before, values = split(line) or _slow_split(line, number, head, layout, path)
            names.append(before[layout.names] if layout.names is not None else f"row_{number}")
            texts.append([before[position] for position in layout.text])
            filled = np.flatnonzero(values)
            parts.append((filled.astype(np.int32), values[filled]))
    indptr = np.concatenate([[0], np.cumsum([len(filled) for filled, _ in parts])])
    matrix = sp.csr_matrix(
        (np.concatenate([v for _, v in parts]), np.concatenate([f for f, _ in parts]), indptr),
        shape=(len(parts), len(layout.values)),
    )
    return names, pd.DataFrame(texts, columns=[head.header[p] for p in layout.text]), matrix


def _fast_splitter(head: TextTable, layout: _Layout) -> Callable[[str], tuple[list[str], np.ndarray] | None]:
    """Split a line where all values stand at its end: numpy reads them at once; None where that does not
    work.
    """
    first = layout.values[0] if layout.values else 0
    if layout.values != tuple(range(first, len(head.header))):
        return lambda line: None

    def split(line: str) -> tuple[list[str], np.ndarray] | None:
        *before, rest = line.rstrip("\r\n").split(head.delimiter, first)
        values = np.fromstring(rest, dtype=np.float32, sep=head.delimiter)
        if len(before) != first or len(values) != len(layout.values):
            return None
        return [cell.strip('"') for cell in before], values

    return split


def _slow_split(
    line: str, number: int, head: TextTable, layout: _Layout, path: Path
) -> tuple[list[str], np.ndarray]:
    """Split a line by the rules of csv: quotes, gaps, decimal commas, columns in any order."""
    cells = next(
        csv.reader([line.rstrip("\r\n")], delimiter=head.delimiter, skipinitialspace=head.delimiter == " ")
    )
    if len(cells) != len(head.header):
        raise AnnDataError(
            f"{path.name} does not read as a table.",
            f"Line {number + 1} has {len(cells):,} columns, the others {len(head.header):,}.",
            "Copy or upload the file again, or save it anew.",
        )
    values = [cells[position] for position in layout.values]
    try:
        return cells, np.array(values, dtype=np.float32)
    except ValueError:
        return cells, to_numbers(pd.Series(values)).to_numpy(dtype=np.float32)


def _format(table: TextTable) -> str:
    return f"Table of expression values ({table.encoding})"


def _genes_in_rows(row_names: list[str], columns: list[str]) -> tuple[bool, bool]:
    """Whether the row names are the genes, and whether that is clear."""
    rows, across = (share_known(names[:: max(1, len(names) // _SAMPLED)]) for names in (row_names, columns))
    return rows > across, max(rows, across) > 0.2 and abs(rows - across) > 0.15


def _question(options: ReadOptions, in_rows: bool) -> tuple[Question, ...]:
    if options.genes_in_rows is not None:
        return ()
    return (
        Question(
            option="genes_in_rows",
            text="Which way round is the table?",
            choices=(_GENES_IN_ROWS, _GENES_IN_COLUMNS),
            suggested=_GENES_IN_ROWS if in_rows else _GENES_IN_COLUMNS,
        ),
    )


def _said(in_rows: bool, sure: bool, options: ReadOptions) -> tuple[str, ...]:
    way = "rows" if in_rows else "columns"
    if options.genes_in_rows is not None:
        return (f"Genes are read from the {way}, as you said.",)
    doubt = "" if sure else ", which is not sure"
    return (f"Genes are taken to be in the {way}, by their names{doubt}.",)


def _count_rows(path: Path) -> int:
    """Number of rows below the header; for a table larger than is read here, an estimate from its start."""
    content = read_bytes(path, _HEAD_BYTES)
    lines = content.count(b"\n") + (not content.endswith(b"\n"))
    if len(content) == _HEAD_BYTES:
        lines = int(lines * max(1.0, path.stat().st_size / _HEAD_BYTES))
    return max(0, lines - 1)
