"""Tables with a group of columns for every cluster (Loupe, Cell Ranger) or condition
(FindConservedMarkers).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from cassia_core.data.readers.text import to_numbers
from cassia_core.data.tables.table_columns import plain

_BETWEEN = r"[\s_.:|/-]+"
_MAYBE = r"[\s_.:|/-]*"
_TEST = rf"(?:(?:mwu|wilcox\w*|t|fisher|ttest|mast){_BETWEEN})?"
_STATISTICS = (
    ("pval_adj", rf"p{_MAYBE}val(?:ue)?s?{_MAYBE}adj(?:usted)?|adj(?:usted)?{_BETWEEN}p{_MAYBE}val(?:ue)?s?"),
    ("pval_adj", rf"{_TEST}(?:p{_MAYBE}adj|fdr|q{_MAYBE}val(?:ue)?s?)"),
    ("pval", rf"{_TEST}p{_MAYBE}val(?:ue)?s?"),
    ("log2fc", rf"(?:avg{_BETWEEN})?(?:log2?{_MAYBE}(?:fc|fold{_MAYBE}changes?)|lfc)|avg{_BETWEEN}diff"),
    ("score", rf"scores?|auc|auroc|z{_MAYBE}scores?"),
    ("pct_in", rf"pct{_MAYBE}(?:1|in)|pts"),
    ("pct_out", rf"pct{_MAYBE}(?:2|out)|pts{_MAYBE}rest"),
    ("gene", r"gene(?:s|[\s_]?names?)?|names?|symbols?"),
    (
        "",
        rf"(?:median{_BETWEEN}normalized{_BETWEEN})?average|mean{_BETWEEN}(?:umi{_BETWEEN})?counts?|power|base{_MAYBE}mean",
    ),
)
_ALL = "|".join(f"(?:{pattern})" for _, pattern in _STATISTICS)
_BEHIND = re.compile(rf"^(?P<group>.+?){_BETWEEN}(?P<statistic>{_ALL})$", re.IGNORECASE)
_BEFORE = re.compile(rf"^(?P<statistic>{_ALL}){_BETWEEN}(?P<group>.+)$", re.IGNORECASE)
_WHOLE = re.compile(rf"^(?:{_ALL})$", re.IGNORECASE)
_ACROSS = ("maxpval", "minimumppval")
"""What FindConservedMarkers adds over all conditions (`metap::minimump`)."""
_SUMMARY = ("summary", "mean", "median", "min", "max", "avg", "average", "self", "other", "rank")
_SAID = re.compile(rf"(?:^|{_BETWEEN})(?:{_ALL})(?:{_BETWEEN}|$)", re.IGNORECASE)
_MIN_SHARE = 0.5
_SIGNS_BETWEEN = (":", "|", "@", "__", " - ", "/")
_GRID_SHARE = 0.8
_SHOWN_SHARE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Columns by group and role, and whether the groups are conditions of one test per row."""

    columns: dict[str, dict[str, str]]
    conditions: bool
    grid: bool = False
    """Whether the same statistics stand for every cluster, some of which are unknown."""


def groups_of(frame: pd.DataFrame, cluster: str | None) -> Groups | None:
    """Groups of statistics in the headers of a table; None where its columns are not grouped.

    Parameters
    ----------
    frame
        The table.
    cluster
        Its column of clusters, if it has one: the groups are conditions then.
    """
    if cluster is not None and (_BEHIND.match(cluster.strip()) or _BEFORE.match(cluster.strip())):
        cluster = None  # it is the name of a cluster in a header, and no column of clusters
    columns = [str(column) for column in frame.columns if str(column) != cluster]
    across = [column for column in columns if plain(column) in _ACROSS]
    if any(
        _role(column) in ("log2fc", "score", "pval", "pval_adj") for column in columns if _WHOLE.match(column)
    ):
        return None
    for pattern in (_BEHIND, _BEFORE):
        groups: dict[str, dict[str, str]] = {}
        for column in columns:
            grouped = pattern.match(column.strip()) if column not in across else None
            if grouped and grouped["group"].lower() not in _SUMMARY:
                groups.setdefault(grouped["group"].strip(), {})[_role(grouped["statistic"])] = column
        for column in columns:
            if column.strip() in groups:  # `B cells` beside `B cells_scores`: the genes of that cluster
                groups[column.strip()].setdefault("gene", column)
        measured = {
            name: roles
            for name, roles in groups.items()
            if {"log2fc", "score"} & roles.keys() or ("gene" in roles and len(roles) > 1)
        }
        n_columns = sum(map(len, measured.values()))
        if measured and n_columns >= _MIN_SHARE * len(columns) and (len(measured) > 1 or across):
            return Groups(columns=measured, conditions=bool(across) or cluster is not None)
    return _grid(columns)


