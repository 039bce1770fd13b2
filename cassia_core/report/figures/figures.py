"""Figures for papers: each returns the bytes of a PNG, SVG or PDF of a stated size. Gene symbols are
italic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgba_array
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cassia_core.look.palette import GREY
from cassia_core.report.figures.densities import Spread, outlines, place_of
from cassia_core.report.figures.figure_axes import (
    NAMES_SHARE,
    SCALE,
    colour_bar,
    dot_area,
    gene_axis,
    legend,
    legend_mm,
    map_axes,
    open_frame,
    row_axis,
    row_names,
)
from cassia_core.report.figures.figure_page import INK, MUTED, POINTS_PER_MM, Page, printed
from cassia_core.report.figures.map_labels import middle_of, write_names

MOST_NAMES_ON_MAP = 30
MOST_NUMBERED = 15
VIOLINS_PER_LINE = 12
"""Genes side by side; more stand in a further block below."""


def map_of_categories(
    xy: np.ndarray,
    codes: np.ndarray,
    names: Sequence[str],
    colours: Sequence[str],
    page: Page,
    *,
    axis: str = "UMAP",
    beside: bool = False,
) -> bytes:
    """The map of the cells, a colour per category.

    Parameters
    ----------
    xy
        Coordinates, shape (n_cells, 2); cells without a place (NaN) are left out.
    codes
        Category of every cell, shape (n_cells,); -1 is drawn grey.
    beside
        Names in a legend at the right instead of on the map. Names that find no room on the map go there too.
    """
    placed = np.isfinite(xy).all(axis=1)
    xy, codes = xy[placed], np.asarray(codes)[placed]
    order = np.random.default_rng(0).permutation(
        len(xy)
    )  # no category covers another by its place in the list
    shades = to_rgba_array([*colours, GREY["light"]])
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    shown = [int(i) for i in np.argsort(-counts, kind="stable") if counts[i]]

    def draw(figure: Figure) -> None:
        axes = map_axes(figure, axis, page)
        axes.scatter(
            xy[order, 0],
            xy[order, 1],
            s=dot_area(len(xy), page),
            c=shades[codes[order]],
            linewidths=0,
            rasterized=True,
        )
        in_legend = [names[i] for i in shown]
        if not beside and len(shown) <= MOST_NAMES_ON_MAP:
            in_legend = write_names(axes, [(names[i], middle_of(xy[codes == i])) for i in shown], page)
        colour = dict(zip(names, colours, strict=True))
        legend(figure, [(name, colour[name]) for name in sorted(in_legend)], page)

    in_words = [names[i] for i in shown] if beside or len(shown) > MOST_NAMES_ON_MAP else []
    width = page.text_mm([page.words(name, 40, NAMES_SHARE) for name in in_words])
    return printed(
        page, max(0.82 * page.width_mm - 0.8 * width, legend_mm(in_words, page) if in_words else 0), draw
    )


def map_of_values(
    xy: np.ndarray, values: np.ndarray, page: Page, *, title: str, italic: bool = False, axis: str = "UMAP"
) -> bytes:
    """The map of the cells coloured by a number, clipped at the 99th percentile; high cells are drawn last.

    Parameters
    ----------
    xy, values
        Shapes (n_cells, 2) and (n_cells,); a cell without a value (NaN) is grey.
    italic
        Whether `title` is a gene symbol.
    """
    placed = np.isfinite(xy).all(axis=1)
    xy, values = xy[placed], np.asarray(values, dtype=float)[placed]
    order = np.argsort(np.nan_to_num(values, nan=-np.inf), kind="stable")
    known = values[np.isfinite(values)]
    low = float(min(0.0, known.min())) if known.size else 0.0
    high = max(float(np.quantile(known, 0.99)) if known.size else 1.0, low + 1e-6)
    scale = SCALE.with_extremes(bad=GREY["light"])

    def draw(figure: Figure) -> None:
        axes = map_axes(figure, axis, page)
        dots = axes.scatter(
            xy[order, 0],
            xy[order, 1],
            s=dot_area(len(xy), page),
            c=np.ma.masked_invalid(values[order]),
            cmap=scale,
            vmin=low,
            vmax=high,
            linewidths=0,
            rasterized=True,
            plotnonfinite=True,
        )
        bar = colour_bar(figure, axes, dots, page.words(title))
        bar.ax.yaxis.label.set_style("italic" if italic else "normal")

    return printed(page, 0.76 * page.width_mm, draw)


def dot_plot(mean: pd.DataFrame, share: pd.DataFrame, names: Mapping[str, str], page: Page) -> bytes:
    """Share of cells with a gene (size) and its mean (colour), groups of cells by genes.

    Parameters
    ----------
    mean, share
        Groups (rows) by genes: means of log-normalised values, and shares (0 to 1) of cells above 0.
    names
        Group to the name of its row.
    """
    genes, rows = list(mean.columns), row_names([names[g] for g in mean.index], page)
    room = max(20.0, page.width_mm - page.text_mm(rows) - 18 * page.font_pt / 7) / max(1, len(genes))
    largest = POINTS_PER_MM * min(0.92 * page.line_mm, 0.95 * room)
    x, y = np.meshgrid(np.arange(len(genes)), np.arange(len(rows)))

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        dots = axes.scatter(
            x,
            y,
            s=largest**2 * share.to_numpy(),
            c=mean.to_numpy(),
            cmap=SCALE,
            vmin=0,
            vmax=max(float(mean.to_numpy().max()), 1e-6),
            linewidths=0.25,
            edgecolors=MUTED,
        )
        gene_axis(axes, genes, page)
        row_axis(axes, rows)
        axes.set_xlim(-0.7, len(genes) - 0.3)
        handles = [
            Line2D(
                [],
                [],
                linestyle="",
                marker="o",
                markersize=largest * np.sqrt(part),
                color=GREY["light"],
                label=f"{part:.0%}",
            )
            for part in (0.25, 0.5, 1.0)
        ]
        figure.legend(handles=handles, loc="outside right upper", title="Cells with it", labelspacing=0.8)
        colour_bar(figure, axes, dots, "Mean, log-normalised")

    return printed(page, max(8, len(rows) + 1) * page.line_mm + page.text_mm(genes), draw)


def heat_map(values: pd.DataFrame, names: Mapping[str, str], page: Page, *, scaled: bool) -> bytes:
    """Groups of cells (rows) by genes; `scaled` values are shares (0 to 1) of each gene's highest mean."""
    genes, rows = list(values.columns), row_names([names[g] for g in values.index], page)

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        top = 1.0 if scaled else max(float(values.to_numpy().max()), 1e-6)
        picture = axes.pcolormesh(
            values.to_numpy(), cmap=SCALE, vmin=0, vmax=top, edgecolors="white", linewidth=0.3
        )
        gene_axis(axes, genes, page, 0.5)
        row_axis(axes, rows, 0.5)
        colour_bar(
            figure, axes, picture, "Mean, share of the gene's highest" if scaled else "Mean, log-normalised"
        )

    return printed(page, max(8, len(rows) + 1) * page.line_mm + page.text_mm(genes), draw)


