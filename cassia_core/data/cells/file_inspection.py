"""What is in a file, told before anything is loaded."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from cassia_core.data.cells.load_cells import inspect_cells
from cassia_core.data.marker_files.marker_folder import cluster_files
from cassia_core.data.readers.read_cells import find_source
from cassia_core.data.readers.text import read_table
from cassia_core.data.tables.marker_sources import SourceTable, looks_like_expression, read_source
from cassia_core.data.tables.marker_tables import LoadedMarkers, load_markers, questions_about, shaped_table
from cassia_core.data.tables.table_columns import NO_NAME
from cassia_core.domain.config import MarkerParams, ReadOptions
from cassia_core.domain.findings import Finding, Findings
from cassia_core.errors import AnnDataError, InputError, MarkerFormatError
from cassia_core.genes.lookup import share_known

CELL_SUFFIXES = (".h5ad", ".h5", ".loom")
LOOKED_AT = 200
_HEAD_ROWS = 20
MOST_ARE_GENES = 0.8


def inspect_file(path: Path | str, options: ReadOptions = ReadOptions()) -> Findings:
    """Findings of a cell file (from its header and a few hundred cells) or of a marker table.

    A table whose columns are not recognised gives findings with the questions `columns.cluster` and
    `columns.gene`
    instead of an error, so that a person can say which column is which.

    Raises
    ------
    InputError
        The file cannot be opened or used; the error says why and what to do.
    """
    return open_file(Path(path), MarkerParams(), options)[0]


def open_file(
    path: Path, params: MarkerParams, options: ReadOptions = ReadOptions()
) -> tuple[Findings, LoadedMarkers | None]:
    """As `inspect_file`; of a marker table also the table itself, which has been read by then.

    Raises
    ------
    InputError
        As `inspect_file`.
    """
    if cluster_files(path) and (several := read_source(path, options)).shaped is not None:
        loaded = load_markers(several, params, options)
        return loaded.findings, loaded
    source = find_source(path)
    if source.kind not in ("text", "workbook"):
        return inspect_cells(path, options, source)[0], None
    if source.kind == "text" and options.columns is None and _holds_expression(source.path):
        return inspect_cells(path, options, source)[0], None
    try:
        table = read_source(path, options)
    except MarkerFormatError:
        _refuse_if_named_like_cells(path, ())
        raise
    if shaped_table(table, options) is None:
        _refuse_if_named_like_cells(path, ())
        return _unrecognised(table), None
    loaded = load_markers(table, params, options)
    _refuse_if_named_like_cells(path, loaded.frame["gene"].astype(str).unique()[:LOOKED_AT])
    return loaded.findings, loaded


def holds_markers(path: Path) -> bool:
    """Whether a file is a text or workbook of something else than expression values; False where it cannot be
    read.
    """
    try:
        source = find_source(path)
    except InputError:
        return False
    if source.kind == "text":
        return not _holds_expression(source.path)
    return source.kind == "workbook"


def _holds_expression(path: Path) -> bool:
    """Whether a text is a table of expression values; lines of other lengths are none."""
    try:
        return looks_like_expression(read_table(path, _HEAD_ROWS).frame)
    except MarkerFormatError:
        return False


def _refuse_if_named_like_cells(path: Path, genes: Iterable[str]) -> None:
    """A text without genes, in a file named like one of cells, was meant to be cells."""
    if path.suffix.lower() in CELL_SUFFIXES and share_known(genes) < MOST_ARE_GENES:
        raise AnnDataError(
            f"{path.name} is not a {path.suffix.lower()} file.",
            "It holds plain text: it was renamed, or the download saved a web page instead of the file.",
            "Fetch the file again, or export it anew.",
        )


def _unrecognised(table: SourceTable) -> Findings:
    columns = [str(column) or NO_NAME for column in table.frame.columns]
    seen = (
        Finding(
            topic="Table",
            value="The columns are not recognised",
            level="ask",
            remark="Say which column holds the cluster and which the gene.",
        ),
        Finding(
            topic="Size",
            value=f"{len(table.frame):,} rows, {len(columns):,} columns",
            remark=", ".join(columns[:20]),
        ),
    )
    return Findings(
        kind="markers",
        format=table.format,
        found=seen,
        done=table.done,
        questions=(*questions_about(table), *table.questions),
        size_bytes=table.size_bytes,
    )
