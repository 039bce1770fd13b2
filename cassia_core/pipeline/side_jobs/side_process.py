"""What all small processes beside a page have in common: no fault of theirs goes without a word."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from cassia_core.domain.side_jobs import SideProblem
from cassia_core.errors import CassiaError
from cassia_core.runs.codec import write_json

logger = logging.getLogger(__name__)


def run_and_tell(work: Callable[[], None], problem_file: Path, failed: str) -> int:
    """Do `work`; what goes wrong is written to `problem_file` in plain words. Returns the exit code.

    `failed` says what could not be done, such as "The preview could not be made.".
    """
    try:
        work()
    except CassiaError as error:
        problem = SideProblem(what=error.what, why=error.why, remedy=error.remedy, details=error.details)
    except MemoryError:
        problem = SideProblem(
            what=failed,
            why="The memory of this machine is full.",
            remedy="Close other programs and try again, or use a random sample of the cells.",
        )
    except OSError as error:
        problem = SideProblem(
            what=failed,
            why=f"A file could not be read or written: {error.strerror or error}.",
            remedy="Free some space or check the rights of the folder, and try again.",
        )
    except Exception as error:
        logger.exception("%s", failed)
        problem = SideProblem(
            what=failed,
            why=f"The program itself failed ({type(error).__name__}).",
            remedy="The run itself may still work: it says its own problems.",
            details=str(error),
        )
    else:
        return 0
    write_json(problem_file, problem)
    return 1
