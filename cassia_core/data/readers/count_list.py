"""Counts as a long list: a line for every cell and gene, with the count."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import scipy.sparse as sp

from cassia_core.data.readers.cell_file import CellFile, random_rows
from cassia_core.data.readers.text import (
    CODECS,
    TextTable,
    is_comment,
    is_numeric,
    open_text,
    read_table,
    to_numbers,
)
from cassia_core.domain.config import ReadOptions
from cassia_core.domain.counting_words import counted
from cassia_core.errors import AnnDataError
from cassia_core.genes.spelling import known_share

_HEAD_ROWS = 300
_CHUNK = 2_000_000
_CELL = (
    "cell",
    "cells",
    "cellbarcode",
    "cellid",
    "cellname",
    "barcode",
    "barcodes",
    "cb",
    "cellindex",
    "spot",
)
_GENE = (
    "gene",
    "genes",
    "geneid",
    "genename",
    "genesymbol",
    "symbol",
    "feature",
    "featurename",
    "target",
    "geneids",
)
_COUNT = (
    *("count", "counts", "umi", "umis", "numi", "umicount", "umicounts", "n", "reads", "nreads", "readcount"),
    *("midcount", "value", "values", "expression", "x", "freq", "rawcount", "molecules", "nmolecules"),
)
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_MAX_COLUMNS = 8
_KNOWN_GENES = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class ListColumns:
    """Positions of the columns that a list of counts needs."""

    cell: int
    gene: int
    count: int


def columns_of_list(frame: pd.DataFrame) -> ListColumns | None:
    """The columns of a list of cells, genes and counts, by their headers and content; None for another
    table.
    """
    if not 3 <= frame.shape[1] <= _MAX_COLUMNS or len(frame) < 3:
        return None
    header = [_NOT_WORD.sub("", str(column).lower()) for column in frame.columns]
    place_of = {}
    for role, names in (("cell", _CELL), ("gene", _GENE), ("count", _COUNT)):
        surest = next((column for column in names if column in header), None)
        if surest is None:
            return None
        place_of[role] = header.index(surest)
    if len(set(place_of.values())) < 3:
        return None
    counts, genes = frame.iloc[:, place_of["count"]], frame.iloc[:, place_of["gene"]].astype(str)
    if not is_numeric(counts) or known_share(genes.unique()[:_HEAD_ROWS]) < _KNOWN_GENES:
        return None
    # Fractions or negative numbers are statistics, and then the table is one of markers.
    numbers = to_numbers(counts)
    whole = bool(((numbers == numbers.round()) & (numbers >= 0)).all())
    return ListColumns(**place_of) if whole else None


def is_count_list(frame: pd.DataFrame) -> bool:
    """Whether a table of strings is a long list of cells, genes and counts."""
    return columns_of_list(frame) is not None


def read_count_list(path: Path, options: ReadOptions = ReadOptions(), *, inspect: bool = False) -> CellFile:
    """Read a long list of counts as cells (n_cells, n_genes); repeated lines of a cell and gene add up.

    Raises
    ------
    AnnDataError
        A count is no number.
    """
    head = read_table(path, _HEAD_ROWS)
    columns = columns_of_list(head.frame)
    if columns is None:
        raise AnnDataError(
            f"{path.name} is no list of counts.",
            "No columns name cell, gene and count.",
            "Open it as a marker table, or open the cell file.",
        )
    # Numbers in the order of appearance, shared by all parts of the file: a list of hundreds of millions of
    # lines never stands in memory as texts.
    cells: dict[str, int] = {}
    genes: dict[str, int] = {}
    parts = [_entries(chunk, columns, cells, genes, path) for chunk in _chunks(path, head)]
    rows, positions, values = (np.concatenate(part) for part in zip(*parts, strict=True))
    matrix = sp.coo_matrix((values, (rows, positions)), shape=(len(cells), len(genes))).tocsr()
    chosen = None if inspect else random_rows(len(cells), options.max_cells)
    adata = ad.AnnData(
        X=matrix, obs=pd.DataFrame(index=pd.Index(cells)), var=pd.DataFrame(index=pd.Index(genes))
    )
    n_lines = counted(len(values), "line", "lines")
    return CellFile(
        adata=adata if chosen is None else adata[chosen].copy(),
        format="A list of cells, genes and counts",
        n_cells=len(cells),
        n_genes=len(genes),
        done=(f"{n_lines} of cell, gene and count are put together to a matrix; what is not listed is 0.",),
        stored_values=matrix.nnz,
    )


def _chunks(path: Path, head: TextTable) -> pd.io.parsers.TextFileReader:
    with open_text(path) as stream:
        first = next(number for number, line in enumerate(stream) if line.strip() and not is_comment(line))
    return pd.read_csv(
        path,
        sep=r"\s+" if head.delimiter == " " else head.delimiter,
        header=None,
        skiprows=first + head.title_rows + 1,
        names=range(len(head.header)),
        dtype=str,
        keep_default_na=False,
        encoding=CODECS[head.encoding],
        encoding_errors="replace",
        compression="gzip" if path.open("rb").read(2) == b"\x1f\x8b" else None,
        chunksize=_CHUNK,
    )


def _entries(
    chunk: pd.DataFrame, columns: ListColumns, cells: dict[str, int], genes: dict[str, int], path: Path
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, columns and values of a part of the list; new names are added to `cells` and `genes`."""
    values = to_numbers(chunk[columns.count])
    if values.isna().any():
        bad = chunk[columns.count][values.isna()].iloc[0]
        raise AnnDataError(
            f"{path.name} has lines without a count.",
            f'"{bad[:40]}" stands where a count is expected.',
            "Take these lines out, or write the table again.",
        )
    return (
        _numbered(chunk[columns.cell], cells),
        _numbered(chunk[columns.gene], genes),
        values.to_numpy(dtype=np.float32),
    )


def _numbered(names: pd.Series, known: dict[str, int]) -> np.ndarray:
    codes, unique = pd.factorize(names.str.strip())
    numbers = [known.setdefault(str(name), len(known)) for name in unique]
    return np.array(numbers, dtype=np.int64)[codes]
