"""How far several tables of the same clusters agree, joined by cluster id: a row per cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from glob import glob
from pathlib import Path

import pandas as pd

from cassia_core.data.tables.marker_tables import load_markers
from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.config import DatasetSpec, MarkerParams, ReadOptions, TableColumns, check
from cassia_core.domain.opinions.opinion import Consensus, OpinionAnswer
from cassia_core.errors import InputError
from cassia_core.knowledge.naming.consensus import consensus_of_answers, most_frequent_label
from cassia_core.knowledge.naming.identity import identify
from cassia_core.report.html.plain_page import write_table_page
from cassia_core.report.tables.dataset_tables import summary_table
from cassia_core.report.tables.safe_tables import write_csv
from cassia_core.services.intake.labels_onto_cells import read_table

_TITLE = "Agreement of repeated answers"
CLUSTER_NAMES = ("Cluster ID", "True Cell Type", "cluster")
GENERAL_NAMES = ("Predicted General Cell Type", "Predicted Main Cell Type", "main_cell_type")
SUB_NAMES = ("Predicted Detailed Cell Type", "Predicted Sub Cell Types", "sub_cell_type")
MIXED_NAMES = ("Possible Mixed Cell Types",)
NOT_ANSWERS = ("", "failed", "nan", "none", "n/a", "error")
"""What tables hold in place of an answer, in small letters: these are missing, never votes."""


def tables_matching(file_pattern: str) -> tuple[Path, ...]:
    """The tables that a pattern names, in the order of their names; "{i}" stands for any number.

    Raises
    ------
    InputError
        When there is none.
    """
    paths = sorted(Path(path) for path in glob(file_pattern.replace("{i}", "*")))
    if not paths:
        raise InputError(
            f"No table fits {file_pattern}.",
            "The pattern is that of file names, with * for what differs.",
            "Give the pattern of the tables that were written, such as results_*_summary.csv.",
        )
    return tuple(paths)


def agreement_table(
    tables: Sequence[pd.DataFrame],
    *,
    clusters: Sequence[str] = (),
    main_weight: float = 0.5,
    sub_weight: float = 0.5,
) -> pd.DataFrame:
    """A row per cluster of any table, and of `clusters`, with what the answers agree on.

    Columns: `Cluster ID`, most frequent `General Cell Type`, `Sub Cell Type` and `Possible Mixed Cell Types`
    with Cell Ontology ids, `Similarity Score` (0 to 1, the original's weights), `Consensus Cell Type`,
    `Consensus Score` (0 to 100), `CS Score` (the smaller of similarity and consensus / 100), `Votes`,
    `Answers`, `Missing`, and every answer as `Result 1` and so on.
    """
    for name, value in (("main_weight", main_weight), ("sub_weight", sub_weight)):
        check(0 <= value <= 1, name, value, "a number from 0 to 1")
    read = [_answers(table) for table in tables]
    ids = dict.fromkeys([*clusters, *(cluster for answers in read for cluster in answers)])
    rows = [
        _row(cluster, [answers.get(cluster) for answers in read], main_weight, sub_weight) for cluster in ids
    ]
    return pd.DataFrame(rows, dtype=object)


def write_agreement(
    file_pattern: str,
    output: Path,
    *,
    clusters: Sequence[str] = (),
    main_weight: float = 0.5,
    sub_weight: float = 0.5,
    report: Path | None = None,
) -> pd.DataFrame:
    """Read the tables that fit a pattern, and write what they agree on as a CSV file and, if `report` names
    one, as a page. Returns the table. Raises as `tables_matching` and `agreement_table`.
    """
    tables = [read_table(path) for path in tables_matching(file_pattern)]
    agreement = agreement_table(tables, clusters=clusters, main_weight=main_weight, sub_weight=sub_weight)
    write_csv(output, agreement)
    if report is not None:
        write_page(report, agreement)
    return agreement


def agreement_of_rows(
    repetitions: Sequence[Sequence[ClusterResult]], *, main_weight: float = 0.5, sub_weight: float = 0.5
) -> pd.DataFrame:
    """The same for results in memory, one sequence for each repetition."""
    spec = DatasetSpec(name="repeats", path="")
    tables = [summary_table(rows, spec) for rows in repetitions]
    return agreement_table(tables, main_weight=main_weight, sub_weight=sub_weight)


def clusters_of(source: Path, cluster_column: str | None) -> tuple[str, ...]:
    """Ids of the clusters of a marker table, in its order."""
    columns = TableColumns(cluster=cluster_column) if cluster_column else None
    return load_markers(source, MarkerParams(), ReadOptions(columns=columns)).table.ids()


def write_page(path: Path, table: pd.DataFrame) -> None:
    """A page of such a table."""
    write_table_page(path, _TITLE, table)


def _answers(table: pd.DataFrame) -> Mapping[str, OpinionAnswer]:
    """The answer of each cluster of a table of this program or of the original, by cluster id."""
    cluster, general = column_of(table, CLUSTER_NAMES), column_of(table, GENERAL_NAMES)
    sub = next((name for name in SUB_NAMES if name in table), None)
    mixed = next((name for name in MIXED_NAMES if name in table), None)
    ids = table[cluster].astype(str)
    if not ids.is_unique:
        raise InputError(
            "A cluster stands in one table more than once.",
            f"They are: {', '.join(ids[ids.duplicated()].unique()[:8])}.",
            "Give one table for each repetition.",
        )
    return {
        str(row[cluster]): _answer(
            _text(row[general]), listed_types(row.get(sub)), listed_types(row.get(mixed))
        )
        for _, row in table.iterrows()
    }


def column_of(table: pd.DataFrame, names: Sequence[str]) -> str:
    """The first of some names that is a column of a table.

    Raises
    ------
    InputError
        When none is.
    """
    column = next((name for name in names if name in table), None)
    if column is None:
        raise InputError(
            f"The table has no column {names[0]}.",
            f"Columns: {', '.join(map(str, table.columns))}.",
            "Give a table that this program or the original wrote.",
        )
    return column


def _answer(general: str, subs: tuple[str, ...], mixed: tuple[str, ...]) -> OpinionAnswer:
    if general.lower() in NOT_ANSWERS:
        return OpinionAnswer(status="missing")
    return OpinionAnswer(general=general, subtypes=subs, mixed=mixed)


def _text(value: object) -> str:
    return "" if value is None or value != value else str(value).strip()


def listed_types(value: object) -> tuple[str, ...]:
    """Types listed in one cell: names of types hold commas themselves ("CD4-positive, alpha-beta T cell")."""
    text = _text(value).strip("[]")
    parts = [part.strip().strip("'\"") for part in text.split(",")]
    types: list[str] = []
    for part in parts:
        joined = f"{types[-1]}, {part}" if types else ""
        if joined and identify(joined) is not None and not _nearest(joined):
            types[-1] = joined
        elif part and part.lower() not in NOT_ANSWERS:
            types.append(part)
    return tuple(types)


def _nearest(label: str) -> bool:
    term = identify(label)
    return term is None or term.nearest


def _row(
    cluster: str, answers: Sequence[OpinionAnswer | None], main_weight: float, sub_weight: float
) -> dict[str, object]:
    every = [answer or OpinionAnswer(status="missing") for answer in answers]
    came = [answer for answer in every if answer.status == "answered"]
    consensus = consensus_of_answers(every, main_weight=main_weight, sub_weight=sub_weight)
    general = most_frequent_label([a.general for a in came])
    sub = most_frequent_label([a.subtypes[0] for a in came if a.subtypes])
    return {
        "Cluster ID": cluster,
        "General Cell Type": general,
        "Sub Cell Type": sub,
        "Possible Mixed Cell Types": most_frequent_label([", ".join(a.mixed) for a in came if a.mixed]),
        "General CL ID": _cl_id(general),
        "Sub CL ID": _cl_id(sub),
        "Similarity Score": consensus.similarity,
        "Consensus Cell Type": consensus.label,
        "Consensus CL ID": consensus.cl_id,
        "Consensus Score": None if consensus.share is None else round(100 * consensus.share, 1),
        "CS Score": _cs_score(consensus),
        "Votes": consensus.votes,
        "Answers": consensus.answered,
        "Missing": consensus.asked - consensus.answered,
        **{f"Result {number}": _said(answer) for number, answer in enumerate(every, start=1)},
    }


def _cs_score(consensus: Consensus) -> float | None:
    """The smaller of similarity and consensus, as the paper defines it; None where either is unknown."""
    if consensus.similarity is None or consensus.share is None:
        return None
    return min(consensus.similarity, consensus.share)


def _cl_id(label: str) -> str:
    term = identify(label) if label else None
    return term.cl_id if term else ""


def _said(answer: OpinionAnswer) -> str:
    return " | ".join((answer.general, *answer.subtypes)) if answer.status == "answered" else ""