def _grid(columns: list[str]) -> Groups | None:
    """Every cluster with the same statistics, set apart by one sign (`3:log2FC`), where some are unknown."""
    for sign in _SIGNS_BETWEEN:
        split = {c: tuple(part.strip() for part in c.split(sign, 1)) for c in columns if sign in c}
        for first in (0, 1):
            names = {parts[first] for parts in split.values()}
            said = {parts[1 - first] for parts in split.values()}
            roles = {word: _role(word) if _WHOLE.match(word) else "" for word in said}
            full = len(split) == len(names) * len(said) and len(split) >= _GRID_SHARE * len(columns)
            if full and len(names) > 1 and {"log2fc", "score"} & set(roles.values()):
                groups: dict[str, dict[str, str]] = {}
                for column, parts in split.items():
                    groups.setdefault(parts[first], {}).setdefault(roles[parts[1 - first]], column)
                return Groups(columns=groups, conditions=False, grid=True)
    return None


def speaks_of_statistics(columns: list[str]) -> bool:
    """Whether headers speak of p values, fold changes, shares of cells or areas under curves."""
    said = [column for column in columns if _SAID.search(column) and _role_said(column)]
    return len(said) >= 2 and len(said) >= _SHOWN_SHARE * len(columns)


def _role_said(column: str) -> bool:
    roles = {
        role
        for role, pattern in _STATISTICS
        if re.search(rf"(?:^|{_BETWEEN})(?:{pattern})(?:{_BETWEEN}|$)", column, re.I)
    }
    return bool(roles & {"pval", "pval_adj", "log2fc", "pct_in", "pct_out"}) or roles == {""}


def _role(statistic: str) -> str:
    return next(
        role for role, pattern in _STATISTICS if re.fullmatch(pattern, statistic.strip(), re.IGNORECASE)
    )


def stacked_groups(frame: pd.DataFrame, groups: Groups, gene: str | None) -> pd.DataFrame:
    """A row for every cluster and gene, of a table with a group of columns per cluster."""
    parts = []
    for name, roles in groups.columns.items():
        part = pd.DataFrame({role: frame[column] for role, column in roles.items() if role})
        if "gene" not in part and gene is not None:
            part["gene"] = frame[gene]
        part["cluster"] = re.sub(r"^cluster\s+(?=\S)", "", name, flags=re.IGNORECASE)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def held_in_all(frame: pd.DataFrame, groups: Groups) -> pd.DataFrame:
    """The weakest statistics over all conditions, row by row: a gene counts that holds in each of them.

    Fold changes, scores and shares here are the lowest, p values and shares elsewhere the highest; a value
    that
    one condition lacks is missing.
    """
    lowest = {"log2fc", "score", "pct_in"}
    table = pd.DataFrame(index=frame.index)
    for role in ("log2fc", "score", "pval", "pval_adj", "pct_in", "pct_out"):
        columns = [roles[role] for roles in groups.columns.values() if role in roles]
        if not columns:
            continue
        values = pd.DataFrame({column: to_numbers(frame[column]) for column in columns})
        weakest = values.min(axis=1) if role in lowest else values.max(axis=1)
        table[role] = weakest.mask(values.isna().any(axis=1))
    return table
