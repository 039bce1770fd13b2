"""Which of the known shapes a marker table has, and the rows it then means."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pandas as pd

from cassia_core.data import table_columns as names
from cassia_core.data.readers.text import is_numeric
from cassia_core.domain.config import TableColumns

_SEPARATORS = re.compile(r"[,;|/\n\t]+|\s+")
_CELL_RANGER = re.compile(r"^Cluster (.+?) (Mean UMI Counts|Mean Counts|Log2 fold change|Adjusted p value)$", re.I)
_SCANPY_WIDE = re.compile(
    r"^(.+)_(names|n|scores|s|logfoldchanges|l|pvals_adj|pvals|p|pts|pts_rest)$")
_WIDE_ROLES = {"names": "gene", "n": "gene", "scores": "score", "s": "score", "logfoldchanges": "log2fc", "l": "log2fc",
               "pvals_adj": "pval_adj", "pvals": "pval", "p": "pval", "pts": "pct_in", "pts_rest": "pct_out"}
_MAX_CLUSTERS = 1000
_GENE_LIKE = re.compile(r"^[A-Za-z][A-Za-z0-9.\-_@]{1,29}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapedTable:
    """Rows of a recognised table: `frame` has string columns named by role (cluster, gene, log2fc, ...)."""

    shape: str
    title: str
    frame: pd.DataFrame
    natural_log: bool = False
    notes: tuple[str, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    """Role to the header it was read from."""


def shape_of(frame: pd.DataFrame, chosen: TableColumns | None = None) -> ShapedTable | None:
    """Recognise a marker table by its column names, then by its content; None when nothing fits."""
    if frame.shape[1] == 0:
        return None
    roles = _roles(frame, chosen)
    if chosen is None or not (chosen.cluster or chosen.gene):
        wide = _cell_ranger(frame) or _scanpy_wide(frame)
        if wide is not None:
            return wide
    if "cluster" not in roles:
        return None if "gene" in roles or chosen else _names_wide(frame)
    if roles.get("gene") is None:
        roles |= _row_names_as_genes(frame, roles)
    if "gene" not in roles:
        return None
    if _holds_lists(frame[roles["gene"]]):
        return _lists(frame, roles)
    return _long(frame, roles)


def has_test_statistics(frame: pd.DataFrame) -> bool:
    """Whether columns of p values or fold changes are there, in long or in wide form."""
    columns = [str(column) for column in frame.columns]
    if any(names.columns_of(role, columns) for role in ("log2fc", "pval", "pval_adj")):
        return True
    return any(_CELL_RANGER.match(column.strip()) for column in columns)


def _roles(frame: pd.DataFrame, chosen: TableColumns | None) -> dict[str, str]:
    """Role to column, by the person's word first, then by usual names."""
    columns = [str(column) for column in frame.columns]
    roles: dict[str, str] = {}
    for role in names.ROLES:
        word = getattr(chosen, role, None) if chosen else None
        if word is not None and word in columns:
            roles[role] = word
    for role in names.ROLES:
        if role in roles:
            continue
        found = [c for c in names.columns_of(role, columns) if c not in roles.values()]
        if role not in ("gene", "cluster"):
            found = [c for c in found if is_numeric(frame[c]) or not frame[c].astype(str).str.strip().any()]
        if found:
            roles[role] = found[0]
    if "gene" in roles and not getattr(chosen, "gene", None):
        roles["gene"] = _best_gene_column(frame, roles)
    if "gene" not in roles and (lists := [c for c in columns if names.plain(c) in names.LIST_NAMES
                                          and c not in roles.values()]):
        roles["gene"] = lists[0]
    if "cluster" in roles and "gene" in roles and not getattr(chosen, "cluster", None):
        roles["cluster"] = _best_cluster_column(frame, roles)
    if len(columns) == 2 and not roles.keys() & {"log2fc", "score"}:
        roles = _two_columns(frame, roles)
    return roles


def _best_gene_column(frame: pd.DataFrame, roles: dict[str, str]) -> str:
    """Of several gene columns, one that holds text rather than numbers."""
    for column in names.columns_of("gene", map(str, frame.columns)):
        if column != roles.get("cluster") and not is_numeric(frame[column]):
            return column
    return roles["gene"]


def _best_cluster_column(frame: pd.DataFrame, roles: dict[str, str]) -> str:
    """Of several cluster columns, the first in which no gene is listed twice for one cluster."""
    candidates = [c for c in names.columns_of("cluster", map(str, frame.columns)) if c != roles["gene"]]
    if len(candidates) < 2:
        return roles["cluster"]
    for column in candidates:
        if not frame.duplicated([column, roles["gene"]]).any():
            return column
    return candidates[0]


def _two_columns(frame: pd.DataFrame, roles: dict[str, str]) -> dict[str, str]:
    """Two columns of any name: the one with lists, or with more distinct values, holds the genes."""
    first, second = map(str, frame.columns)
    if {"cluster", "gene"} <= roles.keys() and roles["cluster"] != roles["gene"]:
        return roles
    if "cluster" in roles:
        return {"cluster": roles["cluster"], "gene": second if roles["cluster"] == first else first}
    if _holds_lists(frame[second]) and not _holds_lists(frame[first]):
        return {"cluster": first, "gene": second}
    return roles


def _holds_lists(values: pd.Series) -> bool:
    text = values.astype(str).str.strip()
    text = text[text != ""].head(200)
    if text.empty:
        return False
    several = text.map(lambda cell: len(split_genes(cell)) >= 3)
    return bool(several.mean() >= 0.5)


