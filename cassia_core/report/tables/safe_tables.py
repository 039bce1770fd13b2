"""Tables that open in Excel without running anything, written whole or not at all."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pandas as pd

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def guard(value: object) -> object:
    """Text that a spreadsheet would take for a formula gets a quote in front; everything else stays.

    Source: OWASP, "CSV Injection". Numbers, also written as text ("-1", "+2.5e3"), are no formulas.
    """
    if not isinstance(value, str):
        return value
    bare = value.lstrip(
        "'"
    )  # a text that has such quotes of its own gets one more, so that every text comes back
    return "'" + value if bare.startswith(_DANGEROUS) and not _is_number(bare) else value


def unguard(value: object) -> object:
    """The text that `guard` was given."""
    if isinstance(value, str) and value.startswith("'") and guard(value[1:]) == value:
        return value[1:]
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text == text.strip()


def guarded(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy of `frame` with every text guarded, column names included."""
    safe = frame.copy()
    for name in safe.select_dtypes(include=["object", "string", "category"]).columns:
        whole = [
            guard(value) for value in safe[name]
        ]  # pandas would turn whole numbers beside a missing one into 7.0
        safe[name] = pd.Series(whole, index=safe.index, dtype=object)
    return safe.rename(columns=guard)


def write_csv(path: Path, frame: pd.DataFrame) -> None:
    """Write a guarded CSV file (UTF-8)."""
    part = _part(path)
    guarded(frame).to_csv(part, index=False, errors="backslashreplace")
    os.replace(part, path)


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """A guarded CSV file in memory (UTF-8)."""
    return guarded(frame).to_csv(index=False).encode("utf-8", "backslashreplace")


def write_xlsx(path: Path, sheets: dict[str, pd.DataFrame]) -> None:
    """Write guarded tables as the sheets of one workbook."""
    from cassia_core.report.tables.workbooks import save_workbook  # loads openpyxl, which CSV files need not

    part = _part(path).with_suffix(".part.xlsx")
    save_workbook(part, {name: guarded(frame).map(_printable) for name, frame in sheets.items()})
    os.replace(part, path)


def _printable(value: object) -> object:
    """Excel files cannot hold control characters or halves of characters: they become the sign for
    "unreadable".
    """
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", value) if isinstance(value, str) else value


def _part(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{path.name}.part")
