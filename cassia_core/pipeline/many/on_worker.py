"""What a Dask worker does: read one dataset, cluster its cells, find markers; all into the run directory."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from cassia_core.errors import InputError
from cassia_core.runs.event_log import EventLog
from cassia_core.runs.layout import RunLayout
from cassia_core.runs.store import load_record


def prepare_on_worker(run_dir: str, index: int) -> float:
    """Prepare the dataset at `index` of a run; everything stays on disk, events in a file of their own.

    The run's own process copies the events into the run's record: a record has one writer.

    Returns
    -------
    float
        Seconds that it took.

    Raises
    ------
    InputError
        The file cannot be used, or this worker does not see the run directory.
    RunCancelled
        A person stopped the run.
    """
    from cassia_core.data.kernels.numba_cache import use_numba_cache

    use_numba_cache()
    from cassia_core.pipeline.context import RunContext
    from cassia_core.pipeline.preparing import prepare

    begun = time.monotonic()
    layout = RunLayout(root=Path(run_dir))
    if not layout.config.exists():
        raise InputError(
            "A worker does not see the folder of this run.",
            f"There is no {layout.config} on its machine.",
            "Put the runs folder on a disk that all workers share, or leave --scheduler out.",
        )
    config = load_record(layout).config
    spec = config.datasets[index]
    paths = layout.dataset(index, spec)
    log = EventLog(paths.preparing_events)
    try:
        context = RunContext(layout=layout, config=config, log=log, pool=ThreadPoolExecutor(1))
        prepare(context.of_dataset(spec.name), spec, paths, lambda *_: None)
    finally:
        log.close()
    return time.monotonic() - begun
