"""Which of the known shapes a marker table has, and the rows it then means."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import pandas as pd

from cassia_core.data.readers.text import is_numeric, to_numbers
from cassia_core.data.tables import table_columns as names
from cassia_core.data.tables.contrasts import program_of
from cassia_core.data.tables.gene_lists import holds_lists, split_genes, split_signed
from cassia_core.data.tables.grouped_columns import (
    groups_of,
    held_in_all,
    speaks_of_statistics,
    stacked_groups,
)
from cassia_core.data.tables.table_roles import roles_of
from cassia_core.domain.config import TableColumns
from cassia_core.genes.lookup import share_known
from cassia_core.genes.spelling import known_share

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
_ONE = "one cluster"
_REPEATED_GENES = 0.02
_KNOWN_GENES = 0.3
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
    linear: bool = False
    """Whether fold changes are ratios and no logarithms."""
    notes: tuple[str, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    """Role to the header it was read from."""


def shape_of(frame: pd.DataFrame, chosen: TableColumns | None = None, name: str = "") -> ShapedTable | None:
    """Recognise a marker table by its column names, then by its content; None when nothing fits.

    Parameters
    ----------
    frame
        The table, every cell a string or a value.
    chosen
        The person's word on the columns.
    name
        Name of the one cluster of a table that has no column of clusters; "" when it cannot be told.
    """
    if frame.shape[1] == 0:
        return None
    frame, against_rest = _against_the_rest(frame)
    roles = roles_of(frame, chosen)
    told = chosen is not None and bool(chosen.cluster or chosen.gene)
    if not told:
        grouped = _grouped(frame, roles, name)
        wide = grouped or _scanpy_wide(frame) or _without_header(frame)
        if wide is not None:
            return wide
    if "cluster" in roles:
        frame, filled = filled_down(frame, roles)
        against_rest = (*against_rest, *filled)
    if "cluster" not in roles:
        if "gene" in roles:
            return _sections(frame, roles) or _one_cluster(frame, roles, name)
        return None if told else _names_wide(frame) or _one_list(frame, name)
    if (ranked := _ranks_wide(frame, roles)) is not None or "gene" not in roles:
        return ranked
    if not _has_statistics(roles) and holds_lists(frame[roles["gene"]]):
        by_person = chosen is not None and chosen.cluster is not None
        return None if frame[roles["cluster"]].duplicated().any() and not by_person else _lists(frame, roles)
    return replace(_long(frame, roles), notes=against_rest)


def filled_down(frame: pd.DataFrame, roles: dict[str, str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The table with a cluster written once above its genes repeated in the rows below it, and what is
    said.
    """
    column = roles["cluster"]
    text = frame[column].astype(object).where(frame[column].notna(), "").astype(str).str.strip()
    blank = text == ""
    named = text[~blank]
    if "gene" not in roles or not blank.any() or not len(named) or blank.iloc[0]:
        return frame, ()
    # A name that comes back, or fewer gaps than names, speaks for missing values and not for a heading.
    if named.duplicated().any() or blank.sum() < len(named):
        return frame, ()
    filled = frame.copy()
    filled[column] = frame[column].where(~blank).ffill()
    return filled, (
        f"{column or 'The cluster'} is written once above its genes; it is filled down into "
        f"{int(blank.sum()):,} rows.",
    )


def _sections(frame: pd.DataFrame, roles: dict[str, str]) -> ShapedTable | None:
    """Clusters as headings between the rows of their genes: nothing else stands in such a row."""
    gene = roles["gene"]
    others = frame.drop(columns=[gene]).astype(str).apply(lambda column: column.str.strip() == "")
    heading = others.all(axis=1) & (frame[gene].astype(str).str.strip() != "")
    # More headings than that, and the rows are genes without values.
    if frame.shape[1] < 2 or not heading.any() or not heading.iloc[0] or heading.mean() > 0.4:
        return None
    clusters = frame[gene].where(heading).ffill()
    rows = frame[~heading].assign(**{"cluster": clusters[~heading]}).reset_index(drop=True)
    return replace(
        _long(rows, {**roles, "cluster": "cluster"}),
        notes=("Clusters are headings between the rows of their genes.",),
        sources=roles,
    )


def _one_cluster(frame: pd.DataFrame, roles: dict[str, str], name: str) -> ShapedTable | None:
    """A table of one cluster: statistics of genes that are each named once."""
    text = frame[roles["gene"]].astype(str).str.strip()
    if not name or text.duplicated().mean() > _REPEATED_GENES or holds_lists(text):
        return None
    if known_share(text.unique()[:300]) < _KNOWN_GENES and not _has_statistics(roles):
        return None
    shaped = _long(frame.assign(**{_ONE: name}), {**roles, "cluster": _ONE})
    return replace(
        shaped,
        title=f"{shaped.title}, one cluster",
        sources=roles,
        notes=(f"No column names a cluster: all rows are one cluster, named after the file ({name}).",),
    )


