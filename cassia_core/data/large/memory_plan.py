"""Whether cells are held in memory or stay on disk, with both figures, told before anything is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cassia_core.data.cells.cell_findings import BASE_BYTES, BYTES_PER_CELL, BYTES_PER_VALUE
from cassia_core.data.view.gene_store import BLOCK_CELLS
from cassia_core.domain.config import ReadOptions
from cassia_core.domain.findings import Findings

SKETCH_SHARE, FEWEST, MOST = 0.2, 1_000, 50_000
"""Part of the cells that make the sketch, and its bounds."""
BLOCK_BYTES = 30
"""For every value of a block under way: as read, turned, and the next one being read."""
STORE_BYTES, WRITTEN_BYTES = 3, 17
"""On disk for every value: in the store of genes; in the annotated file with counts beside the logarithms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryPlan:
    """The way that is taken, and what either would need.

    `sketch_bytes` is None where the file cannot be read in blocks; `disk_bytes` is what the sketch way
    leaves on disk (the store of genes and the annotated file), 0 for the exact way.
    """

    way: Literal["exact", "sketch"]
    n_cells: int
    exact_bytes: int
    sketch_bytes: int | None
    sketch_cells: int
    most_cells: int
    """Cells that could be held in memory the sketch way: a part of the file with no more is clustered as a
    whole.
    """
    allowed_bytes: int
    disk_bytes: int = 0

    @property
    def fits(self) -> bool:
        """Whether the way that is taken needs no more than it may."""
        needed = self.exact_bytes if self.way == "exact" else (self.sketch_bytes or 0)
        return needed <= self.allowed_bytes

    def in_words(self) -> str:
        """Both figures and the way, in two sentences."""
        exact = f"All values in memory: {_gb(self.exact_bytes)}"
        if self.sketch_bytes is None:
            return (
                f"{exact}; {_gb(self.allowed_bytes)} may be used. The file cannot be read in blocks of cells."
            )
        sketch = (
            f"a sketch of {self.sketch_cells:,} cells with the counts left on disk: {_gb(self.sketch_bytes)}"
        )
        chosen = (
            "All cells are held in memory and clustered exactly."
            if self.way == "exact"
            else f"The sketch is clustered, and all {self.n_cells:,} cells are joined to it."
        )
        return f"{exact}; {sketch}; {_gb(self.allowed_bytes)} may be used. {chosen}"


def plan_memory(findings: Findings, read: ReadOptions, allowed: int, *, in_blocks: bool) -> MemoryPlan:
    """How the cells of a file are to be met.

    Parameters
    ----------
    findings
        Of an inspection with `read`.
    allowed
        Bytes that may be used.
    in_blocks
        Whether the file can be read in blocks of cells.
    """
    n_cells = min(findings.n_cells or 0, read.max_cells or findings.n_cells or 0)
    per_cell = max(0.0, (findings.memory_bytes - BASE_BYTES) / max(1, n_cells))
    values_per_cell = max(0.0, (per_cell - BYTES_PER_CELL) / BYTES_PER_VALUE)
    fixed = BASE_BYTES + BYTES_PER_CELL * n_cells + BLOCK_BYTES * values_per_cell * min(BLOCK_CELLS, n_cells)
    n_sketch = sketch_size(n_cells, per_cell, allowed - fixed)
    sketch_bytes = int(fixed + per_cell * n_sketch)
    # A sample that a person asked for is taken cell by cell and always held in memory.
    may_sketch = in_blocks and read.max_cells is None
    way = read.cells if may_sketch and read.cells != "auto" else "exact"
    # Of few cells a block is all of them: then the sketch saves nothing, and a smaller sample is what helps.
    if may_sketch and read.cells == "auto" and sketch_bytes <= allowed < findings.memory_bytes:
        way = "sketch"
    return MemoryPlan(
        way="sketch" if way == "sketch" else "exact",
        n_cells=n_cells,
        exact_bytes=findings.memory_bytes,
        sketch_bytes=sketch_bytes if in_blocks else None,
        sketch_cells=n_sketch,
        most_cells=max(n_sketch, int((allowed - fixed) / max(per_cell, 1.0))),
        allowed_bytes=allowed,
        disk_bytes=int((STORE_BYTES + WRITTEN_BYTES) * values_per_cell * n_cells) if way == "sketch" else 0,
    )


def sketch_size(n_cells: int, bytes_per_cell: float, room: float) -> int:
    """Cells of a sketch: a fifth of all, within bounds, and no more than there is room for."""
    wanted = min(n_cells, max(FEWEST, min(MOST, int(SKETCH_SHARE * n_cells))))
    return int(max(min(wanted, FEWEST), min(wanted, room / max(bytes_per_cell, 1.0))))


def _gb(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.1f} GB"
