"""Which columns of an expression table name its rows, describe them, or hold values."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cassia_core.data.readers.text import DECIMAL_COMMA, MISSING, TextTable, without_groups

CELL_NAMES = (
    "cell",
    "cellname",
    "cellid",
    "cellids",
    "cellbarcode",
    "cellbarcodes",
    "barcode",
    "barcodes",
    "cellindex",
    "celllabel",
    "entityid",
    "objectid",
    "spotid",
    "cells",
)
"""Headers under which instruments and tools name a cell, surest first."""
_OF_CELLS = frozenset(
    (
        *CELL_NAMES,
        *("fov", "x", "y", "z", "centerx", "centery", "xcentroid", "ycentroid", "centroidx", "centroidy"),
        *("minx", "maxx", "miny", "maxy", "xlocation", "ylocation", "cxlocalpx", "cylocalpx"),
        *("volume", "area", "cellarea", "nucleusarea", "perimeter", "anisotropy", "transcriptcount"),
        *("ncountrna", "nfeaturerna", "percentmt", "percentmito", "ngenes", "ncounts", "numi", "ngene"),
        *("totalcounts", "ngenesbycounts", "pctcountsmt", "seuratclusters", "leiden", "louvain"),
        *("cluster", "clusterid", "batch", "sampleid", "samplename", "origident"),
    )
)
_OF_GENES = frozenset(
    (
        *("length", "genelength", "width", "start", "end", "strand", "chr", "chrom", "chromosome"),
        *("seqnames", "startposition", "endposition", "entrez", "entrezid", "entrezgene", "geneid"),
        *("genetype", "genebiotype", "biotype", "description", "exoncount", "gccontent", "effectivelength"),
    )
)
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_LARGE = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Positions of the columns: the one that names the rows (None: there is none), those that describe them
    (text, and numbers by their header), and the values. `region` is the column that tells apart equal cell
    numbers (the field of view of CosMx).
    """

    names: int | None
    describing: tuple[int, ...]
    values: tuple[int, ...]
    region: int | None = None


def layout_of(head: TextTable) -> Layout:
    """Tell the columns apart by their headers and by the first rows."""
    cells = head.frame.to_numpy(dtype=object)
    header = [_plain(column) for column in head.header]
    numeric = [all(map(is_number, cells[:, position])) for position in range(cells.shape[1])]
    text = [position for position, number in enumerate(numeric) if not number]
    names = _names_column(head.header, header, cells, text)
    # Where more than half of the columns have the names of descriptions, they are not descriptions but genes
    # that happen to be called so.
    described = [p for p, column in enumerate(header) if column in _OF_CELLS or column in _OF_GENES]
    if len(described) > 0.5 * len(header):
        described = []
    # A nameless first column that counts 0, 1, 2 is the row number that pandas writes, and no value.
    if names != 0 and not head.header[0] and _counts_rows(cells[:, 0]):
        described.append(0)
    describing = tuple(sorted({*text, *described} - {names}))
    region = next((p for p, column in enumerate(header) if column == "fov"), None)
    return Layout(
        names=names,
        describing=describing,
        values=tuple(p for p in range(len(header)) if p != names and p not in describing),
        region=region if names is not None and header[names] == "cellid" and names not in text else None,
    )


def _names_column(
    written: tuple[str, ...], header: list[str], cells: np.ndarray, text: list[int]
) -> int | None:
    """The column that names the rows: the first where it is text or has no header, else by name or
    content.
    """
    named = sorted(
        (p for p, column in enumerate(header) if column in CELL_NAMES),
        key=lambda p: (p not in text, CELL_NAMES.index(header[p])),
    )
    # A column of names in which a name comes twice names something else, such as samples.
    named = [p for p in named if _all_different(cells[:, p]) or header[p] == "cellid"]
    first_is_text, unnamed = text[:1] == [0], not written[0]
    if first_is_text and (_all_different(cells[:, 0]) or not named):
        return 0
    if unnamed and not first_is_text and _counts_rows(cells[:, 0]):
        better = [*named, *(p for p in text if _all_different(cells[:, p]))]
        return better[0] if better else 0
    if unnamed:
        return 0
    if named:
        return named[0]
    if text:
        return text[0]
    return 0 if _numbers_rows(cells[:, 0]) else None


def _all_different(cells: np.ndarray) -> bool:
    return len(set(cells)) == len(cells)


def _counts_rows(cells: np.ndarray) -> bool:
    """Whether the cells are 0, 1, 2 ... or 1, 2, 3 ..., as pandas and R number rows."""
    numbers = pd.to_numeric(pd.Series(cells), errors="coerce").to_numpy(dtype=float)
    return len(numbers) > 1 and bool(np.all(np.diff(numbers) == 1)) and numbers[0] in (0, 1)


def _numbers_rows(cells: np.ndarray) -> bool:
    """Whether the cells are numbers of rows or ids: whole, all different, and rising or very large."""
    numbers = pd.to_numeric(pd.Series(cells), errors="coerce").to_numpy(dtype=float)
    if len(numbers) < 5 or not np.all(np.isfinite(numbers)) or np.any(numbers != np.round(numbers)):
        return False
    # Numbers as names of cells rise, or are large and all different; counts are neither.
    rising = bool(np.all(np.diff(numbers) > 0))
    return rising or (_all_different(cells) and float(numbers.min()) > _LARGE)


def is_number(cell: str) -> bool:
    """Whether a cell holds a number or stands for a missing one."""
    try:
        float(cell)
    except ValueError:
        bare = cell.strip().strip('"').strip()
        return bare.lower() in MISSING or DECIMAL_COMMA.match(bare) is not None or _is_grouped(bare)
    return True


def _is_grouped(cell: str) -> bool:
    return THOUSANDS.match(cell) is not None or without_groups(cell) != cell


THOUSANDS = re.compile(r"^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$")
"""A number with commas between its thousands."""


def _plain(column: str) -> str:
    return _NOT_WORD.sub("", column.strip().lower())
