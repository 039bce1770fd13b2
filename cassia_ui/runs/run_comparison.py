"""Two runs side by side: shares that agree, labels that changed, what was set up differently, cost."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from cassia_core.domain.outcome import RunSummary
from cassia_core.domain.usage import Usage
from cassia_core.look.palette import TRANSPARENT
from cassia_core.look.wording import NO_LABEL
from cassia_core.services.labels.names import shown_name
from cassia_core.services.runs import run_comparison, runs
from cassia_core.services.runs.run_comparison import (
    AGREEMENTS,
    Closeness,
    LabelPair,
    RunComparison,
    Side,
    StandingLabel,
)
from cassia_ui.frame import frame, session
from cassia_ui.frame.markup import plain
from cassia_ui.frame.navigation import SETUP
from cassia_ui.frame.style import tokens
from cassia_ui.frame.words import LIGHT_SHORT, engine_name, money, when
from cassia_ui.runs.run_list import AT_WORK, TO_COMPARE

ONE = "compare_one"
AGREEMENT_HELP: dict[Closeness, str] = {
    "near": "One type is an ancestor of the other in the Cell Ontology, within three steps.",
    "lineage": "Other types of the same broad lineage, such as two kinds of T cell.",
    "not_judged": "Other words, and the ontology does not know one of them: how far apart they are is not "
    "known.",
    "one_named": 'One run has a name, the other none, or "Unknown".',
}
_SCORES = {
    name: st.column_config.NumberColumn(format="%.0f", width=width)
    for name, width in (("Score", 60), ("Score, second", 95), ("Evidence", 75), ("Evidence, second", 120))
}
BARS: dict[Closeness, tuple[str, str]] = {
    "same": ("accent", ""),
    "near": ("accent", "/"),
    "lineage": ("other", ""),
    "different": ("text", ""),
    "not_judged": ("other", "x"),
    "one_named": ("muted", "/"),
    "none_named": ("line", ""),
}
"""Colour (a token of the style) and pattern of each share, so that none is told by colour alone."""


@st.cache_resource(show_spinner="Comparing", max_entries=16)
def _compared(one: Side, other: Side, state: tuple) -> RunComparison:
    return run_comparison.compare_runs(one, other)


def draw_comparison() -> None:
    """Choose two runs and see what changed."""
    known = {
        r.run_id: r
        for r in runs.list_runs()
        if r.finished_clusters and not r.problem and r.state not in AT_WORK
    }
    if len(known) < 2:
        _too_few(len(known))
        return
    one, other = _chosen_sides(known)
    if one is None or other is None:
        return
    if one == other:
        st.markdown(
            ":orange[:material/info:] Both sides show the same run. Choose another one on either side."
        )
        return
    comparison = _compared(one, other, (run_comparison.state_of(one), run_comparison.state_of(other)))
    if comparison.basis == "none":
        with st.container(border=True, key="problem_ask_compare"):
            st.markdown(
                f":material/info: **The labels of these two cannot be compared.** {plain(comparison.refusal)}"
            )
    else:
        _draw_agreement(comparison)
        _draw_changed(comparison)
    left, right = st.columns((3, 2), gap="medium")
    with left:
        _draw_setup(comparison)
    with right:
        _draw_cost(comparison, known)


def _too_few(n: int) -> None:
    if n == 0:
        frame.empty_state(
            "Nothing to compare yet", "A comparison needs two finished runs with labels.", "compare"
        )
        return
    with st.container(border=True, horizontal_alignment="center", key="empty_compare_one"):
        st.space("small")
        st.markdown("**One run so far: a comparison needs two**", text_alignment="center")
        st.markdown(
            ":gray[Run the same data again with another model, tissue or resolution, and see here which "
            "labels "
            "changed.]",
            text_alignment="center",
        )
        with st.container(horizontal=True, horizontal_alignment="center"):
            if st.button("Set up another run", type="primary", icon=":material/tune:", key="compare_setup"):
                st.switch_page(SETUP)
        st.space("small")


def _first_pair(known: dict[str, RunSummary]) -> tuple[str, str]:
    """The runs to begin with: the one asked for, or else the newest that another one of the same data is
    older than; and that other one.
    """
    ids, asked = list(known), session.value(TO_COMPARE)
    for newer in [asked] if asked in known else ids:
        same = (i for i in ids if i != newer and set(known[i].datasets) & set(known[newer].datasets))
        older = next(same, None)
        if older:
            return newer, older
    if asked not in known:
        st.markdown(":gray[:material/info: No two of these runs are of the same data.]")
    newer = asked if asked in known else ids[0]
    return newer, next(i for i in ids if i != newer)


def _chosen_sides(known: dict[str, RunSummary]) -> tuple[Side | None, Side | None]:
    newer, older = _first_pair(known)
    left, right = st.columns(2, gap="medium")
    with left:
        one = _chosen_side("First run", ONE, known, older, "")
    with right:
        other = _chosen_side("Second run", TO_COMPARE, known, newer, one.dataset if one else "")
    return one, other


def _chosen_side(
    label: str, key: str, known: dict[str, RunSummary], default: str, dataset: str
) -> Side | None:
    ids = list(known)
    run_id = st.selectbox(
        label,
        ids,
        index=ids.index(default),
        format_func=lambda i: _run_line(known[i]),
        key=key,
        persist_state="session",
    )
    names = known[run_id].datasets
    if len(names) == 1:
        return Side(run_id=run_id, dataset=names[0])
    name = st.selectbox(
        f"Dataset of the {label.lower()}",
        names,
        index=names.index(dataset) if dataset in names else 0,
        key=f"{key}_dataset_{run_id}",
        persist_state="session",
    )
    return Side(run_id=run_id, dataset=name)


def _run_line(run: RunSummary) -> str:
    return f"{run.name}, {when(run.created_at)}, {engine_name(run.provider, run.model)} ({run.run_id})"


def _draw_agreement(comparison: RunComparison) -> None:
    unit, n = _unit(comparison), comparison.n_compared
    st.subheader("How far the labels agree", anchor=False)
    if not n:
        st.markdown(f":gray[The two have no {unit} in common.]")
        return
    columns = st.columns(5)
    shown: tuple[Closeness, ...] = ("same", "near", "lineage", "different")
    for column, kind in zip(columns, shown, strict=False):
        column.metric(AGREEMENTS[kind], f"{comparison.count(kind) / n:.1%}", help=AGREEMENT_HELP.get(kind))
        column.markdown(f":gray[{_counted(comparison.count(kind), unit)}]")
    if comparison.adjusted_rand is not None:
        columns[4].metric(
            "Clusters alike",
            f"{comparison.adjusted_rand:.2f}",
            help=(
                "Adjusted Rand index of the two clusterings, whatever their names: 1 the same clusters, "
                "about 0 as by chance."
            ),
        )
        columns[4].markdown(":gray[adjusted Rand index]")
    shares = {kind: comparison.count(kind) / n for kind in AGREEMENTS if comparison.count(kind)}
    st.plotly_chart(
        _share_bar(shares, unit),
        width="stretch",
        theme=None,
        key="compare_bar",
        config={"displayModeBar": False},
        alt="Shares of agreement: "
        + ", ".join(f"{AGREEMENTS[kind]} {share:.1%}" for kind, share in shares.items()),
    )
    notes = [f"{_counted(n, unit)} compared."]
    where = "in a cluster of" if comparison.basis == "cells" else "in"
    notes += [
        f"{_counted(count, unit)} more {where} the {side} run only."
        for count, side in ((comparison.only_one, "first"), (comparison.only_other, "second"))
        if count
    ]
    st.markdown(f":gray[{' '.join(notes)}]")


def _unit(comparison: RunComparison) -> str:
    return "cells" if comparison.basis == "cells" else "clusters"


def _counted(n: int, unit: str) -> str:
    return f"{n:,} {unit if n != 1 else unit[:-1]}"


def _share_bar(shares: dict[Closeness, float], unit: str) -> go.Figure:
    colours = tokens(session.theme())
    bars = []
    for kind, share in shares.items():
        token, pattern = BARS[kind]
        bars.append(
            go.Bar(
                x=[100 * share],
                y=[""],
                name=AGREEMENTS[kind],
                orientation="h",
                marker={
                    "color": colours[token],
                    "pattern": {"shape": pattern, "fgcolor": colours["card"], "size": 6},
                    "line": {"color": colours["card"], "width": 1},
                },
                hovertemplate=f"{AGREEMENTS[kind]}: %{{x:.1f}} % of the {unit}<extra></extra>",
            )
        )
    figure = go.Figure(bars)
    figure.update_layout(
        barmode="stack",
        height=96,
        margin={"l": 0, "r": 0, "t": 4, "b": 0},
        paper_bgcolor=TRANSPARENT,
        plot_bgcolor=TRANSPARENT,
        font={"color": colours["muted"], "size": 13},
        legend={"orientation": "h", "y": -0.2, "traceorder": "normal"},
        showlegend=True,
    )
    figure.update_xaxes(visible=False, range=[0, 100])
    figure.update_yaxes(visible=False)
    return figure


def _draw_changed(comparison: RunComparison) -> None:
    unit, changed = _unit(comparison), comparison.changed()
    st.subheader("Labels that changed", anchor=False)
    if not changed:
        st.markdown(
            ":green[:material/check_circle:] Every label is the same in both runs, over all "
            f"{comparison.n_compared:,} "
            f"{unit}."
        )
    else:
        kinds = [kind for kind in run_comparison.CHANGED if comparison.count(kind)]
        chosen = st.pills(
            "Kind of change",
            kinds,
            selection_mode="multi",
            key="compare_kinds",
            label_visibility="collapsed",
            format_func=lambda kind: f"{AGREEMENTS[kind]} {comparison.count(kind):,}",
        )
        rows = [pair for pair in changed if not chosen or pair.agreement in chosen]
        st.dataframe(
            pd.DataFrame([_row(pair, unit) for pair in rows]),
            hide_index=True,
            placeholder="",
            width="stretch",
            row_height=27,
            key="compare_table",
            alt="Clusters whose label differs between the two runs",
            column_config={
                unit.capitalize(): st.column_config.NumberColumn(format="localized", width=70),
                **_SCORES,
            },
        )
        if any(pair.one.edited or pair.other.edited for pair in rows):
            st.caption(
                "✎ corrected by a person. Confidence, score and evidence speak of the run's own label, so a "
                "corrected "
                "one has none."
            )
    first, second = comparison.sides
    st.download_button(
        "Table of all pairs (CSV)",
        run_comparison.comparison_csv(comparison),
        mime="text/csv",
        file_name=f"compare_{first.run_id}_{first.dataset}_with_{second.run_id}_{second.dataset}.csv",
        icon=":material/download:",
        on_click="ignore",
        key="compare_csv",
    )


def _row(pair: LabelPair, unit: str) -> dict[str, object]:
    one, other = pair.one, pair.other
    row: dict[str, object] = {unit.capitalize(): pair.n} if unit == "cells" else {}
    return row | {
        "First label": _label(one),
        "Second label": _label(other),
        "Change": AGREEMENTS[pair.agreement],
        "Cluster": one.cluster,
        "Cluster, second": other.cluster,
        "Confidence": _light(one),
        "Confidence, second": _light(other),
        "Score": one.score,
        "Score, second": other.score,
        "Evidence": one.evidence,
        "Evidence, second": other.evidence,
        "First in full": one.label,
        "Second in full": other.label,
    }


def _label(label: StandingLabel) -> str:
    return f"{shown_name(label.label, own_words=label.edited) or NO_LABEL}{' ✎' if label.edited else ''}"


def _light(label: StandingLabel) -> str:
    return "" if label.edited else LIGHT_SHORT[label.light]


def _draw_setup(comparison: RunComparison) -> None:
    st.subheader("Set up differently", anchor=False)
    if not comparison.differences:
        st.markdown(":gray[Nothing: input, settings, models, prompts and program are the same.]")
        return
    st.table(
        [
            {"Setting": plain(d.what), "First run": plain(d.one), "Second run": plain(d.other)}
            for d in comparison.differences
        ],
        border="horizontal",
        hide_index=True,
    )


def _draw_cost(comparison: RunComparison, known: dict[str, RunSummary]) -> None:
    st.subheader("Tokens and cost", anchor=False)
    one, other = comparison.spent
    first, second = (known[side.run_id] for side in comparison.sides)
    rows = [
        ("Questions asked", f"{one.calls:,}", f"{other.calls:,}"),
        ("Tokens in", f"{one.input_tokens:,}", f"{other.input_tokens:,}"),
        ("Tokens out", f"{one.output_tokens:,}", f"{other.output_tokens:,}"),
        ("Cost", _cost(one, first), _cost(other, second)),
    ]
    st.table(
        [{"": what, "First run": a, "Second run": b} for what, a, b in rows],
        border="horizontal",
        hide_index=True,
    )


def _cost(usage: Usage, run: RunSummary) -> str:
    if run.sent_nothing:
        return "No cost, nothing sent"
    if usage.unpriced_calls:
        known = f", {plain(money(usage.cost_usd))} known" if usage.unpriced_calls < usage.calls else ""
        return f"unknown for {usage.unpriced_calls:,} of {usage.calls:,} calls{known}"
    return plain(money(usage.cost_usd))
