"""A row-ordered matrix met gene by gene: one sweep, a block of genes at a time, no second copy of the
matrix.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy import sparse

from cassia_core.data.kernels.threads import in_threads, n_threads, ranges

BLOCK_VALUES = 8_000_000
"""Stored values per block (64 MB with their row numbers)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneBlock:
    """Genes `first` to `stop`: column j holds `values[start[j]:start[j+1]]` of the cells `rows[...]`, in
    order.
    """

    first: int
    stop: int
    start: np.ndarray
    rows: np.ndarray
    values: np.ndarray


def gene_blocks(expression: sparse.csr_matrix) -> Iterator[GeneBlock]:
    """All genes of a CSR matrix with sorted indices, in order, in blocks of about `BLOCK_VALUES` values."""
    n_cells, n_genes = expression.shape
    indptr = expression.indptr.astype(np.int64)
    data = expression.data.astype(np.float32, copy=False)
    # How far each row has been read: columns are sorted, so every block goes on where the last one ended, and
    # the matrix is read once in all.
    cursor = indptr[:-1].copy()
    # Blocks of genes bound the memory; the transposed matrix as a whole would double it.
    n_blocks = max(1, -(-expression.nnz // BLOCK_VALUES))
    row_ranges = ranges(n_cells, n_threads())
    for first, stop in ranges(n_genes, n_blocks):
        counts = [np.zeros(stop - first, dtype=np.int64) for _ in row_ranges]
        in_threads(
            _count,
            [
                (indptr, expression.indices, cursor, first, stop, a, b, own)
                for (a, b), own in zip(row_ranges, counts, strict=True)
            ],
        )
        # Where each thread writes within each gene follows from the counts of the threads before it: rows
        # stay in order, and no two threads write to one place.
        start = np.concatenate([[0], np.cumsum(sum(counts))]).astype(np.int64)
        offsets, at = [], start[:-1].copy()
        for own in counts:
            offsets.append(at.copy())
            at += own
        rows, values = np.empty(start[-1], dtype=np.int32), np.empty(start[-1], dtype=np.float32)
        in_threads(
            _fill,
            [
                (indptr, expression.indices, data, cursor, first, stop, a, b, own, rows, values)
                for (a, b), own in zip(row_ranges, offsets, strict=True)
            ],
        )
        yield GeneBlock(first=first, stop=stop, start=start, rows=rows, values=values)


@njit(cache=True, nogil=True)
def _count(indptr, indices, cursor, first, stop, row_start, row_stop, counts):
    for row in range(row_start, row_stop):
        j, end = cursor[row], indptr[row + 1]
        while j < end and indices[j] < stop:
            counts[indices[j] - first] += 1
            j += 1


@njit(cache=True, nogil=True)
def _fill(indptr, indices, data, cursor, first, stop, row_start, row_stop, offsets, rows, values):
    for row in range(row_start, row_stop):
        j, end = cursor[row], indptr[row + 1]
        while j < end and indices[j] < stop:
            column = indices[j] - first
            rows[offsets[column]] = row
            values[offsets[column]] = data[j]
            offsets[column] += 1
            j += 1
        cursor[row] = j
