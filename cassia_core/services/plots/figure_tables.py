"""The table behind every plot, as CSV or workbook that no spreadsheet takes for formulas."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from cassia_core.errors import InputError
from cassia_core.knowledge.naming.names import everyday_name
from cassia_core.look.wording import NO_LABEL
from cassia_core.report.tables.safe_tables import csv_bytes, write_xlsx
from cassia_core.services.labels.agreement import LEVELS, FileAgreement
from cassia_core.services.labels.review import GroupedCells
from cassia_core.services.plots import figures, gene_plots, plot_numbers
from cassia_core.services.plots.plot_numbers import FigureKind, FigureOptions, Subject

TableFormat = Literal["csv", "xlsx"]
MOST_ROWS_IN_EXCEL = 100_000
"""A larger workbook takes minutes to write and to open; the CSV has all rows."""


def tables(
    run_id: str, dataset: str, kind: FigureKind, options: FigureOptions, root: Path | None = None
) -> dict[str, pd.DataFrame]:
    """The tables behind a plot by name, the main one first.

    Raises
    ------
    InputError
        When the run has no cells, or none of the genes, or not the column.
    """
    subject = plot_numbers.load_subject(run_id, dataset, root)
    return {
        "map": _map,
        "dots": _expression,
        "heat": _expression,
        "violins": _spreads,
        "composition": _composition,
        "confusion": _agreement,
    }[kind](subject, options)


def table_file(
    run_id: str,
    dataset: str,
    kind: FigureKind,
    fmt: TableFormat,
    options: FigureOptions,
    root: Path | None = None,
    *,
    table: str = "",
) -> tuple[str, bytes]:
    """One table as CSV (`table` names it; "" is the main one), or all of them as the sheets of a workbook.

    Returns
    -------
    tuple of str and bytes
        A file name that says what is in it, and the file.

    Raises
    ------
    InputError
        As `tables`; also when a table is too long for a workbook.
    """
    sheets = tables(run_id, dataset, kind, options, root)
    title = figures.file_title(dataset, kind, options)
    if fmt == "csv":
        name = table or next(iter(sheets))
        ending = "" if name == next(iter(sheets)) else f"_{name.lower().replace(' ', '_')}"
        return f"{title}{ending}.csv", csv_bytes(sheets[name])
    if max(map(len, sheets.values())) > MOST_ROWS_IN_EXCEL:
        raise InputError(
            "This table is too long for a workbook.",
            f"It has more than {MOST_ROWS_IN_EXCEL:,} rows.",
            "Take the CSV file.",
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tables.xlsx"
        write_xlsx(path, sheets)
        return f"{title}.xlsx", path.read_bytes()


def expression_table(expression: gene_plots.GroupExpression, cells: GroupedCells) -> pd.DataFrame:
    """A row per group and gene: mean of log-normalised values, the same as share of the gene's highest, share
    of
    cells above 0."""
    long = (
        pd.DataFrame(
            {
                "mean": expression.mean.stack(),
                "mean_as_share_of_highest": gene_plots.scaled(expression.mean).stack(),
                "share_of_cells": expression.share.stack(),
            }
        )
        .rename_axis(["cluster", "gene"])
        .reset_index()
    )
    return _with_labels(long, cells, expression.n_cells.to_dict())


def spread_table(spreads: tuple[gene_plots.Spread, ...], cells: GroupedCells) -> pd.DataFrame:
    """A row per group and gene: quartiles and mean of log-normalised values, and share of cells above 0."""
    parts = [
        pd.DataFrame(
            {
                "cluster": list(s.groups),
                "gene": s.gene,
                "lower_quartile": s.quartiles[:, 0],
                "median": s.quartiles[:, 1],
                "upper_quartile": s.quartiles[:, 2],
                "mean": s.mean,
                "share_of_cells": s.share,
            }
        )
        for s in spreads
    ]
    return _with_labels(
        pd.concat(parts, ignore_index=True),
        cells,
        dict(zip(spreads[0].groups, spreads[0].n_cells.tolist(), strict=True)),
    )


def composition_table(composition: plot_numbers.Composition) -> pd.DataFrame:
    """A row per group and label: cells, and share (0 to 1) of the cells of the group."""
    long = pd.DataFrame({"cells": composition.cells.stack(), "share_of_group": composition.shares.stack()})
    long.index.names = ["group", "cell_type"]
    table = long.reset_index()
    table["cell_type"] = table["cell_type"].map(composition.labels)
    table.insert(2, "cell_type_short", table["cell_type"].map(everyday_name))
    table.insert(0, "column", composition.by)
    table["cells_in_group"] = table["group"].map(composition.cells.sum(axis=1))
    return table


def types_table(agreement: FileAgreement) -> pd.DataFrame:
    """A row per label of the file."""
    return pd.DataFrame(
        [
            {
                "label_of_file": t.label,
                "cell_ontology_term": t.term,
                "cl_id": t.cl_id,
                "cells": t.n_cells,
                **{f"share_same_{level}": t.shares[level] for level in LEVELS},
                "most_frequent_prediction": t.most_frequent,
                "most_frequent_prediction_short": agreement.shown[t.most_frequent],
                "its_share": t.most_frequent_share,
            }
            for t in agreement.types
        ]
    )


def clusters_table(agreement: FileAgreement) -> pd.DataFrame:
    """A row per cluster."""
    words = {"none": "no agreement", None: "cannot be judged"}
    return pd.DataFrame(
        [
            {
                "cluster": c.cluster,
                "predicted": c.predicted,
                "predicted_short": agreement.shown[c.predicted],
                "cells": c.n_cells,
                "most_frequent_label_of_file": c.majority,
                "its_share": c.majority_share,
                "agrees_at": words.get(c.level, c.level),
            }
            for c in agreement.clusters
        ]
    )


def _with_labels(long: pd.DataFrame, cells: GroupedCells, sizes: Mapping[Any, int]) -> pd.DataFrame:
    groups = {g.id: g for g in cells.groups}
    long.insert(1, "cell_type", [groups[c].label or NO_LABEL for c in long["cluster"]])
    long.insert(2, "cell_type_short", [everyday_name(groups[c].label) or NO_LABEL for c in long["cluster"]])
    long.insert(3, "cl_id", [groups[c].cl_id for c in long["cluster"]])
    long.insert(4, "cells", [sizes[c] for c in long["cluster"]])
    return long


def _expression(subject: Subject, options: FigureOptions) -> dict[str, pd.DataFrame]:
    return {"Expression": expression_table(plot_numbers.expression_of(subject, options), subject.cells)}


def _spreads(subject: Subject, options: FigureOptions) -> dict[str, pd.DataFrame]:
    return {"Values": spread_table(plot_numbers.spreads_of(subject, options), subject.cells)}


def _composition(subject: Subject, options: FigureOptions) -> dict[str, pd.DataFrame]:
    return {"Composition": composition_table(plot_numbers.composition_of(subject, options))}


def _agreement(subject: Subject, options: FigureOptions) -> dict[str, pd.DataFrame]:
    agreement = plot_numbers.agreement_of(subject, options)
    matrix = agreement.confusion.rename_axis(index="label_of_file").reset_index()
    levels = pd.DataFrame(
        [
            {
                "level": s.level,
                "share_of_cells": s.share,
                "cells_judged": s.n_judged,
                "mean_over_labels": s.mean_of_types,
                "labels_judged": s.n_types,
            }
            for s in agreement.levels
        ]
    )
    unknown = pd.DataFrame(
        [
            {"label": u.label, "from": u.side, "cells": u.n_cells, "lineage": u.lineage}
            for u in agreement.not_judged
        ],
        columns=["label", "from", "cells", "lineage"],
    )
    return {
        "Cells": matrix,
        "Agreement": levels,
        "Per label": types_table(agreement),
        "Per cluster": clusters_table(agreement),
        "Not in the ontology": unknown,
    }


def _map(subject: Subject, options: FigureOptions) -> dict[str, pd.DataFrame]:
    """A row per cell: coordinates, cluster, standing label, and what colours the map."""
    view, cells = subject.view, subject.cells
    xy, axis = figures.map_coordinates(subject, options)
    labels = np.array([*(g.label for g in cells.groups), ""], dtype=object)
    names = np.array([*(everyday_name(g.label) for g in cells.groups), ""], dtype=object)
    ids = np.array([*(g.id for g in cells.groups), ""], dtype=object)
    table = pd.DataFrame(
        {
            "cell": view.cell_ids(),
            f"{axis}_1": xy[:, 0],
            f"{axis}_2": xy[:, 1],
            "cluster": ids[cells.codes],
            "cell_type": labels[cells.codes],
            "cell_type_short": names[cells.codes],
        }
    )
    if (drawn := figures.map_values(subject, options)) is not None:
        values, title = drawn
        table[title if title not in table else f"{title}_of_file"] = values
    elif options.colour_by not in ("type", "cluster"):
        categories, codes, _ = figures.map_categories(subject, options)
        title = options.column if options.colour_by == "column" else "confidence"
        table[title if title not in table else f"{title}_of_file"] = np.array(
            [*categories, ""], dtype=object
        )[codes]
    return {"Cells": table}
