"""Score and group the labels of a table that stands alone: of this program, or of the original."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from cassia_core.data.tables.gene_lists import split_genes
from cassia_core.domain.annotation import Proposal
from cassia_core.domain.config import AnnotationParams, check
from cassia_core.domain.tasks import Setting
from cassia_core.pipeline.opinions.table_work import LabelledRow, merge_rows, score_rows
from cassia_core.report.html.plain_page import write_table_page
from cassia_core.report.tables.safe_tables import write_csv
from cassia_core.services.intake.labels_onto_cells import read_table
from cassia_core.services.opinions.similarity_tables import (
    CLUSTER_NAMES,
    GENERAL_NAMES,
    NOT_ANSWERS,
    SUB_NAMES,
    column_of,
    listed_types,
)

SCORE, REASONING = "Score", "Scoring_Reasoning"
GROUPINGS = {"broad": 1, "detailed": 2, "very_detailed": 3}
"""Levels of detail, by the original's words, and the number of the column that holds each."""
_GENE_NAMES = ("Marker List", "marker_genes", "Markers", "key_markers")


def scored_table(
    source: Path, target: Path, params: AnnotationParams, keys: Mapping[str, str], *, report: Path | None
) -> pd.DataFrame:
    """Write the table of `source` with the columns `Score` (0 to 100) and `Scoring_Reasoning` to `target`.

    A label without a score has an empty one, and the reason why in `Scoring_Reasoning`. `report` names a page
    to write, if any. Raises `InputError` when the table lacks a column that is needed.
    """
    table = read_table(source)
    scores, _ = score_rows(_rows(table), _setting(table), params, keys)
    scored = table.copy()
    scored[SCORE] = [item.score.value if item.score else None for item in scores]
    scored[REASONING] = [item.score.reasoning if item.score else item.reason for item in scores]
    write_csv(target, scored)
    if report is not None:
        write_report_of(scored, report)
    return scored


def write_report_of(table: pd.DataFrame, report: Path) -> None:
    """A page with the scores of a table, without its conversations."""
    shown = [name for name in table.columns if name != "Conversation History"]
    write_table_page(report, "Scores of the labels", table[shown])


def merged_table(
    source: Path,
    target: Path | None,
    params: AnnotationParams,
    keys: Mapping[str, str],
    *,
    levels: tuple[str, ...],
    batch_size: int = 20,
    note: str = "",
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table of `source` with `Merged_Grouping_1` (broad) to `_3` (very detailed), as far as `levels` asks
    for them, joined by cluster id; written to `target` if given. And what a person should know.
    """
    for level in levels:
        check(level in GROUPINGS, "detail_level", level, ", ".join(GROUPINGS))
    check(batch_size >= 1, "batch_size", batch_size, "a whole number from 1")
    table = read_table(source)
    rows = _rows(table)
    merged, notices = merge_rows(rows, _setting(table), params, keys, batch_size=batch_size, note=note)
    for level in levels:
        number = GROUPINGS[level]
        groups = {cluster: getattr(groupings, f"grouping_{number}") for cluster, groupings in merged.items()}
        table[f"Merged_Grouping_{number}"] = [groups.get(row.cluster, "") for row in rows]
    if target is not None:
        write_csv(target, table)
    return table, notices


def _rows(table: pd.DataFrame) -> tuple[LabelledRow, ...]:
    cluster = column_of(table, CLUSTER_NAMES)
    general = column_of(table, (*GENERAL_NAMES, "celltype_1"))
    sub = next((name for name in SUB_NAMES if name in table), None)
    genes = next((name for name in _GENE_NAMES if name in table), None)
    return tuple(
        LabelledRow(
            cluster=str(row[cluster]),
            proposal=_proposal(row[general], row[sub] if sub else ""),
            genes=tuple(split_genes(str(row[genes]))) if genes and isinstance(row[genes], str) else (),
        )
        for _, row in table.iterrows()
    )


def _proposal(general: object, sub: object) -> Proposal | None:
    if not isinstance(general, str) or general.strip().lower() in NOT_ANSWERS:
        return None
    return Proposal(general=general.strip(), subtypes=listed_types(sub))


def _setting(table: pd.DataFrame) -> Setting:
    """Species and tissue where the table says them."""
    species, tissue = (_only(table, name) for name in ("Species", "Tissue"))
    return Setting(species=species.lower() or "human", tissue="" if tissue.lower() == "unknown" else tissue)


def _only(table: pd.DataFrame, name: str) -> str:
    values: list[str] = table[name].dropna().astype(str).unique().tolist() if name in table else []
    return str(values[0]) if len(values) == 1 else ""
