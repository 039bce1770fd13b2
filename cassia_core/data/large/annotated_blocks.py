"""The matrices of a file copied, block by block, into the annotated file; the file itself is only read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import anndata as ad
import h5py
import numpy as np

from cassia_core.data.kernels.normalise import normalise_block
from cassia_core.data.large.cells_on_disk import CellsOnDisk
from cassia_core.data.large.first_pass import chosen_columns
from cassia_core.data.large.row_blocks import ahead, bounds, row_blocks

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixCopy:
    """What is copied: the cells of the file in `rows` (sorted), all matrices.

    `counts_in_x`: `X` holds counts; it becomes log-normalised, and the counts a layer, as ADR 0003 says.
    `largest` is the largest of the counts, None where some are no whole numbers.
    """

    opened: CellsOnDisk
    rows: np.ndarray
    counts_in_x: bool
    target_sum: float
    largest: float | None = None


def add_matrices(
    target: Path, copy: MatrixCopy, scratch: Path, on_block: Callable[[float], None] = lambda _: None
) -> None:
    """Add the matrices to an h5ad that holds the tables of these cells; `on_block` may raise to stop."""
    opened = copy.opened
    n_done, n_all = 0, len(opened.matrices)
    with h5py.File(opened.path, "r") as source, h5py.File(target, "r+") as file:
        for location, stored in opened.matrices.items():

            def report(fraction: float, before: int = n_done) -> None:
                on_block((before + fraction) / n_all)

            rows = row_blocks(
                source[stored.at],
                scratch / f"copied_{n_done}",
                lambda: report(0.0),
                cells_last=stored.cells_last,
            )
            blocks = ahead(_blocks(rows, copy.rows, stored.columns))
            if location == "X" and copy.counts_in_x:
                _write_counts(file, blocks, copy, stored.columns.size, report)
            else:
                shape = (copy.rows.size, stored.columns.size)
                group = _new_matrix(file, _place(file, location), shape, np.dtype(np.float32))
                _append_all(group, blocks, copy.rows.size, report)
            n_done += 1
        _finish_raw(file, opened)
        if opened.graphs and copy.rows.size == rows.shape[0]:
            _copy_graphs(source, file, opened)


def _place(file: h5py.File, location: str) -> str:
    if location == "X" and "X" in file:
        del file["X"]
    if location != "raw":
        return location
    if "raw" in file:
        del file["raw"]
    return "raw/X"


def _blocks(rows, chosen: np.ndarray, columns: np.ndarray):
    """Blocks of the chosen rows, with where they end among the chosen."""
    for start, stop in bounds(rows.shape[0]):
        low, high = np.searchsorted(chosen, (start, stop))
        if low == high:
            continue
        block = rows.block(start, stop)
        if high - low < stop - start:
            block = block[chosen[low:high] - start]
        yield int(high), chosen_columns(block, columns)


def _new_matrix(file: h5py.File, name: str, shape: tuple[int, int], dtype: np.dtype) -> h5py.Group:
    group = file.create_group(name)
    group.attrs.update(
        {"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": np.array(shape, dtype=np.int64)}
    )
    for part, kind in (("data", dtype), ("indices", np.dtype(np.int32))):
        group.create_dataset(part, (0,), kind, maxshape=(None,), chunks=(_CHUNK,))
    return group


def _append(dataset: h5py.Dataset, values: np.ndarray) -> None:
    at = dataset.shape[0]
    dataset.resize((at + values.size,))
    dataset[at:] = values


def _append_all(group: h5py.Group, blocks, n_rows: int, report: Callable[[float], None]) -> None:
    ends = [np.zeros(1, dtype=np.int64)]
    for done, block in blocks:
        _append(group["data"], block.data)
        _append(group["indices"], block.indices)
        ends.append(ends[-1][-1] + block.indptr[1:].astype(np.int64))
        report(done / n_rows)
    group.create_dataset("indptr", data=np.concatenate(ends))


def _write_counts(
    file: h5py.File, blocks, copy: MatrixCopy, n_genes: int, report: Callable[[float], None]
) -> None:
    shape = (copy.rows.size, n_genes)
    values = _new_matrix(file, _place(file, "X"), shape, np.dtype(np.float32))
    if "layers/counts" in file:
        del file["layers/counts"]
    counts = _new_matrix(file, "layers/counts", shape, _smallest(copy.largest))

    def with_logs():
        for done, block in blocks:
            _append(counts["data"], block.data)
            yield done, normalise_block(block, copy.target_sum)

    _append_all(values, with_logs(), copy.rows.size, report)
    # The same places for both: one copy on disk under two names, as two matrices in memory share them.
    for part in ("indices", "indptr"):
        counts.pop(part, None)
        counts[part] = values[part]


def _smallest(largest: float | None) -> np.dtype:
    for kind in (np.uint8, np.uint16, np.uint32):
        if largest is not None and largest <= np.iinfo(kind).max:
            return np.dtype(kind)
    return np.dtype(np.float32)


def _finish_raw(file: h5py.File, opened: CellsOnDisk) -> None:
    if opened.raw_genes is None or "raw" not in file:
        return
    file["raw"].attrs.update({"encoding-type": "raw", "encoding-version": "0.1.0"})
    ad.io.write_elem(file["raw"], "var", opened.raw_genes)
    ad.io.write_elem(file["raw"], "varm", {})


def _copy_graphs(source: h5py.File, file: h5py.File, opened: CellsOnDisk) -> None:
    group = file.require_group("obsp")
    for path in opened.graphs:
        name = path.rsplit("/", 1)[-1]
        if name not in group:
            source.copy(path, group, name=name)
