"""The map of the cells: one drawing for categories and one for values."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cassia_ui import session
from cassia_ui.colouring import Colouring
from cassia_ui.door_maps import GREY
from cassia_ui.style import tokens

EXPRESSION = {False: ("#DDE4E7", "#E3C3D6", "#D292BC", "#B65C9E", "#8A2F7C", "#561258"),
              True: ("#2C383E", "#593062", "#8D3C87", "#C25BA6", "#E88FC0", "#FFD0E3")}
MOST_LABELS = 30


def draw_map(xy: np.ndarray, colouring: Colouring, *, key: str, height: int = 414, boxed: str = "",
             of_cell: np.ndarray | None = None) -> list[int]:
    """Draw the map.

    Parameters
    ----------
    xy
        Coordinates, shape (n_cells, 2); cells without a place have NaN and are left out.
    boxed
        Category whose label is boxed.
    of_cell
        One text per cell for the hover card.

    Returns
    -------
    list of int
        Cells that a person has chosen with lasso, box or click, as positions in `xy`.
    """
    placed = np.flatnonzero(np.isfinite(xy).all(axis=1))
    figure = go.Figure()
    if colouring.codes is not None:
        _categories(figure, xy, placed, colouring, boxed, of_cell)
    else:
        _values(figure, xy, placed, colouring, of_cell)
    _layout(figure, height)
    event = st.plotly_chart(figure, width="stretch", theme=None, key=key, on_select="rerun",
                            config={"displaylogo": False, "scrollZoom": True,
                                    "modeBarButtonsToRemove": ["autoScale2d", "toImage"]},
                            alt=f"Map of {len(placed):,} cells, coloured by {colouring.title}")
    return [int(p["customdata"][0] if isinstance(p["customdata"], list) else p["customdata"])
            for p in event["selection"]["points"] if "customdata" in p]


def _size(n: int) -> float:
    return float(np.clip(9 - 1.5 * np.log10(max(n, 10)), 1.5, 6))


def _categories(figure: go.Figure, xy: np.ndarray, placed: np.ndarray, colouring: Colouring, boxed: str,
                of_cell: np.ndarray | None) -> None:
    codes = colouring.codes[placed]
    marker = {"size": _size(len(placed)), "opacity": 0.85 if len(placed) < 50_000 else 0.6}
    groups = [(-1, "No value", GREY[session.dark()]), *((i, n, c) for i, (n, c) in enumerate(
        zip(colouring.categories, colouring.colours, strict=True)))]
    for code, name, colour in groups:
        cells = placed[codes == code]
        if not len(cells):
            continue
        figure.add_trace(go.Scattergl(
            x=xy[cells, 0], y=xy[cells, 1], mode="markers", name=f"{name} ({len(cells):,})", customdata=cells,
            text=None if of_cell is None else of_cell[cells], marker={**marker, "color": colour},
            hovertemplate="%{text}<extra></extra>" if of_cell is not None else name.replace("<", "&lt;") + "<extra></extra>"))
        if code >= 0 and len(colouring.categories) <= MOST_LABELS:
            _label(figure, xy[cells], name, name == boxed)


def _label(figure: go.Figure, xy: np.ndarray, name: str, boxed: bool) -> None:
    colours = tokens(session.dark())
    ground = "#11191D" if session.dark() else "#FFFFFF"
    x, y = np.median(xy, axis=0)
    frame = {"bordercolor": colours["text"], "borderwidth": 1.5, "borderpad": 4, "bgcolor": ground} if boxed else {}
    figure.add_annotation(x=x, y=y, text=name.replace("&", "&amp;").replace("<", "&lt;"), showarrow=False,
                          font={"size": 13, "color": colours["text"], "shadow": " ".join([f"0 0 3px {ground},"] * 3)[:-1]},
                          **frame)


def _values(figure: go.Figure, xy: np.ndarray, placed: np.ndarray, colouring: Colouring,
            of_cell: np.ndarray | None) -> None:
    values = colouring.values[placed]
    order = np.argsort(np.nan_to_num(values, nan=-np.inf), kind="stable")  # high cells last, on top
    cells, values = placed[order], values[order]
    finite = values[np.isfinite(values)]
    top = float(np.quantile(finite, 0.99)) if len(finite) else 1.0
    low = float(min(0.0, finite.min())) if len(finite) else 0.0
    scale = EXPRESSION[session.dark()]
    figure.add_trace(go.Scattergl(
        x=xy[cells, 0], y=xy[cells, 1], mode="markers", showlegend=False, customdata=cells,
        text=None if of_cell is None else of_cell[cells],
        marker={"size": _size(len(cells)), "color": values, "cmin": low, "cmax": max(top, low + 1e-6),
                "colorscale": [[i / (len(scale) - 1), c] for i, c in enumerate(scale)], "showscale": True,
                "colorbar": {"title": {"text": colouring.title, "side": "right"}, "thickness": 10, "len": 0.6}},
        hovertemplate="%{text}<br>%{marker.color:.2f}<extra></extra>" if of_cell is not None
        else "%{marker.color:.2f}<extra></extra>"))


def _layout(figure: go.Figure, height: int) -> None:
    colours = tokens(session.dark())
    figure.update_layout(
        height=height, margin={"l": 0, "r": 0, "t": 0, "b": 22}, paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)", dragmode="lasso", showlegend=False, uirevision="map",
        font={"color": colours["muted"], "family": "Source Sans, Source Sans Pro, sans-serif", "size": 13},
        hoverlabel={"bgcolor": colours["card"], "font": {"color": colours["text"]}, "bordercolor": colours["line"]})
    axis = {"showgrid": False, "zeroline": False, "showticklabels": False}
    figure.update_xaxes(**axis, title={"text": "UMAP 1 →", "standoff": 2, "font": {"size": 12}})
    figure.update_yaxes(**axis, title={"text": "UMAP 2 →", "standoff": 2, "font": {"size": 12}}, scaleanchor="x")
