"""Figures for papers: each returns the bytes of a PNG, SVG or PDF of a stated size. Gene symbols are italic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from cassia_core.report.figure_page import INK, MUTED, POINTS_PER_MM, Page, printable, printed
from cassia_core.report.map_labels import middle_of, write_names
from cassia_core.report.palette import EXPRESSION, GREY

SCALE = LinearSegmentedColormap.from_list("expression", EXPRESSION["light"])
MOST_NAMES_ON_MAP = 30
MOST_NUMBERED = 15
VIOLIN_CELLS = 2000
"""Cells per cluster that a violin is computed from, a random sample; more do not change its shape on paper."""


def map_of_categories(xy: np.ndarray, codes: np.ndarray, names: Sequence[str], colours: Sequence[str], page: Page, *,
                      axis: str = "UMAP", beside: bool = False) -> bytes:
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
    order = np.random.default_rng(0).permutation(len(xy))  # no category covers another by its place in the list
    shades = np.array([*colours, GREY["light"]], dtype=object)[codes]
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    shown = [int(i) for i in np.argsort(-counts, kind="stable") if counts[i]]

    def draw(figure: Figure) -> None:
        axes = _map_axes(figure, axis)
        axes.scatter(*xy[order].T, s=_dot_area(len(xy), page), c=shades[order].tolist(), linewidths=0, rasterized=True)
        in_legend = [names[i] for i in shown]
        if not beside and len(shown) <= MOST_NAMES_ON_MAP:
            in_legend = write_names(axes, [(names[i], middle_of(xy[codes == i])) for i in shown])
        colour = dict(zip(names, colours, strict=True))
        _legend(figure, [(name, colour[name]) for name in sorted(in_legend)], page)

    printed_names = [printable(n, 40) for n in names]
    return printed(page, 0.82 * page.width_mm - (page.text_mm(printed_names) * 0.8 if beside else 0), draw)


def map_of_values(xy: np.ndarray, values: np.ndarray, page: Page, *, title: str, italic: bool = False,
                  axis: str = "UMAP") -> bytes:
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
        axes = _map_axes(figure, axis)
        dots = axes.scatter(*xy[order].T, s=_dot_area(len(xy), page), c=np.ma.masked_invalid(values[order]), cmap=scale,
                            vmin=low, vmax=high, linewidths=0, rasterized=True, plotnonfinite=True)
        bar = _colour_bar(figure, axes, dots, printable(title))
        bar.ax.yaxis.label.set_style("italic" if italic else "normal")

    return printed(page, 0.76 * page.width_mm, draw)


def dot_plot(table: pd.DataFrame, names: Mapping[str, str], page: Page) -> bytes:
    """Share of cells with a gene (size) and its mean (colour), clusters by genes.

    Parameters
    ----------
    table
        Columns `cluster`, `gene`, `mean` (of log-normalised values) and `share` (0 to 1).
    names
        Cluster to the name of its row.
    """
    genes, clusters = list(dict.fromkeys(table["gene"])), list(dict.fromkeys(table["cluster"]))
    rows = [printable(names.get(c, c), 44) for c in clusters]
    room = max(20.0, page.width_mm - page.text_mm(rows) - 18 * page.font_pt / 7) / max(1, len(genes))
    largest = POINTS_PER_MM * min(0.92 * page.line_mm, 0.95 * room)

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        dots = axes.scatter(table["gene"].map(genes.index), table["cluster"].map(clusters.index),
                            s=largest ** 2 * table["share"], c=table["mean"], cmap=SCALE, vmin=0,
                            linewidths=0.25, edgecolors=MUTED)
        _gene_axis(axes, genes)
        _row_axis(axes, rows)
        axes.set_xlim(-0.7, len(genes) - 0.3)
        handles = [Line2D([], [], linestyle="", marker="o", markersize=largest * np.sqrt(share), color=GREY["light"],
                          label=f"{share:.0%}") for share in (0.25, 0.5, 1.0)]
        figure.legend(handles=handles, loc="outside right upper", title="Cells with it", labelspacing=0.8)
        _colour_bar(figure, axes, dots, "Mean, log-normalised")

    return printed(page, max(8, len(rows) + 1) * page.line_mm + page.text_mm(genes), draw)


def heat_map(table: pd.DataFrame, names: Mapping[str, str], page: Page) -> bytes:
    """Mean of each gene in each cluster as a share of the gene's highest cluster; parameters as `dot_plot`."""
    wide = scaled_means(table)
    rows = [printable(names.get(c, c), 44) for c in wide.index]

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        picture = axes.pcolormesh(wide.to_numpy(), cmap=SCALE, vmin=0, vmax=1, edgecolors="white", linewidth=0.3)
        _gene_axis(axes, list(wide.columns), 0.5)
        _row_axis(axes, rows, 0.5)
        _colour_bar(figure, axes, picture, "Mean, share of the gene's highest")

    return printed(page, max(8, len(rows) + 1) * page.line_mm + page.text_mm(list(wide.columns)), draw)


def scaled_means(table: pd.DataFrame) -> pd.DataFrame:
    """Clusters by genes, each gene's means divided by its highest (0 to 1; a gene that is nowhere seen stays 0)."""
    wide = table.pivot(index="cluster", columns="gene", values="mean")
    wide = wide.reindex(index=list(dict.fromkeys(table["cluster"])), columns=list(dict.fromkeys(table["gene"])))
    return wide / wide.max().where(wide.max() > 0, 1.0)


