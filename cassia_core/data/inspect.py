"""What is in a file, told before anything is loaded."""

from __future__ import annotations

from pathlib import Path

from cassia_core.data.cells import inspect_cells
from cassia_core.data.marker_tables import load_markers
from cassia_core.data.readers.sniff import sniff
from cassia_core.domain.config import MarkerParams, ReadOptions
from cassia_core.domain.findings import Findings


def inspect_file(path: Path | str, options: ReadOptions = ReadOptions()) -> Findings:
    """Findings of a cell file (from its header and a few hundred cells) or of a marker table.

    Raises
    ------
    InputError
        The file cannot be opened or used; the error says why and what to do.
    """
    path = Path(path)
    if sniff(path) in ("text", "workbook"):
        return load_markers(path, MarkerParams(), options).findings
    return inspect_cells(path, options)[0]
