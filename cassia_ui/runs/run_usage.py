"""Tokens and cost over time: totals of a period, a chart by day or by run, a table by model."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from cassia_core.look.palette import TRANSPARENT
from cassia_core.services.runs import usage_history
from cassia_core.services.runs.usage_history import UsageTotals
from cassia_ui.frame import frame, session
from cassia_ui.frame.markup import escaped, plain
from cassia_ui.frame.style import tokens
from cassia_ui.frame.words import engine_name, money, when

PERIODS = {"7 days": 7, "30 days": 30, "90 days": 90, "All": None}
MOST_RUNS, MOST_MODELS = 40, 6
OTHERS = "Other models"


def draw_usage() -> None:
    """What all runs have spent, archived ones included."""
    history = usage_history.usage_history()
    for name in history.unread:
        st.markdown(
            f":orange[:material/warning:] The record of calls of {plain(name)} cannot be read. It is not "
            "counted."
        )
    if history.rows.empty:
        frame.empty_state(
            "Nothing asked yet", "Tokens and cost of your runs appear here, by day and by model.", "usage"
        )
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        period = st.segmented_control(
            "Period",
            list(PERIODS),
            default="All",
            required=True,
            key="usage_period",
            label_visibility="collapsed",
            persist_state="session",
        )
        by = st.segmented_control(
            "By",
            ["By day", "By run"],
            default="By day",
            required=True,
            key="usage_by",
            label_visibility="collapsed",
            persist_state="session",
        )
        measure = st.segmented_control(
            "What",
            ["Tokens", "Cost"],
            default="Tokens",
            required=True,
            key="usage_measure",
            label_visibility="collapsed",
            persist_state="session",
        )
    days = PERIODS[period]
    rows = usage_history.since(
        history.rows, None if days is None else date.today() - timedelta(days=days - 1)
    )
    if rows.empty:
        st.markdown(f":gray[No run asked anything in the last {days} days.]")
        return
    _draw_totals(usage_history.totals(rows))
    asked = _with_models(usage_history.sent(rows))
    if not asked.empty:
        _draw_chart(asked, by, measure)
        _draw_models(asked)
    st.download_button(
        "Table by day, run and model (CSV)",
        usage_history.usage_csv(rows),
        mime="text/csv",
        file_name=f"tokens_and_cost_{rows['day'].min()}_to_{rows['day'].max()}.csv",
        icon=":material/download:",
        on_click="ignore",
        key="usage_csv",
    )
    st.caption(
        "Archived runs are counted, deleted ones are not. Answers taken from an earlier run cost nothing "
        "again."
    )


def _draw_totals(sums: UsageTotals) -> None:
    columns = st.columns(4)
    columns[0].metric("Runs", f"{sums.runs:,}")
    columns[1].metric("Tokens in", f"{sums.input_tokens:,}")
    columns[2].metric("Tokens out", f"{sums.output_tokens:,}")
    if not sums.calls:
        columns[3].markdown(":green-badge[:material/lock: No cost, nothing sent]")
    else:
        columns[3].metric(
            "Cost",
            money(sums.cost_usd)
            if sums.cost_usd is None or not sums.unpriced_calls
            else f"{money(sums.cost_usd)} + unknown",
        )
    if sums.unpriced_calls:
        st.markdown(
            f":orange[:material/info:] The price of {sums.unpriced_calls:,} of {sums.calls:,} calls is not "
            "known. "
            "What they cost is not in the sum."
        )
    if sums.offline_calls:
        n = sums.offline_runs
        st.markdown(
            f":gray[:material/lock: {n:,} {'run was' if n == 1 else 'runs were'} answered by the offline "
            "engine "
            f"({sums.offline_calls:,} questions): no cost, nothing sent.]"
        )


def _with_models(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with who answered as one word; the smallest of very many models are put together."""
    named = rows.assign(who=[engine_name(p, m) for p, m in zip(rows["provider"], rows["model"], strict=True)])
    sizes = (
        (named["input_tokens"] + named["output_tokens"])
        .groupby(named["who"])
        .sum()
        .sort_values(ascending=False)
    )
    few = set(sizes.index[MOST_MODELS:])
    return named.assign(shown=named["who"].where(~named["who"].isin(few), OTHERS) if few else named["who"])


def _draw_chart(rows: pd.DataFrame, by: str, measure: str) -> None:
    if by == "By run" and rows["run_id"].nunique() > MOST_RUNS:
        last = list(dict.fromkeys(rows.sort_values("started")["run_id"]))[-MOST_RUNS:]
        rows = rows[rows["run_id"].isin(last)]
        st.caption(f"The last {MOST_RUNS} runs that asked a model.")
    unit = "Tokens in and out" if measure == "Tokens" else "Cost in dollars"
    st.plotly_chart(
        _chart(rows, "day" if by == "By day" else "run_id", measure),
        width="stretch",
        theme=None,
        key=f"usage_chart_{by}_{measure}",
        config={"displayModeBar": False},
        alt=f"{unit} {by.lower()}, a bar for each model; the table below holds the sums",
    )


