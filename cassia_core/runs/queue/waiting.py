"""`python -m cassia_core.runs.queue.waiting FILE TICKET CANCEL MODULE ...`: wait, then be a worker.

The process that waits is the one that will work, so its keys stay in its memory and the end of the app ends
nobody's place. Until its turn it has loaded next to nothing.
"""

from __future__ import annotations

import io
import runpy
import sys
import time
from pathlib import Path

from cassia_core.runs.queue.tickets import leave, try_to_start

POLL_S = 0.4


def main(file: Path, ticket: str, cancel: str, module: list[str]) -> None:
    """Wait, then run the module as if it had been started itself."""
    keys = sys.stdin.read()
    try:
        while not try_to_start(ticket, file):
            if cancel and Path(cancel).exists():
                leave(ticket, file)  # the worker notes the end; it needs no turn for that
                break
            time.sleep(POLL_S)
        sys.argv = module
        sys.stdin = io.StringIO(keys)
        runpy.run_module(module[0], run_name="__main__", alter_sys=True)
    finally:
        leave(ticket, file)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
