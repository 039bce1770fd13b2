"""Comparisons and closer looks as files to take home."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from cassia_core.domain.opinions.comparison import Comparison
from cassia_core.domain.opinions.opinion import Opinion
from cassia_core.report.html.closer_look_page import raw_conversation, write_closer_look
from cassia_core.report.html.comparison_page import comparison_page, comparison_table, verdict_in_words
from cassia_core.report.tables.safe_tables import csv_bytes, write_csv
from cassia_core.runs.codec import write_text
from cassia_core.services.opinions import opinions

__all__ = [
    "comparison_csv",
    "comparison_html",
    "verdict_in_words",
    "write_closer_look_files",
    "write_comparison_files",
]


def comparison_csv(comparison: Comparison, tissue: str, species: str) -> bytes:
    """A row for each model and round, as a CSV file."""
    return csv_bytes(comparison_table(comparison, tissue, species))


def comparison_html(comparison: Comparison) -> str:
    """The comparison as one HTML file that needs nothing else."""
    return comparison_page(f"Candidates compared: {', '.join(comparison.candidates)}", comparison)


def write_comparison_files(
    comparison: Comparison, stem: Path, *, tissue: str, species: str, html: bool
) -> tuple[pd.DataFrame, Path, Path | None]:
    """Write `STEM.csv` and, if wanted, `STEM.html`; gives the table and both paths."""
    table = comparison_table(comparison, tissue, species)
    csv, page = stem.with_name(f"{stem.name}.csv"), stem.with_name(f"{stem.name}.html")
    write_csv(csv, table)
    if html:
        write_text(page, comparison_html(comparison))
    return table, csv, page if html else None


def write_closer_look_files(
    run_id: str, dataset: str, opinion: Opinion, stem: Path, root: Path | None = None
) -> tuple[Path, Path]:
    """Write `STEM_summary.html` and `STEM_raw_conversation.txt`; gives both paths."""
    page, text = (stem.with_name(stem.name + end) for end in ("_summary.html", "_raw_conversation.txt"))
    turns = opinions.conversation_of(run_id, dataset, opinion, root)
    if opinion.closer_look is not None:
        title = f"Cluster {', '.join(opinion.clusters)}, looked at more closely"
        write_closer_look(page, title, opinion.closer_look, turns)
    write_text(text, raw_conversation(turns))
    return page, text
