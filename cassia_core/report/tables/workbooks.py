"""Workbooks for Excel, written row by row.

pandas would build every cell as an object with a style, which is a good part of the time that a dataset of a
marker table takes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.worksheet._write_only import WriteOnlyWorksheet


def save_workbook(path: Path, sheets: Mapping[str, pd.DataFrame]) -> None:
    """Write tables, whose texts are safe already, as the sheets of a workbook."""
    book = Workbook(write_only=True)
    for name, frame in sheets.items():
        _append(book.create_sheet(name[:31]), frame)
    book.save(path)


def _append(sheet: WriteOnlyWorksheet, frame: pd.DataFrame) -> None:
    sheet.freeze_panes = "A2"
    head = [WriteOnlyCell(sheet, value=str(name)) for name in frame.columns]
    for cell in head:
        cell.font = Font(bold=True)
    sheet.append(head)
    for row in frame.astype(object).itertuples(index=False, name=None):
        sheet.append([_cell(value) for value in row])


def _cell(value: object) -> object:
    """What a workbook can hold of a value: nothing for a missing one, words for one that is no number."""
    if isinstance(value, str):
        return value
    if value is None or value is pd.NA or value != value:
        return None
    if isinstance(value, bool | int | np.integer | np.bool_):
        return value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else str(value)
    return str(value)
