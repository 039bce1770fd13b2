"""The worker process: `python -m cassia_core.pipeline.worker RUN_DIR`, keys as JSON on standard input."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from pathlib import Path

from cassia_core.data.kernels.numba_cache import use_numba_cache
from cassia_core.domain.events import RunFinished, RunStarted
from cassia_core.domain.outcome import DatasetStatus
from cassia_core.errors import CassiaError, RunLocked
from cassia_core.log import start_log
from cassia_core.runs.event_log import EventLog
from cassia_core.runs.layout import RunLayout
from cassia_core.runs.lock import hold_run
from cassia_core.runs.store import load_record

logger = logging.getLogger(__name__)


def main(run_dir: str) -> int:
    """Fill the run directory. Exit code: 0 done, 1 failed, 2 partial or cancelled, 3 somebody else is at
    it.
    """
    layout = RunLayout(root=Path(run_dir))
    keys = json.loads(sys.stdin.read() or "{}")
    start_log(keys.values())
    signal.signal(signal.SIGTERM, lambda *_: layout.cancel.touch())
    use_numba_cache()
    try:
        with hold_run(layout):
            status = _work(layout, keys)
    except RunLocked as error:
        logger.error("%s", error)
        return 3
    return {"success": 0, "failed": 1}.get(status, 2)


def _work(layout: RunLayout, keys: dict[str, str]) -> DatasetStatus:
    from cassia_core.pipeline.batch import run_batch  # after use_numba_cache: this imports scanpy

    config = load_record(layout).config
    log = EventLog(layout.events)
    status: DatasetStatus
    try:
        names = tuple(d.name for d in config.datasets)
        log.emit(RunStarted(datasets=names, pid=os.getpid(), resumed=layout.batch_summary_csv.exists()))
        status, error = run_batch(layout, config, log, keys), ""
    except CassiaError as problem:
        logger.error("The run ended: %s", problem)
        status, error = "failed", str(problem)
    except OSError as problem:
        logger.exception("The run ended by a file")
        status, error = (
            "failed",
            (
                f"A file could not be read or written: {problem.strerror or problem}. Free some "
                "space or check the rights of the folder, then resume the run."
            ),
        )
    except Exception as problem:
        logger.exception("The run ended by a fault of the program")
        status, error = (
            "failed",
            f"The program itself failed ({type(problem).__name__}). Details are in worker.log.",
        )
    log.emit(RunFinished(status=status, error=error))
    log.close()
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
