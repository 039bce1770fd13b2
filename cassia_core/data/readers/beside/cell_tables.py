"""Tables of cells that lie beside their counts: clusters, samples and coordinates, joined by name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from cassia_core.data.readers.text import is_numeric, read_table, to_numbers
from cassia_core.errors import CassiaError

_TABLE = re.compile(r"\.(csv|tsv|txt)(\.gz)?$", re.IGNORECASE)
_NAMED_FOR_CELLS = re.compile(
    r"meta|cell|annot|cluster|obs|coldata|barcode|umap|tsne|projection", re.IGNORECASE
)
_LARGEST_BYTES = 200_000_000
_MOST_TABLES = 12
_SHARE_NAMED = 0.9
_AXIS = re.compile(r"^(?:x_)?(umap|tsne|pca?)[ ._-]?([12])$", re.IGNORECASE)
_MAPS = {"umap": "X_umap", "tsne": "X_tsne", "pc": "X_pca", "pca": "X_pca"}


def tables_beside(
    files: Iterable[Path], used: Iterable[Path], cells: pd.Index
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Columns for the cells from tables that name at least nine in ten of them, joined by name, not by order.

    Parameters
    ----------
    files
        The files of the folder, of which those in `used` hold the counts themselves.
    cells
        Names of the cells, in the order of the matrix.

    Returns
    -------
    tuple of (DataFrame, tuple of str)
        A row for every cell (missing where a table does not name it), and what was taken from where.
    """
    joined = pd.DataFrame(index=cells)
    done: list[str] = []
    if not cells.is_unique:
        return joined, ()
    candidates = [
        f for f in files if f not in set(used) and _TABLE.search(f.name) and _NAMED_FOR_CELLS.search(f.name)
    ]
    for path in sorted(candidates)[:_MOST_TABLES]:
        table = table_of_cells(path, cells)
        if table is None:
            continue
        new = [column for column in table if column not in joined]
        joined = joined.join(table[new])
        if new:
            done.append(
                f"{path.name} describes the cells; its columns are taken ({', '.join(map(str, new[:8]))})."
            )
    return joined, tuple(done)


def maps_in(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Coordinates that lie in two columns such as UMAP_1 and UMAP_2, complete for all cells."""
    axes: dict[str, dict[str, str]] = {}
    for column in table:
        axis = _AXIS.match(str(column))
        if axis and table[column].dtype.kind == "f" and table[column].notna().all():
            axes.setdefault(_MAPS[axis.group(1).lower()], {})[axis.group(2)] = str(column)
    return {
        name: table[[pair["1"], pair["2"]]].to_numpy(dtype=float)
        for name, pair in axes.items()
        if {"1", "2"} <= set(pair)
    }


def table_of_cells(path: Path, cells: pd.Index) -> pd.DataFrame | None:
    """A table whose first or any early column names the cells, in their order; None for another table."""
    if path.stat().st_size > _LARGEST_BYTES:
        return None
    try:
        frame = read_table(path).frame
    except CassiaError:
        return None
    for column in list(frame.columns)[:3]:
        names = pd.Index(frame[column].astype(str))
        if names.is_unique and cells.isin(names).mean() >= _SHARE_NAMED and frame.shape[1] > 1:
            rest = frame.drop(columns=column).set_axis(names, axis=0).reindex(cells)
            return rest.apply(_typed)
    return None


def _typed(column: pd.Series) -> pd.Series:
    """Numbers as numbers, words as words; a short list of whole numbers stays a list of names."""
    if not is_numeric(column.dropna()):
        return column.where(column != "")
    numbers = to_numbers(column)
    whole = bool((numbers.dropna() == numbers.dropna().round()).all())
    few = numbers.nunique() <= max(2, min(200, len(numbers) // 4))
    return column.where(column != "") if whole and few else numbers
