"""Values of all cells gene by gene, in blocks of cells: what one pass over a large file leaves behind.

A block holds a few thousand cells column by column, each place a number of 16 bits within its block, each
count one of 8 bits with the few larger ones beside. So a count takes 3 bytes where a matrix in memory takes
8, one gene of all cells is a short read from every block, and nothing compiled is needed: pages read it too.
"""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HEAD = "store.json"
BLOCK_CELLS = 16_384
"""Cells of a block; a place within it must fit into 16 bits."""
ESCAPE = 255
"""A stored count of this value is a larger one, found in the list beside."""
_VALUES_AT_ONCE = 2_000_000
"""Stored values that a page looks at in one go: tens of MB however many cells there are."""
_READERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockSlice:
    """Some genes of one block: gene j has `values[starts[j]:starts[j+1]]` in the cells `rows[...]` of the
    block.

    `values` are counts or log-normalised values as float32, `first` is the block's first cell.
    """

    first: int
    starts: np.ndarray
    rows: np.ndarray
    values: np.ndarray


class GeneStore:
    """A finished store, read on demand."""

    def __init__(self, folder: Path) -> None:
        head = json.loads((folder / HEAD).read_text(encoding="utf-8"))
        self._folder = folder
        self.n_genes: int = head["n_genes"]
        self.is_counts: bool = head["is_counts"]
        self.firsts = np.concatenate([[0], np.cumsum(head["block_cells"])]).astype(np.int64)
        self.offsets = np.concatenate([[0], np.cumsum(head["block_values"])]).astype(np.int64)
        self._starts = np.load(folder / "starts.npy", mmap_mode="r")
        with np.load(folder / "larger.npz") as larger:
            self._larger_at, self._larger = larger["at"], larger["values"]
        self.scale = np.load(folder / "scale.npy") if self.is_counts else np.zeros(0, dtype=np.float32)
        """Counts of a cell by this are its counts at the common sum, shape (n_cells,), float32."""

    @property
    def n_cells(self) -> int:
        return int(self.firsts[-1])

    @property
    def n_blocks(self) -> int:
        return self.firsts.size - 1

    @property
    def n_values(self) -> int:
        """Stored values of all cells and genes."""
        return int(self.offsets[-1])

    @property
    def largest(self) -> float | None:
        """The largest count; None where some are no whole numbers, or where the store holds logarithms."""
        if not self.is_counts or (self._larger != np.rint(self._larger)).any() or (self._larger < 0).any():
            return None
        return float(self._larger.max(initial=ESCAPE))

    def gene_sizes(self) -> np.ndarray:
        """Cells with a value other than 0, for every gene, shape (n_genes,)."""
        return np.diff(self._starts, axis=1).sum(axis=0)

    def slice(self, block: int, first: int, stop: int) -> BlockSlice:
        """Genes `first` to `stop` of one block."""
        starts = np.array(self._starts[block, first : stop + 1])
        begin, end = (int(self.offsets[block] + at) for at in (starts[0], starts[-1]))
        return BlockSlice(
            first=int(self.firsts[block]),
            starts=starts - starts[0],
            rows=self._read("rows.bin", np.uint16, begin, end),
            values=self._values(begin, end),
        )

    def gene(self, at: int) -> np.ndarray:
        """Log-normalised values of one gene in all cells, shape (n_cells,), float32."""
        values = np.zeros(self.n_cells, dtype=np.float32)
        for block in range(self.n_blocks):
            part = self.slice(block, at, at + 1)
            cells = part.first + part.rows.astype(np.int64)
            values[cells] = np.log1p(part.values / self.scale[cells]) if self.is_counts else part.values
        return values

    def seen_among(self, inside: np.ndarray) -> np.ndarray:
        """How many of the cells marked in `inside` (n_cells,), bool, have a value, for every gene."""
        # Reading, looking up and adding up all let other threads work meanwhile.
        with ThreadPoolExecutor(min(_READERS, os.cpu_count() or 1)) as pool:
            counted = pool.map(lambda block: self._seen_in(block, inside), range(self.n_blocks))
            return np.asarray(np.sum(list(counted), axis=0, dtype=np.int64))

    def _seen_in(self, block: int, inside: np.ndarray) -> np.ndarray:
        seen = np.zeros(self.n_genes, dtype=np.int32)
        chosen = inside[self.firsts[block] : self.firsts[block + 1]]
        # Files are often sorted by sample: blocks without any chosen cell need no read.
        if not chosen.any():
            return seen
        starts, offset, first = np.array(self._starts[block]), int(self.offsets[block]), 0
        while first < self.n_genes:
            wanted = starts[first] + _VALUES_AT_ONCE
            stop = max(first + 1, int(np.searchsorted(starts, wanted, side="right")) - 1)
            begin, end = int(starts[first]), int(starts[stop])
            hits = chosen[self._read("rows.bin", np.uint16, offset + begin, offset + end)]
            passed = np.concatenate([[0], np.cumsum(hits, dtype=np.int32)])
            seen[first:stop] = np.diff(passed[starts[first : stop + 1] - begin])
            first = stop
        return seen

    def _values(self, begin: int, end: int) -> np.ndarray:
        if not self.is_counts:
            return self._read("values.bin", np.float32, begin, end)
        values = self._read("values.bin", np.uint8, begin, end).astype(np.float32)
        low, high = np.searchsorted(self._larger_at, (begin, end))
        values[self._larger_at[low:high] - begin] = self._larger[low:high]
        return values

    def _read(self, name: str, dtype: type, begin: int, end: int) -> np.ndarray:
        width = np.dtype(dtype).itemsize
        return np.fromfile(self._folder / name, dtype=dtype, count=end - begin, offset=begin * width)
