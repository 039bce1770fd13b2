"""Lists of genes as code has them: R's lists (as written, by `dput` or as printed) and Python's dictionaries.

They are read as text; nothing is evaluated.
"""

from __future__ import annotations

import ast
import re

_NAME = r"(?:`(?P<back>[^`\n]+)`|\"(?P<double>[^\"\n]+)\"|'(?P<single>[^'\n]+)'|(?P<bare>[A-Za-z.][\w.]*))"
_R_VECTOR = re.compile(_NAME + r"\s*(?:=|<-)\s*c\((?P<genes>[^()]*)\)")
_QUOTED = re.compile(r"[\"']([^\"'\n]+)[\"']")
_PRINTED_NAME = re.compile(r"^\$`?(?P<name>[^`\n]+?)`?\s*$")
_PRINTED_ROW = re.compile(r"^\s*\[\d+\]\s+(?P<genes>.*)$")
_ASSIGNED = re.compile(r"^\s*(?:import [^\n]*\n|from [^\n]*\n|#[^\n]*\n|\s)*[A-Za-z_]\w*\s*=\s*(?=[\[{])")

Lists = list[tuple[str, list[str]]]


def r_lists(text: str) -> Lists:
    """Named vectors of an R list; empty where there is none."""
    written = [
        (next(filter(None, match.group("back", "double", "single", "bare"))), _QUOTED.findall(match["genes"]))
        for match in _R_VECTOR.finditer(text)
    ]
    return [(name, genes) for name, genes in written if genes] or _printed(text.splitlines())


def _printed(lines: list[str]) -> Lists:
    """A list as R prints it: `$name`, and below it rows that begin with a number in brackets."""
    lists: Lists = []
    for line in lines:
        name, row = _PRINTED_NAME.match(line), _PRINTED_ROW.match(line)
        if name:
            lists.append((name["name"], []))
        elif row and lists:
            lists[-1][1].extend(_QUOTED.findall(row["genes"]) or row["genes"].split())
        elif line.strip():
            return []
    return lists


def python_value(text: str) -> object:
    """The dictionary or list that a Python text holds, with or without a name before it; None for others."""
    body = _ASSIGNED.sub("", text, count=1).strip()
    if not body.startswith(("{", "[")):
        return None
    try:
        return ast.literal_eval(body)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None