def _chart(rows: pd.DataFrame, key: str, measure: str) -> go.Figure:
    colours = tokens(session.theme())
    models = list(dict.fromkeys(rows["shown"]))
    figure = go.Figure()
    # The axis has no room for long titles of runs; the hover card says them whole.
    titles = rows.drop_duplicates(key).set_index(key)["run"] if key == "run_id" else pd.Series(dtype=str)
    for who, shade in zip(models, _shades(len(models), colours), strict=True):
        sums = (
            rows[rows["shown"] == who].groupby(key)[["input_tokens", "output_tokens", "known_cost_usd"]].sum()
        )
        if measure == "Cost":
            _add_bars(figure, sums["known_cost_usd"], titles, who, shade, "", "$%{y:.4f}")
            continue
        _add_bars(figure, sums["input_tokens"], titles, f"{who}, in", shade, "", "%{y:,} tokens")
        _add_bars(figure, sums["output_tokens"], titles, f"{who}, out", shade, "/", "%{y:,} tokens")
    if measure == "Cost":
        _mark_unknown(figure, rows, key, colours)
    _style(figure, colours, "Tokens" if measure == "Tokens" else "US dollars")
    _label_x(figure, rows, key)
    return figure


def _add_bars(
    figure: go.Figure, sums: pd.Series, titles: pd.Series, name: str, shade: str, pattern: str, value: str
) -> None:
    """Bars of one model; `titles` are those of runs, by their id, where a bar is a run."""
    figure.add_bar(
        x=list(sums.index),
        y=sums,
        name=escaped(name),
        customdata=[f"{escaped(str(titles[at]))}<br>" if at in titles else "" for at in sums.index],
        hovertemplate=f"%{{customdata}}%{{fullData.name}}: {value}<extra></extra>",
        marker={
            "color": shade,
            "line": {"color": shade, "width": 1},
            "pattern": {"shape": pattern, "fgcolor": shade, "size": 6},
        },
    )


def _mark_unknown(figure: go.Figure, rows: pd.DataFrame, key: str, colours: dict[str, str]) -> None:
    """A question mark above what has calls of unknown price: a missing bar is no zero."""
    sums = rows.groupby(key)[["known_cost_usd", "calls_of_unknown_price"]].sum()
    unknown = sums[sums["calls_of_unknown_price"] > 0]
    if not unknown.empty:
        figure.add_scatter(
            x=list(unknown.index),
            y=unknown["known_cost_usd"],
            mode="text",
            text=["?"] * len(unknown),
            textposition="top center",
            textfont={"size": 18, "color": colours["text"]},
            name="? price not known",
            customdata=unknown["calls_of_unknown_price"],
            hovertemplate="%{customdata:,} calls of unknown price<extra></extra>",
        )


def _shades(n: int, colours: dict[str, str]) -> list[str]:
    """From the accent to the grey-blue of the interface: saturated colours belong to cells."""
    ends = [[int(colours[name][i : i + 2], 16) for i in (1, 3, 5)] for name in ("accent", "line")]
    steps = [i / max(n, 2) for i in range(n)]
    return ["#" + "".join(f"{round(a + (b - a) * t):02x}" for a, b in zip(*ends, strict=True)) for t in steps]


def _style(figure: go.Figure, colours: dict[str, str], unit: str) -> None:
    figure.update_layout(
        barmode="stack",
        height=340,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        showlegend=True,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
        paper_bgcolor=TRANSPARENT,
        plot_bgcolor=TRANSPARENT,
        font={"color": colours["muted"], "size": 13},
        hoverlabel={"bgcolor": colours["card"], "font": {"color": colours["text"]}},
    )
    figure.update_xaxes(gridcolor=colours["line"], zeroline=False, automargin=True)
    figure.update_yaxes(
        gridcolor=colours["line"], zeroline=False, automargin=True, title=unit, rangemode="tozero"
    )


def _label_x(figure: go.Figure, rows: pd.DataFrame, key: str) -> None:
    if key == "day":
        first, last = min(rows["day"]), max(rows["day"])
        first = min(first, last - timedelta(days=6))
        figure.update_xaxes(
            type="date",
            tickformat="%-d %b %Y" if first.year != last.year else "%-d %b",
            range=[first - timedelta(days=1), last + timedelta(days=1)],
        )
        figure.update_traces(width=0.8 * 86_400_000, selector={"type": "bar"})
        if (last - first).days < 14:
            figure.update_xaxes(dtick=86_400_000)
        return
    runs = rows.sort_values("started").drop_duplicates("run_id")
    texts = [
        escaped(f"{_short(name)}, {when(at)}") for name, at in zip(runs["run"], runs["started"], strict=True)
    ]
    figure.update_xaxes(
        type="category",
        categoryorder="array",
        categoryarray=list(runs["run_id"]),
        tickangle=-40,
        tickvals=list(runs["run_id"]),
        ticktext=texts,
    )


def _short(name: str) -> str:
    return name if len(name) <= 22 else f"{name[:21]}…"


def _draw_models(rows: pd.DataFrame) -> None:
    """Sums by who answered: the chart in numbers."""
    sums = rows.groupby("who", sort=False)[
        ["calls", "input_tokens", "output_tokens", "known_cost_usd", "calls_of_unknown_price"]
    ].sum()
    table = [
        {
            "Who answered": plain(str(who)),
            "Calls": f"{r.calls:,.0f}",
            "Tokens in": f"{r.input_tokens:,.0f}",
            "Tokens out": f"{r.output_tokens:,.0f}",
            "Cost": _cost(r),
        }
        for who, r in sums.iterrows()
    ]
    st.table(table, border="horizontal", hide_index=True)


def _cost(sums: pd.Series) -> str:
    if sums.calls_of_unknown_price == sums.calls:
        return "price not known"
    known = plain(money(sums.known_cost_usd))
    return (
        f"{known} and {sums.calls_of_unknown_price:,.0f} calls of unknown price"
        if sums.calls_of_unknown_price
        else known
    )
