"""Expression values as a plain table, genes in rows or in columns."""

from __future__ import annotations

import csv
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import scipy.sparse as sp

from cassia_core.data.readers.cell_file import CellFile, random_rows
from cassia_core.data.readers.table_layout import THOUSANDS, Layout, layout_of
from cassia_core.data.readers.text import (
    DECIMAL_COMMA,
    MISSING,
    POINT_GROUPS,
    TextTable,
    is_comment,
    is_numeric,
    open_text,
    read_table,
    without_groups,
)
from cassia_core.data.readers.total_columns import totals_of
from cassia_core.domain.config import ReadOptions
from cassia_core.domain.counting_words import counted
from cassia_core.domain.findings import Question
from cassia_core.errors import AnnDataError
from cassia_core.genes.spelling import known_share

_HEAD_ROWS = 20
_INSPECTED_ROWS = 150
_READ_WHOLE_BYTES = 60_000_000
"""Files up to this size are read whole to be inspected, so that inspection and run see the same."""
_COUNTED_BYTES = 2_000_000_000
"""Up to this size the rows of larger files are counted and their names read."""
_GENES_IN_ROWS, _GENES_IN_COLUMNS = "genes in rows, cells in columns", "cells in rows, genes in columns"
_SAMPLED = 400
_MIN_COLUMNS = 11
_POINTED = re.compile(r"^[+-]?[1-9]\d{0,2}(\.\d{3})+$")
"""A number with points between its thousands, where the table has decimal commas."""
_MOST_NAMED = 8
_BACKGROUND_CELL = "0"
"""CosMx gives what lies outside of all cells this number."""


