"""Marker tables of any known shape: read, put in order, and told what was found."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from cassia_core.data.names.species_finding import species_finding
from cassia_core.data.readers.text import to_numbers
from cassia_core.data.tables.cluster_names import as_cluster_names, confusable, named_like_missing
from cassia_core.data.tables.contrasts import is_contrast, program_of
from cassia_core.data.tables.marker_expression import MarkerExpression
from cassia_core.data.tables.marker_genes import repair_marker_genes
from cassia_core.data.tables.marker_sources import SourceTable, looks_like_expression, read_source
from cassia_core.data.tables.select_markers import STATISTICS, UNASSIGNED, select_markers
from cassia_core.data.tables.table_columns import NO_NAME, ROW_NAMES, plain
from cassia_core.data.tables.table_roles import cluster_columns, roles_of
from cassia_core.data.tables.table_shapes import ShapedTable, shape_of
from cassia_core.domain.config import MarkerParams, ReadOptions
from cassia_core.domain.counting_words import counted
from cassia_core.domain.findings import Finding, Findings, Question
from cassia_core.domain.markers import MarkerTable, natural_key
from cassia_core.errors import MarkerFormatError

_ROLE_WORDS = {
    "cluster": "cluster",
    "gene": "gene",
    "log2fc": "fold change",
    "score": "score",
    "pval": "p value",
    "pval_adj": "adjusted p value",
    "pct_in": "share here",
    "pct_out": "share elsewhere",
}
_LOG2_OF_E = 1 / math.log(2)
_MOST_CLUSTERS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedMarkers:
    """A marker table, ready: `table` selected and ranked, `frame` all its rows, `findings` what was seen.

    `frame` has the columns of `select_markers.FRAME_COLUMNS` and `original_gene`; missing values are NaN.
    """

    table: MarkerTable
    frame: pd.DataFrame
    findings: Findings
    expression: MarkerExpression


def load_markers(
    source: Path | str | pd.DataFrame | SourceTable,
    params: MarkerParams = MarkerParams(),
    options: ReadOptions = ReadOptions(),
) -> LoadedMarkers:
    """Read a marker table in any of the known shapes.

    Parameters
    ----------
    source
        A csv, tsv, txt or xlsx file (also gzipped), a DataFrame, or a table that `read_source` has read.
    params
        Which genes of a cluster become its markers.
    options
        `columns` says which column is what where the table is not recognised by itself.

    Raises
    ------
    MarkerFormatError
        The table is empty, or no shape fits; `details` then lists its columns.
    """
    table = source if isinstance(source, SourceTable) else read_source(source, options)
    if options.columns is None and looks_like_expression(table.frame):
        raise _not_markers(table)
    shaped = shaped_table(table, options)
    if shaped is None:
        raise _not_recognised(table)
    done = [*table.done, *shaped.notes]
    frame = _ordered(shaped, done)
    _refuse_too_many_clusters(table, shaped, frame)
    genes = repair_marker_genes(
        frame, plain(shaped.sources.get("gene", "gene")) in ROW_NAMES, done, options, table.frame
    )
    frame = _without_nameless(frame)
    _without_repeats(frame, done)
    selected = select_markers(frame, params, shape=shaped.shape)
    findings = _findings(table, shaped, frame, selected, genes.species, done, options)
    return LoadedMarkers(
        table=selected,
        frame=frame,
        findings=replace(
            findings,
            found=(*findings.found, *_doubts(table), *genes.notices),
            questions=(*findings.questions, *genes.questions),
        ),
        expression=MarkerExpression(frame, genes.species[0]),
    )


def _refuse_too_many_clusters(table: SourceTable, shaped: ShapedTable, frame: pd.DataFrame) -> None:
    """Refuse a table whose column of clusters cannot be one."""
    n_clusters = frame["cluster"].nunique()
    if n_clusters > _MOST_CLUSTERS:
        raise MarkerFormatError(
            f"{table.name} would have {n_clusters:,} clusters.",
            f"That many names are in the column {shaped.sources.get('cluster', 'of clusters')}; up to "
            f"{_MOST_CLUSTERS:,} are read.",
            "Say which column holds the cluster, or check the header of the table.",
            details=_listed([str(column) for column in table.frame.columns]),
        )


def shaped_table(table: SourceTable, options: ReadOptions) -> ShapedTable | None:
    """The rows that a table means; None where its columns are not recognised.

    Raises
    ------
    MarkerFormatError
        It compares conditions, and no person said which of its columns are clusters and genes.
    """
    told = options.columns is not None and bool(options.columns.cluster or options.columns.gene)
    has_cluster = "cluster" in roles_of(table.frame, options.columns) if len(table.frame.columns) else False
    if not told and table.shaped is None and is_contrast(table.frame, has_cluster):
        raise _contrast(table)
    name = table.cluster or (table.name if told else "")
    return table.shaped or shape_of(table.frame, options.columns, name)


def _contrast(table: SourceTable) -> MarkerFormatError:
    columns = [str(column) for column in table.frame.columns]
    program = program_of(table.frame)
    return MarkerFormatError(
        f"{table.name} compares conditions, not clusters.",
        f"Its columns are those of a test between conditions{f' ({program})' if program else ''}: such "
        "genes tell "
        "what a condition changes, not which cells a cluster is.",
        "Open markers of each cluster against all other cells. If that is what this is, say which columns "
        "name "
        "cluster and gene.",
        details=_listed(columns),
    )


def _not_markers(table: SourceTable) -> MarkerFormatError:
    columns = [str(column) for column in table.frame.columns]
    return MarkerFormatError(
        f"{table.name} is a table of expression values, not of marker genes.",
        f"It has {len(columns):,} columns, and they hold numbers rather than genes of clusters.",
        "Open it as a cell file, or choose the table of markers.",
        details=_listed(columns),
    )


def _not_recognised(table: SourceTable) -> MarkerFormatError:
    """The error for a table of no known shape; `details` names its columns for the column mapper."""
    columns = [str(column) for column in table.frame.columns]
    roles = roles_of(table.frame)
    if {"cluster", "gene"} <= roles.keys():
        why = f"Several rows with a list of genes have the same name in the column {roles['cluster']}."
    elif roles.keys() & {"cluster", "gene"}:
        why = "No column names the genes." if "cluster" in roles else "No column names the clusters."
    else:
        why = "No column names the clusters, and none the genes."
    return MarkerFormatError(
        f"The columns of {table.name} are not recognised.",
        why,
        "Say which column holds the cluster and which the gene.",
        details=_listed(columns),
    )


def _listed(columns: list[str]) -> str:
    return "Columns: " + " | ".join(column or NO_NAME for column in columns[:60])


def _which_cluster(table: SourceTable, shaped: ShapedTable, options: ReadOptions) -> tuple[Question, ...]:
    """A question where several columns could name the cluster."""
    if not {"cluster", "gene"} <= shaped.sources.keys() or (options.columns and options.columns.cluster):
        return ()
    columns = cluster_columns(table.frame, shaped.sources["gene"], shaped.sources["cluster"])
    # Columns that say the same are no choice.
    if len(columns) < 2 or all((table.frame[c] == table.frame[columns[0]]).all() for c in columns[1:]):
        return ()
    return (
        Question(
            option="columns.cluster",
            text="Which column names the cluster?",
            choices=columns,
            suggested=columns[0],
        ),
    )


def questions_about(table: SourceTable) -> tuple[Question, ...]:
    """What a person must say of a table that is not recognised."""
    columns = tuple(str(column) or NO_NAME for column in table.frame.columns)
    return (
        Question(option="columns.cluster", text="Which column names the cluster?", choices=columns),
        Question(option="columns.gene", text="Which column names the gene?", choices=columns),
    )


def _ordered(shaped: ShapedTable, done: list[str]) -> pd.DataFrame:
    """The shaped rows with numbers as numbers in their usual units; says in `done` what changed."""
    rows = shaped.frame
    frame = pd.DataFrame(
        {"cluster": as_cluster_names(rows["cluster"]), "gene": rows["gene"].astype(str).str.strip()}
    )
    for column in STATISTICS:
        frame[column] = to_numbers(rows[column]) if column in rows else np.nan
    frame = _without_unusable_rows(frame, shaped, done)
    _put_in_units(frame, shaped, done)
    return frame.reset_index(drop=True)


def _without_unusable_rows(frame: pd.DataFrame, shaped: ShapedTable, done: list[str]) -> pd.DataFrame:
    nameless = frame["gene"].str.lower().isin(("", "nan", "na", "<na>")) & (shaped.shape != "simple")
    if nameless.any():
        done.append(
            f"{counted(int(nameless.sum()), 'row without a gene name is', 'rows without a gene name are')} "
            "left out."
        )
    unknown = frame["log2fc"].isna() & bool(frame["log2fc"].notna().any())
    if unknown.any():
        rows = counted(int(unknown.sum()), "row without a fold change is", "rows without a fold change are")
        done.append(f"{rows} left out; an unknown value is never taken as a high one.")
    usable = frame[~nameless & ~unknown].copy()
    # A cluster all of whose rows went still stands in the result, with that as the reason.
    lost = set(frame["cluster"]) - set(usable["cluster"])
    if lost:
        empty = pd.DataFrame({"cluster": sorted(lost, key=natural_key), "gene": ""})
        usable = pd.concat([usable, empty.reindex(columns=frame.columns)], ignore_index=True)
        usable["gene"] = usable["gene"].fillna("")
    return usable


def _put_in_units(frame: pd.DataFrame, shaped: ShapedTable, done: list[str]) -> None:
    """Fold changes in log2, shares of cells from 0 to 1, no infinite number. Changes `frame`."""
    for column, word in (("log2fc", "fold change"), ("score", "score")):
        values = frame[column]
        infinite = np.isinf(values)
        if infinite.any():
            # Infinite fold changes are genes that are seen on one side only: high, but not beyond every other
            # gene.
            finite = values[~infinite & values.notna()]
            low, high = (finite.min(), finite.max()) if len(finite) else (-1.0, 1.0)
            frame[column] = values.clip(min(low, -abs(low)), high)
            done.append(
                f"{counted(int(infinite.sum()), f'infinite {word} is', f'infinite {word}s are')} set to the "
                "largest finite one."
            )
    if shaped.linear:
        ratios = frame["log2fc"]
        frame["log2fc"] = np.sign(ratios).where(ratios < 0, 1.0) * np.log2(ratios.abs())
        done.append("Fold changes were ratios; they are turned into log2.")
    if shaped.natural_log:
        frame["log2fc"] *= _LOG2_OF_E
        done.append("Fold changes were natural logarithms; they are turned into log2.")
    shares = frame[["pct_in", "pct_out"]]
    if (shares > 1.0 + 1e-9).any(axis=None):
        frame[["pct_in", "pct_out"]] = shares / 100
        done.append("Shares of cells were written as 0 to 100; they are turned into 0 to 1.")


def _without_nameless(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with a gene, and one for each cluster that has none."""
    nameless = frame["gene"] == ""
    alone = (
        nameless & ~frame["cluster"].isin(frame.loc[~nameless, "cluster"]) & ~frame["cluster"].duplicated()
    )
    return frame[~nameless | alone].reset_index(drop=True)


