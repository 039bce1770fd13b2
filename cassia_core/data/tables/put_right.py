"""Columns of a marker table that say in words what others say in numbers, put as the others have them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cassia_core.data.readers.text import to_numbers
from cassia_core.data.tables.table_columns import columns_of, plain

_COMPARISONS = ("comparison", "contrast", "test", "coefficient", "cluster", "group", "label", "name")
_WITH_REST = re.compile(
    r"^(?P<cluster>.+?)[\s_.:-]+(?:vs?\.?|versus|against|over)[\s_.:-]+(?:the[\s_.-]+)?"
    r"(?:rest|others?|all(?:[\s_.-]+(?:others?|cells|rest|clusters))*|remaining|background)"
    r"(?:[\s_.-]+(?:of[\s_.-]+)?(?:the[\s_.-]+)?(?:cells|clusters|rest))*$",
    re.IGNORECASE,
)
_DIRECTIONS = ("direction", "regulation", "regulated", "updown", "change", "changes", "sign", "degtype")
_UP = ("up", "upregulated", "+", "positive", "pos", "increased", "higher", "high")
_DOWN = ("down", "downregulated", "-", "negative", "neg", "decreased", "lower", "low")
_NEITHER = ("", "ns", "no", "none", "notsig", "notsignificant", "stable", "nochange")
_MINUS_LOG = re.compile(r"^\s*(?:-|−|–|neg(?:ative)?|minus|nlog|mlog)", re.IGNORECASE)
_LOG_P = re.compile(r"(?:log)?10(?P<rest>p.*|fdr.*|q.*|adj.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class PutRight:
    """The table as it is read, and what is said of the changes."""

    frame: pd.DataFrame
    done: tuple[str, ...] = ()


def put_right(frame: pd.DataFrame) -> PutRight:
    """Clusters out of comparisons with all others, p values out of their logarithms, and genes marked
    as lower told from markers.
    """
    done: list[str] = []
    for change in (_clusters_of_comparisons, _p_values, _only_higher):
        if frame.shape[1] > 1 and len(frame):
            frame = change(frame, done)
    return PutRight(frame=frame, done=tuple(done))


def _clusters_of_comparisons(frame: pd.DataFrame, done: list[str]) -> pd.DataFrame:
    """`B cells_vs_rest` in every row of a column that names comparisons: the clusters are before the `vs`."""
    columns = [str(column) for column in frame.columns]
    if columns_of("cluster", columns):
        return frame
    for column in columns:
        if plain(column) not in _COMPARISONS:
            continue
        values = frame[column].astype(str).str.strip()
        clusters = values.str.extract(_WITH_REST)["cluster"]
        if clusters.notna().all() and clusters.nunique() > 1:
            done.append(f"The clusters are taken from {column}, which compares each with all others.")
            return frame.assign(**{column: clusters}).rename(columns={column: "cluster"})
    return frame


def _p_values(frame: pd.DataFrame, done: list[str]) -> pd.DataFrame:
    """-log10 of p values as p values."""
    for column in map(str, frame.columns):
        logarithm = _LOG_P.search(plain(column))
        if logarithm is None or not _MINUS_LOG.match(column):
            continue
        role = next((r for r in ("pval_adj", "pval") if columns_of(r, [logarithm["rest"]])), None)
        numbers = to_numbers(frame[column])
        if role is None or columns_of(role, map(str, frame.columns)) or not (numbers.dropna() >= 0).all():
            continue
        values = (
            pd.Series(np.power(10.0, -numbers), index=frame.index).astype(object).where(numbers.notna(), "")
        )
        done.append(f"{column} is turned into p values.")
        frame = frame.assign(**{column: values}).rename(columns={column: role})
    return frame


def _only_higher(frame: pd.DataFrame, done: list[str]) -> pd.DataFrame:
    """Fold changes of genes marked as lower are negative; without fold changes such rows are no markers."""
    for column in map(str, frame.columns):
        if plain(column) not in _DIRECTIONS:
            continue
        words = (
            frame[column].astype(str).str.strip().str.lower().str.replace(r"[\s_-]+(?=\w)", "", regex=True)
        )
        if not words.isin((*_UP, *_DOWN, *_NEITHER)).all() or not words.isin(_DOWN).any():
            continue
        lower = words.isin(_DOWN)
        folds = columns_of("log2fc", map(str, frame.columns))
        if not folds:
            done.append(f"{int(lower.sum()):,} rows of genes that {column} says are lower here are left out.")
            return frame[~lower].reset_index(drop=True)
        values = to_numbers(frame[folds[0]])
        if (values[lower] > 0).any():
            signed = values.abs().where(~lower, -values.abs())
            done.append(f"{int(lower.sum()):,} fold changes are below zero, as {column} says.")
            return frame.assign(**{folds[0]: signed.astype(object).where(signed.notna(), "")})
    return frame
