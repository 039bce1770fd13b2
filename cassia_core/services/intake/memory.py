"""Whether a file fits into memory, told before anything is loaded, and what is done where it does not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cassia_core.data.cells.cell_findings import cells_that_fit
from cassia_core.data.cells.file_inspection import inspect_file
from cassia_core.data.cells.load_cells import memory_limit_bytes
from cassia_core.data.large.cells_on_disk import can_be_read_in_blocks
from cassia_core.data.large.memory_plan import MemoryPlan, plan_memory
from cassia_core.domain.config import ReadOptions
from cassia_core.domain.findings import Findings
from cassia_core.errors import InputError


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
    allowed = memory_limit_bytes(read)
    if findings.kind != "cells" or not findings.n_cells or findings.memory_bytes <= allowed:
        return None
    n_cells = min(findings.n_cells, read.max_cells or findings.n_cells)
    return MemoryOffer(
        needed_bytes=findings.memory_bytes,
        allowed_bytes=allowed,
        fits=cells_that_fit(findings.memory_bytes, n_cells, allowed),
    )


def memory_plan(path: Path, findings: Findings, read: ReadOptions = ReadOptions()) -> MemoryPlan | None:
    """How the cells of a file would be met, with the memory that either way takes; None for a marker table.

    `findings` are those of an inspection with `read`.
    """
    if findings.kind != "cells" or not findings.n_cells:
        return None
    return plan_memory(findings, read, memory_limit_bytes(read), in_blocks=can_be_read_in_blocks(path))


def plan_of_file(path: Path, read: ReadOptions = ReadOptions()) -> MemoryPlan | None:
    """As `memory_plan`, of a file that nobody has looked into yet; None also where it cannot be read in
    blocks or at all, which its run says.
    """
    try:
        return memory_plan(path, inspect_file(path, read), read) if can_be_read_in_blocks(path) else None
    except (InputError, OSError):
        return None
