"""The tab of composition: which cell types the samples, or other groups, are made of."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from cassia_core.look.palette import EDGE_OF_BARS
from cassia_core.services.clusters import composition
from cassia_core.services.clusters.composition import FEW_CELLS, Composition
from cassia_core.services.plots import figure_tables, plot_numbers
from cassia_core.services.plots.plot_numbers import FigureOptions, Subject
from cassia_ui.frame import session
from cassia_ui.frame.markup import plain
from cassia_ui.plots.figure_downloads import draw_take_home
from cassia_ui.plots.plot_style import chart_text, draw_chart, name_rows, row_height

SHARES, CELLS = "%", "Cells"
_NAMED_FROM = 0.12
"""A part of a bar from this share on carries its name."""
_MOST_IN_WORDS = 6
_NO_SAMPLES = (
    ":gray-badge[:material/help: No sample column] No column of this file looks like samples, donors or "
    "conditions, so there is nothing to compare by itself."
)


def draw_composition(subject: Subject) -> None:
    """The tab "Composition by sample"."""
    columns = composition.columns_of_groups(subject.data)
    if not columns.samples:
        st.markdown(_NO_SAMPLES + (" Any other column can be chosen." if columns.others else ""))
    if not columns.samples and not columns.others:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by = st.selectbox(
            "Split by",
            [*columns.samples, *columns.others],
            index=0 if columns.samples else None,
            placeholder="Choose a column",
            key=f"plots_split_{subject.data.spec.name}",
            persist_state="session",
            width=260,
        )
        if by is None:
            return
        unit = st.segmented_control(
            "Count in",
            (SHARES, CELLS),
            default=SHARES,
            required=True,
            key="plots_unit",
            persist_state="session",
        )
        numbers = st.toggle(
            "Numbers",
            key="plots_composition_numbers",
            persist_state="session",
            help="The table behind the plot.",
        )
        st.space("stretch")
        draw_take_home(
            subject, "composition", FigureOptions(column=by, unit="share" if unit == SHARES else "cells")
        )
    parts = composition.composition(subject.view, subject.cells, by)
    _warn_of_few(parts)
    draw_chart(
        _bars(parts, unit),
        height=150 + max(3, len(parts.cells)) * max(24, row_height(len(parts.cells))),
        key="composition",
        alt=_in_words(parts),
    )
    st.markdown(
        ":gray[Nothing is tested here: whether groups differ takes several samples of each condition, and a "
        "method "
        "made for compositions.]"
    )
    if numbers:
        st.dataframe(
            figure_tables.composition_table(parts),
            hide_index=True,
            placeholder="",
            height=320,
            alt="The numbers behind the plot",
        )


def _warn_of_few(parts: Composition) -> None:
    if parts.few:
        listed = [f"{plain(group)} ({n})" for group, n in parts.few.items()]
        more = f", and {len(listed) - 10} more" if len(listed) > 10 else ""
        st.markdown(
            f":orange[:material/warning: Fewer than {FEW_CELLS} cells:] {', '.join(listed[:10])}{more}. "
            ":gray[Shares of so few cells say little.]"
        )


def _bars(parts: Composition, unit: str) -> go.Figure:
    sizes, shares = parts.cells.sum(axis=1), parts.shares
    colours = plot_numbers.colours_of_labels(tuple(parts.cells.columns), session.theme())
    rows = list(range(len(parts.cells)))
    groups = [chart_text(g, 60) for g in parts.cells.index]
    longest = float(sizes.max())
    figure = go.Figure()
    for name in parts.cells.columns:
        cells, share = parts.cells[name], shares[name]
        seen = share if unit == SHARES else cells / longest
        figure.add_trace(
            go.Bar(
                y=rows,
                x=(100 * share if unit == SHARES else cells).tolist(),
                orientation="h",
                name=chart_text(name, 40),
                marker={"color": colours[name], "line": {"width": 1, "color": EDGE_OF_BARS}},
                text=[chart_text(name, 24) if s >= _NAMED_FROM else "" for s in seen],
                textposition="inside",
                insidetextanchor="middle",
                textangle=0,
                constraintext="both",
                customdata=[
                    f"{group}<br>{chart_text(name)}: {n:,} cells, {s:.1%} of the group"
                    for group, n, s in zip(groups, cells, share, strict=True)
                ],
                hovertemplate="%{customdata}<extra></extra>",
            )
        )
    figure.update_layout(
        barmode="stack",
        bargap=0.25,
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "traceorder": "normal"},
    )
    name_rows(figure, [f"{plot_numbers.short_name(g, 36)} (n = {n:,})" for g, n in sizes.items()], parts.by)
    figure.update_xaxes(
        title="% of the cells of the group" if unit == SHARES else "Cells",
        rangemode="tozero",
        range=[0, 100] if unit == SHARES else None,
    )
    return figure


def _in_words(composed: Composition) -> str:
    """What the bars show, for those who cannot see them."""
    parts = []
    for group, row in list(composed.shares.iterrows())[:_MOST_IN_WORDS]:
        largest = row.sort_values(ascending=False).head(3)
        parts.append(
            f"{group}: " + ", ".join(f"{name} {share:.0%}" for name, share in largest.items() if share > 0)
        )
    more = (
        f"; and {len(composed.cells) - _MOST_IN_WORDS} more groups"
        if len(composed.cells) > _MOST_IN_WORDS
        else ""
    )
    return f"Stacked bars: cell types within the groups of {composed.by}. " + "; ".join(parts) + more
