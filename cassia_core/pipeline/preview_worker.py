"""The process of a preview: `python -m cassia_core.pipeline.preview_worker FOLDER`. Its memory ends with it."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from cassia_core.data.numba_cache import use_numba_cache
from cassia_core.domain.preview import PreviewProblem, PreviewRequest
from cassia_core.errors import CassiaError
from cassia_core.log import start_log
from cassia_core.runs.codec import read_json, write_json
from cassia_core.runs.preview_folder import PreviewFolder

logger = logging.getLogger(__name__)


def main(root: str) -> int:
    """Fill the folder. Exit code: 0 done, 1 with the problem written down."""
    folder = PreviewFolder(root=Path(root))
    start_log()
    use_numba_cache()
    try:
        from cassia_core.pipeline.previewing import make_preview  # after use_numba_cache: this imports scanpy
        make_preview(read_json(folder.request, PreviewRequest), folder)
    except CassiaError as error:
        problem = PreviewProblem(what=error.what, why=error.why, remedy=error.remedy, details=error.details)
    except MemoryError:
        problem = PreviewProblem(what="The preview could not be made.", why="The memory of this machine is full.",
                                 remedy="Close other programs and try again, or start without a preview.")
    except OSError as error:
        problem = PreviewProblem(what="The preview could not be made.",
                                 why=f"A file could not be read or written: {error.strerror or error}.",
                                 remedy="Free some space or check the rights of the folder, and try again.")
    except Exception as error:
        logger.exception("A preview failed")
        problem = PreviewProblem(what="The preview could not be made.",
                                 why=f"The program itself failed ({type(error).__name__}).",
                                 remedy="The run itself may still work: it says its own problems.", details=str(error))
    else:
        return 0
    write_json(folder.problem, problem)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
