"""How much of this machine work may take: cores and memory, also inside a container."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from cassia_core import settings
from cassia_core.runs.queue.turns import Room, Ticket

_CONTROL = Path("/sys/fs/cgroup")
_SHARE = 0.85
"""Of the free memory: the rest is for the pages."""


def room_now(tickets: Sequence[Ticket]) -> Room:
    """What may be started beside the work under way."""
    cores = usable_cores()
    runs = settings.runs_at_once()
    return Room(runs=cores if runs is None else runs, side=max(1, cores // 2), memory=_free_memory(tickets))


def usable_cores() -> int:
    """Cores that this process may use."""
    cores = float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    with suppress(OSError, ValueError):
        quota, period = (_CONTROL / "cpu.max").read_text().split()
        cores = min(cores, int(quota) / int(period))  # "max" is no number: then there is no limit
    return max(1, int(cores))


def _free_memory(tickets: Sequence[Ticket]) -> int:
    """Free bytes less what is promised to work under way and not yet taken."""
    free = psutil.virtual_memory().available
    with suppress(OSError, ValueError):
        limit, used = (int((_CONTROL / name).read_text()) for name in ("memory.max", "memory.current"))
        free = min(free, limit - used)
    promised = sum(max(0, t.memory - _taken(t.pid)) for t in tickets if t.started is not None)
    return int(_SHARE * free) - promised


def _taken(pid: int) -> int:
    try:
        return psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return 0
