"""Whether the cells of a run are prepared side by side, and how many datasets at once."""

from __future__ import annotations

from collections.abc import Collection

from cassia_core.data.kernels.threads import n_threads
from cassia_core.domain.config import RunConfig

FEWEST_SIDE_BY_SIDE = 3
"""Files of cells from which own workers are started unasked: they take some ten seconds to start."""


def may_be_side_by_side(config: RunConfig) -> bool:
    """Whether it matters which datasets are cells: a run of one dataset does not look at its file for it."""
    if config.scheduler:
        return True
    fewest = FEWEST_SIDE_BY_SIDE if config.side_by_side is None else 2
    return config.side_by_side != 1 and len(config.datasets) >= fewest


def workers_for(config: RunConfig, cells_left: Collection[int]) -> int:
    """How many datasets are prepared at once on this machine; 0: one after the other, without Dask.

    `cells_left` are the datasets of cells that are still to be prepared.
    """
    if config.scheduler:
        return len(cells_left)
    asked = config.side_by_side
    if asked is None:
        asked = n_threads() if len(cells_left) >= FEWEST_SIDE_BY_SIDE else 1
    n_workers = min(asked, len(cells_left))
    return n_workers if n_workers > 1 else 0
