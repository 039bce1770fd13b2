"""Which cells to keep: histograms with cut-offs under each, and how many cells each of them sets aside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from cassia_core.domain.config import QCParams, ReadOptions
from cassia_core.domain.findings import Findings
from cassia_core.look.palette import LIGHTS, TRANSPARENT
from cassia_core.services.side_jobs import cell_quality
from cassia_ui.frame import session
from cassia_ui.frame.style import tokens
from cassia_ui.frame.words import NOT_CHECKED

MOST_SAMPLES = 100
_BINS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class _Panel:
    """One histogram. `low` and `high` name the fields of `QCParams` that its slider sets; shares have no
    `low`.
    """

    metric: str
    high: str
    title: str
    help: str
    low: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.low, self.high) if self.low else (self.high,)


_PANELS = (
    _Panel(
        metric="n_genes",
        low="min_genes",
        high="max_genes",
        title="Genes per cell",
        help="Very few: an empty drop or a broken cell. Very many: often two cells in one drop.",
    ),
    _Panel(
        metric="n_counts",
        low="min_counts",
        high="max_counts",
        title="Counts per cell",
        help="Very few: little was read of the cell. Very many: often two cells in one drop.",
    ),
    _Panel(
        metric="pct_mito",
        high="max_pct_mito",
        title="Mitochondrial reads, at most",
        help="A high share is a sign of dying cells. It is high by nature in heart, muscle and kidney cells.",
    ),
)
_MORE = (
    _Panel(
        metric="pct_ribo",
        high="max_pct_ribo",
        title="Ribosomal reads, at most",
        help="Mostly a matter of the kind of cell, not of its quality: leave it, unless you know why.",
    ),
    _Panel(
        metric="pct_haemo",
        high="max_pct_haemo",
        title="Haemoglobin reads, at most",
        help="Red blood cells or their leftovers. Leave it when they are what you look for.",
    ),
)


@st.cache_data(show_spinner="Counting genes per cell", max_entries=5)
def _metrics(path: str, options: ReadOptions, modified: float) -> pd.DataFrame:
    return cell_quality.quality_metrics(Path(path), options)


@st.cache_data(show_spinner=False, max_entries=5)
def _suggested(path: str, options: ReadOptions, modified: float) -> QCParams:
    return cell_quality.suggested_quality(_metrics(path, options, modified))


def draw_quality(path: Path, findings: Findings) -> None:
    """Histograms of quality with cut-offs; the choice is kept in the draft."""
    draft = session.draft()
    known = (str(path), draft.read, path.stat().st_mtime)
    metrics, suggested = _metrics(*known), _suggested(*known)
    panels, more = ([p for p in group if metrics[p.metric].max() > 0] for group in (_PANELS, _MORE))
    with st.container(border=True):
        head = st.container(horizontal=True, vertical_alignment="center")
        qc = _draw_panels(panels, metrics, suggested, draft.qc)
        if all(p.metric != "pct_mito" for p in panels):
            st.markdown(f"{NOT_CHECKED} Mitochondrial reads: no gene of the data measures them.")
        with st.expander("More limits", type="compact"):
            if more:
                qc = _draw_panels(more, metrics, suggested, qc)
            qc = replace(
                qc,
                min_cells_per_gene=st.number_input(
                    "A gene counts as variable only if seen in so many cells",
                    0,
                    1000,
                    qc.min_cells_per_gene,
                    key="draft_qc_genes",
                    help="Higher: genes of very few cells build no clusters. Lower: they may. Default 3. No "
                    "gene is taken out of the data by it.",
                ),
            )
        qc = _doublets(qc, findings)
        session.change_draft(qc=qc)
        reasons = cell_quality.quality_reasons(metrics, qc)
        _say_what_goes(reasons)
        with head:
            _head(reasons, findings)
            if st.button(
                "Use suggested limits",
                help="Five median absolute deviations from the middle of your own cells; three "
                "for the mitochondrial share.",
            ):
                _take(suggested, panels, metrics, qc)
                st.rerun()


def _head(reasons: pd.Series, findings: Findings) -> None:
    st.subheader("Which cells to keep", anchor=False)
    st.space("stretch")
    gone = int((reasons != "").sum())
    judged = "" if (findings.n_cells or 0) <= len(reasons) else " of a random sample; the run looks at all"
    st.markdown(
        f"**{len(reasons) - gone:,} of {len(reasons):,} cells stay**, {gone:,} set aside{judged}",
        width="content",
    )


def _say_what_goes(reasons: pd.Series) -> None:
    counts = reasons[reasons != ""].value_counts()
    if len(counts):
        parts = ", ".join(f"{reason}: {n:,}" for reason, n in counts.items())
        st.caption(
            f"Set aside by {parts}. A cell that fails several limits is counted once, under the first. They "
            "can be had "
            "back: the results list every one of them with its reason."
        )


def _take(suggested: QCParams, panels: list[_Panel], metrics: pd.DataFrame, qc: QCParams) -> None:
    """Keep the suggested limits in the draft; one that would set nothing aside is left open."""
    chosen: dict[str, Any] = {}
    for panel in panels:
        values = metrics[panel.metric]
        high, low = getattr(suggested, panel.high), getattr(suggested, panel.low) if panel.low else None
        chosen[panel.high] = high if high is not None and high < values.max() else None
        if panel.low:
            chosen[panel.low] = low if low else None
    session.forget_widgets("draft_qc_")
    session.change_draft(qc=replace(qc, **chosen))


def _draw_panels(panels: list[_Panel], metrics: pd.DataFrame, suggested: QCParams, qc: QCParams) -> QCParams:
    limits: dict[str, Any] = {}
    for column, panel in zip(st.columns(len(panels)), panels, strict=True):
        with column:
            limits |= _panel(panel, metrics[panel.metric].to_numpy(float), suggested, qc)
    return replace(qc, **limits)


def _panel(panel: _Panel, values: np.ndarray, suggested: QCParams, qc: QCParams) -> dict[str, float | None]:
    top = _top(panel, values, getattr(suggested, panel.high))
    low = min(float(getattr(qc, panel.low) or 0.0), top) if panel.low else 0.0
    limit_now = getattr(qc, panel.high)
    high = top if limit_now is None else min(float(limit_now), top)
    slot = st.container()
    if panel.low:
        low, high = st.slider(
            panel.title,
            0.0,
            top,
            (low, max(low, high)),
            step=float(max(1, round(top / 200))),
            key=f"draft_qc_{panel.metric}",
            label_visibility="collapsed",
            format="%d",
            help=panel.help,
        )
    else:
        high = st.slider(
            panel.title,
            0.0,
            top,
            high,
            step=0.5,
            key=f"draft_qc_{panel.metric}",
            label_visibility="collapsed",
            format="%.1f %%",
            help=panel.help,
        )
    aside = int(((values < low) | ((values > high) & (high < top))).sum())
    with slot:
        st.markdown(f"**{panel.title}** :gray[{aside:,} set aside]", help=panel.help)
        st.plotly_chart(
            _histogram(values, low, high, top, "" if panel.low else " %"),
            width="stretch",
            key=f"plot_{panel.metric}",
            config={"displayModeBar": False, "staticPlot": True},
            theme=None,
            alt=f"Histogram of {panel.title.split(',')[0].lower()}; kept from {low:g} to {high:g}",
        )
    whole = panel.metric == "n_genes"
    if whole:
        low, high = int(low), int(high)
    limits: dict[str, float | None] = {panel.high: high if high < top else None}
    if panel.low:
        limits[panel.low] = low if low > 0 else None
    return limits


def _top(panel: _Panel, values: np.ndarray, suggested: float | None) -> float:
    """Right end of the scale. A few extreme cells do not squeeze the rest: they share the last bar."""
    most = max(float(values.max()), 1.0)
    if not panel.low:
        return float(np.ceil(most))
    return float(np.ceil(min(most, max(float(np.quantile(values, 0.995)), 1.1 * (suggested or 0.0), 1.0))))


def _doublets(qc: QCParams, findings: Findings) -> QCParams:
    """Whether doublets are scored, in which samples, and above which score cells go."""
    on = st.toggle(
        "Look for doublets: two cells in one drop (Scrublet)",
        qc.score_doublets,
        key="draft_doublets",
        help="Each cell gets a doublet score from 0 to 1, shown per cluster in the results. Nothing is "
        "removed by "
        "it unless you set a limit. Takes a while with many cells.",
    )
    if not on:
        return replace(qc, score_doublets=False, max_doublet_score=None)
    left, right = st.columns(2)
    fit = [c for c in findings.obs_columns if c.kind == "categorical" and 1 < c.n_values <= MOST_SAMPLES]
    names = [None, *(c.name for c in sorted(fit, key=lambda c: c.looks_like != "sample"))]
    sample = left.selectbox(
        "Sample of each cell",
        names,
        index=names.index(qc.sample_column) if qc.sample_column in names else 0,
        format_func=lambda n: "all cells are of one sample" if n is None else n,
        key="draft_doublet_sample",
        help="Doublets arise within one sample, so each is judged by itself.",
    )
    limit = right.number_input(
        "Set cells aside above a score of",
        0.01,
        1.0,
        qc.max_doublet_score,
        0.05,
        key="draft_doublet_limit",
        placeholder="empty: only show the scores",
        help="Scores of single cells and doublets differ from data set to data set: look at them first. "
        "Lower: more doublets "
        "go, and more good cells with them.",
    )
    return replace(qc, score_doublets=True, sample_column=sample, max_doublet_score=limit)


def _histogram(values: np.ndarray, low: float, high: float, top: float, unit: str) -> go.Figure:
    colours = tokens(session.theme())
    counts, edges = np.histogram(np.clip(values, 0, top), bins=_BINS, range=(0, top))
    middle = (edges[:-1] + edges[1:]) / 2
    staying = (middle >= low) & (middle <= high)
    figure = go.Figure(
        go.Bar(
            x=middle,
            y=counts,
            width=(edges[1] - edges[0]) * 0.9,
            marker_color=np.where(staying, colours["accent"], colours["line"]),
        )
    )
    for cut in ([low] if low > 0 else []) + ([high] if high < top else []):
        figure.add_vline(x=cut, line_color=LIGHTS[session.theme()]["look"], line_width=2)
    figure.update_layout(
        height=140,
        margin={"l": 8, "r": 8, "t": 4, "b": 22},
        paper_bgcolor=TRANSPARENT,
        plot_bgcolor=TRANSPARENT,
        showlegend=False,
        bargap=0,
        font={"color": colours["muted"], "size": 12},
    )
    above = "+" if values.max() > top else ""
    ticks = [0, top / 2, top]
    figure.update_xaxes(
        range=[0, top],
        tickvals=ticks,
        showgrid=False,
        zeroline=False,
        ticks="outside",
        ticktext=["0", f"{ticks[1]:,.0f}{unit}", f"{top:,.0f}{unit}{above}"],
    )
    figure.update_yaxes(visible=False)
    return figure
