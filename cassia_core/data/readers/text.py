"""Delimited text of unknown encoding, delimiter and decimal mark, read into a table of strings."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import unicodedata
import zlib
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd

from cassia_core.errors import MarkerFormatError

DELIMITERS = (",", "\t", ";", "|")
MISSING = frozenset({"", "na", "nan", "n/a", "<na>", "null", "none", "#n/a", "-nan"})
DECIMAL_COMMA = re.compile(r"^[+-]?\d*,\d+([eE][+-]?\d+)?$")
POINT_GROUPS = re.compile(r"^[+-]?[1-9]\d{0,2}(?:(?:\.\d{3})+,\d+|(?:\.\d{3}){2,})$")
"""A number with points between its thousands (1.234,5), as it cannot be read in any other way."""
BLANK_GROUPS = re.compile(r"^[+-]?[1-9]\d{0,2}(?:[ '\u00a0\u2009\u202f]\d{3})+(?:[.,]\d+)?$")
"""A number with blanks or apostrophes between its thousands (1 234,5)."""
COMMA_GROUPS = re.compile(r"^[+-]?[1-9]\d{0,2}(?:,\d{3})+\.\d+$|^[+-]?[1-9]\d{0,2}(?:,\d{3}){2,}$")
"""A number with commas between its thousands (1,234.5), as it cannot be read in any other way."""
_SAMPLED_LINES = 60
_PREAMBLE_LINES = 100
_COMMENT = ("#", "%", "//")
_RULE = re.compile(r"^[\s|:=+-]*[-=]{2,}[\s|:=+-]*$")
_FOOTNOTE = re.compile(
    r"^\s*(\*|†|‡|§|\d?\)|notes?\b|abbreviations?\b|sources?:|legend\b|footnotes?\b|p ?<|p-?val(ue)?s?\b)",
    re.IGNORECASE,
)
_EMPHASIS = re.compile(r"^(\*{1,3}|__|`)(.+)\1$")
_TIMES_TEN = re.compile(r"^([\d.,]+)\s*[×x*·]\s*10\s*\^?\s*\(?([+-]?\d+)\)?$")
_SNIFFED_CHARACTERS = 1_000_000
_ENCODING_BYTES = 1_000_000
CODECS = {
    "UTF-8": "utf-8",
    "UTF-8 with mark": "utf-8-sig",
    "UTF-16": "utf-16",
    "UTF-16 without mark": "utf-16-le",
    "UTF-16 big-endian": "utf-16-be",
    "Shift JIS": "cp932",
    "EUC-KR": "cp949",
    "GB 18030": "gb18030",
    "Windows-1252": "cp1252",
    "Latin-1": "latin-1",
}
_EAST_ASIAN = (
    ("Shift JIS", re.compile(r"[ぁ-ヿ]"), 0.3),
    ("EUC-KR", re.compile(r"[가-힣]"), 0.9),
    ("GB 18030", re.compile(r"[一-鿿　-〿！-～]"), 0.8),
)
"""Encoding, the letters that its language is written with, and the least share of these among its letters."""
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_NOT_IN_1252 = frozenset(b"\x81\x8d\x8f\x90\x9d")
_IN_RUNS = 0.9
csv.field_size_limit(2**31 - 1)  # one line of a wide table is one field to the wrong delimiter


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """A table as written: every cell a string, an unnamed column is called ""."""

    frame: pd.DataFrame
    header: tuple[str, ...]
    """Column names as written, repeated ones included; those of `frame` are made unique."""
    encoding: str
    delimiter: str
    title_rows: int = 0
    """Rows above the header that are a title, remarks not counted; -1 where the header itself is a remark."""


def read_bytes(path: Path, limit: int | None = None) -> bytes:
    """Content of a file, unpacked when it is gzipped; at most `limit` bytes."""
    try:
        with open_bytes(path) as stream:
            return stream.read() if limit is None else stream.read(limit)
    except (EOFError, OSError, zlib.error) as error:
        raise MarkerFormatError(
            f"{path.name} cannot be unpacked.",
            "The compressed file is damaged or was not copied to its end.",
            "Copy or upload the file again.",
            details=str(error),
        ) from error


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file for reading bytes, through gzip when it is gzipped."""
    with path.open("rb") as plain:
        packed = plain.read(2) == b"\x1f\x8b"
    return gzip.open(path) if packed else path.open("rb")  # type: ignore[return-value]


def open_text(path: Path) -> IO[str]:
    """Open a text file of unknown encoding, line by line."""
    _, encoding = decode(read_bytes(path, _ENCODING_BYTES))
    return io.TextIOWrapper(open_bytes(path), encoding=CODECS[encoding], errors="replace", newline="")


