"""All datasets of a run: one after the other, or with their cells prepared side by side."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from cassia_core.data.cells.file_inspection import holds_markers, inspect_file
from cassia_core.data.cells.load_cells import memory_limit_bytes
from cassia_core.domain import events as ev
from cassia_core.domain.config import DatasetSpec
from cassia_core.domain.outcome import DatasetOutcome
from cassia_core.errors import CassiaError
from cassia_core.pipeline.context import RunContext
from cassia_core.pipeline.dataset import finished_outcome, process_dataset
from cassia_core.pipeline.exporting import write_batch
from cassia_core.pipeline.many.side_by_side import may_be_side_by_side, workers_for
from cassia_core.pipeline.memory_of import bytes_needed
from cassia_core.runs.codec import read_json

logger = logging.getLogger(__name__)

MOST_UNDER_WAY = 32
"""Datasets whose answers may be awaited at once."""
SUMMARY_SHARE = 0.05
"""Of the time of a run that may go into rewriting its summary: with hundreds of datasets it reads much."""


def process_all(context: RunContext) -> tuple[DatasetOutcome, ...]:
    """Process every dataset of the run; one that fails takes no other with it. In the order of the run."""
    summary = _Summary(context)
    left = frozenset(_cells_left(context)) if may_be_side_by_side(context.config) else frozenset()
    n_workers = workers_for(context.config, left)
    if n_workers:
        _side_by_side(context, n_workers, left, summary)
    else:
        for index, spec in enumerate(context.config.datasets):
            summary.add(index, _one(context, index, spec, None))
    return summary.close()


def _cells_left(context: RunContext) -> Iterator[int]:
    """Datasets whose cells nobody has prepared yet."""
    for index, spec in enumerate(context.config.datasets):
        layout = context.layout.dataset(index, spec)
        path = Path(spec.path)
        done = finished_outcome(layout) is not None or layout.clustered_h5ad.exists()
        if not done and context.takes_up(spec.name) and path.exists() and not holds_markers(path):
            yield index


def _side_by_side(context: RunContext, n_workers: int, left: Collection[int], summary: _Summary) -> None:
    from cassia_core.pipeline.many.preparer import CellPreparer

    config = context.config
    with (
        CellPreparer(config.scheduler, n_workers, memory_limit_bytes()) as preparer,
        ThreadPoolExecutor(MOST_UNDER_WAY, thread_name_prefix="dataset") as threads,
    ):

        def process(index: int, spec: DatasetSpec) -> DatasetOutcome:
            def prepare_elsewhere() -> float:
                return preparer.prepare(context, index, spec, _estimated_bytes(spec))

            return _one(context, index, spec, prepare_elsewhere if index in left else None)

        under_way = {
            threads.submit(process, index, spec): index for index, spec in enumerate(config.datasets)
        }
        for done in as_completed(under_way):
            summary.add(under_way[done], done.result())


def _estimated_bytes(spec: DatasetSpec) -> int:
    """Memory that a dataset takes, by its headers; 0 where they cannot be read: its worker will say why."""
    try:
        return bytes_needed(spec, inspect_file(Path(spec.path), spec.reading))
    except (CassiaError, OSError):
        return 0
    except Exception:  # whatever a file holds, it is reported once, by the worker that reads it
        logger.exception("The memory of %r could not be estimated", spec.name)
        return 0


def _one(
    context: RunContext, index: int, spec: DatasetSpec, prepare_elsewhere: Callable[[], float] | None
) -> DatasetOutcome:
    if not context.takes_up(spec.name):
        return _left_as_it_is(context, index)
    of_dataset = context.of_dataset(spec.name)
    of_dataset.wait_while_paused()
    if of_dataset.cancelled():
        return _not_begun(context, index)
    return process_dataset(context, index, spec, prepare_elsewhere)


def _not_begun(context: RunContext, index: int) -> DatasetOutcome:
    spec = context.config.datasets[index]
    done = finished_outcome(context.layout.dataset(index, spec))
    if done is not None:
        return done
    who = "The run" if context.cancelled() else "This dataset"
    context.emit(ev.DatasetFinished(dataset=spec.name, status="cancelled", error=f"{who} was cancelled."))
    return _untouched(context, index, f"{who} was cancelled before {_IT[who]} began.")


_IT = {"The run": "this dataset", "This dataset": "it"}


def _left_as_it_is(context: RunContext, index: int) -> DatasetOutcome:
    """How a dataset ended that this worker was not asked to take up."""
    layout = context.layout.dataset(index, context.config.datasets[index])
    if layout.outcome.exists():
        return read_json(layout.outcome, DatasetOutcome)
    return _untouched(context, index, "It was not begun; resume the run to have it done.")


def _untouched(context: RunContext, index: int, why: str) -> DatasetOutcome:
    spec = context.config.datasets[index]
    layout = context.layout.dataset(index, spec)
    return DatasetOutcome(
        dataset=layout.name,
        tissue=spec.tissue,
        file_path=spec.path,
        status="cancelled",
        output_dir=str(layout.folder),
        error=why,
    )


class _Summary:
    """Outcomes as they come, and the run's summary files, rewritten as often as time allows."""

    def __init__(self, context: RunContext) -> None:
        self._context = context
        self._outcomes: dict[int, DatasetOutcome] = {}
        self._begun = time.monotonic()
        self._written_at, self._took = 0.0, 0.0

    def add(self, index: int, outcome: DatasetOutcome) -> None:
        """Take one outcome in."""
        self._outcomes[index] = outcome
        if time.monotonic() - self._written_at >= self._took / SUMMARY_SHARE:
            self._write()

    def close(self) -> tuple[DatasetOutcome, ...]:
        """Write the summary with all outcomes, and give them in the run's order."""
        self._write()
        return self._in_order()

    def _in_order(self) -> tuple[DatasetOutcome, ...]:
        return tuple(self._outcomes[index] for index in sorted(self._outcomes))

    def _write(self) -> None:
        begun = time.monotonic()
        write_batch(self._context.layout, self._context.config, self._in_order(), begun - self._begun)
        self._written_at = time.monotonic()
        self._took = self._written_at - begun