def split_genes(text: str) -> list[str]:
    """Genes of a written list, in order, whatever stands between them."""
    text = text.strip().strip("[](){}")
    for separator in (",", ";", "|", "\n", "\t"):
        if separator in text:
            parts = text.split(separator)
            break
    else:
        parts = re.split(r"\s+", text)
    cleaned = (part.strip().strip("'\"`*").strip() for part in parts)
    return list(dict.fromkeys(part for part in cleaned if part))


def _row_names_as_genes(frame: pd.DataFrame, roles: dict[str, str]) -> dict[str, str]:
    for column in names.row_name_columns(map(str, frame.columns)):
        if column not in roles.values() and not is_numeric(frame[column]) and len(frame):
            return {"gene": column}
    return {}


def _long(frame: pd.DataFrame, roles: dict[str, str]) -> ShapedTable:
    rows = pd.DataFrame({role: frame[column] for role, column in roles.items()})
    headers = {names.plain(column) for column in frame.columns}
    source = names.plain(roles.get("log2fc", ""))
    shape, title = "long", "Two columns, a gene per row"
    natural = source in names.NATURAL_LOG
    if {"auc", "avgexpr"} & headers and "pctin" in headers:
        shape, title, natural = "presto", "presto (wilcoxauc)", source == "logfc"
    elif "pct1" in headers or source in ("avglog2fc", "avglogfc", "avgdiff") and "pval" in headers:
        shape, title = "seurat", "Seurat (FindAllMarkers)"
    elif "names" in headers and "group" in headers:
        shape, title = "scanpy", "Scanpy (rank_genes_groups)"
        if "log2fc" not in roles and "pval" not in roles and "score" in roles:
            title = "Scanpy or COSG (names and scores)"
    elif {"avglog2fc", "scores"} <= headers or {"pvals", "pvaladj"} <= headers:
        shape, title = "scanpy_renamed", "Scanpy with renamed columns"
    elif len(roles) > 2:
        shape, title = "table", "A table with statistics"
    return ShapedTable(shape=shape, title=title, frame=rows, natural_log=natural, sources=roles)


def _lists(frame: pd.DataFrame, roles: dict[str, str]) -> ShapedTable:
    rows = [(cluster, gene) for cluster, text in zip(frame[roles["cluster"]], frame[roles["gene"]].astype(str),
                                                     strict=True)
            for gene in (split_genes(text) or [""])]
    return ShapedTable(shape="simple", title="A gene list per cluster", sources=roles,
                       frame=pd.DataFrame(rows, columns=["cluster", "gene"]))


def _cell_ranger(frame: pd.DataFrame) -> ShapedTable | None:
    matches = {column: _CELL_RANGER.match(str(column).strip()) for column in frame.columns}
    clusters = list(dict.fromkeys(m.group(1) for m in matches.values() if m))
    headers = {names.plain(column): column for column in frame.columns}
    gene = next((headers[h] for h in ("featurename", "genename", "featureid", "geneid") if h in headers), None)
    if not clusters or gene is None:
        return None
    parts = []
    for cluster in clusters:
        part = pd.DataFrame({"gene": frame[gene]})
        part["cluster"] = cluster
        for column, match in matches.items():
            if match and match.group(1) == cluster:
                role = {"l": "log2fc", "a": "pval_adj"}.get(match.group(2)[0].lower())
                if role:
                    part[role] = frame[column]
        parts.append(part)
    return ShapedTable(shape="cell_ranger", title="Cell Ranger (a group of columns per cluster)",
                       frame=pd.concat(parts, ignore_index=True), sources={"gene": str(gene)})


def _scanpy_wide(frame: pd.DataFrame) -> ShapedTable | None:
    groups: dict[str, dict[str, str]] = {}
    for column in map(str, frame.columns):
        if match := _SCANPY_WIDE.match(column):
            groups.setdefault(match.group(1), {})[_WIDE_ROLES[match.group(2)]] = column
    complete = {cluster: roles for cluster, roles in groups.items() if "gene" in roles}
    if not complete or sum(map(len, complete.values())) < frame.shape[1] - 1:
        return None
    parts = []
    for cluster, roles in complete.items():
        part = pd.DataFrame({role: frame[column] for role, column in roles.items()})
        part["cluster"] = cluster
        parts.append(part)
    return ShapedTable(shape="scanpy_wide", title="Scanpy (columns per cluster)",
                       frame=pd.concat(parts, ignore_index=True))


def _names_wide(frame: pd.DataFrame) -> ShapedTable | None:
    """A column per cluster, gene names below: what Scanpy and COSG keep in `names`."""
    body = frame[[c for c in frame.columns if names.plain(c) not in ROW_NUMBER or not is_numeric(frame[c])]]
    if not 2 <= body.shape[1] <= _MAX_CLUSTERS or len(body) < 2:
        return None
    cells = body.astype(str)
    filled = cells.apply(lambda column: column.str.strip() != "")
    gene_like = cells.apply(lambda column: column.str.strip().str.match(_GENE_LIKE))
    if (gene_like & filled).to_numpy().sum() < 0.9 * max(1, filled.to_numpy().sum()):
        return None
    if any(names.plain(column) in names.ROLES["gene"] for column in body.columns):
        return None
    parts = [pd.DataFrame({"cluster": str(column), "gene": cells.loc[filled[column], column].str.strip()})
             for column in body.columns]
    return ShapedTable(shape="names_wide", title="A column of genes per cluster (Scanpy, COSG)",
                       frame=pd.concat(parts, ignore_index=True))


ROW_NUMBER = (*names.ROW_NAMES, "rank", "n")
