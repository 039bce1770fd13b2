"""The process of a preview: `python -m cassia_core.pipeline.side_jobs.preview_worker FOLDER`. Its memory ends
with
it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cassia_core.data.kernels.numba_cache import use_numba_cache
from cassia_core.domain.side_jobs import PreviewProgress, PreviewRequest
from cassia_core.log import start_log
from cassia_core.pipeline.side_jobs.side_process import run_and_tell
from cassia_core.runs.codec import read_json, write_json
from cassia_core.runs.side_folders import PreviewFolder


def main(root: str) -> int:
    """Fill the folder. Exit code: 0 done, 1 with the problem written down."""
    folder = PreviewFolder(root=Path(root))
    start_log()
    use_numba_cache()

    def work() -> None:
        write_json(folder.progress, PreviewProgress(stage="read"))  # before the imports, which take seconds
        from cassia_core.pipeline.side_jobs.previewing import (
            make_preview,  # after use_numba_cache: this imports numba
        )

        make_preview(read_json(folder.request, PreviewRequest), folder)

    return run_and_tell(work, folder.problem, "The preview could not be made.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
