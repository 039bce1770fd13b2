"""Matrices, tables and columns of an h5ad file of any version, read piece by piece with h5py."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp
from anndata._io.specs.registry import IORegistryError  # not exported, yet raised by the public read_elem

from cassia_core.data.readers.cell_file import UNREADABLE_VALUES, sound

UNREADABLE = (*UNREADABLE_VALUES, IORegistryError)
"""What h5py, anndata and numpy raise for an element that they cannot read."""
_BLOCK_ROWS = 4096
_VALUES_PER_READ = 20_000_000
Rows = np.ndarray | None
"""Sorted row numbers to read, or None for all."""


def is_matrix(element: object) -> bool:
    """Whether a dataset or group holds a dense or sparse matrix."""
    if isinstance(element, h5py.Dataset):
        return element.ndim == 2
    return isinstance(element, h5py.Group) and {"data", "indices", "indptr"} <= set(element)


def matrix_shape(element: h5py.Group | h5py.Dataset) -> tuple[int, int]:
    """(n_obs, n_vars) of a stored matrix."""
    if isinstance(element, h5py.Dataset):
        return int(element.shape[0]), int(element.shape[1])
    shape = element.attrs.get("shape", element.attrs.get("h5sparse_shape"))
    if shape is None and "shape" in element:
        shape = element["shape"][()]
    if shape is None:
        indices = element["indices"]
        width = int(indices[()].max()) + 1 if indices.shape[0] else 0
        shape = (element["indptr"].shape[0] - 1, width)
    return int(shape[0]), int(shape[1])


def stored_values(element: h5py.Group | h5py.Dataset) -> int:
    """Number of values that the matrix stores."""
    return int(np.prod(element.shape)) if isinstance(element, h5py.Dataset) else int(element["data"].shape[0])


def read_matrix(
    element: h5py.Group | h5py.Dataset, rows: Rows = None, max_values: int | None = None
) -> np.ndarray | sp.csr_matrix:
    """Rows of a stored matrix as float32, sparse (CSR) or dense as stored.

    `max_values` bounds how much of a column-wise (CSC) matrix is read when only some rows are wanted; the
    columns
    behind the bound are then left empty.
    """
    if isinstance(element, h5py.Dataset):
        if rows is None:
            return np.asarray(element[()], dtype=np.float32)
        return np.asarray(take(element, rows), dtype=np.float32)
    shape = matrix_shape(element)
    if is_csc(element, shape):
        return _read_csc(element, shape, rows, max_values)
    return _read_csr(element, shape, rows)


def is_csc(element: h5py.Group, shape: tuple[int, int]) -> bool:
    """Whether a sparse matrix is stored by columns."""
    kind = element.attrs.get("encoding-type", element.attrs.get("h5sparse_format", ""))
    kind = kind.decode() if isinstance(kind, bytes) else str(kind)
    if kind:
        return "csc" in kind
    # Without the note of anndata the number of pointers tells; of a square matrix it cannot, and rows are
    # usual.
    return element["indptr"].shape[0] == shape[1] + 1 != shape[0] + 1


def _read_csr(element: h5py.Group, shape: tuple[int, int], rows: Rows) -> sp.csr_matrix:
    indptr = element["indptr"][()].astype(np.int64)
    if len(indptr) != shape[0] + 1 or indptr[-1] > element["data"].shape[0]:
        raise ValueError("row pointers do not fit the stored values")
    if rows is None:
        matrix = sp.csr_matrix(
            (element["data"][()].astype(np.float32, copy=False), element["indices"][()], indptr), shape=shape
        )
        return _summed(sound(matrix))
    parts = []
    for block in _blocks(rows):
        first, last = int(block[0]), int(block[-1]) + 1
        start, stop = int(indptr[first]), int(indptr[last])
        part = sp.csr_matrix(
            (
                element["data"][start:stop].astype(np.float32),
                element["indices"][start:stop],
                indptr[first : last + 1] - start,
            ),
            shape=(last - first, shape[1]),
        )
        parts.append(sound(part)[block - first])
    return (
        _summed(sp.vstack(parts, format="csr")) if parts else sp.csr_matrix((0, shape[1]), dtype=np.float32)
    )


def _read_csc(
    element: h5py.Group, shape: tuple[int, int], rows: Rows, max_values: int | None
) -> sp.csr_matrix:
    indptr = element["indptr"][()].astype(np.int64)
    if len(indptr) != shape[1] + 1 or indptr[-1] > element["data"].shape[0]:
        raise ValueError("column pointers do not fit the stored values")
    wanted = np.arange(shape[0]) if rows is None else rows
    parts: list[sp.csr_matrix] = []
    column = 0
    bound = int(indptr[-1]) if max_values is None else max_values
    while column < shape[1]:
        last = max(
            column + 1, int(np.searchsorted(indptr, indptr[column] + _VALUES_PER_READ, side="right")) - 1
        )
        # A column-wise file has the cells' values all over it: the columns behind the bound are not worth the
        # wait of somebody who only wants to see what is in the file.
        if indptr[last] > bound and parts:
            break
        last = min(last, shape[1])
        start, stop = int(indptr[column]), int(indptr[last])
        part = sp.csc_matrix(
            (
                element["data"][start:stop].astype(np.float32),
                element["indices"][start:stop],
                indptr[column : last + 1] - start,
            ),
            shape=(shape[0], last - column),
        )
        by_row = sound(part).tocsr()
        parts.append(by_row if rows is None else by_row[wanted])
        column = last
        if stop >= bound:
            break
    if column < shape[1]:
        parts.append(sp.csr_matrix((len(wanted), shape[1] - column), dtype=np.float32))
    return _summed(sp.hstack(parts, format="csr"))


def _summed(matrix: sp.csr_matrix) -> sp.csr_matrix:
    matrix.sum_duplicates()
    return matrix


def _blocks(rows: np.ndarray) -> Iterator[np.ndarray]:
    """Runs of the wanted rows that are worth reading at once."""
    if not len(rows):
        return
    # Reading a gap of a few rows is cheaper than another call of HDF5; a bound keeps a block in memory small.
    new_block = np.flatnonzero((np.diff(rows) > 64) | (np.diff(rows // _BLOCK_ROWS) > 0)) + 1
    yield from np.split(rows, new_block)


def take(dataset: h5py.Dataset, rows: np.ndarray) -> np.ndarray:
    """Rows of a dataset, read in runs."""
    parts = [dataset[int(b[0]) : int(b[-1]) + 1][b - b[0]] for b in _blocks(rows)]
    return np.concatenate(parts) if parts else dataset[:0]


def read_frame(
    element: h5py.Group | h5py.Dataset,
    rows: Rows = None,
    on_unreadable: Callable[[str], None] = lambda name: None,
    *,
    text_columns: Collection[str] | None = None,
) -> pd.DataFrame:
    """A stored table (`obs` or `var`) of any anndata version; its index is the stored index.

    Columns that cannot be read are left out and named to `on_unreadable`. Where `text_columns` is given, the
    other
    columns of plain text and the index, which are slow to read, are left out.
    """
    if isinstance(element, h5py.Dataset):
        return _compound_frame(element, rows)
    index_key = _text(element.attrs.get("_index", "_index" if "_index" in element else "index"))
    order = [str(_text(name)) for name in element.attrs.get("column-order", [])]
    names = order + [name for name in element if name not in order]
    columns: dict[str, object] = {}
    for name in names:
        if name in (index_key, "__categories") or name not in element:
            continue
        if text_columns is not None and name not in text_columns and _is_plain_text(element[name]):
            continue
        try:
            columns[name] = read_column(element[name], rows, element)
        except UNREADABLE:
            on_unreadable(name)
    length = {len(values) for values in columns.values()}  # type: ignore[arg-type]
    if text_columns is None and index_key in element:
        index = pd.Index(np.asarray(read_column(element[index_key], rows, element)).astype(str))
    else:
        index = pd.RangeIndex(max(length, default=0)).astype(str)
    usable = {name: values for name, values in columns.items() if len(values) == len(index)}  # type: ignore[arg-type]
    for name in columns.keys() - usable.keys():
        on_unreadable(name)
    return pd.DataFrame(usable, index=index)


def _is_plain_text(column: h5py.Group | h5py.Dataset) -> bool:
    stored = column.get("values") if isinstance(column, h5py.Group) else column
    return isinstance(stored, h5py.Dataset) and stored.dtype.kind in "OS" and "categories" not in column.attrs


def read_column(element: h5py.Group | h5py.Dataset, rows: Rows, frame: h5py.Group) -> object:
    """One column: numbers, text, categorical (old or new encoding), or nullable."""
    if isinstance(element, h5py.Group):
        return _group_column(element, rows)
    values = element[()] if rows is None else take(element, rows)
    if "categories" in element.attrs:
        reference = element.attrs["categories"]
        categories = element.file[reference][()] if isinstance(reference, h5py.Reference) else reference
        return pd.Categorical.from_codes(values, pd.Index(_decoded(np.asarray(categories))))
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1 or values.dtype.names:
        raise ValueError("not a column")
    return _decoded(values)


def _group_column(element: h5py.Group, rows: Rows) -> object:
    def part(name: str) -> np.ndarray:
        return element[name][()] if rows is None else take(element[name], rows)

    if "codes" in element:
        source = element["categories"]
        if isinstance(source, h5py.Group):
            categories = np.asarray(_group_column(source, None))
        else:
            categories = _decoded(source[()])
        return pd.Categorical.from_codes(part("codes"), _unique_categories(categories))
    if "values" in element:
        values = pd.Series(_decoded(part("values")))
        if "mask" in element:
            # Missing whole numbers and truth values have no place in numpy's own types.
            values = values.astype(object).mask(part("mask").astype(bool))
            return values.infer_objects().to_numpy()
        return values.to_numpy()
    raise ValueError("a column of unknown encoding")


def _unique_categories(categories: np.ndarray) -> pd.Index:
    index = pd.Index(categories)
    if index.is_unique:
        return index
    # pandas refuses categories of one name; joining them would change which cells belong together.
    repeated = zip(index, index.duplicated(), strict=True)
    return pd.Index([f"{name} ({at})" if again else str(name) for at, (name, again) in enumerate(repeated)])


def _compound_frame(element: h5py.Dataset, rows: Rows) -> pd.DataFrame:
    """A table of anndata before 0.7: one compound dataset; categories lie in `uns/NAME_categories`."""
    table = element[()] if rows is None else take(element, rows)
    fields = list(table.dtype.names or ())
    index_key = "index" if "index" in fields else fields[0]
    columns: dict[str, Any] = {}
    for name in fields:
        values = _decoded(table[name])
        stored = f"uns/{name}_categories"
        if stored in element.file and np.issubdtype(values.dtype, np.integer):
            categories = _decoded(np.atleast_1d(element.file[stored][()]))
            columns[name] = pd.Categorical.from_codes(values, pd.Index(categories))
        else:
            columns[name] = values
    index = pd.Index(np.asarray(columns.pop(index_key)).astype(str))
    return pd.DataFrame(columns, index=index)


def _decoded(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind == "S":
        return np.char.decode(values, "utf-8", "replace").astype(object)
    if values.dtype.kind == "O":
        return np.array([_text(value) for value in values], dtype=object)
    return values


def _text(value: object) -> object:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