def _one_list(frame: pd.DataFrame, name: str) -> ShapedTable | None:
    """A list of genes in one column, with or without a header."""
    if frame.shape[1] != 1 or not name:
        return None
    header = str(frame.columns[0])
    genes = [gene for cell in frame.iloc[:, 0].astype(str) for gene in split_genes(cell)]
    if known_share([header]) and names.plain(header) not in names.LIST_NAMES:
        genes = [*split_genes(header), *genes]
    if known_share(genes[:300]) < _KNOWN_GENES:
        return None
    return ShapedTable(
        shape="simple",
        title="A list of genes, one cluster",
        frame=pd.DataFrame({"cluster": name, "gene": genes}),
        notes=(f"It is one list of genes: one cluster, named after the file ({name}).",),
    )


def _has_statistics(roles: dict[str, str]) -> bool:
    return bool(roles.keys() & {"log2fc", "score", "pval", "pval_adj"})


def _grouped(frame: pd.DataFrame, roles: dict[str, str], name: str) -> ShapedTable | None:
    """A group of columns for every cluster, or for every condition in which the genes of clusters hold."""
    cluster = roles.get("cluster")
    groups = groups_of(frame, cluster)
    if groups is None:
        return None
    gene = roles.get("gene") or next(iter(names.row_name_columns(map(str, frame.columns))), None)
    if not groups.conditions:
        with_genes = all("gene" in columns for columns in groups.columns.values())
        if gene is None and not with_genes:
            return None
        title = "Cell Ranger or Loupe (a group of columns per cluster)"
        return ShapedTable(
            shape="cell_ranger",
            title=title if not with_genes and not groups.grid else "A group of columns per cluster",
            frame=stacked_groups(frame, groups, gene),
            sources={} if gene is None or with_genes else {"gene": gene},
        )
    if gene is None or (cluster is None and not name):
        return None
    table = held_in_all(frame, groups)
    table["gene"] = frame[gene]
    table["cluster"] = (
        name if cluster is None else filled_down(frame, {"cluster": cluster, "gene": gene})[0][cluster]
    )
    listed = ", ".join(groups.columns)
    return ShapedTable(
        shape="conserved",
        title="Markers conserved over conditions (FindConservedMarkers)",
        frame=table,
        sources={"gene": gene} if cluster is None else {"gene": gene, "cluster": cluster},
        notes=(
            f"Statistics of {len(groups.columns)} conditions ({listed}) stand side by side; the weakest of "
            "them "
            "counts, so that a marker holds in each condition.",
        ),
    )


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
    return speaks_of_statistics(columns)


def _long(frame: pd.DataFrame, roles: dict[str, str]) -> ShapedTable:
    rows = pd.DataFrame({role: frame[column] for role, column in roles.items()})
    headers = {names.plain(column) for column in frame.columns}
    source = names.plain(roles.get("log2fc", ""))
    shape, title = "long", "Two columns, a gene per row"
    natural = source in names.NATURAL_LOG
    linear = source in names.LINEAR_FOLD and _is_linear(frame[roles["log2fc"]])
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
    elif {"cellgroup", "markerscore"} <= headers:
        shape, title = "monocle", "Monocle 3 (top_markers)"
    elif len(roles) > 2:
        program = program_of(frame)
        shape, title = (
            "table",
            f"A table with statistics of {program}" if program else "A table with statistics",
        )
    return ShapedTable(
        shape=shape, title=title, frame=rows, natural_log=natural, linear=linear, sources=roles
    )


def _is_linear(values: pd.Series) -> bool:
    """Whether fold changes are ratios: none below zero, or (signed ones) none between -1 and 1."""
    numbers = to_numbers(values).dropna()
    return len(numbers) > 0 and bool((numbers > 0).all() or (numbers.abs() >= 1).all())


def _lists(frame: pd.DataFrame, roles: dict[str, str]) -> ShapedTable:
    rows: list[tuple[object, str]] = []
    absent: list[str] = []
    for cluster, text in zip(frame[roles["cluster"]], frame[roles["gene"]].astype(str), strict=True):
        genes, missing = split_signed(text)
        rows += [(cluster, gene) for gene in genes or [""]]
        absent += missing
    left_out = f"Genes marked as absent are left out: {', '.join(absent[:6])}."
    return ShapedTable(
        shape="simple",
        title="A gene list per cluster",
        sources=roles,
        frame=pd.DataFrame(rows, columns=["cluster", "gene"]),
        notes=(left_out,) if absent else (),
    )


def _scanpy_wide(frame: pd.DataFrame) -> ShapedTable | None:
    groups: dict[str, dict[str, str]] = {}
    for column in map(str, frame.columns):
        if match := _SCANPY_WIDE.match(column):
            groups.setdefault(match.group(1), {})[_WIDE_ROLES[match.group(2)]] = column
    complete = {cluster: roles for cluster, roles in groups.items() if "gene" in roles}
    # All columns but one for row numbers must belong: otherwise the likeness of a few headers is chance.
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
