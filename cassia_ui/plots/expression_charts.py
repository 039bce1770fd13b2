"""The dot plot, the heat map and the violins as charts: groups of cells in rows, genes in columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cassia_core.services.plots.gene_plots import GroupExpression, Spread, outlines, place_of
from cassia_ui.frame import session
from cassia_ui.frame.style import tokens
from cassia_ui.plots.plot_style import (
    chart_text,
    colour_bar,
    colour_scale,
    name_columns,
    name_rows,
    row_height,
)

_LEGEND_SHARES = (0.25, 0.5, 1.0)
_WIDTH_OF_GENES = 800
"""About the pixels that all columns share on a usual screen."""


def dot_plot(expression: GroupExpression, names: Mapping[str, str], full: Mapping[str, str]) -> go.Figure:
    """Size: share of cells above 0; colour: mean. `names` are of rows, `full` stand in the hover cards."""
    genes, groups = list(expression.mean.columns), list(expression.mean.index)
    largest = max(5.0, min(row_height(len(groups)) - 3, 0.95 * _WIDTH_OF_GENES / max(1, len(genes)), 19))
    x, y = np.meshgrid(np.arange(len(genes), dtype=np.float32), np.arange(len(groups), dtype=np.float32))
    mean, share = expression.mean.to_numpy(), expression.share.to_numpy()
    words = _words(genes, groups, full, expression.n_cells, mean, share)
    figure = go.Figure(
        go.Scatter(
            x=x.ravel(),
            y=y.ravel(),
            mode="markers",
            text=words.ravel(),
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
            marker={
                "size": (largest * np.sqrt(share)).ravel().astype(np.float32),
                "color": mean.ravel().astype(np.float32),
                "cmin": 0,
                "cmax": max(float(mean.max()), 1e-6),
                "colorscale": colour_scale(),
                "showscale": True,
                "line": {"width": 0.5, "color": tokens(session.theme())["muted"]},
                "colorbar": colour_bar("Mean", low=True),
            },
        )
    )
    for part in _LEGEND_SHARES:
        figure.add_trace(
            go.Scatter(
                x=[None],
                y=[None],
                mode="markers",
                name=f"{part:.0%}",
                hoverinfo="skip",
                marker={"size": largest * part**0.5, "color": tokens(session.theme())["other"]},
            )
        )
    figure.update_layout(
        legend={
            "title": {"text": "Cells with it"},
            "x": 1.02,
            "y": 1,
            "itemclick": False,
            "itemdoubleclick": False,
            "itemsizing": "trace",
        }
    )
    return _finished(figure, genes, [names[g] for g in groups])


def heat_map(
    values: pd.DataFrame,
    expression: GroupExpression,
    names: Mapping[str, str],
    full: Mapping[str, str],
    *,
    scaled: bool,
) -> go.Figure:
    """Means, or `scaled` shares of each gene's highest mean."""
    genes, groups = list(values.columns), list(values.index)
    words = _words(
        genes, groups, full, expression.n_cells, expression.mean.to_numpy(), expression.share.to_numpy()
    )
    top = 1.0 if scaled else max(float(values.to_numpy().max()), 1e-6)
    figure = go.Figure(
        go.Heatmap(
            z=values.to_numpy(dtype=np.float32),
            x=list(range(len(genes))),
            y=list(range(len(groups))),
            text=words,
            xgap=1,
            ygap=1,
            zmin=0,
            zmax=top,
            colorscale=colour_scale(),
            hovertemplate="%{text}<extra></extra>",
            colorbar=colour_bar("Share of<br>highest" if scaled else "Mean"),
        )
    )
    return _finished(figure, genes, [names[g] for g in groups])


