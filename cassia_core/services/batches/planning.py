"""What a batch will take before it starts: questions, tokens, price, memory and time for all its datasets.

Price and tokens are those of every run's estimate. Time comes from finished runs of this machine; where there
is none to go by, it is said to be unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cassia_core.data.cells.load_cells import memory_limit_bytes
from cassia_core.data.kernels.threads import n_threads
from cassia_core.domain.config import RunConfig
from cassia_core.domain.findings import Findings
from cassia_core.domain.usage import Estimate
from cassia_core.pipeline.estimate import estimate
from cassia_core.pipeline.many.side_by_side import may_be_side_by_side, workers_for
from cassia_core.pipeline.memory_of import bytes_needed
from cassia_core.services.batches.inspecting import Inspected
from cassia_core.services.batches.pace import Pace, pace_of

OPEN_RANGE = (6, 25)
"""Clusters that estimates reckon with for a dataset that Leiden has not clustered yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPlan:
    """The estimate of a batch, fewest and most. Seconds are None where nothing is known to go by.

    `peak_bytes` is the most that the datasets under preparation take together, `largest_bytes` that of the
    largest one, both by their estimates; `too_large` names the datasets that do not fit by themselves.
    """

    clusters: tuple[int, int]
    low: Estimate
    high: Estimate
    n_cells: int
    side_by_side: int
    peak_bytes: int
    largest_bytes: int
    allowed_bytes: int
    too_large: tuple[str, ...] = ()
    cells_seconds: float | None = None
    answers_seconds: tuple[float, float] | None = None

    @property
    def seconds(self) -> tuple[float, float] | None:
        """From start to end: cells and answers pass by each other, so the longer of the two decides."""
        if self.cells_seconds is None or self.answers_seconds is None:
            return None
        cells, (low, high) = self.cells_seconds, self.answers_seconds
        return max(cells, low), max(cells, high)


def plan(config: RunConfig, seen: Sequence[Inspected | None], root: Path | None = None) -> BatchPlan:
    """Reckon a batch through.

    Parameters
    ----------
    config
        The run that would be started.
    seen
        What is known of the file of each of its datasets.
    """
    spans = [_clusters(config, at, look) for at, look in enumerate(seen)]
    low, high = (sum(span[end] for span in spans) for end in (0, 1))
    cells = _of_cells(seen)
    at_once = max(1, workers_for(config, cells) if may_be_side_by_side(config) else 1)
    needed = {at: bytes_needed(config.datasets[at], f) for at, f in cells.items()}
    sizes = sorted(needed.values(), reverse=True)
    allowed = memory_limit_bytes()
    pace = pace_of(config.annotator, root)
    estimates = estimate(config, low), estimate(config, high)
    return BatchPlan(
        clusters=(low, high),
        low=estimates[0],
        high=estimates[1],
        n_cells=sum(_cells(config, at, f) for at, f in cells.items()),
        side_by_side=at_once,
        peak_bytes=min(sum(sizes[:at_once]), max(allowed, sizes[0] if sizes else 0)),
        largest_bytes=sizes[0] if sizes else 0,
        allowed_bytes=allowed,
        too_large=tuple(config.datasets[at].name for at, n in needed.items() if n > allowed),
        cells_seconds=_cells_seconds(config, cells, pace, at_once),
        answers_seconds=_answers_seconds(config, pace, estimates),
    )


def _of_cells(seen: Sequence[Inspected | None]) -> dict[int, Findings]:
    """What is known of the datasets of cells, by their place."""
    known = {at: look.findings for at, look in enumerate(seen) if look is not None and look.findings}
    return {at: found for at, found in known.items() if found.kind == "cells"}


def _clusters(config: RunConfig, at: int, look: Inspected | None) -> tuple[int, int]:
    """Fewest and most clusters of a dataset; none of one that cannot be read, and will be reported."""
    if look is not None and look.problem is not None:
        return 0, 0
    found = look.findings if look else None
    if found is not None and found.kind == "markers":
        return found.n_clusters or 0, found.n_clusters or 0
    column = config.datasets[at].clustering.cluster_column
    kept = next((c.n_values for c in found.obs_columns if c.name == column), None) if found else None
    return (kept, kept) if kept is not None else OPEN_RANGE


def _cells(config: RunConfig, at: int, found: Findings) -> int:
    n_cells = found.n_cells or 0
    return min(n_cells, config.datasets[at].read.max_cells or n_cells)


def _cells_seconds(config: RunConfig, cells: dict[int, Findings], pace: Pace, at_once: int) -> float | None:
    """Time to prepare all cells: none without any; unknown where no cells were prepared here before."""
    if not cells:
        return 0.0
    if pace.seconds_of_cells is None:
        return None
    each = [pace.seconds_of_cells(_cells(config, at, found)) for at, found in cells.items()]
    # Workers share the cores: no more of them than cores are at work at any time.
    return max(sum(each) / min(at_once, n_threads()), max(each))


def _answers_seconds(
    config: RunConfig, pace: Pace, estimates: tuple[Estimate, Estimate]
) -> tuple[float, float] | None:
    if config.annotation is None:
        return 0.0, 0.0
    if pace.call_s is None:
        return None
    each_s = pace.call_s / config.annotation.max_workers
    return estimates[0].calls_low * each_s, estimates[1].calls_high * each_s