def violins(values: Mapping[str, Sequence[np.ndarray]], names: Sequence[str], colours: Sequence[str],
            page: Page) -> bytes:
    """Spread of log-normalised values, a row per gene and a violin per cluster, with the median as a line.

    Parameters
    ----------
    values
        Gene to the values of the cells of each cluster, one array of any length per entry of `names`.
    """
    labels = [printable(n, 36) for n in names]
    rng = np.random.default_rng(0)

    def draw(figure: Figure) -> None:
        rows = figure.subplots(len(values), 1, sharex=True, squeeze=False)[:, 0]
        for axes, (gene, groups) in zip(rows, values.items(), strict=True):
            for at, group in enumerate(groups):
                if len(group):
                    few = group if len(group) <= VIOLIN_CELLS else rng.choice(group, VIOLIN_CELLS, replace=False)
                    _violin(axes, at, few, colours[at])
            axes.set_ylabel(printable(gene), style="italic", rotation=0, ha="right", va="center")
            axes.yaxis.set_major_locator(MaxNLocator(nbins=2, integer=True))
            _open_frame(axes)
        rows[-1].set_xticks(range(len(labels)), labels, rotation=90)
        rows[-1].set_xlim(-0.6, len(labels) - 0.4)

    return printed(page, len(values) * 2.2 * page.line_mm + page.text_mm(labels) + 6, draw)


def composition_bars(shares: pd.DataFrame, colours: Mapping[str, str], page: Page, *, by: str) -> bytes:
    """Share (0 to 1) of every label (columns) in each group (rows) of the column `by`, as stacked bars."""
    rows = [printable(r, 44) for r in shares.index]

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        left = np.zeros(len(shares))
        for name in shares.columns:
            axes.barh(range(len(shares)), 100 * shares[name], left=left, height=0.75, color=colours.get(name, GREY["light"]),
                      linewidth=0.3, edgecolor="white")
            left += 100 * shares[name].to_numpy()
        _row_axis(axes, rows)
        axes.set_xlim(0, 100)
        axes.set_xlabel("% of the cells of the group")
        axes.set_ylabel(printable(by))
        _open_frame(axes)
        _legend(figure, [(name, colours.get(name, GREY["light"])) for name in shares.columns], page)

    return printed(page, max((len(rows) + 3) * page.line_mm, (len(shares.columns) + 1) * 0.8 * page.line_mm), draw)


def confusion_matrix(counts: pd.DataFrame, page: Page, *, rows: str, columns: str = "Predicted") -> bytes:
    """Cells of each pair of labels: rows are one labelling, columns the other; colour is the share within a row."""
    shares = counts.div(counts.sum(axis=1).where(counts.sum(axis=1) > 0, 1), axis=0)
    across, down = [printable(c, 36) for c in counts.columns], [printable(r, 44) for r in counts.index]

    def draw(figure: Figure) -> None:
        axes = figure.add_subplot()
        picture = axes.pcolormesh(shares.to_numpy(), cmap=SCALE, vmin=0, vmax=1, edgecolors="white", linewidth=0.3)
        _row_axis(axes, down, 0.5)
        axes.set_xticks(np.arange(len(across)) + 0.5, across, rotation=90)
        axes.set_xlabel(columns)
        axes.set_ylabel(printable(rows))
        if len(across) <= MOST_NUMBERED:
            for (i, j), count in np.ndenumerate(counts.to_numpy()):
                if count:
                    axes.text(j + 0.5, i + 0.5, f"{count:,}", ha="center", va="center", fontsize=0.8 * page.font_pt,
                              color="white" if shares.iat[i, j] > 0.5 else INK)
        _colour_bar(figure, axes, picture, "Share of the row")

    return printed(page, max(8, len(down) + 2) * page.line_mm + page.text_mm(across), draw)


def _map_axes(figure: Figure, axis: str) -> Axes:
    axes = figure.add_subplot()
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.set_xlabel(f"{printable(axis, 20)} 1 →", loc="left", color=MUTED)
    axes.set_ylabel(f"{printable(axis, 20)} 2 →", loc="bottom", color=MUTED)
    return axes


def _dot_area(n: int, page: Page) -> float:
    """Area of a cell's dot in square points: about a third of the page is ink, between a speck and a pinhead."""
    return float(np.clip(0.12 * (page.width_mm * POINTS_PER_MM) ** 2 / max(1, n), 0.15, 12))


def _legend(figure: Figure, entries: Sequence[tuple[str, str]], page: Page) -> None:
    if entries:
        handles = [Line2D([], [], linestyle="", marker="o", markersize=0.7 * page.font_pt, color=colour,
                          label=printable(name, 40).lstrip("_") or "–") for name, colour in entries]
        figure.legend(handles=handles, loc="outside right center", ncols=1 + len(entries) // 40)


def _colour_bar(figure: Figure, axes: Axes, drawn, title: str):
    bar = figure.colorbar(drawn, ax=axes, shrink=0.6, aspect=18, pad=0.02, anchor=(0.0, 0.0))
    bar.set_label(title)
    bar.outline.set_visible(False)
    return bar


def _gene_axis(axes: Axes, genes: Sequence[str], shift: float = 0.0) -> None:
    axes.set_xticks(np.arange(len(genes)) + shift, [printable(g) for g in genes], rotation=90, style="italic")


def _row_axis(axes: Axes, rows: Sequence[str], shift: float = 0.0) -> None:
    axes.set_yticks(np.arange(len(rows)) + shift, rows)
    axes.set_ylim(len(rows) - 0.5 + shift, -0.5 + shift)
    _open_frame(axes)


def _open_frame(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=False)


def _violin(axes: Axes, at: int, values: np.ndarray, colour: str) -> None:
    parts = axes.violinplot([values], positions=[at], widths=0.85, showextrema=False)
    for body in parts["bodies"]:
        body.set(facecolor=colour, edgecolor=INK, linewidth=0.3, alpha=1.0)
    axes.hlines(np.median(values), at - 0.2, at + 0.2, color=INK, linewidth=0.8)


