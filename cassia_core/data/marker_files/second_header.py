"""Headers of two rows: clusters above, their statistics below."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from cassia_core.data.readers.text import is_numeric
from cassia_core.data.tables.table_columns import ROLES, plain

_REPEATED = re.compile(r"\.\d+$")
_MIN_STATISTICS = 0.5
_WORDS = frozenset(name for names in ROLES.values() for name in names)


def with_one_header(frame: pd.DataFrame) -> pd.DataFrame:
    """The table under one header row, where its first row continues the header; else as it is.

    A cell of the upper row counts for the empty ones to its right, as in merged cells.
    """
    if len(frame) < 2 or frame.shape[1] < 3:
        return frame
    below = [str(cell).strip() for cell in frame.iloc[0]]
    named = [plain(cell) for cell in below if cell]
    if len(named) < 3 or len(set(named)) == len(named):
        return frame
    if sum(name in _WORDS for name in named) < _MIN_STATISTICS * len(named):
        return frame
    rest = frame.iloc[1:].reset_index(drop=True)
    if not any(is_numeric(rest[column]) for column in rest.columns):
        return frame
    above = _filled([_written(str(column)) for column in frame.columns])
    joined = [
        f"{top} {name}".strip() if top and name else top or name
        for top, name in zip(above, below, strict=True)
    ]
    if len(set(joined)) < len(joined):
        return frame
    rest.columns = pd.Index(joined)
    names_of_rows = [not any(map(str.strip, row[1:])) for row in rest.head(1).astype(str).to_numpy()]
    return rest.iloc[1:].reset_index(drop=True) if np.any(names_of_rows) else rest


def _written(column: str) -> str:
    """A header as the file has it: the number that tells repeated ones apart is taken off."""
    return _REPEATED.sub("", column)


def _filled(cells: list[str]) -> list[str]:
    filled: list[str] = []
    for cell in cells:
        filled.append(cell if cell or not filled else filled[-1])
    return filled
