"""The process that measures cells: `python -m cassia_core.pipeline.side_jobs.quality_worker FOLDER`. Its
memory ends
with it.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from cassia_core.data.kernels.numba_cache import use_numba_cache
from cassia_core.domain.side_jobs import QualityRequest
from cassia_core.errors import InputError
from cassia_core.log import start_log
from cassia_core.pipeline.side_jobs.side_process import run_and_tell
from cassia_core.runs.codec import read_json
from cassia_core.runs.side_folders import QualityFolder

MOST_MEASURED = 200_000
"""Files of more cells are judged by a random sample of so many."""


def main(root: str) -> int:
    """Fill the folder. Exit code: 0 done, 1 with the problem written down."""
    folder = QualityFolder(root=Path(root))
    start_log()
    use_numba_cache()
    return run_and_tell(
        lambda: _measure(read_json(folder.request, QualityRequest), folder),
        folder.problem,
        "The cells could not be measured.",
    )


def _measure(request: QualityRequest, folder: QualityFolder) -> None:
    from cassia_core.data.cells.load_cells import load_cells
    from cassia_core.data.clustering.expression_matrix import matrix_at
    from cassia_core.data.quality.cell_metrics import (
        cell_metrics,  # after use_numba_cache: these import numba
    )

    most = min(request.read.max_cells or MOST_MEASURED, MOST_MEASURED)
    loaded = load_cells(Path(request.path), replace(request.read, max_cells=most))
    if not loaded.findings.counts:
        raise InputError(
            "Quality of cells cannot be shown.", "The file holds no counts.", "Go on without cut-offs."
        )
    part = folder.metrics.with_suffix(".part")
    cell_metrics(*matrix_at(loaded.adata, loaded.findings.counts)).to_parquet(part)
    part.replace(folder.metrics)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
