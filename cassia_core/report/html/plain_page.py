"""A table as one HTML file that needs nothing else."""

from __future__ import annotations

from html import escape
from pathlib import Path

import pandas as pd

from cassia_core.runs.codec import write_text

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:90rem;padding:0 1rem;"
    "color-scheme:light dark}"
    "div{overflow-x:auto}table{border-collapse:collapse}th,td{padding:.35rem .7rem;text-align:left;"
    "border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent);vertical-align:top}"
    "th{white-space:nowrap}"
)


def write_table_page(path: Path, title: str, table: pd.DataFrame, note: str = "") -> None:
    """Write a title and a table; every text is shown as it is, never read as HTML."""
    head = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in table.columns)
    rows = "".join(
        f"<tr>{''.join(f'<td><bdi>{escape(_shown(value))}</bdi></td>' for value in row)}</tr>"
        for row in table.itertuples(index=False, name=None)
    )
    write_text(
        path,
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>"
        f"{f'<p>{escape(note)}</p>' if note else ''}"
        f'<div tabindex="0"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        "</body></html>",
    )


def _shown(value: object) -> str:
    if value is None or value != value:
        return ""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
