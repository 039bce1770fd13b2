"""Small pictures of the lesson's cells: maps, violins and bars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from cassia_core.domain.markers import natural_key
from cassia_core.look.palette import QUIET_GREY, wheel
from cassia_core.services.lessons import lessons
from cassia_ui.frame import session
from cassia_ui.frame.style import tokens
from cassia_ui.plots.plot_style import chart_text, colour_bar, colour_scale, draw_chart

MAP_HEIGHT = 400


def map_of_clusters(clusters: pd.Series, key: str) -> None:
    """The cells in the colours of their clusters, with the clusters' ids."""
    names = sorted(clusters.unique(), key=natural_key)
    figure, xy = go.Figure(), lessons.cells().map_xy
    for name, colour in zip(names, wheel(len(names)), strict=True):
        inside = (clusters == name).to_numpy()
        figure.add_trace(_dots(xy[inside], colour, f"Cluster {name}, {inside.sum()} cells"))
        middle = np.median(xy[inside], axis=0)
        figure.add_annotation(
            x=float(middle[0]),
            y=float(middle[1]),
            text=f"<b>{chart_text(name)}</b>",
            showarrow=False,
            **_label_look(),
        )
    _draw_map(figure, key, f"Map of {len(clusters)} cells in {len(names)} clusters")


def map_of_chosen(chosen: np.ndarray, key: str, alt: str, height: int = MAP_HEIGHT) -> None:
    """The cells that are `chosen` (shape (n_cells,)) in colour, the others grey."""
    xy, theme = lessons.cells().map_xy, session.theme()
    figure = go.Figure(
        [
            _dots(xy[~chosen], QUIET_GREY[theme], "Other cells"),
            _dots(xy[chosen], tokens(theme)["accent"], "Chosen cells"),
        ]
    )
    _draw_map(figure, key, alt, height)


def map_of_values(values: np.ndarray, title: str, key: str) -> None:
    """The cells by a value each, shape (n_cells,); the highest are drawn last."""
    order = np.argsort(values, kind="stable")
    xy = lessons.cells().map_xy[order]
    dots = _dots(xy, values[order], title)
    dots.marker.update(
        colorscale=colour_scale(), showscale=True, colorbar=colour_bar(chart_text(title)), cmin=0
    )
    dots.update(text=[f"{v:.2f}" for v in values[order]], hovertemplate="%{text}<extra></extra>")
    _draw_map(go.Figure(dots), key, f"Map of the cells by {title}")


def violins_of(
    values: np.ndarray, groups: Sequence[str], title: str, key: str, colours: Sequence[str] = ()
) -> None:
    """A violin per group (rows, `groups` has the group of every cell) of a value per cell."""
    of = np.asarray(groups)
    names = sorted(set(groups), key=natural_key)
    figure = go.Figure()
    for name, colour in zip(names, colours or wheel(len(names)), strict=True):
        figure.add_trace(
            go.Violin(
                x=values[of == name],
                y=[chart_text(name)] * int((of == name).sum()),
                orientation="h",
                width=0.9,
                points=False,
                spanmode="hard",
                meanline_visible=True,
                line={"color": colour, "width": 1},
                fillcolor=colour,
                showlegend=False,
                hoverinfo="skip",
            )
        )
    figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    figure.update_xaxes(title=chart_text(title))
    means = ", ".join(f"{name} {values[of == name].mean():.2f}" for name in names)
    draw_chart(figure, height=90 + 34 * len(names), key=key, alt=f"{title}, means: {means}", above=24)


def bars_of(shares: pd.Series, title: str, key: str) -> None:
    """A bar per name for a share (0 to 1), the largest above."""
    ordered = shares.sort_values()
    figure = go.Figure(
        go.Bar(
            x=100 * ordered.to_numpy(),
            y=[chart_text(n) for n in ordered.index],
            orientation="h",
            marker_color=tokens(session.theme())["accent"],
            text=[f"{v:.0%}" for v in ordered],
            textposition="outside",
            cliponaxis=False,
            hoverinfo="skip",
        )
    )
    figure.update_xaxes(
        title=chart_text(title), range=[0, 112], tickvals=[0, 25, 50, 75, 100], ticksuffix=" %"
    )
    words = ", ".join(f"{name} {share:.0%}" for name, share in ordered[::-1].items())
    draw_chart(figure, height=MAP_HEIGHT, key=key, alt=f"{title}: {words}")


def _dots(xy: np.ndarray, colour: object, name: str) -> go.Scatter:
    return go.Scatter(
        x=xy[:, 0],
        y=xy[:, 1],
        mode="markers",
        marker={"size": 5, "color": colour},
        name=name,
        hovertemplate=f"{name}<extra></extra>",
        showlegend=False,
    )


def _draw_map(figure: go.Figure, key: str, alt: str, height: int = MAP_HEIGHT) -> None:
    hidden = {"showticklabels": False, "showgrid": False, "zeroline": False}
    figure.update_xaxes(title="UMAP 1", **hidden)
    figure.update_yaxes(title="UMAP 2", **hidden)
    figure.update_layout(dragmode=False)
    draw_chart(figure, height=height, key=key, alt=alt)


def _label_look() -> dict:
    colours = tokens(session.theme())
    return {
        "font": {"color": colours["text"], "size": 14},
        "bgcolor": colours["card"],
        "borderpad": 1,
        "opacity": 0.9,
    }
