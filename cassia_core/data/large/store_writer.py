"""Blocks of cells turned gene by gene and put on disk, one after the other (`data.view.gene_store` reads
them).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numba import njit
from scipy import sparse

from cassia_core.data.kernels.threads import in_threads, n_threads, ranges
from cassia_core.data.view.gene_store import BLOCK_CELLS, ESCAPE, HEAD, GeneStore


class GeneStoreWriter:
    """Writes a store; it counts as there once `finish` has written its head."""

    def __init__(self, folder: Path, n_genes: int, *, is_counts: bool) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        self._folder, self._n_genes, self._is_counts = folder, n_genes, is_counts
        self._rows, self._values = (folder / "rows.bin").open("wb"), (folder / "values.bin").open("wb")
        self._cells: list[int] = []
        self._sizes: list[int] = []
        self._starts: list[np.ndarray] = []
        self._larger: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, block: sparse.csr_matrix) -> None:
        """Append cells: counts, or log-normalised values; at most `BLOCK_CELLS`, no stored zeros."""
        assert block.shape[0] <= BLOCK_CELLS, "places within a block have 16 bits"
        starts, rows, values = turned(block)
        if self._is_counts:
            values = self._small(values)
        rows.tofile(self._rows)
        values.tofile(self._values)
        self._cells.append(block.shape[0])
        self._sizes.append(int(starts[-1]))
        self._starts.append(starts)

    def _small(self, values: np.ndarray) -> np.ndarray:
        """Counts as bytes; what needs more, or is no whole number, is noted beside."""
        fits = (values >= 0) & (values < ESCAPE)
        if values.dtype.kind == "f":
            fits &= values == np.rint(values)
        large = np.flatnonzero(~fits)
        self._larger.append((large + sum(self._sizes), values[large].astype(np.float32)))
        return np.where(fits, values, ESCAPE).astype(np.uint8)

    def finish(self, scale: np.ndarray | None) -> None:
        """Write what ties the blocks together; `scale` (n_cells,) where they hold counts."""
        self._rows.close()
        self._values.close()
        np.save(self._folder / "starts.npy", np.stack(self._starts))
        at = [places for places, _ in self._larger] or [np.zeros(0, dtype=np.int64)]
        values = [found for _, found in self._larger] or [np.zeros(0, dtype=np.float32)]
        np.savez(self._folder / "larger.npz", at=np.concatenate(at), values=np.concatenate(values))
        if scale is not None:
            np.save(self._folder / "scale.npy", scale.astype(np.float32))
        head = {
            "n_genes": self._n_genes,
            "is_counts": self._is_counts,
            "block_cells": self._cells,
            "block_values": self._sizes,
        }
        part = self._folder / f"{HEAD}.part"
        part.write_text(json.dumps(head), encoding="utf-8")
        part.replace(self._folder / HEAD)

    def close(self) -> None:
        """Let go of the files, finished or not."""
        self._rows.close()
        self._values.close()


def copy_cells(
    store: GeneStore, inside: np.ndarray, folder: Path, on_block: Callable[[float], None] = lambda _: None
) -> None:
    """Write the cells of a mask, shape (n_cells,), into a store of their own."""
    writer = GeneStoreWriter(folder, store.n_genes, is_counts=store.is_counts)
    try:
        for block in range(store.n_blocks):
            on_block(block / store.n_blocks)
            first, stop = int(store.firsts[block]), int(store.firsts[block + 1])
            if not inside[first:stop].any():
                continue
            part = store.slice(block, 0, store.n_genes)
            cells = sparse.csc_matrix(
                (part.values, part.rows, part.starts), shape=(stop - first, store.n_genes)
            )
            writer.add(cells.tocsr()[inside[first:stop]])
        writer.finish(store.scale[inside] if store.is_counts else None)
    finally:
        writer.close()


def turned(block: sparse.csr_matrix) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A block gene by gene: where genes start (int64), places of cells (uint16), values as they were."""
    n_cells, n_genes = block.shape
    indptr = block.indptr.astype(np.int64)
    parts = ranges(n_cells, n_threads())
    counts = [np.zeros(n_genes, dtype=np.int64) for _ in parts]
    in_threads(
        _count, [(indptr, block.indices, a, b, own) for (a, b), own in zip(parts, counts, strict=True)]
    )
    starts = np.concatenate([[0], np.cumsum(sum(counts))]).astype(np.int64)
    # Each thread writes after what the threads before it have of a gene: cells stay in order without a lock.
    places, at = [], starts[:-1].copy()
    for own in counts:
        places.append(at.copy())
        at += own
    rows = np.empty(int(starts[-1]), dtype=np.uint16)
    values = np.empty(rows.size, dtype=block.data.dtype)
    in_threads(
        _fill,
        [
            (indptr, block.indices, block.data, a, b, own, rows, values)
            for (a, b), own in zip(parts, places, strict=True)
        ],
    )
    return starts, rows, values


@njit(cache=True, nogil=True)
def _count(indptr, indices, start, stop, counts):
    for j in range(indptr[start], indptr[stop]):
        counts[indices[j]] += 1


@njit(cache=True, nogil=True)
def _fill(indptr, indices, data, start, stop, places, rows, values):
    for row in range(start, stop):
        for j in range(indptr[row], indptr[row + 1]):
            at = places[indices[j]]
            rows[at], values[at] = row, data[j]
            places[indices[j]] = at + 1
