"""How much memory clustering will take, before it is taken."""

from __future__ import annotations

from cassia_core.errors import InputError
from cassia_core.settings import memory_budget_bytes

BASE_BYTES = 450 * 1024**2
"""Python with its libraries (measured)."""
_BYTES_PER_VALUE = 13
"""A stored value while counts are turned into log-normalised values: column number 4, count 4 and then at most 1
compact, log-normalised value 4."""
_VARIABLE_SHARE = 0.25
_BYTES_PER_CELL = 2500
"""Components, graph, map and their intermediate steps (measured)."""
_BLOCK_BYTES = 400 * 1024**2


def clustering_bytes(n_cells: int, n_values: int) -> int:
    """Estimated peak of `cluster_cells` for `n_cells` cells and `n_values` stored (non-zero) values."""
    values = n_values * _BYTES_PER_VALUE + int(n_values * _VARIABLE_SHARE) * 8
    return BASE_BYTES + values + n_cells * _BYTES_PER_CELL + min(_BLOCK_BYTES, n_values * 16)


def memory_limit() -> int:
    """What one dataset may take: `CASSIA_MEMORY_GB`, else what the machine has free now."""
    import psutil

    return memory_budget_bytes() or int(psutil.virtual_memory().available)


def check_memory(n_cells: int, n_values: int, held_bytes: int = 0) -> int:
    """Refuse what will not fit, with figures; returns the estimate in bytes.

    Parameters
    ----------
    held_bytes
        Part of the estimate that is in memory already (a loaded matrix).

    Raises
    ------
    InputError
        Says what is needed, what there is, and how many cells would fit.
    """
    needed = clustering_bytes(n_cells, n_values)
    limit = memory_limit() + held_bytes
    if needed > limit:
        per_cell = (needed - BASE_BYTES) / max(n_cells, 1)
        fitting = max(0, int((limit - BASE_BYTES) * 0.9 / per_cell)) // 1000 * 1000
        offer = f"Take a random part of at most {fitting:,} cells, or use" if fitting else "Use"
        raise InputError(f"These {n_cells:,} cells do not fit into memory.",
                         f"Clustering them takes about {_gb(needed)}, and {_gb(limit)} can be used.",
                         f"{offer} a machine with more memory.")
    return needed


def _gb(n_bytes: int) -> str:
    return f"{n_bytes / 1024**3:.1f} GB"