def violins(
    spreads: Sequence[Spread], names: Mapping[str, str], full: Mapping[str, str], colours: Mapping[str, str]
) -> go.Figure:
    """Outlines in the colours of the cell types with the median as a line; each gene has a scale of its
    own.
    """
    groups, line = spreads[0].groups, tokens(session.theme())["text"]
    figure = go.Figure()
    shapes: dict[str, list[np.ndarray]] = {}
    for at, spread in enumerate(spreads):
        for group, shape in zip(groups, outlines(spread, at), strict=True):
            shapes.setdefault(colours[group], []).append(np.vstack([shape, shape[:1], [[np.nan, np.nan]]]))
    for colour, parts in shapes.items():
        points = np.vstack(parts).astype(np.float32)
        figure.add_trace(
            go.Scatter(
                x=points[:, 0],
                y=points[:, 1],
                mode="lines",
                fill="toself",
                fillcolor=colour,
                line={"width": 0.5, "color": line},
                hoverinfo="skip",
                showlegend=False,
            )
        )
    rows = np.arange(len(groups), dtype=np.float32)
    for at, spread in enumerate(spreads):
        figure.add_trace(
            go.Scatter(
                x=place_of(spread, at, spread.quartiles[:, 1]).astype(np.float32),
                y=rows,
                mode="markers",
                showlegend=False,
                marker={
                    "symbol": "line-ns",
                    "size": 0.5 * row_height(len(groups)),
                    "line": {"width": 2, "color": line},
                },
                text=[_violin_words(spread, row, full[group]) for row, group in enumerate(groups)],
                hovertemplate="%{text}<extra></extra>",
            )
        )
    titles = [f"<i>{chart_text(s.gene, 30)}</i><br>{s.low:.3g} to {s.top:.3g}" for s in spreads]
    figure.update_layout(hovermode="closest", hoverdistance=30)
    for edge in range(len(spreads) + 1):
        figure.add_vline(
            edge - 0.5, line={"width": 1, "color": tokens(session.theme())["line"]}, layer="below"
        )
    name_rows(figure, [names[g] for g in groups])
    name_columns(figure, titles, len(groups), italic=False, angle=0 if len(spreads) <= 8 else -60)
    return figure


def highest_in_words(expression: GroupExpression, full: Mapping[str, str], most: int = 8) -> str:
    """Where the first genes are highest, for those who cannot see the chart."""
    peaks: dict[str, str] = {str(gene): str(group) for gene, group in expression.mean.idxmax().items()}
    parts = [
        f"{gene} in {full[peaks[gene]]}" if expression.mean[gene].max() > 0 else f"{gene} nowhere"
        for gene in expression.mean.columns[:most]
    ]
    return "Highest: " + ", ".join(parts) + (", and so on." if expression.mean.shape[1] > most else ".")


def _words(
    genes: Sequence[str],
    groups: Sequence[str],
    full: Mapping[str, str],
    n_cells: pd.Series,
    mean: np.ndarray,
    share: np.ndarray,
) -> np.ndarray:
    """The hover card of every place, shape (n_groups, n_genes)."""
    titles = [f"{chart_text(full[g])}, {n_cells[g]:,} cells" for g in groups]
    symbols = [f"<i>{chart_text(g)}</i>" for g in genes]
    return np.array(
        [
            [
                f"{title}<br>{symbol}: {share[i, j]:.0%} of cells, mean {mean[i, j]:.2f}"
                for j, symbol in enumerate(symbols)
            ]
            for i, title in enumerate(titles)
        ],
        dtype=object,
    )


def _violin_words(spread: Spread, row: int, title: str) -> str:
    low, middle, high = spread.quartiles[row]
    return (
        f"{chart_text(title)}, {spread.n_cells[row]:,} cells<br><i>{chart_text(spread.gene)}</i>: median "
        f"{middle:.2f}, "
        f"middle half {low:.2f} to {high:.2f}, mean {spread.mean[row]:.2f}, above 0 in "
        f"{spread.share[row]:.0%} of cells"
    )


def _finished(figure: go.Figure, genes: Sequence[str], rows: Sequence[str]) -> go.Figure:
    name_rows(figure, rows)
    name_columns(figure, [chart_text(g, 30) for g in genes], len(rows), italic=True)
    return figure
