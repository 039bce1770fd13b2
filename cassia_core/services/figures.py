"""Figures for papers from the results of a run, with the labels as they stand after corrections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from cassia_core.data.view_store import View
from cassia_core.errors import InputError
from cassia_core.report import figures
from cassia_core.report.figure_page import FigureFormat, Page
from cassia_core.report.palette import GREY
from cassia_core.runs.layout import file_stem
from cassia_core.services import comparing, review
from cassia_core.services.results import DatasetResults, label_colours, load_results

FigureKind = Literal["map", "dots", "heat", "violins", "composition", "confusion"]
ColourBy = Literal["type", "cluster", "gene", "column"]
MOST_CATEGORIES = 200
MOST_VIOLIN_GENES = 24
WHEEL = ("#0A7FBE", "#C2611E", "#639E51", "#815AB8", "#C13B44", "#2B9CAE", "#A68A06", "#BA4E75", "#737724", "#896B50",
         "#60A1F1", "#E59243", "#79CA8D", "#B77DD3", "#EA6B5E", "#6AC2DE", "#C3B753", "#FF8E98", "#8EA25B", "#AB9475")
"""Colours of clusters and of words that are no cell types; taken from the families' palettes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureOptions:
    """What a figure shows and its size.

    `colour_by` and `embedding` are for the map ("" is the first embedding); `column` names the column to colour, split
    or compare by; `genes` are for the dot plot, heat map and violins (empty: the markers behind the labels), and its
    first one colours a map by a gene.
    """

    width_mm: float = 170.0
    height_mm: float | None = None
    font_pt: float = 7.0
    dpi: int = 300
    colour_by: ColourBy = "type"
    embedding: str = ""
    genes: tuple[str, ...] = ()
    column: str = ""
    names_beside: bool = False


def figure(run_id: str, dataset: str, kind: FigureKind, fmt: FigureFormat, options: FigureOptions = FigureOptions(),
           root: Path | None = None) -> tuple[str, bytes]:
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
    data = load_results(run_id, dataset, root)
    if data.view is None:
        raise InputError("There are no cells to draw.", "This run was made from a table of marker genes.",
                         "Figures need a run of cells (an h5ad file, for example).")
    page = Page(fmt=fmt, width_mm=options.width_mm, height_mm=options.height_mm, font_pt=options.font_pt, dpi=options.dpi)
    labels = {r.cluster: r.label or comparing.NO_LABEL for r in review.labels(run_id, dataset, root)}
    content = {"map": _map, "dots": _dots, "heat": _heat, "violins": _violins, "composition": _composition,
               "confusion": _confusion}[kind](data, labels, options, page)
    return file_name(data.spec.name, kind, fmt, options), content


def file_name(dataset: str, kind: FigureKind, fmt: FigureFormat, options: FigureOptions = FigureOptions()) -> str:
    """Such as `PBMC_map_CD3D.pdf` or `PBMC_composition_by_sample.svg`."""
    what = {"map": {"type": "map_cell_types", "cluster": "map_clusters", "gene": f"map_{_first(options)}",
                    "column": f"map_{options.column}"}[options.colour_by],
            "dots": "dot_plot", "heat": "heat_map", "violins": "violins",
            "composition": f"composition_by_{options.column}", "confusion": f"labels_against_{options.column}"}[kind]
    return f"{file_stem(dataset)}_{file_stem(what)}.{fmt}"


def _first(options: FigureOptions) -> str:
    return options.genes[0] if options.genes else ""


def _map(data: DatasetResults, labels: Mapping[str, str], options: FigureOptions, page: Page) -> bytes:
    view = data.view
    if not view.embeddings():
        raise InputError("There is no map of these cells.", "The file has none and none was computed.",
                         "Run again without a column of your own clusters, or add an embedding to the file.")
    name = options.embedding or view.embeddings()[0]
    if name not in view.embeddings():
        raise InputError(f"There is no map called {name}.", f"Maps: {', '.join(view.embeddings())}.", "Choose one of these.")
    xy, axis = view.embedding(name), name.removeprefix("X_").upper()
    if options.colour_by == "gene":
        gene = _measured(view, options.genes[:1])[0]
        return figures.map_of_values(xy, view.gene(gene), page, title=gene, italic=True, axis=axis)
    if options.colour_by == "column" and _kind_of(view, options.column) == "numeric":
        return figures.map_of_values(xy, view.column(options.column).values, page, title=options.column, axis=axis)
    codes, names, colours = _categories(view, labels, options)
    return figures.map_of_categories(xy, codes, names, colours, page, axis=axis, beside=options.names_beside)


