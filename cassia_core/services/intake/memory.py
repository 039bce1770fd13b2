"""Whether a file fits into memory, told before anything is loaded, and how many of its cells would."""

from __future__ import annotations

from dataclasses import dataclass

from cassia_core.data.cells.cell_findings import cells_that_fit
from cassia_core.data.cells.load_cells import memory_limit_bytes
from cassia_core.domain.config import ReadOptions
from cassia_core.domain.findings import Findings


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryOffer:
    """A dataset that does not fit. `fits` is the number of cells of a sample that would; None when not even
    few do.
    """

    needed_bytes: int
    allowed_bytes: int
    fits: int | None


def memory_offer(findings: Findings, read: ReadOptions) -> MemoryOffer | None:
    """What to say of cells that do not fit into memory; None where they do.

    `findings` are those of an inspection with `read`, so that a sample counts as one.
    """
    allowed = memory_limit_bytes()
    if findings.kind != "cells" or not findings.n_cells or findings.memory_bytes <= allowed:
        return None
    n_cells = min(findings.n_cells, read.max_cells or findings.n_cells)
    return MemoryOffer(
        needed_bytes=findings.memory_bytes,
        allowed_bytes=allowed,
        fits=cells_that_fit(findings.memory_bytes, n_cells, allowed),
    )
