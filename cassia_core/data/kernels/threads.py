"""Numba kernels side by side on row or column ranges, in plain threads (the kernels release the GIL)."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

MAX_THREADS = 8


def n_threads() -> int:
    """Cores that this process may use, at most eight."""
    # The cores this process may use, not those the machine has: containers and clusters give fewer.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, MAX_THREADS))


def ranges(total: int, parts: int) -> list[tuple[int, int]]:
    """Split `range(total)` into at most `parts` contiguous, non-empty ranges."""
    bounds = np.linspace(0, total, max(1, min(parts, total)) + 1).astype(np.int64)
    return [(int(a), int(b)) for a, b in zip(bounds[:-1], bounds[1:], strict=True)]


def in_threads(work: Callable[..., object], jobs: list[tuple]) -> list:
    """Call `work(*job)` for every job, one thread each, and return the results in order."""
    # No thread for one job: errors then keep a short trace, and a debugger stops inside.
    if len(jobs) == 1:
        return [work(*jobs[0])]
    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(lambda job: work(*job), jobs))
