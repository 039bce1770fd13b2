"""Matrices of R (dgCMatrix and its like, dense ones), genes in rows, read for all cells or for some."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import scipy.sparse as sp
from rdata.parser import RObject

from cassia_core.data.readers.cell_file import contiguous_runs, sound
from cassia_core.data.readers.r_objects.nodes import (
    attributes,
    class_of,
    dimensions,
    is_numeric,
    is_there,
    list_items,
    resolved,
    texts,
)
from cassia_core.data.readers.r_objects.parsing import StoredArray

_Stored: TypeAlias = StoredArray | np.ndarray
"""Values that still lie in the file, or small ones that were read with the tree."""
BY_CELL, BY_GENE, TRIPLETS = "C", "R", "T"
_FORMS = {f"{kind}g{form}Matrix": form for kind in ("d", "l", "n") for form in (BY_CELL, BY_GENE, TRIPLETS)}


@dataclass(frozen=True, slots=True, kw_only=True)
class RMatrix:
    """A matrix of genes (rows) by cells (columns) as R keeps it; names are empty where it has none.

    `turned`: the file has it the other way round; `shape` and names are those of genes by cells all the same.
    """

    node: RObject
    shape: tuple[int, int]
    row_names: tuple[str, ...]
    column_names: tuple[str, ...]
    turned: bool = False

    def as_turned(self) -> RMatrix:
        """The same matrix, read with cells in its rows."""
        return RMatrix(
            node=self.node,
            shape=(self.shape[1], self.shape[0]),
            row_names=self.column_names,
            column_names=self.row_names,
            turned=True,
        )

    def stored(self) -> int:
        """Number of values that are stored."""
        slots = attributes(self.node)
        indices = slots.get("i", slots.get("j"))
        return len(self.node.value) if indices is None else len(indices.value)

    def cells(self, columns: np.ndarray | None = None) -> sp.csr_matrix:
        """Cells by genes as float32, for all columns or for some (sorted numbers)."""
        if self.turned:
            whole = replace(self, shape=(self.shape[1], self.shape[0]), turned=False).cells().T.tocsr()
            return whole if columns is None else whole[columns]
        form = _FORMS.get(class_of(self.node))
        if form is None:
            return self._dense(columns)
        if form == BY_CELL:
            return self._by_cell(columns)
        whole = self._by_gene() if form == BY_GENE else self._triplets()
        return whole if columns is None else whole[columns]

    def _by_cell(self, columns: np.ndarray | None) -> sp.csr_matrix:
        pointers, genes, values = self._compressed("i")
        n_genes, n_cells = self.shape
        if columns is None:
            parts = [(0, n_cells, np.arange(0))]
        else:
            parts = [(int(run[0]), int(run[-1]) + 1, run - run[0]) for run in contiguous_runs(columns)]
        read = []
        for first, last, wanted in parts:
            start, stop = int(pointers[first]), int(pointers[last])
            block = sp.csr_matrix(
                (
                    _part(values, start, stop, np.float32),
                    _part(genes, start, stop),
                    pointers[first : last + 1] - start,
                ),
                shape=(last - first, n_genes),
            )
            read.append(sound(block) if columns is None else sound(block)[wanted])
        if not read:
            return sp.csr_matrix((0, n_genes), dtype=np.float32)
        return read[0] if len(read) == 1 else sp.vstack(read, format="csr")

    def _by_gene(self) -> sp.csr_matrix:
        pointers, cells, values = self._compressed("j")
        matrix = sp.csr_matrix(
            (_part(values, 0, len(values), np.float32), _part(cells, 0, len(cells)), pointers),
            shape=self.shape,
        )
        return sound(matrix).T.tocsr()

    def _triplets(self) -> sp.csr_matrix:
        slots = attributes(self.node)
        genes, cells = slots["i"].value, slots["j"].value
        values = _values(slots, len(genes))
        placed = (_part(cells, 0, len(cells)), _part(genes, 0, len(genes)))
        return sp.coo_matrix(
            (_part(values, 0, len(values), np.float32), placed), shape=(self.shape[1], self.shape[0])
        ).tocsr()

    def _compressed(self, indices: str) -> tuple[np.ndarray, _Stored, _Stored]:
        slots = attributes(self.node)
        stored = slots[indices].value
        pointers = _part(slots["p"].value, 0, len(slots["p"].value)).astype(np.int64)
        expected = self.shape[1 if indices == "i" else 0] + 1
        fits = len(pointers) == expected and pointers[0] == 0 and np.all(np.diff(pointers) >= 0)
        if not fits or pointers[-1] != len(stored):
            raise ValueError("pointers of a sparse matrix do not fit its values")
        return pointers, stored, _values(slots, len(stored))

    def _dense(self, columns: np.ndarray | None) -> sp.csr_matrix:
        n_genes, n_cells = self.shape
        wanted = np.arange(n_cells) if columns is None else columns
        # In parts: a dense matrix and its sparse copy need not lie in memory at the same time.
        step = max(1, 20_000_000 // max(1, n_genes))
        parts = []
        for chunk in (wanted[at : at + step] for at in range(0, len(wanted), step)):
            for run in contiguous_runs(chunk):
                first, last = int(run[0]), int(run[-1]) + 1
                block = _part(self.node.value, first * n_genes, last * n_genes, np.float32)
                parts.append(sp.csr_matrix(block.reshape(last - first, n_genes)[run - first]))
        return sp.vstack(parts, format="csr") if parts else sp.csr_matrix((0, n_genes), dtype=np.float32)


def as_matrix(node: RObject | None) -> RMatrix | None:
    """A node as a matrix with at least one row and column; None when it is none, or of an unknown form."""
    if not is_there(node):
        return None
    node = resolved(node)
    slots = attributes(node)
    if class_of(node) in _FORMS:
        shape, names = dimensions(slots.get("Dim")), slots.get("Dimnames")
    elif is_numeric(node) and "dim" in slots:
        shape, names = dimensions(slots["dim"]), slots.get("dimnames")
    else:
        return None
    if len(shape) != 2 or min(shape) < 1:
        return None
    if class_of(node) not in _FORMS and len(node.value) != shape[0] * shape[1]:
        raise ValueError("a matrix has more or fewer values than its dimensions say")
    both = [tuple(name or "" for name in texts(item)) for item in list_items(names).values()]
    rows, columns = both if len(both) == 2 else ((), ())
    return RMatrix(node=node, shape=shape, row_names=rows, column_names=columns)


def values_of(node: RObject) -> np.ndarray:
    """A dense matrix as an array of its own shape (rows by columns)."""
    slots = attributes(node)
    return _part(node.value, 0, len(node.value)).reshape(dimensions(slots["dim"]), order="F")


def _values(slots: dict[str, RObject], n: int) -> _Stored:
    """Stored values; the pattern matrices of R keep none: all are 1."""
    stored = slots["x"].value if "x" in slots else np.broadcast_to(np.float32(1), n)
    if len(stored) != n:
        raise ValueError("a sparse matrix has more or fewer values than places for them")
    return stored


def _part(values: _Stored, start: int, stop: int, dtype: type | None = None) -> np.ndarray:
    if isinstance(values, StoredArray):
        return values.read(start, stop, dtype)
    part = np.asarray(values)[start:stop]
    return part if dtype is None else part.astype(dtype)
