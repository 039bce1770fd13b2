"""Figures for papers from the results of a run, with the labels as they stand after corrections."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from cassia_core.errors import InputError
from cassia_core.look.palette import GREY, LIGHTS, WHEEL
from cassia_core.look.wording import BY_HAND, LIGHT_WORDS, NO_LABEL
from cassia_core.runs.layout import file_stem
from cassia_core.services.clusters.composition import names_of_cells
from cassia_core.services.plots import gene_plots, plot_numbers
from cassia_core.services.plots.plot_numbers import FigureKind, FigureOptions, Subject

if TYPE_CHECKING:
    from cassia_core.report.figures.figure_page import Page

FigureFormat = Literal["png", "svg", "pdf"]
MOST_CATEGORIES = 200
UNITS = {"share": "% of the cells of the group", "cells": "Cells"}


def figure(
    run_id: str,
    dataset: str,
    kind: FigureKind,
    fmt: FigureFormat,
    options: FigureOptions,
    root: Path | None = None,
) -> tuple[str, bytes]:
    """Draw one figure.

    Returns
    -------
    tuple of str and bytes
        A file name that says what is in it, and the file.

    Raises
    ------
    InputError
        When the run has no cells to draw, or none of the genes, or not the column.
    ConfigError
        When a size is out of range.
    """
    from cassia_core.report.figures.figure_page import (
        Page,  # matplotlib takes a second to load: only where it draws
    )

    page = Page(
        fmt=fmt,
        width_mm=options.width_mm,
        height_mm=options.height_mm,
        font_pt=options.font_pt,
        dpi=options.dpi,
    )
    subject = plot_numbers.load_subject(run_id, dataset, root)
    draw = {
        "map": _map,
        "dots": _dots,
        "heat": _heat,
        "violins": _violins,
        "composition": _composition,
        "confusion": _confusion,
    }[kind]
    return f"{file_title(dataset, kind, options)}.{fmt}", draw(subject, options, page)


def file_title(dataset: str, kind: FigureKind, options: FigureOptions) -> str:
    """A file name without its ending, such as `PBMC_map_CD3D` or `PBMC_composition_by_sample`."""
    gene = options.genes[0] if options.genes else "gene"
    what = {
        "map": {
            "type": "map_cell_types",
            "cluster": "map_clusters",
            "light": "map_confidence",
            "score": "map_score",
            "gene": f"map_{gene}",
            "column": f"map_{options.column}",
        }[options.colour_by],
        "dots": "dot_plot",
        "heat": "heat_map",
        "violins": "violins",
        "composition": f"composition_by_{options.column}",
        "confusion": f"labels_against_{options.column}",
    }[kind]
    return f"{file_stem(dataset)}_{file_stem(what)}"


def signs_left_out(texts: Iterable[str]) -> str:
    """Signs that PNG and PDF figures leave out, as no font of this machine has them; an SVG keeps them."""
    from cassia_core.report.figures import figure_page

    return figure_page.signs_left_out(texts)


def map_values(subject: Subject, options: FigureOptions) -> tuple[np.ndarray, str] | None:
    """Values of all cells that colour the map, and what they are; None when it is coloured by categories."""
    view = subject.view
    if options.colour_by == "gene":
        gene = plot_numbers.genes_of(subject, options.genes[:1])[0]
        return view.gene(gene), gene
    if options.colour_by == "score":
        scores = {r.cluster: r.score.value for r in subject.data.rows if r.score}
        of_group = [np.nan if g.edited else scores.get(g.cluster, np.nan) for g in subject.cells.groups]
        return np.array([*of_group, np.nan])[subject.cells.codes], "Score (0 to 100)"
    if options.colour_by == "column":
        column = view.column(plot_numbers.checked_column(view, options.column, ("categorical", "numeric")))
        return (column.values, options.column) if column.kind == "numeric" else None
    return None


def map_categories(
    subject: Subject, options: FigureOptions
) -> tuple[tuple[str, ...], np.ndarray, dict[str, str]]:
    """Categories that colour the map, the category of every cell (-1: none), and the colours.

    Raises
    ------
    InputError
        When there are too many to tell apart.
    """
    view = subject.view
    if options.colour_by == "type":
        names, codes = names_of_cells(subject.cells)
        return names, codes, plot_numbers.colours_of_labels(names)
    if options.colour_by == "light":
        lights = {r.cluster: LIGHT_WORDS[r.light] if r.light else NO_LABEL for r in subject.data.rows}
        of_group = [BY_HAND if g.edited else lights.get(g.cluster, NO_LABEL) for g in subject.cells.groups]
        names = tuple(dict.fromkeys(of_group))
        colours = {LIGHT_WORDS[light]: colour for light, colour in LIGHTS["light"].items()}
        by_code = np.array([names.index(n) for n in of_group] + [-1])
        return names, by_code[subject.cells.codes], {n: colours.get(n, GREY["light"]) for n in names}
    column = view.column(options.column if options.colour_by == "column" else view.cluster_key)
    if len(column.categories) > MOST_CATEGORIES:
        raise InputError(
            f"There are {len(column.categories)} different values.",
            f"A figure can tell at most {MOST_CATEGORIES} apart.",
            "Choose another column.",
        )
    return (
        column.categories,
        column.codes,
        {n: WHEEL[i % len(WHEEL)] for i, n in enumerate(column.categories)},
    )


def map_coordinates(subject: Subject, options: FigureOptions) -> tuple[np.ndarray, str]:
    """Coordinates, shape (n_cells, 2), and what the map is called.

    Raises
    ------
    InputError
        When there is no such map.
    """
    maps = subject.view.embeddings()
    if not maps:
        raise InputError(
            "There is no map of these cells.",
            "The file has none and none was computed.",
            "Run again without a column of your own clusters, or add an embedding to the file.",
        )
    name = options.embedding or maps[0]
    if name not in maps:
        raise InputError(
            f"There is no map called {name}.", f"Maps: {', '.join(maps)}.", "Choose one of these."
        )
    return subject.view.embedding(name), name.removeprefix("X_").upper()


def _map(subject: Subject, options: FigureOptions, page: Page) -> bytes:
    from cassia_core.report.figures import figures

    xy, axis = map_coordinates(subject, options)
    if (drawn := map_values(subject, options)) is not None:
        values, title = drawn
        return figures.map_of_values(
            xy, values, page, title=title, italic=options.colour_by == "gene", axis=axis
        )
    names, codes, colours = map_categories(subject, options)
    return figures.map_of_categories(
        xy, codes, names, [colours[n] for n in names], page, axis=axis, beside=options.names_beside
    )


def _dots(subject: Subject, options: FigureOptions, page: Page) -> bytes:
    from cassia_core.report.figures import figures

    expression = plot_numbers.expression_of(subject, options)
    return figures.dot_plot(expression.mean, expression.share, plot_numbers.group_names(subject.cells), page)


def _heat(subject: Subject, options: FigureOptions, page: Page) -> bytes:
    from cassia_core.report.figures import figures

    mean = plot_numbers.expression_of(subject, options).mean
    return figures.heat_map(
        gene_plots.scaled(mean) if options.scaled else mean,
        plot_numbers.group_names(subject.cells),
        page,
        scaled=options.scaled,
    )


def _violins(subject: Subject, options: FigureOptions, page: Page) -> bytes:
    from cassia_core.report.figures import figures

    return figures.violins(
        plot_numbers.spreads_of(subject, options),
        plot_numbers.group_names(subject.cells),
        plot_numbers.colours_of_groups(subject.cells),
        page,
    )


def _composition(subject: Subject, options: FigureOptions, page: Page) -> bytes:
    from cassia_core.report.figures import figures

    composition = plot_numbers.composition_of(subject, options)
    values = 100 * composition.shares if options.unit == "share" else composition.cells
    titled = values.set_axis(
        [f"{plot_numbers.short_name(g)} (n = {n:,})" for g, n in composition.cells.sum(axis=1).items()]
    )
    return figures.composition_bars(
        titled,
        plot_numbers.colours_of_labels(tuple(values.columns)),
        page,
        by=options.column,
        unit=UNITS[options.unit],
    )


def _confusion(subject: Subject, options: FigureOptions, page: Page) -> bytes:
    from cassia_core.report.figures import figures

    return figures.confusion_matrix(
        plot_numbers.agreement_of(subject, options).confusion_shown, page, rows=options.column
    )
