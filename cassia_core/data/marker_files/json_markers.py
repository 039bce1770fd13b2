"""Marker genes as JSON: lists by cluster, records, or tables as pandas and R write them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd

from cassia_core.data.marker_files.code_lists import python_value
from cassia_core.data.readers.text import decode, read_bytes
from cassia_core.data.tables.gene_lists import split_genes
from cassia_core.errors import MarkerFormatError

_PYTHON = re.compile(rb"^\s*[A-Za-z_]\w*\s*=\s*[\[{]", re.MULTILINE)
_OUTER_NAMES = (
    "cluster",
    "cluster_name",
    "cell_type",
    "celltype",
    "name",
    "label",
    "cluster_id",
    "group",
    "id",
)
_STARTS = (b"{", b"[")
_LISTS = ("genes", "markers", "marker_genes", "gene_list", "names", "positive", "up")


def json_table(path: Path) -> pd.DataFrame | None:
    """The table that a JSON file holds; None when the file is no JSON.

    Raises
    ------
    MarkerFormatError
        It is JSON of another make.
    """
    start = read_bytes(path, 2000)
    if not start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(_STARTS) and not _PYTHON.search(start):
        return None
    text = decode(read_bytes(path))[0]
    try:
        content = json.loads(text)
    except json.JSONDecodeError:
        content = _lines(text) or python_value(text)
    if content is None:
        return None
    table = _table(content)
    if table is None or table.empty:
        raise MarkerFormatError(
            f"{path.name} is JSON of a kind that we do not know.",
            "It holds neither gene names for each cluster nor records of markers.",
            "Save the markers as csv.",
        )
    return table.map(_text)


def _lines(text: str) -> list[object] | None:
    """Records, one JSON object in each line."""
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        records = [json.loads(line) for line in lines]
    except json.JSONDecodeError:
        return None
    return records if len(records) > 1 else None


def _table(content: object) -> pd.DataFrame | None:
    if isinstance(content, list):
        return _of_records(content)
    if not isinstance(content, dict) or not content:
        return None
    values = list(content.values())
    if {"columns", "data"} <= content.keys() and isinstance(content["data"], list):
        return pd.DataFrame(content["data"], columns=content["columns"])
    if {"schema", "data"} <= content.keys() and isinstance(content["data"], list):
        return _of_records(content["data"])
    records = [value for value in values if _are_records(value)]
    # Beside the records stands what describes the file: a project, a date, a version.
    if len(records) == 1 and not any(
        isinstance(value, list | dict) for value in values if value is not records[0]
    ):
        return _of_records(records[0])
    if all(isinstance(value, list) and all(isinstance(v, dict) for v in value) for value in values) and any(
        values
    ):
        return _of_records([{"cluster": name, **row} for name, rows in content.items() for row in rows])
    if all(isinstance(value, list) for value in values):
        return _of_lists(content)
    if all(isinstance(value, str) for value in values):
        return _rows({name: [*split_genes(str(text))] for name, text in content.items()})
    if all(isinstance(value, dict) for value in values):
        return _of_objects(content)
    return None


def _are_records(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(record, dict) for record in value)


def _of_records(records: list[object]) -> pd.DataFrame | None:
    if not records or not all(isinstance(record, dict) for record in records):
        return None
    frame = _without_nesting(pd.DataFrame(records))
    listed = [c for c in frame.columns if frame[c].map(lambda value: isinstance(value, list)).all()]
    for column in listed:
        frame[column] = frame[column].map(lambda genes: ", ".join(map(str, genes)))
    return frame


def _without_nesting(frame: pd.DataFrame) -> pd.DataFrame:
    """Records that hold records, a row for each inner one; what names the outer ones names the clusters."""
    for column in frame.columns:
        if not frame[column].map(lambda v: isinstance(v, list) and all(isinstance(r, dict) for r in v)).all():
            continue
        outer = frame.drop(columns=[column])
        usual = next((name for name in _OUTER_NAMES if name in outer.columns), None)
        rows = [
            {**inner, "cluster": outer.iloc[at][usual] if usual else str(at)}
            for at, inside in enumerate(frame[column])
            for inner in inside
        ]
        return pd.DataFrame(rows)
    return frame


def _of_lists(content: dict[str, list[object]]) -> pd.DataFrame | None:
    """Gene names by cluster, or columns of one length by their name."""
    if all(isinstance(gene, str) for genes in content.values() for gene in genes) and not _names_columns(
        content
    ):
        return _rows(content)
    if len({len(values) for values in content.values()}) == 1 and _names_columns(content):
        return pd.DataFrame(content)
    return None


def _names_columns(content: dict[str, list[object]]) -> bool:
    names = {str(name).lower() for name in content}
    return bool(names & {"gene", "genes", "names", "symbol"}) and bool(
        names & {"cluster", "group", "cell_type"}
    )


def _of_objects(content: dict[str, dict[str, object]]) -> pd.DataFrame | None:
    """Objects by cluster: a list of genes under a usual name, genes with their scores, or a table of
    columns.
    """
    lists = {
        name: next((value[key] for key in _LISTS if isinstance(value.get(key), list)), None)
        for name, value in content.items()
    }
    if all(genes is not None for genes in lists.values()):
        return _rows(lists)  # type: ignore[arg-type]
    if _names_columns(content):  # type: ignore[arg-type]
        return pd.DataFrame(content)
    numbers = all(isinstance(v, int | float) for value in content.values() for v in value.values())
    if not numbers:
        return None
    rows = [(name, gene, score) for name, value in content.items() for gene, score in value.items()]
    return pd.DataFrame(rows, columns=["cluster", "gene", "score"])


def _rows(lists: dict[str, list[object]]) -> pd.DataFrame:
    rows = [(cluster, str(gene)) for cluster, genes in lists.items() for gene in genes or [""]]
    return pd.DataFrame(rows, columns=["cluster", "gene"])


def _text(value: object) -> str:
    return "" if value is None or (isinstance(value, float) and value != value) else str(value)
