"""How the cells of a dataset are met, by what was found in its file; loads no compiled code."""

from __future__ import annotations

from pathlib import Path

from cassia_core.data.cells.load_cells import memory_limit_bytes
from cassia_core.data.large.cells_on_disk import can_be_read_in_blocks
from cassia_core.data.large.memory_plan import MemoryPlan, plan_memory
from cassia_core.domain.config import DatasetSpec
from cassia_core.domain.findings import Findings


def memory_plan_of(spec: DatasetSpec, looked_at: Findings) -> MemoryPlan:
    """The plan of a dataset; `looked_at`: what an inspection of its file has found."""
    allowed, in_blocks = memory_limit_bytes(spec.reading), can_be_read_in_blocks(Path(spec.path))
    return plan_memory(looked_at, spec.reading, allowed, in_blocks=in_blocks)


def bytes_needed(spec: DatasetSpec, looked_at: Findings) -> int:
    """Memory that a dataset takes the way that its run would go."""
    # Most datasets fit as they are: only for the others it matters how their file is laid out.
    fits = looked_at.memory_bytes <= memory_limit_bytes(spec.reading)
    if (fits and spec.read.cells != "sketch") or not Path(spec.path).exists():
        return looked_at.memory_bytes
    plan = memory_plan_of(spec, looked_at)
    return plan.sketch_bytes if plan.way == "sketch" and plan.sketch_bytes else plan.exact_bytes
