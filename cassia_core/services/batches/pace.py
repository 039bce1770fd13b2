"""How fast this machine prepares cells and a model answers, by its last finished runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd

from cassia_core import settings
from cassia_core.domain.config import AgentModel
from cassia_core.errors import CassiaError
from cassia_core.runs import store
from cassia_core.runs.call_log import read_calls
from cassia_core.runs.layout import RunLayout

RUNS_ASKED = 20
"""Of the last so many runs."""
CALLS_ASKED = 200
FEWEST_CELLS = 100
"""Smaller datasets take the time of loading the program, whatever they hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """`seconds_of_cells` tells how long so many cells take to prepare, `call_s` how long one question takes
    to be answered. None: no run of this machine says.
    """

    seconds_of_cells: Callable[[int], float] | None = None
    call_s: float | None = None


def pace_of(model: AgentModel, root: Path | None = None) -> Pace:
    """The pace on this machine, and of this model."""
    folder = root or settings.runs_root()
    layouts = [RunLayout(root=folder / name) for name in store.run_ids(folder)[:RUNS_ASKED]]
    finished = [layout for layout in layouts if layout.batch_summary_csv.exists()]
    prepared = [pair for layout in finished for pair in _prepared(layout.batch_summary_csv, _changed(layout))]
    latencies = [
        seconds for layout in finished for seconds in _latencies(layout.calls, model.model, _changed(layout))
    ]
    return Pace(
        seconds_of_cells=_fitted(prepared) if prepared else None,
        call_s=median(latencies) if latencies else None,
    )


def _changed(layout: RunLayout) -> int:
    return layout.batch_summary_csv.stat().st_mtime_ns


@lru_cache(maxsize=256)
def _prepared(path: Path, changed_ns: int) -> tuple[tuple[int, float], ...]:
    """Cells and seconds of the datasets of a run that were prepared to the end."""
    try:
        table = pd.read_csv(path)[["n_cells", "preprocessing_time", "status"]]
    except (OSError, ValueError, KeyError):  # a summary of other columns tells nothing here
        return ()
    done = table[(table["status"] == "success") & (table["n_cells"] >= FEWEST_CELLS)].dropna()
    return tuple((int(n), float(s)) for n, s in zip(done["n_cells"], done["preprocessing_time"], strict=True))


@lru_cache(maxsize=256)
def _latencies(path: Path, model: str, changed_ns: int) -> tuple[float, ...]:
    """Seconds of the first calls of a run to a model, without those that cost no time to speak of."""
    try:
        return tuple(islice(_of_model(path, model), CALLS_ASKED))
    except (CassiaError, OSError):
        return ()


def _of_model(path: Path, model: str) -> Iterator[float]:
    return (entry.call.latency_s for entry in read_calls(path) if entry.call.model == model)


def _fitted(pairs: list[tuple[int, float]]) -> Callable[[int], float]:
    """A straight line through cells and seconds; through the origin of the machine's own start where all
    datasets were of about one size.
    """
    sizes, seconds = (np.array(values, dtype=float) for values in zip(*pairs, strict=True))
    spread = sizes.max() > 2 * sizes.min()
    slope, start = np.polyfit(sizes, seconds, 1) if spread else (0.0, 0.0)
    if not spread or slope <= 0 or start < 0:
        slope, start = float(np.median(seconds / sizes)), 0.0
    return lambda n_cells: float(start + slope * n_cells)