def _categories(view: View, labels: Mapping[str, str],
                options: FigureOptions) -> tuple[np.ndarray, tuple[str, ...], tuple[str, ...]]:
    """Code of every cell, the categories, and a colour each."""
    column = view.column(options.column if options.colour_by == "column" else view.cluster_key)
    if options.colour_by != "type":
        names = column.categories
        if len(names) > MOST_CATEGORIES:
            raise InputError(f"{options.column} has {len(names)} different values.",
                             f"A figure can tell at most {MOST_CATEGORIES} apart.", "Choose another column.")
        return column.codes, names, tuple(WHEEL[i % len(WHEEL)] for i in range(len(names)))
    of_cluster = [labels.get(c, comparing.NO_LABEL) for c in column.categories]
    names = tuple(dict.fromkeys(of_cluster))
    by_code = np.array([names.index(n) for n in of_cluster] + [-1], dtype=np.int32)
    shades = _colours(names)
    return by_code[column.codes], names, tuple(shades[n] for n in names)


def _colours(names: tuple[str, ...]) -> dict[str, str]:
    known = label_colours([n for n in names if n != comparing.NO_LABEL], "light")
    return {name: known.get(name, GREY["light"]) for name in names}


def _dots(data: DatasetResults, labels: Mapping[str, str], options: FigureOptions, page: Page) -> bytes:
    genes = _genes(data, options)
    return figures.dot_plot(comparing.expression_by_cluster(data.view, genes), _rows(data, labels), page)


def _heat(data: DatasetResults, labels: Mapping[str, str], options: FigureOptions, page: Page) -> bytes:
    genes = _genes(data, options)
    return figures.heat_map(comparing.expression_by_cluster(data.view, genes), _rows(data, labels), page)


def _violins(data: DatasetResults, labels: Mapping[str, str], options: FigureOptions, page: Page) -> bytes:
    genes = _genes(data, options)[:MOST_VIOLIN_GENES]
    rows = _rows(data, labels)
    shades = _colours(tuple(dict.fromkeys(labels.get(c, comparing.NO_LABEL) for c in rows)))
    return figures.violins({gene: comparing.values_by_cluster(data.view, gene) for gene in genes}, list(rows.values()),
                           [shades[labels.get(c, comparing.NO_LABEL)] for c in rows], page)


def _composition(data: DatasetResults, labels: Mapping[str, str], options: FigureOptions, page: Page) -> bytes:
    _kind_of(data.view, options.column)
    table = comparing.composition(data.view, labels, options.column)
    return figures.composition_bars(table, _colours(tuple(table.columns)), page, by=options.column)


def _confusion(data: DatasetResults, labels: Mapping[str, str], options: FigureOptions, page: Page) -> bytes:
    _kind_of(data.view, options.column)
    result = comparing.compare(data.view, labels, options.column)
    return figures.confusion_matrix(result.confusion, page, rows=options.column)


def _rows(data: DatasetResults, labels: Mapping[str, str]) -> dict[str, str]:
    """Cluster to "label (cluster)", in the order of the view."""
    return {c: f"{labels.get(c, comparing.NO_LABEL)} ({c})" for c in data.view.column(data.view.cluster_key).categories}


def _genes(data: DatasetResults, options: FigureOptions) -> list[str]:
    return _measured(data.view, options.genes or comparing.telling_genes(data.rows))


def _measured(view: View, wanted) -> list[str]:
    there = set(view.genes())
    found = [g for g in dict.fromkeys(wanted) if g in there]
    if not found:
        raise InputError("None of these genes is in your data.", f"Asked for: {', '.join(wanted) or 'no gene'}.",
                         "Check the spelling; symbols are matched exactly.")
    return found


def _kind_of(view: View, name: str) -> str:
    kinds = {c.name: c.kind for c in view.columns()}
    if name not in kinds:
        raise InputError(f"The cells have no column {name}." if name else "No column was chosen.",
                         f"Columns: {', '.join(kinds)}.", "Choose one of these.")
    return kinds[name]
