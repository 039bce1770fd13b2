"""Cells of many datasets, prepared by the workers of a Dask scheduler: our own, or one that is named."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from cassia_core.domain.config import DatasetSpec
from cassia_core.errors import ConfigError, InputError
from cassia_core.pipeline.context import RunContext
from cassia_core.pipeline.many.memory_gate import MemoryGate
from cassia_core.pipeline.many.on_worker import prepare_on_worker
from cassia_core.pipeline.many.relay import EventRelay

LOST_WORKERS_ALLOWED = 1
"""A dataset whose worker died is tried once more; the second death is the file's."""
CONNECT_S = 20


class CellPreparer:
    """Prepares datasets on Dask workers; a context manager.

    Parameters
    ----------
    scheduler
        Address such as "tcp://10.0.0.5:8786"; "": a scheduler and `n_workers` processes on this machine.
    n_workers
        Processes of our own scheduler.
    limit_bytes
        Memory that the datasets under preparation may take together, by their estimates.

    Raises
    ------
    ConfigError
        The scheduler does not answer, or has no worker.
    """

    def __init__(self, scheduler: str, n_workers: int, limit_bytes: int) -> None:
        self._stack = ExitStack()
        self._client = self._connected(scheduler, n_workers)
        places = sum(worker["nthreads"] for worker in self._workers().values())
        if places == 0:
            self.close()
            raise ConfigError(
                f"The scheduler {scheduler} has no worker.",
                "Nobody would prepare the cells.",
                "Start `dask worker` with its address, or leave --scheduler out.",
            )
        self._gate = MemoryGate(limit_bytes, places)

    def close(self) -> None:
        """Let the workers go."""
        self._stack.close()

    def __enter__(self) -> CellPreparer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def prepare(self, context: RunContext, index: int, spec: DatasetSpec, n_bytes: int) -> float:
        """Have the dataset at `index` prepared, and copy its events into the run's record.

        Returns
        -------
        float
            Seconds that it took on its worker; waiting for a place is not among them.

        Raises
        ------
        InputError
            The file cannot be used, or two workers died of it.
        RunCancelled
            A person stopped the run.
        """
        from distributed import KilledWorker

        paths = context.layout.dataset(index, spec)
        paths.private.mkdir(parents=True, exist_ok=True)
        context = context.of_dataset(spec.name)
        with self._gate.inside(n_bytes):
            context.wait_while_paused()
            context.stop_if_cancelled()
            with EventRelay(context, paths.preparing_events):
                future = self._client.submit(
                    prepare_on_worker, str(context.layout.root), index, pure=False, retries=0
                )
                try:
                    return future.result()
                except KilledWorker as error:
                    raise _deadly(spec) from error
                finally:
                    future.release()

    def _workers(self) -> Mapping[str, Any]:
        return self._client.scheduler_info(n_workers=-1)["workers"]

    def _connected(self, scheduler: str, n_workers: int) -> Any:
        import dask
        from distributed import Client, LocalCluster

        self._stack.enter_context(
            dask.config.set(
                {
                    "distributed.scheduler.allowed-failures": LOST_WORKERS_ALLOWED,
                    # Dask would give linear algebra one thread; sums then round otherwise than in a run of
                    # one dataset, and the same cells would get other clusters.
                    "distributed.nanny.pre-spawn-environ": {},
                }
            )
        )
        if not scheduler:
            folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="cassia_dask_"))
            cluster = LocalCluster(
                n_workers=n_workers,
                threads_per_worker=1,
                processes=True,
                memory_limit=None,
                dashboard_address=None,
                local_directory=str(Path(folder)),
            )
            self._stack.enter_context(cluster)
            return self._stack.enter_context(Client(cluster))
        try:
            client = self._stack.enter_context(Client(scheduler, timeout=CONNECT_S))
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"The scheduler {scheduler} does not answer.",
                f"{type(error).__name__}: {str(error)[:200]}",
                "Start `dask scheduler` there, check the address and port, or leave --scheduler out.",
            ) from error
        return client


def _deadly(spec: DatasetSpec) -> InputError:
    return InputError(
        f"The cells of {spec.name} could not be prepared.",
        "Two worker processes died of this file, one after the other; want of memory is the usual reason.",
        "Open it alone on a machine with more memory, or take a random sample of its cells. The other "
        "datasets of this run are not touched by it.",
    )