def violins(
    spreads: Sequence[Spread], names: Mapping[str, str], colours: Mapping[str, str], page: Page
) -> bytes:
    """Spread of log-normalised values: a row per group of cells, a column per gene, the median as a line.

    Every gene has a scale of its own, from the left edge of its column to its highest value, which stands
    beside its
    name.

    Parameters
    ----------
    spreads
        Genes, all with the same groups.
    names, colours
        Group to the name and the colour of its row.
    """
    groups = spreads[0].groups
    rows = row_names([names[g] for g in groups], page)
    blocks = [spreads[i : i + VIOLINS_PER_LINE] for i in range(0, len(spreads), VIOLINS_PER_LINE)]

    def draw(figure: Figure) -> None:
        for axes, block in zip(figure.subplots(len(blocks), 1, squeeze=False)[:, 0], blocks, strict=True):
            shapes = [shape for at, spread in enumerate(block) for shape in outlines(spread, at)]
            axes.add_collection(
                PolyCollection(
                    shapes,
                    facecolors=[colours[g] for _ in block for g in groups],
                    edgecolors=INK,
                    linewidths=0.3,
                )
            )
            for at, spread in enumerate(block):
                middle = place_of(spread, at, spread.quartiles[:, 1])
                axes.vlines(
                    middle,
                    np.arange(len(groups)) - 0.25,
                    np.arange(len(groups)) + 0.25,
                    color=INK,
                    linewidth=0.8,
                )
            gene_axis(
                axes, [f"{spread.gene}  {spread.low:.3g} to {spread.top:.3g}" for spread in block], page
            )
            row_axis(axes, rows)
            axes.set_xlim(-0.6, max(len(spreads[:VIOLINS_PER_LINE]), len(block)) - 0.4)

    titles = [f"{spread.gene}  0 to 0.00" for spread in spreads]
    return printed(page, len(blocks) * (max(3, len(rows) + 1) * page.line_mm + page.text_mm(titles)), draw)