def is_dense_table(frame: pd.DataFrame) -> bool:
    """Whether a table of strings is one of expression values: nearly all of it numbers, many columns or
    rows.
    """
    if frame.shape[1] < _MIN_COLUMNS or len(frame) < 2:
        return False
    head = frame.head(50)
    # Sixty of the columns, spread over all: there may be thirty thousand.
    columns = list(head.columns)[:: max(1, head.shape[1] // 60)]
    numeric = [is_numeric(head[column]) for column in columns]
    return sum(numeric) >= max(0.8 * len(numeric), len(numeric) - 5)


def read_dense_table(path: Path, options: ReadOptions = ReadOptions(), *, inspect: bool = False) -> CellFile:
    """Read a table of expression values; columns that describe its rows become columns of cells or genes.

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
    layout = layout_of(head)
    # A small file is read whole also to look into it: all its figures are then exact.
    whole = not inspect or path.stat().st_size <= _READ_WHOLE_BYTES
    rows = _read_rows(path, head, layout, None if whole else _INSPECTED_ROWS)
    columns = [head.header[position] for position in layout.values]
    in_rows, sure = _genes_in_rows(rows.names, columns)
    if options.genes_in_rows is not None:
        in_rows = options.genes_in_rows
    done = [*_said(in_rows, sure, options), *_described(layout, head, in_rows)]
    if not in_rows:
        rows = _cells_of_regions(rows, layout, head, done)
    totals = totals_of(rows.values, rows.names, columns, options)
    adata = _as_cells(rows, columns, in_rows, set(totals.names))
    # Rows that are totals are set aside as far as they were read; the count of all rows knows of them.
    n_cells = adata.n_obs if in_rows else rows.n_rows - (rows.values.shape[0] - adata.n_obs)
    n_genes = rows.n_rows - (rows.values.shape[0] - adata.n_vars) if in_rows else adata.n_vars
    chosen = None if inspect else random_rows(n_cells, options.max_cells)
    density = rows.values.nnz / max(1, rows.values.shape[0] * rows.values.shape[1])
    return CellFile(
        adata=adata if chosen is None else adata[chosen].copy(),
        format=_format(head),
        n_cells=n_cells,
        n_genes=n_genes,
        questions=(*_question(options, in_rows), *totals.questions),
        done=(*done, *totals.said),
        stored_values=int(density * n_cells * n_genes),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Rows as read: names, what describes them, values (n_read, n_columns), and how many the file has."""

    names: list[str]
    described: pd.DataFrame
    values: sp.csr_matrix
    n_rows: int

    def only(self, keep: np.ndarray) -> _Rows:
        return _Rows(
            names=[name for name, stays in zip(self.names, keep, strict=True) if stays],
            described=self.described[keep].reset_index(drop=True),
            values=self.values[keep],
            n_rows=self.n_rows - int((~keep).sum()),
        )


def _as_cells(rows: _Rows, columns: list[str], in_rows: bool, aside: set[str]) -> ad.AnnData:
    """Cells in rows, whichever way the table has them, without the rows and columns set aside."""
    keep_rows = np.array([name not in aside for name in rows.names], dtype=bool)
    keep_columns = np.array([name not in aside for name in columns], dtype=bool)
    values = rows.values[keep_rows][:, keep_columns]
    described = (
        rows.described[keep_rows]
        .apply(_as_numbers)
        .set_axis(pd.Index([name for name, stays in zip(rows.names, keep_rows, strict=True) if stays]))
    )
    across = pd.DataFrame(
        index=pd.Index([c for c, stays in zip(columns, keep_columns, strict=True) if stays])
    )
    if in_rows:
        return ad.AnnData(X=values.T.tocsr(), obs=across, var=described)
    return ad.AnnData(X=values.tocsr(), obs=described, var=across)


def _as_numbers(column: pd.Series) -> pd.Series:
    """A describing column as numbers where all of it is numbers."""
    numbers = pd.to_numeric(column, errors="coerce")
    return column if numbers.isna().any() else numbers


def _cells_of_regions(rows: _Rows, layout: Layout, head: TextTable, done: list[str]) -> _Rows:
    """Cells numbered anew in every field of view get both numbers as their name (CosMx)."""
    if layout.region is None:
        return rows
    inside = np.array([name != _BACKGROUND_CELL for name in rows.names], dtype=bool)
    if not inside.all():
        left = counted(int((~inside).sum()), "row", "rows")
        done.append(f"{left} of the cell number 0, which is what lies outside of all cells, set aside.")
        rows = rows.only(inside)
    column = head.header[layout.region]
    named = [f"{region}_{cell}" for region, cell in zip(rows.described[column], rows.names, strict=True)]
    done.append(f"Cells are named by {column} and cell number, as numbers repeat in every {column}.")
    return _Rows(names=named, described=rows.described, values=rows.values, n_rows=rows.n_rows)


def _read_rows(path: Path, head: TextTable, layout: Layout, limit: int | None) -> _Rows:
    """Names, describing columns and values of the rows, a line at a time.

    After `limit` rows only names are read on (where genes may be named there) and lines counted.
    """
    names: list[str] = []
    texts: list[list[str]] = []
    parts: list[tuple[np.ndarray, np.ndarray]] = []
    decimal_comma = _has_decimal_commas(head, layout)
    split = _fast_splitter(head, layout, decimal_comma)
    n_rows = read = 0
    with open_text(path) as stream, warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # numpy says so of a line it cannot read to its end
        for number, line in enumerate(_data_lines(stream, head), start=1):
            n_rows, read = number, read + len(line)
            if limit is not None and number > limit:
                # Rows beyond are not even counted in a very large file: looking into it must take seconds.
                if read > _COUNTED_BYTES:
                    break
                continue
            # numpy parses a plain line ten times as fast; any line with quotes or words goes the slow, exact
            # way.
            before, values = split(line) or _slow_split(line, number, head, layout, path, decimal_comma)
            names.append(before[layout.names].strip() if layout.names is not None else f"row_{number}")
            texts.append([before[position].strip() for position in layout.describing])
            filled = np.flatnonzero(values)
            parts.append((filled.astype(np.int32), values[filled]))
    indptr = np.concatenate([[0], np.cumsum([len(filled) for filled, _ in parts])])
    values = sp.csr_matrix(
        (np.concatenate([v for _, v in parts]), np.concatenate([f for f, _ in parts]), indptr),
        shape=(len(parts), len(layout.values)),
    )
    described = pd.DataFrame(
        texts, columns=_unique([head.header[p] for p in layout.describing]), dtype=object
    )
    return _Rows(names=names, described=described, values=values, n_rows=n_rows)


def _unique(columns: list[str]) -> list[str]:
    """Names of describing columns, each once and none empty."""
    seen: dict[str, int] = {}
    unique = []
    for column in columns:
        name = column or "unnamed"
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return unique


def _data_lines(stream: Iterator[str], head: TextTable) -> Iterator[str]:
    """Lines below the header; blank lines and remarks are none."""
    lines = (line for line in stream if line.strip() and not is_comment(line))
    return islice(lines, head.title_rows + 1, None)


def _fast_splitter(
    head: TextTable, layout: Layout, decimal_comma: bool
) -> Callable[[str], tuple[list[str], np.ndarray] | None]:
    """Split a line where all values stand at its end: numpy reads them at once; None where that does not
    work.
    """
    first = layout.values[0] if layout.values else 0
    # The fast way needs the values to be the last columns, without others between them.
    if layout.values != tuple(range(first, len(head.header))):
        return lambda line: None
    points_for_commas = decimal_comma and head.delimiter != ","

    def split(line: str) -> tuple[list[str], np.ndarray] | None:
        *before, rest = line.rstrip("\r\n").split(head.delimiter, first)
        # A quote that is open at the separator: the separator belongs to the name.
        if any(cell.count('"') % 2 for cell in before):
            return None
        rest = rest.replace('"', "")
        if points_for_commas:
            # A point in such a table stands between thousands; numpy would take it for the decimal one.
            if "." in rest:
                return None
            rest = rest.replace(",", ".")
        try:
            values = np.fromstring(rest, dtype=np.float32, sep=head.delimiter)
        except ValueError:
            return None
        if len(before) != first or len(values) != len(layout.values):
            return None
        return [cell.strip().strip('"') for cell in before], values

    return split


def _has_decimal_commas(head: TextTable, layout: Layout) -> bool:
    cells = head.frame.iloc[:, list(layout.values)].to_numpy(dtype=object).ravel()
    commas = [bare for cell in cells if "," in (bare := cell.strip().strip('"').strip())]
    # "1,234" may be either; a single value that can only be a decimal comma settles the whole table.
    return any(
        POINT_GROUPS.match(cell) or (DECIMAL_COMMA.match(cell) and not THOUSANDS.match(cell))
        for cell in commas
    )


def _slow_split(
    line: str, number: int, head: TextTable, layout: Layout, path: Path, decimal_comma: bool
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
    values = np.empty(len(layout.values), dtype=np.float32)
    for place, position in enumerate(layout.values):
        value = _number(cells[position], decimal_comma)
        if value is None:
            raise AnnDataError(
                f"{path.name} has words among its values.",
                f'Line {number + 1} has "{cells[position][:40]}" in the column {head.header[position]}.',
                "Leave cells without a value empty, and put words into columns of their own.",
            )
        values[place] = value
    return cells, values


def _number(cell: str, decimal_comma: bool) -> float | None:
    """Number that a cell holds; NaN where it stands for a missing one, None where it holds words."""
    bare = cell.strip().strip('"').strip()
    if decimal_comma and _POINTED.match(bare):
        return float(bare.replace(".", ""))
    try:
        return float(bare)
    except ValueError:
        bare = without_groups(bare)
    if bare.lower() in MISSING:
        return float("nan")
    if THOUSANDS.match(bare) and not decimal_comma:
        return float(bare.replace(",", ""))
    try:
        return float(bare.replace(",", ".")) if DECIMAL_COMMA.match(bare) else float(bare)
    except ValueError:
        return None


def _format(table: TextTable) -> str:
    return f"Table of expression values ({table.encoding})"


def _genes_in_rows(row_names: list[str], columns: list[str]) -> tuple[bool, bool]:
    """Whether the row names are the genes, and whether that is clear."""
    rows, across = (known_share(names[:: max(1, len(names) // _SAMPLED)]) for names in (row_names, columns))
    # Names of genes are known, names of cells are not: the side with more known names holds the genes.
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


def _described(layout: Layout, head: TextTable, in_rows: bool) -> tuple[str, ...]:
    """Which columns are no values, and where they go."""
    names = [head.header[position] or "(no name)" for position in layout.describing]
    if not names:
        return ()
    what, more = ("genes" if in_rows else "cells"), len(names) - _MOST_NAMED
    listed = ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    verb = "describes" if len(names) == 1 else "describe"
    return (f"{listed} {verb} the {what}: kept beside them, not taken for values.",)


def _said(in_rows: bool, sure: bool, options: ReadOptions) -> tuple[str, ...]:
    way = "rows" if in_rows else "columns"
    if options.genes_in_rows is not None:
        return (f"Genes are read from the {way}, as you said.",)
    doubt = "" if sure else ", which is not sure"
    return (f"Genes are taken to be in the {way}, by their names{doubt}.",)
