"""Tables in HTML (as many programs save under the name xls) and in LaTeX."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd

from cassia_core.data.readers.text import decode, read_bytes, unique_names

_MAX_BYTES = 50_000_000
_MIN_ROWS = 3
_TABULAR = re.compile(r"\\begin\{(tabular\w*|longtable|array)\*?\}(?P<body>.*?)\\end\{\1\*?\}", re.DOTALL)
_RULES = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|endhead|endfirsthead|endfoot|cline\{[^}]*\}|cmidrule(?:\([^)]*\))?\{[^}]*\})"
)
_COMMAND = re.compile(r"\\(?:[a-zA-Z]+)\*?\{([^{}]*)\}")
_ESCAPED = re.compile(r"\\([_&%#$])")
_CELL_END = re.compile(r"(?<!\\)&")


def markup_table(path: Path) -> pd.DataFrame | None:
    """The first table of at least three rows and two columns in a text of HTML or LaTeX; None without one."""
    if path.stat().st_size > _MAX_BYTES:
        return None
    text = decode(read_bytes(path))[0]
    if "<table" in text[:1_000_000].lower():
        tables = _html_tables(text)
    elif "\\begin{" in text:
        tables = [_latex_rows(tabular["body"]) for tabular in _TABULAR.finditer(text)]
    else:
        return None
    for rows in tables:
        width = max(map(len, rows), default=0)
        if len(rows) >= _MIN_ROWS and width > 1 and sum(len(row) == width for row in rows) > 0.5 * len(rows):
            header, *body = [row + [""] * (width - len(row)) for row in rows]
            return pd.DataFrame(body, columns=unique_names(tuple(header)), dtype=object)
    return None


class _Tables(HTMLParser):
    """Collects the cells of every table, row by row."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in ("table", "tr", "td", "th"):
            self._close()
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables and self.tables[-1]:
            self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append(", ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self._close()

    def _close(self) -> None:
        """End the open cell; HTML may leave its end out."""
        if self._cell is not None:
            self.tables[-1][-1].append(" ".join("".join(self._cell).split()))
            self._cell = None

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)


def _html_tables(text: str) -> list[list[list[str]]]:
    parser = _Tables()
    parser.feed(text)
    return [[row for row in table if row] for table in parser.tables]


def _latex_rows(body: str) -> list[list[str]]:
    body = _RULES.sub("", body.replace("\\newline", ", "))
    if body.lstrip().startswith("{"):  # the columns' alignment
        body = body.lstrip().split("\n", 1)[-1] if "}\n" in body[:200] else body[body.index("}") + 1 :]
    lines = [line for line in re.split(r"\\\\(?:\[[^\]]*\])?", body) if line.strip()]
    return [[_plain_text(cell) for cell in _CELL_END.split(line)] for line in lines]


def _plain_text(cell: str) -> str:
    """The text of a cell without commands, such as `\\textit{CD3D}`."""
    before = ""
    while before != cell:
        before, cell = cell, _COMMAND.sub(r"\1", cell)
    return _ESCAPED.sub(r"\1", cell).replace("$", "").replace("~", " ").strip()