def composition_bars(
    values: pd.DataFrame, colours: Mapping[str, str], page: Page, *, by: str, unit: str
) -> bytes:
    """Stacked bars: every label (columns) in each group (rows) of the column `by`; `unit` says what `values`
    count.
    """
    rows = row_names([str(r) for r in values.index], page)

    edges = np.hstack([np.zeros((len(values), 1)), values.to_numpy().cumsum(axis=1)])
    parts = np.argwhere(values.to_numpy() > 0).tolist()

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        boxes = [
            [(edges[row, at + i], row + up) for i, up in ((0, -0.38), (1, -0.38), (1, 0.38), (0, 0.38))]
            for row, at in parts
        ]
        axes.add_collection(
            PolyCollection(
                boxes,
                facecolors=[colours[values.columns[at]] for _, at in parts],
                edgecolors="white",
                linewidths=0.3,
            )
        )
        row_axis(axes, rows)
        axes.set_xlim(0, max(float(edges.max()), 1e-6))
        axes.set_xlabel(unit)
        axes.set_ylabel(page.words(by))
        open_frame(axes)
        legend(figure, [(name, colours[name]) for name in values.columns], page)

    return printed(page, max((len(rows) + 3) * page.line_mm, legend_mm(list(values.columns), page)), draw)


def confusion_matrix(counts: pd.DataFrame, page: Page, *, rows: str, columns: str = "Predicted") -> bytes:
    """Cells of each pair of labels: rows are one labelling, columns the other; colour is the share within a
    row.
    """
    shares = counts.div(counts.sum(axis=1).where(counts.sum(axis=1) > 0, 1), axis=0)
    share_of = shares.to_numpy(dtype=float)
    across = [page.words(str(c), 36, NAMES_SHARE) for c in counts.columns]
    down = row_names([str(r) for r in counts.index], page)

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        picture = axes.pcolormesh(share_of, cmap=SCALE, vmin=0, vmax=1, edgecolors="white", linewidth=0.3)
        row_axis(axes, down, 0.5)
        axes.set_xticks(np.arange(len(across)) + 0.5, across, rotation=90)
        axes.set_xlabel(columns)
        axes.set_ylabel(page.words(rows))
        if len(across) <= MOST_NUMBERED:
            for (i, j), count in np.ndenumerate(counts.to_numpy()):
                if count:
                    axes.text(
                        j + 0.5,
                        i + 0.5,
                        f"{count:,}",
                        ha="center",
                        va="center",
                        fontsize=0.8 * page.font_pt,
                        color="white" if share_of[i, j] > 0.5 else INK,
                    )
        colour_bar(figure, axes, picture, "Share of the row")

    return printed(page, max(8, len(down) + 2) * page.line_mm + page.text_mm(across), draw)
