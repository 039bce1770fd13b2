"""Which column of a marker table plays which role."""

from __future__ import annotations

import re

import pandas as pd

from cassia_core.data.readers.text import is_numeric
from cassia_core.data.tables import table_columns as names
from cassia_core.data.tables.gene_lists import holds_lists, split_genes
from cassia_core.domain.config import TableColumns
from cassia_core.genes.spelling import known_share

_KNOWN_GENES = 0.3
_CLEARLY_GENES = 0.6
_MIN_RUN = 3
_MOST_COLUMNS = 200
_ABSENT = re.compile(r"down|negative|absent|not[ _]expressed|more2$|^neg", re.IGNORECASE)
_SOUNDS_LIKE = {
    "cluster": re.compile(r"cluster|cell.?type|leiden|louvain|cell.?population", re.IGNORECASE),
    "gene": re.compile(r"gene|symbol|marker", re.IGNORECASE),
}


def roles_of(frame: pd.DataFrame, chosen: TableColumns | None = None) -> dict[str, str]:
    """Role (cluster, gene, log2fc, score, pval, pval_adj, pct_in, pct_out) to column.

    By the person's word first, then by usual names, then by headers that sound like it; of several columns
    for one
    role the one whose content fits. Row names stand in for a missing gene column.
    """
    columns = [str(column) for column in frame.columns]
    roles = {
        role: word for role in names.ROLES if (word := _told(chosen, role)) is not None and word in columns
    }
    told = set(roles)
    for role in names.ROLES:
        if role not in roles and (column := _usual(frame, role, roles)) is not None:
            roles[role] = column
    if "gene" in roles and "gene" not in told:
        roles["gene"] = _best_gene_column(frame, roles)
    if "gene" not in roles and (
        lists := [c for c in columns if names.plain(c) in names.LIST_NAMES and c not in roles.values()]
    ):
        roles["gene"] = lists[0]
    if len(columns) == 2 and not told and not roles.keys() & {"log2fc", "score"}:
        roles = _two_columns(frame, roles)
    for role, pattern in _SOUNDS_LIKE.items():
        if role not in roles and (column := _sounding(frame, pattern, roles)) is not None:
            roles[role] = column
    if "gene" not in roles and (column := _row_names(frame, roles)) is not None:
        roles["gene"] = column
    if (
        "gene" not in roles
        and not told
        and len(columns) > 1
        and (column := _by_genes(frame, roles)) is not None
    ):
        roles["gene"] = column
    if (
        "gene" in roles
        and "cluster" not in roles
        and len(frame.columns) > 1
        and _repeats(frame, roles["gene"])
    ):
        column = _left_over(frame, roles) or _runs(frame, roles)
        roles |= {} if column is None else {"cluster": column}
    if "cluster" in roles and "gene" in roles and "cluster" not in told:
        roles["cluster"] = cluster_columns(frame, roles["gene"], roles["cluster"])[0]
    return roles


def _repeats(frame: pd.DataFrame, gene: str) -> bool:
    """Whether genes are named more than once, as they are in a table of several clusters."""
    return bool(frame[gene].astype(str).duplicated().any())


def _told(chosen: TableColumns | None, role: str) -> str | None:
    word = getattr(chosen, role, None)
    return "" if word == names.NO_NAME else word


def cluster_columns(frame: pd.DataFrame, gene: str, fallback: str) -> tuple[str, ...]:
    """Columns that could name the cluster, best first: that in which genes repeat least within a cluster."""
    usual = [c for c in names.columns_of("cluster", map(str, frame.columns)) if c != gene] or [fallback]
    if len(usual) == 1:
        return tuple(usual)
    return tuple(sorted(usual, key=lambda column: int(frame.duplicated([column, gene]).sum())))


def _usual(frame: pd.DataFrame, role: str, roles: dict[str, str]) -> str | None:
    usual = [c for c in names.columns_of(role, map(str, frame.columns)) if c not in roles.values()]
    if role not in ("gene", "cluster"):
        # A column "score" of words (high, low) is no statistic; an empty one may still be filled by other
        # rows.
        usual = [c for c in usual if is_numeric(frame[c]) or not frame[c].astype(str).str.strip().any()]
    return usual[0] if usual else None


def _best_gene_column(frame: pd.DataFrame, roles: dict[str, str]) -> str:
    """Of several gene columns the one with most known symbols; ids count half, numbers not at all."""
    candidates = [c for c in names.columns_of("gene", map(str, frame.columns)) if c != roles.get("cluster")]
    if len(candidates) < 2:
        return roles["gene"]
    fit = {c: (round(_known(frame[c]), 1), not is_numeric(frame[c])) for c in candidates}
    return max(candidates, key=lambda column: fit[column])


def _sounding(frame: pd.DataFrame, pattern: re.Pattern[str], roles: dict[str, str]) -> str | None:
    free = [str(c) for c in frame.columns if str(c) not in roles.values() and pattern.search(str(c))]
    return next((c for c in free if not is_numeric(frame[c]) or pattern is _SOUNDS_LIKE["cluster"]), None)


