"""Where a marker table is read from: delimited text, a workbook, a DataFrame."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cassia_core.data.marker_files.json_markers import json_table
from cassia_core.data.marker_files.marker_folder import ClusterFile, cluster_files, name_of_file, stacked
from cassia_core.data.marker_files.markup_tables import markup_table
from cassia_core.data.marker_files.running_text import refuse_running_text
from cassia_core.data.marker_files.second_header import with_one_header
from cassia_core.data.marker_files.written_lists import written_lists
from cassia_core.data.readers.count_list import is_count_list
from cassia_core.data.readers.dense_table import is_dense_table
from cassia_core.data.readers.read_cells import find_source
from cassia_core.data.readers.text import read_table, title_rows, unique_names, without_notes
from cassia_core.data.tables.put_right import put_right
from cassia_core.data.tables.table_shapes import ShapedTable, has_test_statistics, shape_of
from cassia_core.domain.config import ReadOptions
from cassia_core.domain.findings import Question
from cassia_core.errors import MarkerFormatError

_DELIMITER_WORDS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", " ": "blanks"}
_FILE = "file"
MAX_WORKBOOK_BYTES = 200_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTable:
    """A table as it was found, before its shape is known (`shaped` is set where sheets were stacked)."""

    name: str
    format: str
    frame: pd.DataFrame
    shaped: ShapedTable | None = None
    remark: str = ""
    done: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    size_bytes: int = 0
    cluster: str = ""
    """Name of the one cluster of a table without a column of clusters; "" where it cannot be told."""


def looks_like_expression(frame: pd.DataFrame) -> bool:
    """Whether it is a matrix of cells and genes rather than a table of tests."""
    return is_count_list(frame) or (is_dense_table(frame) and not has_test_statistics(frame))


def read_source(source: Path | str | pd.DataFrame, options: ReadOptions = ReadOptions()) -> SourceTable:
    """The table as strings (files) or as it is (DataFrame).

    Raises
    ------
    MarkerFormatError
        Empty, damaged, or without rows.
    """
    if isinstance(source, pd.DataFrame):
        table = _from_frame(source)
    else:
        path = Path(source)
        if (of_files := _from_files(path, options)) is not None:
            return of_files
        source_of_cells = find_source(path)
        if source_of_cells.kind not in ("text", "workbook"):
            raise MarkerFormatError(
                f"{path.name} is not a marker table.", "It holds cells.", "Open it as a cell file."
            )
        table = (
            _from_workbook(source_of_cells.path, options)
            if source_of_cells.kind == "workbook"
            else _from_text(source_of_cells.path)
        )
        table = replace(table, done=(*source_of_cells.done, *table.done))
        if source_of_cells.made_from:
            table = replace(table, remark=source_of_cells.made_from)
    changed = put_right(table.frame)
    table = replace(table, frame=changed.frame, done=(*table.done, *changed.done))
    if table.frame.shape[1] and not len(table.frame) and table.shaped is None:
        raise MarkerFormatError(
            f"{table.name} has column names and no rows.",
            "No marker gene is listed in it.",
            "Run the marker test again with lower limits, or choose another table.",
            details="Columns: " + " | ".join(map(str, table.frame.columns)),
        )
    return table


def _from_files(path: Path, options: ReadOptions) -> SourceTable | None:
    """A folder or archive with a file for every cluster, put together; None where it is none such."""
    files = cluster_files(path)
    if not files:
        return None

    def read(file: ClusterFile) -> pd.DataFrame | None:
        table = read_source(file.path, options)
        shaped = table.shaped or shape_of(table.frame, options.columns, file.cluster)
        return None if shaped is None else shaped.frame.assign(**{_FILE: file.cluster})

    frame = stacked(files, read)
    if frame is None:
        return None
    n_clusters = frame.groupby(_FILE)["cluster"].nunique()
    if (n_clusters > 1).any():  # whole tables of their own: not to be put together
        return None
    frame = frame.assign(cluster=frame[_FILE]).drop(columns=[_FILE])
    return SourceTable(
        name=path.name,
        format="A file per cluster",
        frame=frame,
        done=(f"{len(files)} files were put together; a file's name is the name of its cluster.",),
        size_bytes=sum(file.path.stat().st_size for file in files),
        shaped=ShapedTable(shape="table", title="A file of markers per cluster", frame=frame),
    )


def _from_frame(frame: pd.DataFrame) -> SourceTable:
    named = frame
    default_index = isinstance(frame.index, pd.RangeIndex) or pd.api.types.is_integer_dtype(frame.index)
    if not default_index:
        named = frame.reset_index(names=[""] if "" not in frame.columns else None)
    named = named.set_axis([str(column) for column in named.columns], axis=1)
    if frame.shape[1] == 0 or not len(frame):
        raise MarkerFormatError(
            "The table is empty.", "It has no rows or no columns.", "Give a table with markers."
        )
    return SourceTable(
        name="The table",
        format="Table in memory",
        frame=named,
        size_bytes=int(frame.memory_usage(deep=True).sum()),
    )


def _from_text(path: Path) -> SourceTable:
    base = SourceTable(
        name=path.name,
        format="JSON",
        frame=pd.DataFrame(),
        size_bytes=path.stat().st_size,
        cluster=name_of_file(path),
    )
    if (records := json_table(path)) is not None:
        return replace(base, frame=records)
    if (lists := written_lists(path)) is not None:
        frame, kind = lists
        return replace(base, format=kind, frame=frame)
    if (marked_up := markup_table(path)) is not None:
        return replace(base, format="Table in HTML or LaTeX", frame=with_one_header(marked_up))
    refuse_running_text(path)
    parsed = read_table(path)
    words = _DELIMITER_WORDS[parsed.delimiter]
    return replace(
        base,
        format="Text table",
        frame=with_one_header(parsed.frame),
        remark=f"columns set apart by {words}, {parsed.encoding}",
    )


def _from_workbook(path: Path, options: ReadOptions) -> SourceTable:
    sheets = read_sheets(path)
    chosen = options.columns.sheet if options.columns else None
    base = SourceTable(
        name=path.name,
        format="Excel workbook",
        frame=pd.DataFrame(),
        size_bytes=path.stat().st_size,
        cluster=name_of_file(path) if len(sheets) == 1 else "",
    )
    filled = {name: frame for name, frame in sheets.items() if len(frame)}
    if chosen is not None and chosen in sheets:
        return replace(base, frame=sheets[chosen], remark=f"sheet {chosen}")
    if not filled:
        return replace(base, frame=next(iter(sheets.values()), pd.DataFrame()))
    shaped = {name: shape_of(frame, options.columns, base.cluster) for name, frame in filled.items()}
    known = [name for name, shape in shaped.items() if shape is not None and shape.shape != "names_wide"]
    if not known and (stacked := _stacked(filled)) is not None:
        return replace(
            base,
            frame=next(iter(filled.values())),
            shaped=stacked,
            remark=f"{len(filled)} sheets, one per cluster",
            done=(f"{len(filled)} sheets were put together; a sheet's name is the name of its cluster.",),
        )
    known = known or [name for name, shape in shaped.items() if shape is not None] or list(filled)
    question = (
        ()
        if len(known) == 1
        else (
            Question(
                option="columns.sheet",
                text="Which sheet holds the markers?",
                choices=tuple(known),
                suggested=known[0],
            ),
        )
    )
    return replace(base, frame=filled[known[0]], remark=f"sheet {known[0]}", questions=question)


def _stacked(sheets: dict[str, pd.DataFrame]) -> ShapedTable | None:
    """Sheets that each list the genes of one cluster, as one table; None when one of them does not."""
    parts = []
    for name, frame in sheets.items():
        part = shape_of(frame.assign(**{"cluster": name}) if "cluster" not in frame.columns else frame)
        if part is None or part.shape == "simple":
            return None
        parts.append(part)
    if len(parts) < 2:
        return None
    return replace(parts[0], frame=pd.concat([part.frame for part in parts], ignore_index=True))


def read_sheets(path: Path) -> dict[str, pd.DataFrame]:
    """Every sheet of a workbook as strings.

    Raises
    ------
    MarkerFormatError
        The file is not a workbook, is damaged, or unpacks to more than the stated limit.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            unpacked = sum(item.file_size for item in packed.infolist())
            members = packed.namelist()
        if unpacked > MAX_WORKBOOK_BYTES:
            raise MarkerFormatError(
                f"{path.name} is too large for a workbook.",
                f"It unpacks to {unpacked / 1e6:,.0f} MB; the limit is {MAX_WORKBOOK_BYTES / 1e6:,.0f} MB.",
                "Save the sheet as csv and open that.",
            )
        if "xl/workbook.xml" not in members:
            raise MarkerFormatError(
                f"{path.name} is not an Excel workbook.",
                "It is an archive of another kind.",
                "Open the table itself, as csv or xlsx.",
            )
        sheets = pd.read_excel(
            path, sheet_name=None, header=None, dtype=object, keep_default_na=False, engine="openpyxl"
        )
    except MarkerFormatError:
        raise
    except Exception as error:  # openpyxl raises whatever the damage leads to
        raise MarkerFormatError(
            f"{path.name} cannot be opened as a workbook.",
            "The file is damaged.",
            "Save it again from the spreadsheet, or as csv.",
            details=str(error),
        ) from error
    return {str(name): _as_strings(frame) for name, frame in sheets.items()}


def _as_strings(sheet: pd.DataFrame) -> pd.DataFrame:
    """Cells as text below the header, which is looked for under titles and remarks at the top."""
    rows = sheet.map(_cell_text).to_numpy(dtype=object).tolist()
    rows = rows[title_rows(rows) :]
    if not rows:
        return pd.DataFrame()
    columns = unique_names(tuple(str(cell).strip() for cell in rows[0]))
    body = without_notes(rows[1:], rows[0])
    frame = pd.DataFrame(np.array(body, dtype=object).reshape(-1, len(columns)), columns=columns)
    return with_one_header(frame)


def _cell_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, pd.Timestamp) or hasattr(value, "strftime"):
        return f"{value.day}-{value.strftime('%b')}"  # type: ignore[attr-defined]  # Excel shows dates like this
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