def decode(content: bytes) -> tuple[str, str]:
    """Text of `content` and the name of the encoding it was in."""
    if content.startswith(codecs.BOM_UTF8):
        return content.decode("utf-8-sig", errors="replace"), "UTF-8 with mark"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace"), "UTF-16"
    head = content[:4000]
    if len(head) > 3 and head[1::2].count(0) > 0.4 * len(head[1::2]):
        return content.decode("utf-16-le", errors="replace"), "UTF-16 without mark"
    if len(head) > 3 and head[0::2].count(0) > 0.4 * len(head[0::2]):
        return content.decode("utf-16-be", errors="replace"), "UTF-16 big-endian"
    try:
        return content.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError as error:
        if error.start >= len(content) - 3:
            return content[: error.start].decode("utf-8"), "UTF-8"
    if (eastern := _east_asian(content)) is not None:
        return content.decode(CODECS[eastern], errors="replace"), eastern
    try:
        return content.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError:
        return content.decode("latin-1"), "Latin-1"


def _east_asian(content: bytes) -> str | None:
    """The encoding of Japanese, Korean or Chinese text; None where high bytes stand alone, as accents do."""
    sample = content[:_ENCODING_BYTES]
    high = _HIGH_RUN.findall(sample)
    undefined = any(byte in _NOT_IN_1252 for run in high for byte in run)
    if not undefined and sum(len(run) for run in high if len(run) > 1) < _IN_RUNS * sum(map(len, high)):
        return None
    for name, script, least in _EAST_ASIAN:
        try:
            text = codecs.getincrementaldecoder(CODECS[name])().decode(sample)
        except UnicodeDecodeError:
            continue
        foreign = [sign for sign in text if not sign.isascii()]
        if foreign and sum(script.match(sign) is not None for sign in foreign) >= least * len(foreign):
            return name
    return None


def sniff_delimiter(text: str) -> str:
    """The delimiter under which most lines have the same number (above one) of fields."""
    sample = text[:_SNIFFED_CHARACTERS].replace("\r", "\n").replace("\0", "")
    lines = [line for line in sample.split("\n") if line.strip()][: _SAMPLED_LINES + 1]
    if len(lines) > 2:
        lines.pop()  # it may have been cut
    best, best_key = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        if not widths:
            continue
        body = widths[1:] or widths
        typical = max(set(body), key=body.count)
        agreement = body.count(typical) / len(body)
        if widths[0] not in (typical, typical - 1):
            agreement *= 0.3  # a header of another width: most likely no delimiter of this table
        key = (agreement if typical > 1 else 0.0, typical)
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
    if max_rows is not None:
        with open_text(path) as stream:
            text = "".join(islice(stream, max_rows + _PREAMBLE_LINES))
        return parse_table(text, path.name, decode(read_bytes(path, _ENCODING_BYTES))[1], max_rows)
    text, encoding = decode(read_bytes(path))
    return parse_table(text, path.name, encoding)


def parse_table(text: str, name: str, encoding: str = "UTF-8", max_rows: int | None = None) -> TextTable:
    """Read delimited text as strings; comment lines before the header are passed over, short lines filled
    up.
    """
    text, header_is_remark = _without_preamble(text)
    if not text.strip():
        raise MarkerFormatError(f"{name} is empty.", "There is no text in it.", "Choose another file.")
    delimiter = sniff_delimiter(text)
    one_end = text.replace("\r\n", "\n").replace("\r", "\n")  # a lone return ended the lines of old Macs
    lines = csv.reader(io.StringIO(one_end), delimiter=delimiter, skipinitialspace=delimiter == " ")
    try:
        rows = [row for row in islice(lines, None if max_rows is None else max_rows + _PREAMBLE_LINES) if row]
    except csv.Error as error:
        raise _broken(name, str(error)) from error
    if delimiter == "|":
        rows = without_outer_bars(rows)
    skipped = title_rows(rows)
    rows = rows[skipped:]
    header, rows = rows[0], rows[1:] if max_rows is None else rows[1 : max_rows + 1]
    rows = without_notes(rows, header, at_the_end=max_rows is None)
    if rows and all(len(row) == len(header) + 1 for row in rows[:_SAMPLED_LINES]):
        header = ["", *header]
    written = tuple(column.strip() for column in header)
    width = len(written)
    for number, row in enumerate(rows):
        if len(row) > width and any(cell.strip() for cell in row[width:]):
            raise _broken(name, f"Row {number + 1} has {len(row)} columns, the header {width}.")
        if len(row) != width:
            rows[number] = (row + [""] * width)[:width]
    cells = np.array(rows, dtype=object) if rows else np.empty((0, width), dtype=object)
    frame = pd.DataFrame(cells, columns=unique_names(written))
    above = skipped - 1 if header_is_remark else skipped
    return TextTable(frame=frame, header=written, encoding=encoding, delimiter=delimiter, title_rows=above)


def title_rows(rows: list[list[str]]) -> int:
    """How many rows at the top are a title: those with fewer filled cells than the rows below have."""
    widths = [sum(bool(cell.strip()) for cell in row) for row in rows[:_SAMPLED_LINES]]
    if not widths or max(widths) < 2:
        return 0
    typical = max(set(widths), key=widths.count)
    for number, row in enumerate(rows[:_PREAMBLE_LINES]):
        if number >= len(widths):
            break
        if widths[number] >= max(2, typical - 2) or len(row) >= len(rows[-1]) and widths[number] > 1:
            return number
    return 0


