"""Take a person's file in: uploads, paths on the server, the demo; and say what is in it."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from cassia_core import settings
from cassia_core.data.cells import file_inspection
from cassia_core.data.readers.archive import told_while_unpacking
from cassia_core.data.readers.read_cells import find_source
from cassia_core.data.tables.marker_sources import read_source
from cassia_core.data.tables.marker_tables import load_markers
from cassia_core.domain.config import MarkerParams, ReadOptions
from cassia_core.domain.findings import Findings
from cassia_core.domain.markers import MarkerTable
from cassia_core.errors import CassiaError, InputError
from cassia_core.own_files import require_readable
from cassia_core.runs.layout import file_stem
from cassia_core.services.sharing.limits import bytes_for_upload, too_large

logger = logging.getLogger(__name__)

CHUNK = 4 * 1024 * 1024
DEMO_FILE = "10x_pbmc68k_reduced.h5ad"
INPUT_ENDINGS = (
    "h5ad",
    "h5",
    "loom",
    "zip",
    "tar",
    "gz",
    "tgz",
    "bz2",
    "xz",
    "h5mu",
    "parquet",
    "feather",
    "mtx",
    "csv",
    "tsv",
    "txt",
    "xlsx",
    "xls",
    "rds",
    "rdata",
    "rda",
    "h5seurat",
)
"""Endings of files that may hold cells or markers; the kind is told from the content."""
_PACKED = (".gz", ".bz2", ".zip", ".xz")


def demo_path() -> Path:
    """The 700 blood cells that ship inside scanpy (10x PBMC 68k, reduced): no download."""
    scanpy = find_spec("scanpy")  # found, not imported: pages start in less than a second
    folders = scanpy.submodule_search_locations if scanpy else None
    if not folders:
        raise InputError(
            "The example is not there.",
            "It is a part of scanpy, which is not installed.",
            "Install the program again with its dependencies.",
        )
    return Path(folders[0]) / "datasets" / DEMO_FILE


def dataset_name(path: Path) -> str:
    """Name of a dataset from its file: "Data_Filbin2018_Brain.h5ad" -> "Data_Filbin2018_Brain"."""
    name = path.name
    if Path(name).suffix.lower() in _PACKED:
        name = Path(name).stem
    return file_stem(Path(name).stem or name)


def store_upload(name: str, stream: BinaryIO) -> Path:
    """Copy an upload to disk once, in pieces, under its content's hash. The same file is stored once.

    Raises
    ------
    InputError
        When it is empty.
    LimitReached
        On a shared server, when it is larger than it may be.
    """
    root = settings.inputs_root()
    root.mkdir(parents=True, exist_ok=True)
    digest, size, most = hashlib.sha256(), 0, bytes_for_upload()
    handle, temporary = tempfile.mkstemp(dir=root, suffix=".part")
    with os.fdopen(handle, "wb") as target:
        while piece := stream.read(CHUNK):
            digest.update(piece)
            size += len(piece)
            if most is not None and size > most:
                break
            target.write(piece)
    if most is not None and size > most:
        os.unlink(temporary)
        raise too_large()
    if size == 0:
        os.unlink(temporary)
        raise InputError(
            f"The file {name} is empty.",
            "It holds no bytes: the copy or download may have broken off.",
            "Fetch the file again and check its size.",
        )
    folder = root / digest.hexdigest()
    folder.mkdir(exist_ok=True)
    target_path = folder / file_stem(Path(name).name)
    os.replace(temporary, target_path)
    return target_path


def store_table(frame: pd.DataFrame, name: str) -> Path:
    """Store a marker table given in memory as a CSV file among the inputs."""
    folder = settings.inputs_root()
    folder.mkdir(parents=True, exist_ok=True)
    content = frame.to_csv(index=not isinstance(frame.index, pd.RangeIndex)).encode()
    target = folder / hashlib.sha256(content).hexdigest() / f"{file_stem(name)}.csv"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(content)
    return target


def server_path(text: str) -> Path:
    """A file on the server, if it lies in a folder that the operator allows (`CASSIA_DATA_DIRS`).

    Raises
    ------
    InputError
        When no folder is allowed, or the path is outside all of them, or there is no such file.
    """
    folders = settings.server_folders()
    if not folders:
        raise InputError(
            "Files on the server are not open to this app.",
            "The operator has allowed no folder.",
            "Upload the file, or ask the operator to set CASSIA_DATA_DIRS.",
        )
    path = Path(text.strip()).expanduser().resolve()
    if not any(path.is_relative_to(folder) for folder in folders):
        raise InputError(
            f"{text} is not in a folder you may read from.",
            "Allowed: " + ", ".join(str(f) for f in folders) + ".",
            "Choose a file in one of them.",
        )
    if not path.exists():
        raise InputError(
            f"There is no file {text}.", "It was moved, or the name is misspelled.", "Check the path."
        )
    return path


def unpack_ahead(path: Path, listener: Callable[[str, int], object]) -> None:
    """Unpack a file that is to be inspected, and say meanwhile how far it is; what is wrong with it is left
    for the inspection to say.
    """
    require_readable(path)
    with told_while_unpacking(listener), suppress(Exception):
        find_source(path)


def inspect_file(path: Path, options: ReadOptions | None = None) -> Findings:
    """What is in a file: see `cassia_core.data.cells.file_inspection.inspect_file`.

    Raises
    ------
    InputError
        The file cannot be opened or used, or it holds something that the program did not foresee.
    """
    require_readable(path)
    try:
        return file_inspection.inspect_file(path, options or ReadOptions())
    except CassiaError:
        raise
    except Exception as error:  # a file may hold anything; what is wrong with one must not shut the page
        logger.exception("An input could not be inspected")
        raise InputError(
            f"{Path(path).name} could not be read.",
            f"It holds something that was not foreseen ({type(error).__name__}). The file was not changed.",
            "Save it in another format (h5ad, csv), or send the details to the maintainers.",
            details="".join(traceback.format_exception(error)[-3:]),
        ) from error


def holds_markers(path: Path) -> bool:
    """Whether a file is a table of markers, as far as its start tells; False where it cannot be read."""
    require_readable(path)
    return file_inspection.holds_markers(path)


def preview_markers(path: Path, params: MarkerParams, options: ReadOptions | None = None) -> MarkerTable:
    """The marker lists that a table would give under `params`."""
    require_readable(path)
    return load_markers(path, params, options or ReadOptions()).table


def table_columns(path: Path, options: ReadOptions | None = None) -> tuple[str, ...]:
    """Names of the columns of a marker table that was not recognised; none when it cannot be read at all."""
    require_readable(path)
    try:
        return tuple(str(c) for c in read_source(path, options or ReadOptions()).frame.columns)
    except InputError:
        return ()