def _two_columns(frame: pd.DataFrame, roles: dict[str, str]) -> dict[str, str]:
    """Two columns of any name: the one with lists holds the genes."""
    first, second = map(str, frame.columns)
    if {"cluster", "gene"} <= roles.keys() and roles["cluster"] != roles["gene"]:
        return _by_content(frame, roles)
    if "cluster" in roles:
        other = second if roles["cluster"] == first else first
        text = frame[other].astype(str)
        fits = holds_lists(text) or _known(text) >= _KNOWN_GENES
        return {"cluster": roles["cluster"], "gene": other} if fits else {"cluster": roles["cluster"]}
    if holds_lists(frame[second]) and not holds_lists(frame[first]):
        return {"cluster": first, "gene": second}
    known = {column: _known(frame[column]) for column in (first, second)}
    if max(known.values()) >= _KNOWN_GENES and min(known.values()) < _KNOWN_GENES / 2:
        gene = max(known, key=lambda column: known[column])
        other = second if gene == first else first
        if frame[other].astype(str).str.strip().nunique() < len(frame) and not _counts_up(frame[other]):
            return {"cluster": other, "gene": gene}
    return roles


def _known(values: pd.Series) -> float:
    return known_share(values.astype(str).unique()[:300])


def _by_content(frame: pd.DataFrame, roles: dict[str, str]) -> dict[str, str]:
    """The two roles turned round where the column headed as the cluster holds the genes."""
    gene, cluster = _known(frame[roles["gene"]]), _known(frame[roles["cluster"]])
    if gene < 0.1 and cluster > 2 * _KNOWN_GENES and not holds_lists(frame[roles["gene"]]):
        return {"cluster": roles["gene"], "gene": roles["cluster"]}
    return roles


def _counts_up(values: pd.Series) -> bool:
    """Whether the values are the numbers 1, 2, 3 ... of the rows."""
    numbers = pd.to_numeric(values, errors="coerce")
    return bool((numbers.diff().iloc[1:] == 1).all())


def _left_over(frame: pd.DataFrame, roles: dict[str, str]) -> str | None:
    """The one column of words that groups the rows, where no header names the cluster; None for several."""
    groups = [
        column
        for column in map(str, frame.columns)
        if column not in roles.values()
        and not is_numeric(frame[column])
        and 2 <= frame[column].astype(str).str.strip().nunique() <= len(frame) / 2
        and _known(frame[column]) < _KNOWN_GENES
        and names.plain(column) not in names.NEVER_CLUSTERS
    ]
    return groups[0] if len(groups) == 1 else None


def _by_genes(frame: pd.DataFrame, roles: dict[str, str]) -> str | None:
    """The column whose cells are known genes or lists of them, whatever its header says; None where none or
    several columns are clearly such.
    """
    fits: list[tuple[float, str]] = []
    for column in _few_columns(frame):
        if column in roles.values() or is_numeric(frame[column].head(50)) or _ABSENT.search(column):
            continue
        text = frame[column].astype(str)
        genes = (
            [g for cell in text.head(50) for g in split_genes(cell)] if holds_lists(text) else text.unique()
        )
        share = known_share(genes[:300])
        if share >= _CLEARLY_GENES:
            fits.append((round(share, 1), column))
    fits.sort(key=lambda fit: -fit[0])
    return fits[0][1] if len(fits) == 1 or (fits and fits[0][0] > fits[1][0]) else None


def _few_columns(frame: pd.DataFrame) -> list[str]:
    """The columns to look into; none of a table that is too wide to be one of markers."""
    return [str(column) for column in frame.columns] if frame.shape[1] <= _MOST_COLUMNS else []


def _runs(frame: pd.DataFrame, roles: dict[str, str]) -> str | None:
    """The one column of whole numbers, or of words, whose values stand in runs: the rows of a cluster lie
    together, while ranks begin anew and statistics change from row to row.
    """
    runs = []
    for column in _few_columns(frame):
        if column in roles.values() or names.plain(column) in names.NEVER_CLUSTERS:
            continue
        values = frame[column].astype(str).str.strip()
        n_values, n_runs = values.nunique(), int((values != values.shift()).sum())
        whole = values.str.fullmatch(r"-?\d+(?:\.0)?").all() or not is_numeric(frame[column])
        if (
            whole
            and n_values == n_runs
            and 2 <= n_values <= len(frame) / _MIN_RUN
            and _known(values) < _KNOWN_GENES
        ):
            runs.append(column)
    return runs[0] if len(runs) == 1 else None


def _row_names(frame: pd.DataFrame, roles: dict[str, str]) -> str | None:
    """Row names that are genes: text, and known as genes where no statistics show that it is a table of
    tests.
    """
    tested = bool(roles.keys() & {"log2fc", "pval", "pval_adj", "score"})
    for column in names.row_name_columns(map(str, frame.columns)):
        if (
            column not in roles.values()
            and len(frame)
            and not is_numeric(frame[column])
            and (tested or _known(frame[column]) >= _KNOWN_GENES)
        ):
            return column
    return None
