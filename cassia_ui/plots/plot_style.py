"""How the charts of the page Results look: colours, text and height, alike in all of them."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cassia_core.look.palette import EXPRESSION, TRANSPARENT
from cassia_core.services.plots.plot_numbers import short_name
from cassia_ui.frame import session
from cassia_ui.frame.style import tokens

FONT = '"Source Sans", "Source Sans 3", sans-serif'
MANY_ROWS = 30
"""From here on the names of columns stand below the rows, too."""
_BUTTONS_OFF = ["toImage", "lasso2d", "select2d", "autoScale2d"]  # figures to keep come from "Take home"
_FROM_RIGHT = frozenset({"R", "AL", "RLE", "RLO", "RLI"})


def chart_text(text: object, most: int = 200) -> str:
    """`text` so that a chart shows it as it is, on one line; a name written from right to left keeps to
    itself.
    """
    line = short_name(text, most)
    if any(unicodedata.bidirectional(c) in _FROM_RIGHT for c in line):
        line = f"\u2068{line}\u2069"
    return html.escape(line, quote=False)


def colour_scale() -> list[list]:
    """From "not seen" to high, for the theme in use."""
    colours = EXPRESSION[session.theme()]
    return [[i / (len(colours) - 1), colour] for i, colour in enumerate(colours)]


def row_height(n_rows: int) -> int:
    """Pixels of a row: less for many rows, never too low to read."""
    if n_rows <= MANY_ROWS:
        return 26
    return 18 if n_rows <= 80 else 14


def heat_of_shares(
    shares: np.ndarray, words: list[list[str]], bar: dict, *, most_numbered: int, top: float | None = None
) -> go.Figure:
    """A heat map of shares (0 to 1), with `words` on hover; numbers in the fields up to so many columns.

    `top` is the share at the end of the colours; None: the largest.
    """
    n_rows, n_columns = shares.shape
    numbered = n_columns <= most_numbered
    percents = [[f"{s:.0%}" if s >= 0.005 else "" for s in row] for row in shares]
    return go.Figure(
        go.Heatmap(
            z=shares.astype(np.float32),
            x=list(range(n_columns)),
            y=list(range(n_rows)),
            customdata=np.array(words, dtype=object),
            zmin=0,
            zmax=top,
            xgap=1,
            ygap=1,
            colorscale=colour_scale(),
            hovertemplate="%{customdata}<extra></extra>",
            text=percents if numbered else None,
            texttemplate="%{text}" if numbered else None,
            colorbar=bar,
        )
    )


def name_rows(figure: go.Figure, names: Sequence[str], title: str = "") -> None:
    """Rows 0, 1, ... from the top, with their names at the left."""
    figure.update_yaxes(
        tickmode="array",
        tickvals=list(range(len(names))),
        ticktext=[chart_text(n) for n in names],
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        title=chart_text(title) if title else None,
        tickfont={"size": min(13, row_height(len(names)) - 3)},
    )


def name_columns(
    figure: go.Figure, names: Sequence[str], n_rows: int, *, italic: bool, angle: int = -60
) -> None:
    """Columns 0, 1, ... with their names above, and below again where there are many rows."""
    ticks = {
        "tickmode": "array",
        "tickvals": list(range(len(names))),
        "ticktext": list(names),
        "tickangle": angle,
        "range": [-0.6, len(names) - 0.4],
        "showgrid": False,
        "tickfont": {"style": "italic" if italic else "normal", "size": 13 if len(names) <= 40 else 11},
    }
    figure.update_layout(xaxis=ticks | {"side": "top"})
    if n_rows > MANY_ROWS:
        figure.add_trace(go.Scatter(x=[None], y=[None], xaxis="x2", showlegend=False, hoverinfo="skip"))
        figure.update_layout(xaxis2=ticks | {"side": "bottom", "overlaying": "x", "matches": "x"})


def draw_chart(figure: go.Figure, *, height: int, key: str, alt: str, above: int = 8) -> None:
    """Draw a chart in the app's look; `above`: pixels for what stands over it, such as titles."""
    colours = tokens(session.theme())
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 16, "t": above, "b": 8},
        paper_bgcolor=TRANSPARENT,
        plot_bgcolor=TRANSPARENT,
        font={"color": colours["muted"], "size": 13, "family": FONT},
        hoverlabel={"bgcolor": colours["card"], "font": {"color": colours["text"], "family": FONT}},
    )
    figure.update_xaxes(gridcolor=colours["line"], zeroline=False, automargin=True)
    figure.update_yaxes(gridcolor=colours["line"], zeroline=False, automargin=True)
    st.plotly_chart(
        figure,
        width="stretch",
        theme=None,
        key=key,
        alt=alt,
        config={"displaylogo": False, "modeBarButtonsToRemove": _BUTTONS_OFF},
    )


def colour_bar(title: str, *, low: bool = False) -> dict:
    """The scale beside a chart; `low`: under something else that stands there."""
    return {
        "title": {"text": title},
        "thickness": 10,
        "len": 150,
        "lenmode": "pixels",
        "outlinewidth": 0,
        "yanchor": "bottom" if low else "top",
        "y": 0.0 if low else 1.0,
    }