def _doubts(table: SourceTable) -> tuple[Finding, ...]:
    """A word of caution where a program for tests of conditions wrote the table."""
    program = program_of(table.frame)
    if not program:
        return ()
    return (
        Finding(
            topic="Table",
            value=f"Statistics as {program} writes them",
            level="notice",
            remark="Markers only if each cluster was compared with all other cells, not conditions within "
            "it.",
        ),
    )


def _without_repeats(frame: pd.DataFrame, done: list[str]) -> None:
    repeated = frame.duplicated(["cluster", "gene"]) & (frame["gene"] != "")
    if repeated.any():
        frame.drop(index=frame.index[repeated], inplace=True)
        frame.reset_index(drop=True, inplace=True)
        done.append(
            f"{counted(int(repeated.sum()), 'row repeats', 'rows repeat')} a gene of the same cluster; "
            "the first counts."
        )


def _findings(
    table: SourceTable,
    shaped: ShapedTable,
    frame: pd.DataFrame,
    selected: MarkerTable,
    species: tuple[str, bool],
    done: list[str],
    options: ReadOptions,
) -> Findings:
    genes = frame.loc[frame["gene"] != "", "gene"]
    n_genes = int(genes.nunique())
    seen = [
        Finding(topic="Table", value=shaped.title, remark=table.remark),
        *_columns_read(shaped),
        Finding(
            topic="Size",
            value=f"{counted(len(selected.clusters), 'cluster', 'clusters')}, "
            f"{counted(n_genes, 'gene', 'genes')}, {counted(len(genes), 'row', 'rows')}",
        ),
        species_finding(*species),
        _markers_finding(selected),
        *(Finding(topic="Limits and ranking", value=note) for note in selected.notes[:2]),
    ]
    names = [c.cluster for c in selected.clusters]
    seen += [
        Finding(
            topic="Clusters",
            value=f'"{a}" and "{b}" are kept apart',
            level="notice",
            remark="Their names differ only in case or blanks.",
        )
        for a, b in confusable(names)
    ]
    seen += [
        Finding(
            topic="Clusters",
            value=f'"{name}" is taken as the name of a cluster',
            level="notice",
            remark="If it stands for a missing value, leave these cells of the table empty.",
        )
        for name in named_like_missing(names)
    ]
    if UNASSIGNED in names:
        seen.append(
            Finding(topic="Clusters", value="Rows without a cluster name are set aside", level="notice")
        )
    return Findings(
        kind="markers",
        format=table.format,
        n_clusters=len(selected.clusters),
        n_genes=n_genes,
        species=species[0],
        species_confident=species[1],
        table_shape=shaped.title,
        found=tuple(seen),
        done=tuple(done),
        questions=(*table.questions, *_which_cluster(table, shaped, options)),
        size_bytes=table.size_bytes,
        memory_bytes=int(frame.memory_usage(deep=True).sum()),
    )


def _columns_read(shaped: ShapedTable) -> tuple[Finding, ...]:
    read = [f"{_ROLE_WORDS[role]}: {column or 'row names'}" for role, column in shaped.sources.items()]
    return (Finding(topic="Columns", value=", ".join(read)),) if read else ()


def _markers_finding(selected: MarkerTable) -> Finding:
    counts = [len(c.genes) for c in selected.clusters]
    poor = [c for c in selected.clusters if c.state != "ok"]
    least, most = min(counts, default=0), max(counts, default=0)
    value = f"{least if least == most else f'{least} to {most}'} genes per cluster passed the limits"
    remark = "; ".join(f"{c.cluster}: {c.reason}" for c in poor[:5])
    return Finding(topic="Markers", value=value, remark=remark, level="notice" if poor else "ok")
