"""Hand a cell file to the reader of its format."""

from __future__ import annotations

from pathlib import Path

from cassia_core.data.readers.cell_file import CellFile
from cassia_core.data.readers.h5ad import read_h5ad
from cassia_core.data.readers.sniff import sniff
from cassia_core.domain.config import ReadOptions
from cassia_core.errors import InputError


def read_cell_file(path: Path, options: ReadOptions, *, inspect: bool = False) -> CellFile:
    """Read cells of whatever format `path` has.

    Raises
    ------
    InputError
        No reader knows the content, or the reader cannot use it.
    """
    kind = sniff(path)
    if kind == "h5ad":
        return read_h5ad(path, max_cells=options.max_cells, inspect=inspect)
    raise InputError(f"{path.name} is not a cell file.", "It holds a table or an archive.", "Open an h5ad file.")