def without_outer_bars(rows: list[list[str]]) -> list[list[str]]:
    """Rows of a Markdown table without the empty cells that its outer bars make."""
    inner = [row for row in rows if len(row) > 2]
    if not inner or any(row[0].strip() or row[-1].strip() for row in inner):
        return rows
    return [
        [_EMPHASIS.sub(r"\2", cell.strip()) for cell in (row[1:-1] if len(row) > 2 else row)] for row in rows
    ]


def without_notes(rows: list[list[str]], header: list[str], *, at_the_end: bool = True) -> list[list[str]]:
    """Rows of a table without ruled lines and empty rows, and without the remarks below its last row."""
    table_rows = [
        row
        for row in rows
        if any(map(str.strip, row))
        and (len(header) < 2 or row != header)
        and not all(_RULE.match(cell) for cell in row if cell.strip())
    ]
    while at_the_end and table_rows and _is_footnote(table_rows[-1], len(header)):
        table_rows.pop()
    return table_rows


def _is_footnote(row: list[str], width: int) -> bool:
    """Whether a last row is a remark: words in its first cell, and less filled than a row of the table."""
    filled = [cell for cell in row if cell.strip()]
    if width < 2 or len(filled) >= width or not row[0].strip():
        return False
    if _FOOTNOTE.match(row[0]):
        return True
    return len(filled) == 1 and len(row[0].split()) >= (4 if width > 2 else 8)


def _broken(name: str, details: str) -> MarkerFormatError:
    return MarkerFormatError(
        f"{name} does not read as a table.",
        "Its lines do not have the same number of columns.",
        "Open it in a spreadsheet, check the line named below, and save it as csv.",
        details=details,
    )


def is_comment(line: str) -> bool:
    """Whether a line of text is a remark of the program that wrote it."""
    return line.lstrip('"\ufeff ').startswith(_COMMENT)


def _without_preamble(text: str) -> tuple[str, bool]:
    """Text without blank and comment lines above the table, and whether the last of these was its header,
    which
    is kept without its comment sign.
    """
    lines_seen, remark = 0, ""
    while text and lines_seen < _PREAMBLE_LINES:
        line, _, rest = text.partition("\n")
        if line.strip() and not is_comment(line):
            break
        remark = line if line.strip() else remark
        text, lines_seen = rest, lines_seen + 1
    if _is_header(remark, text.partition("\n")[0]):
        return f"{remark.lstrip('#% ')}\n{text}", True
    return text, False


def _is_header(remark: str, first: str) -> bool:
    """Whether a comment line names the columns of the first line below it, which holds numbers."""
    for delimiter in DELIMITERS:
        names, cells = remark.split(delimiter), first.split(delimiter)
        if 1 < len(names) == len(cells) and any(map(_reads_as_number, cells)):
            return not any(map(_reads_as_number, names))
    return False


def _reads_as_number(cell: str) -> bool:
    try:
        float(cell.strip('" \r'))
    except ValueError:
        return False
    return True


def unique_names(header: tuple[str, ...]) -> list[str]:
    """Column names; a repeated one carries a number behind it."""
    seen: dict[str, int] = {}
    names: list[str] = []
    taken = set(header)
    for column in header:
        name, count = column, seen.get(column, 0)
        while count and name in taken:
            name, count = f"{column}.{count}", count + 1
        seen[column] = max(count, 1)
        taken.add(name)
        names.append(name)
    return names


def without_groups(cell: str) -> str:
    """A number without what stands between its thousands, where there can be no doubt about that."""
    if POINT_GROUPS.match(cell):
        return cell.replace(".", "").replace(",", ".")
    if BLANK_GROUPS.match(cell):
        return re.sub(r"[^\d+.-]", "", cell.replace(",", "."))
    return cell.replace(",", "") if COMMA_GROUPS.match(cell) else cell


def to_numbers(column: pd.Series) -> pd.Series:
    """Numbers of a column (missing = NaN), whether written with a point or a comma, with "<" or "%"."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return column.astype(float)
    text = column.astype(str)
    numbers = pd.to_numeric(text, errors="coerce").astype(float)
    unread = numbers.isna()
    if unread.any():
        numbers[unread] = _odd_numbers(text[unread])
    return numbers


def _odd_numbers(text: pd.Series) -> pd.Series:
    text = text.map(lambda cell: unicodedata.normalize("NFKC", cell)).str.strip().str.rstrip("*† ")
    text = text.str.replace("−", "-", regex=False).str.replace("–", "-", regex=False)
    text = text.str.replace(_TIMES_TEN, r"\1e\2", regex=True)
    text = text.map(without_groups)
    commas = text.str.match(DECIMAL_COMMA)
    text = text.where(~commas, text.str.replace(",", ".", regex=False))
    text = text.str.removesuffix("%").str.lstrip("<≤=~ ").str.strip()
    return pd.to_numeric(text.mask(text.str.lower().isin(MISSING)), errors="coerce").astype(float)


def is_numeric(column: pd.Series) -> bool:
    """Whether every value that is present is a number (and one is present)."""
    numbers = to_numbers(column)
    unread = numbers.isna()
    if unread.all():
        return False
    return bool(column[unread].astype(str).str.strip().str.lower().isin(MISSING).all())
