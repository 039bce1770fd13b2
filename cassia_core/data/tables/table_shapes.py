"""Which of the known shapes a marker table has, and the rows it then means."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import pandas as pd

from cassia_core.data.readers.text import is_numeric
from cassia_core.data.tables import table_columns as names
from cassia_core.data.tables.table_roles import holds_lists, roles_of, split_genes
from cassia_core.domain.config import TableColumns
from cassia_core.genes.lookup import share_known

_CELL_RANGER = re.compile(
    r"^Cluster (.+?) (Mean UMI Counts|Mean Counts|Log2 fold change|Adjusted p value)$", re.I
)
_SCANPY_WIDE = re.compile(r"^(.+)_(names|n|scores|s|logfoldchanges|l|pvals_adj|pvals|p|pts|pts_rest)$")
_WIDE_ROLES = {
    "names": "gene",
    "n": "gene",
    "scores": "score",
    "s": "score",
    "logfoldchanges": "log2fc",
    "l": "log2fc",
    "pvals_adj": "pval_adj",
    "pvals": "pval",
    "p": "pval",
    "pts": "pct_in",
    "pts_rest": "pct_out",
}
_MAX_CLUSTERS = 1000
_COMPARED_WITH = (
    "comparisongroup",
    "comparison",
    "reference",
    "referencegroup",
    "group2",
    "ident2",
    "versus",
    "vs",
)
_REST = ("rest", "other", "others", "all", "all others", "rest of cells")
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
    frame, against_rest = _against_the_rest(frame)
    roles = roles_of(frame, chosen)
    if chosen is None or not (chosen.cluster or chosen.gene):
        wide = _cell_ranger(frame) or _scanpy_wide(frame) or _without_header(frame)
        if wide is not None:
            return wide
    if "cluster" not in roles:
        return None if "gene" in roles or chosen else _names_wide(frame)
    if (ranked := _ranks_wide(frame, roles)) is not None or "gene" not in roles:
        return ranked
    if holds_lists(frame[roles["gene"]]):
        told = chosen is not None and chosen.cluster is not None
        return None if frame[roles["cluster"]].duplicated().any() and not told else _lists(frame, roles)
    return replace(_long(frame, roles), notes=against_rest)


def _against_the_rest(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Of a table that also compares clusters in pairs, the rows that compare a cluster with all others."""
    for column in map(str, frame.columns):
        if names.plain(column) in _COMPARED_WITH:
            rest = frame[column].astype(str).str.strip().str.lower().isin(_REST)
            if rest.any() and not rest.all():
                left = int((~rest).sum())
                return frame[rest].reset_index(drop=True), (
                    f"Only comparisons with all other cells are used; {left:,} rows compare two clusters.",
                )
    return frame, ()


def has_test_statistics(frame: pd.DataFrame) -> bool:
    """Whether columns of p values or fold changes are there, in long or in wide form."""
    columns = [str(column) for column in frame.columns]
    if any(names.columns_of(role, columns) for role in ("log2fc", "pval", "pval_adj")):
        return True
    return any(_CELL_RANGER.match(column.strip()) for column in columns)


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
    rows = [
        (cluster, gene)
        for cluster, text in zip(frame[roles["cluster"]], frame[roles["gene"]].astype(str), strict=True)
        for gene in (split_genes(text) or [""])
    ]
    return ShapedTable(
        shape="simple",
        title="A gene list per cluster",
        sources=roles,
        frame=pd.DataFrame(rows, columns=["cluster", "gene"]),
    )


def _cell_ranger(frame: pd.DataFrame) -> ShapedTable | None:
    matches = {column: _CELL_RANGER.match(str(column).strip()) for column in frame.columns}
    clusters = list(dict.fromkeys(m.group(1) for m in matches.values() if m))
    headers = {names.plain(column): column for column in frame.columns}
    gene = next(
        (headers[h] for h in ("featurename", "genename", "featureid", "geneid") if h in headers), None
    )
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
    return ShapedTable(
        shape="cell_ranger",
        title="Cell Ranger (a group of columns per cluster)",
        frame=pd.concat(parts, ignore_index=True),
        sources={"gene": str(gene)},
    )


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
    return ShapedTable(
        shape="scanpy_wide", title="Scanpy (columns per cluster)", frame=pd.concat(parts, ignore_index=True)
    )


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
    parts = [
        pd.DataFrame({"cluster": str(column), "gene": cells.loc[filled[column], column].str.strip()})
        for column in body.columns
    ]
    return ShapedTable(
        shape="names_wide",
        title="A column of genes per cluster (Scanpy, COSG)",
        frame=pd.concat(parts, ignore_index=True),
    )


def _without_header(frame: pd.DataFrame) -> ShapedTable | None:
    """Rows of genes whose first row was taken for the header, as its cells are genes too."""
    header = [str(column) for column in frame.columns]
    if (
        not 4 <= len(header) <= _MAX_CLUSTERS
        or share_known(header[1:]) < 0.8
        or share_known(frame.iloc[:, 0].astype(str)) > 0.3
    ):
        return None
    rows = pd.DataFrame(
        [header, *frame.astype(str).to_numpy().tolist()],
        columns=["cluster", *(f"gene {i}" for i in range(1, len(header)))],
    )
    return _ranks_wide(rows, {"cluster": "cluster"})


def _ranks_wide(frame: pd.DataFrame, roles: dict[str, str]) -> ShapedTable | None:
    """A row per cluster, its genes in the columns beside it (gene 1, gene 2, ...)."""
    genes = [
        c
        for c in map(str, frame.columns)
        if c != roles["cluster"] and (names.plain(c) not in ROW_NUMBER or not is_numeric(frame[c]))
    ]
    if not 3 <= len(genes) <= _MAX_CLUSTERS or frame[roles["cluster"]].duplicated().any():
        return None
    cells = frame[genes].astype(str).apply(lambda column: column.str.strip())
    filled = (cells != "").to_numpy()
    like = cells.apply(lambda column: column.str.match(_GENE_LIKE)).to_numpy()
    if (
        not filled.any()
        or (like & filled).sum() < 0.9 * filled.sum()
        or share_known(cells.to_numpy().ravel()) < 0.3
    ):
        return None
    rows = [
        (cluster, gene)
        for cluster, *row in zip(frame[roles["cluster"]], *(cells[c] for c in genes), strict=True)
        for gene in row
        if gene
    ]
    return ShapedTable(
        shape="simple",
        title="A row of genes per cluster",
        sources={"cluster": roles["cluster"]},
        frame=pd.DataFrame(rows, columns=["cluster", "gene"]),
    )


ROW_NUMBER = (*names.ROW_NAMES, "rank", "n")
