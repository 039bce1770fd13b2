"""Delimited text of unknown encoding, delimiter and decimal mark, read into a table of strings."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cassia_core.errors import MarkerFormatError

DELIMITERS = (",", "\t", ";", "|")
MISSING = frozenset({"", "na", "nan", "n/a", "<na>", "null", "none", "#n/a", "-nan"})
_DECIMAL_COMMA = re.compile(r"^[+-]?\d*,\d+([eE][+-]?\d+)?$")
_SAMPLED_LINES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """A table as written: every cell a string, an unnamed column is called ""."""

    frame: pd.DataFrame
    encoding: str
    delimiter: str


def read_bytes(path: Path, limit: int | None = None) -> bytes:
    """Content of a file, unpacked when it is gzipped; at most `limit` bytes."""
    with path.open("rb") as plain:
        packed = plain.read(2) == b"\x1f\x8b"
    try:
        with (gzip.open if packed else open)(path, "rb") as stream:
            return stream.read() if limit is None else stream.read(limit)
    except (EOFError, gzip.BadGzipFile, OSError) as error:
        raise MarkerFormatError(
            f"{path.name} cannot be unpacked.", "The compressed file is damaged or was not copied to its end.",
            "Copy or upload the file again.", details=str(error)) from error


def decode(content: bytes) -> tuple[str, str]:
    """Text of `content` and the name of the encoding it was in."""
    if content.startswith(codecs.BOM_UTF8):
        return content.decode("utf-8-sig", errors="replace"), "UTF-8 with mark"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace"), "UTF-16"
    head = content[:4000]
    if len(head) > 3 and head[1::2].count(0) > 0.4 * len(head[1::2]):
        return content.decode("utf-16-le", errors="replace"), "UTF-16"
    if len(head) > 3 and head[0::2].count(0) > 0.4 * len(head[0::2]):
        return content.decode("utf-16-be", errors="replace"), "UTF-16"
    try:
        return content.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError as error:
        if error.start >= len(content) - 3:
            return content[:error.start].decode("utf-8"), "UTF-8"
    try:
        return content.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        return content.decode("latin-1"), "Latin-1"


def sniff_delimiter(text: str) -> str:
    """The delimiter under which most lines have the same number (above one) of fields."""
    lines = [line for line in text[:400_000].splitlines() if line.strip()][:_SAMPLED_LINES]
    best, best_key = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        if not widths:
            continue
        body = widths[1:] or widths
        typical = max(set(body), key=body.count)
        agreement = body.count(typical) / len(body)
        fits_header = widths[0] in (typical, typical - 1)
        key = (agreement if typical > 1 and fits_header else agreement * 0.3 if typical > 1 else 0.0, typical)
        if (round(key[0], 1), key[1]) > (round(best_key[0], 1), best_key[1]):
            best, best_key = delimiter, key
    if best_key[0] == 0.0 and lines and all(len(line.split()) > 1 for line in lines[:5]):
        return " "
    return best


def read_table(path: Path, max_rows: int | None = None) -> TextTable:
    """Read a delimited file as strings.

    Raises
    ------
    MarkerFormatError
        The file is empty, or its lines do not form a table.
    """
    content = read_bytes(path, None if max_rows is None else 40_000_000)
    text, encoding = decode(content)
    return parse_table(text, path.name, encoding, max_rows)


def parse_table(text: str, name: str, encoding: str = "UTF-8", max_rows: int | None = None) -> TextTable:
    """Read delimited text as strings; comment lines before the header are passed over."""
    text = _without_preamble(text)
    if not text.strip():
        raise MarkerFormatError(f"{name} is empty.", "There is no text in it.", "Choose another file.")
    delimiter = sniff_delimiter(text)
    parsed = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=delimiter == " ")
    try:
        header = next(parsed)
        first = next(parsed, [])
    except csv.Error as error:
        raise _broken(name, error) from error
    if len(first) == len(header) + 1:
        header = ["", *header]
    header = _unique([column.strip() for column in header])
    try:
        frame = pd.read_csv(io.StringIO(text), sep=delimiter, dtype=str, keep_default_na=False, header=None,
                            names=list(range(len(header))), skiprows=_header_lines(text, delimiter),
                            index_col=False, nrows=max_rows, skipinitialspace=delimiter == " ")
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        if isinstance(error, pd.errors.EmptyDataError):
            return TextTable(frame=pd.DataFrame(columns=header, dtype=str), encoding=encoding, delimiter=delimiter)
        raise _broken(name, error) from error
    frame.columns = header
    return TextTable(frame=frame.fillna(""), encoding=encoding, delimiter=delimiter)


def _broken(name: str, error: Exception) -> MarkerFormatError:
    return MarkerFormatError(
        f"{name} does not read as a table.", "Its lines do not have the same number of columns.",
        "Open it in a spreadsheet, check the line named below, and save it as csv.", details=str(error))


def _without_preamble(text: str) -> str:
    lines_seen = 0
    while text and lines_seen < 200:
        line, _, rest = text.partition("\n")
        if line.strip() and not line.startswith(("#", "%", "//")):
            break
        text, lines_seen = rest, lines_seen + 1
    return text


def _header_lines(text: str, delimiter: str) -> int:
    """Number of lines that the header takes (more than one when a quoted name holds a line break)."""
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    next(reader)
    return reader.line_num


def _unique(header: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    names = []
    for column in header:
        count = seen.get(column, 0)
        names.append(column if count == 0 else f"{column}.{count}")
        seen[column] = count + 1
    return names


def to_numbers(column: pd.Series) -> pd.Series:
    """Numbers of a column (missing = NaN), whether written with a point or a comma."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return column.astype(float)
    text = column.astype(str).str.strip()
    commas = text.str.match(_DECIMAL_COMMA)
    if commas.any():
        text = text.where(~commas, text.str.replace(",", ".", regex=False))
    return pd.to_numeric(text.mask(text.str.lower().isin(MISSING)), errors="coerce").astype(float)


def is_numeric(column: pd.Series) -> bool:
    """Whether every value that is present is a number."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return True
    text = column.astype(str).str.strip()
    present = ~text.str.lower().isin(MISSING)
    return bool(present.any()) and bool(to_numbers(column)[present].notna().all())
