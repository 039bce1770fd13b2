"""A matrix on disk, met in blocks of rows: rows first, columns first (turned once), or dense."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from typing import Protocol, TypeVar

import h5py
import numpy as np
from scipy import sparse

from cassia_core.data.readers.cell_file import sound
from cassia_core.data.readers.hdf5.h5_elements import is_csc, matrix_shape
from cassia_core.data.view.gene_store import BLOCK_CELLS

T = TypeVar("T")
COLUMN_VALUES = 8_000_000
"""Stored values of a columns-first matrix that are turned at once."""
_DENSE_VALUES = 64_000_000


class RowBlocks(Protocol):
    """Blocks of rows, in order: shape (n_rows, n_columns) in all, each block CSR without stored zeros."""

    shape: tuple[int, int]

    def block(self, start: int, stop: int) -> sparse.csr_matrix:
        """Rows `start` to `stop`, values as in the file."""
        ...

    @property
    def values(self) -> int:
        """Stored values in all."""
        ...


def row_blocks(
    element: h5py.Group | h5py.Dataset, scratch: Path, check: Callable[[], None], *, cells_last: bool = False
) -> RowBlocks:
    """What reads a stored matrix by rows.

    A matrix that is stored by columns is turned first, into files in `scratch`, in bounded memory; `check`
    is called between the parts of it and may raise to stop.

    Parameters
    ----------
    cells_last
        The matrix has its cells in columns and is stored by them, as 10x does: its columns are given as rows.
    """
    if isinstance(element, h5py.Dataset):
        return DenseRows(element)
    if cells_last:
        n_genes, n_cells = (int(n) for n in element["shape"][()])
        return StoredRows(element, (n_cells, n_genes))
    shape = matrix_shape(element)
    return (
        TurnedRows(element, shape, scratch, check) if is_csc(element, shape) else StoredRows(element, shape)
    )


class StoredRows:
    """A matrix that is stored by rows: only its row pointers are in memory."""

    def __init__(self, group: h5py.Group, shape: tuple[int, int]) -> None:
        self.shape = shape
        self._data, self._indices = group["data"], group["indices"]
        self._indptr = group["indptr"][()].astype(np.int64)
        if self._indptr.size != shape[0] + 1 or self._indptr[-1] > self._data.shape[0]:
            raise ValueError("row pointers do not fit the stored values")

    @property
    def values(self) -> int:
        return int(self._indptr[-1])

    def block(self, start: int, stop: int) -> sparse.csr_matrix:
        begin, end = int(self._indptr[start]), int(self._indptr[stop])
        rows = self._indptr[start : stop + 1] - begin
        parts = (_plain(self._data[begin:end]), self._indices[begin:end].astype(np.int32, copy=False), rows)
        return _tidy(sound(sparse.csr_matrix(parts, shape=(stop - start, self.shape[1]))))


class DenseRows:
    """A dense matrix."""

    def __init__(self, dataset: h5py.Dataset) -> None:
        self.shape = (int(dataset.shape[0]), int(dataset.shape[1]))
        self._dataset = dataset

    @property
    def values(self) -> int:
        return self.shape[0] * self.shape[1]

    def block(self, start: int, stop: int) -> sparse.csr_matrix:
        step = max(1, _DENSE_VALUES // max(1, self.shape[1]))
        parts = [
            sparse.csr_matrix(_plain(np.asarray(self._dataset[at : min(at + step, stop)])))
            for at in range(start, stop, step)
        ]
        return _tidy(sparse.vstack(parts, format="csr") if len(parts) > 1 else parts[0])


class TurnedRows:
    """A matrix that is stored by columns, dealt out on disk to blocks of rows."""

    def __init__(
        self, group: h5py.Group, shape: tuple[int, int], scratch: Path, check: Callable[[], None]
    ) -> None:
        self.shape = shape
        scratch.mkdir(parents=True, exist_ok=True)
        self._indptr = group["indptr"][()].astype(np.int64)
        if self._indptr.size != shape[1] + 1 or self._indptr[-1] > group["data"].shape[0]:
            raise ValueError("column pointers do not fit the stored values")
        self._ends = np.cumsum(self._block_sizes(group, check))
        self._files = self._dealt(group, scratch, check)

    @property
    def values(self) -> int:
        return int(self._indptr[-1])

    def block(self, start: int, stop: int) -> sparse.csr_matrix:
        at = start // BLOCK_CELLS
        # Blocks are what was dealt out: any other part would have to be put together from several.
        assert start % BLOCK_CELLS == 0 and stop <= start + BLOCK_CELLS, "a block as it was turned"
        span = slice(int(self._ends[at - 1]) if at else 0, int(self._ends[at]))
        rows, columns, values = (np.array(stored[span]) for stored in self._files)
        matrix = sparse.coo_matrix(
            (values, (rows.astype(np.int32), columns)), shape=(stop - start, self.shape[1])
        )
        return _tidy(matrix.tocsr())

    def _parts(self) -> Iterator[tuple[int, int, np.ndarray]]:
        """Runs of whole columns of about `COLUMN_VALUES` values: where they lie, and the column of each
        value.
        """
        column = 0
        while column < self.shape[1]:
            wanted = self._indptr[column] + COLUMN_VALUES
            last = max(column + 1, int(np.searchsorted(self._indptr, wanted, side="right")) - 1)
            last = min(last, self.shape[1])
            sizes = np.diff(self._indptr[column : last + 1])
            columns = np.repeat(np.arange(column, last, dtype=np.int32), sizes)
            yield int(self._indptr[column]), int(self._indptr[last]), columns
            column = last

    def _block_sizes(self, group: h5py.Group, check: Callable[[], None]) -> np.ndarray:
        sizes = np.zeros(-(-self.shape[0] // BLOCK_CELLS), dtype=np.int64)
        for begin, end, _ in self._parts():
            check()
            rows = group["indices"][begin:end]
            if rows.size and (int(rows.min()) < 0 or int(rows.max()) >= self.shape[0]):
                raise ValueError("numbers of rows lie outside of the matrix")
            sizes += np.bincount(rows // BLOCK_CELLS, minlength=sizes.size)
        return sizes

    def _dealt(self, group: h5py.Group, scratch: Path, check: Callable[[], None]) -> tuple[np.ndarray, ...]:
        """Places of rows within their block, columns and values, block after block, in files."""
        kinds = (("rows", np.uint16), ("columns", np.int32), ("values", _plain(group["data"][:1]).dtype))
        size = max(1, int(self._ends[-1]))
        files = tuple(
            np.memmap(scratch / f"turned_{name}.bin", dtype=dtype, mode="w+", shape=(size,))
            for name, dtype in kinds
        )
        places = np.concatenate([[0], self._ends[:-1]])
        for begin, end, columns in self._parts():
            check()
            rows, values = group["indices"][begin:end], _plain(group["data"][begin:end])
            blocks = rows // BLOCK_CELLS
            # Sorted by block with the columns kept in order: within a row, columns then rise by themselves.
            order = np.argsort(blocks, kind="stable")
            sizes = np.bincount(blocks, minlength=places.size)
            bounds = np.concatenate([[0], np.cumsum(sizes)])
            for block in np.flatnonzero(sizes):
                chosen = order[bounds[block] : bounds[block + 1]]
                span = slice(int(places[block]), int(places[block] + sizes[block]))
                for stored, part in zip(files, (rows % BLOCK_CELLS, columns, values), strict=True):
                    stored[span] = part[chosen]
            places += sizes
        return files


def ahead(parts: Iterator[T]) -> Iterator[T]:
    """The same parts, the next one being read in another thread while one is worked on."""
    queue: Queue[tuple[bool, object]] = Queue(maxsize=1)
    stopped = threading.Event()

    def read() -> None:
        try:
            for part in parts:
                queue.put((True, part))
                if stopped.is_set():
                    return
            queue.put((False, None))
        except BaseException as error:  # noqa: BLE001  raised again where the parts are used
            queue.put((False, error))

    threading.Thread(target=read, daemon=True, name="reading ahead").start()
    try:
        while True:
            more, part = queue.get()
            if more:
                yield part  # type: ignore[misc]
            elif isinstance(part, BaseException):
                raise part
            else:
                return
    finally:
        stopped.set()
        # The reader may wait for room: one place is made, so that it sees that nobody listens.
        if not queue.empty():
            queue.get_nowait()


def bounds(n_rows: int) -> list[tuple[int, int]]:
    """Starts and ends of all blocks."""
    return [(a, min(a + BLOCK_CELLS, n_rows)) for a in range(0, n_rows, BLOCK_CELLS)]


def _plain(values: np.ndarray) -> np.ndarray:
    """Whole numbers as they are, anything else as float32."""
    return values if values.dtype.kind == "u" else values.astype(np.float32, copy=False)


def _tidy(block: sparse.csr_matrix) -> sparse.csr_matrix:
    if not block.has_canonical_format:
        block.sum_duplicates()
    if not block.data.all():
        block.eliminate_zeros()
    return block
