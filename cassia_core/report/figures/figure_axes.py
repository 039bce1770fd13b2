"""Axes, legends and scales that figures for papers have in common."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cassia_core.look.palette import EXPRESSION
from cassia_core.report.figures.figure_page import MUTED, POINTS_PER_MM, Page

SCALE = LinearSegmentedColormap.from_list("expression", EXPRESSION["light"])
NAMES_SHARE = 0.26
"""Names at one side take at most this share of a figure's width."""
_ROWS_OF_LEGEND = 40


def map_axes(figure: Figure, axis: str, page: Page) -> Axes:
    """Axes of a map: equal scales, no ticks, the name of the map in the corner."""
    axes = figure.add_subplot()
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.set_xlabel(f"{page.words(axis, 20)} 1 →", loc="left", color=MUTED)
    axes.set_ylabel(f"{page.words(axis, 20)} 2 →", loc="bottom", color=MUTED)
    return axes


def dot_area(n: int, page: Page) -> float:
    """Area of a cell's dot in square points: about a third of the page is ink, between a speck and a
    pinhead.
    """
    return float(np.clip(0.12 * (page.width_mm * POINTS_PER_MM) ** 2 / max(1, n), 0.15, 12))


def legend(figure: Figure, entries: Sequence[tuple[str, str]], page: Page) -> None:
    """Names with their colours at the right."""
    if entries:
        handles = [
            Line2D(
                [],
                [],
                linestyle="",
                marker="o",
                markersize=0.7 * page.font_pt,
                color=colour,
                label=page.words(name, 40, NAMES_SHARE).lstrip("_") or "–",
            )
            for name, colour in entries
        ]
        figure.legend(
            handles=handles, loc="outside right center", ncols=_columns([n for n, _ in entries], page)
        )


def legend_mm(names: Sequence[str], page: Page) -> float:
    """Height of a legend of these names."""
    return (math.ceil(len(names) / _columns(names, page)) + 1) * 0.85 * page.line_mm


def _columns(names: Sequence[str], page: Page) -> int:
    """Columns of a legend: few entries stand in one, many in as many as fit into half of the page."""
    entry = page.text_mm([page.words(name, 40, NAMES_SHARE) for name in names]) + page.line_mm
    return max(1, min(math.ceil(len(names) / _ROWS_OF_LEGEND), int(0.5 * page.width_mm / entry)))


def colour_bar(figure: Figure, axes: Axes, drawn, title: str):
    """The scale of a coloured plot."""
    bar = figure.colorbar(drawn, ax=axes, shrink=0.6, aspect=18, pad=0.02, anchor=(0.0, 0.0))
    bar.set_label(title)
    bar.outline.set_visible(False)
    return bar


def gene_axis(axes: Axes, genes: Sequence[str], page: Page, shift: float = 0.0) -> None:
    """Gene symbols, italic, under their columns."""
    axes.set_xticks(
        np.arange(len(genes)) + shift, [page.words(g) for g in genes], rotation=90, style="italic"
    )


def row_axis(axes: Axes, rows: Sequence[str], shift: float = 0.0) -> None:
    """Names of rows, the first at the top."""
    axes.set_yticks(np.arange(len(rows)) + shift, rows)
    axes.set_ylim(len(rows) - 0.5 + shift, -0.5 + shift)
    open_frame(axes)


def open_frame(axes: Axes) -> None:
    """Lines left and below only."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=False)


def row_names(names: Sequence[str], page: Page) -> list[str]:
    """Names of rows as they are drawn."""
    return [page.words(name, 56, NAMES_SHARE) for name in names]
