"""Which cells to keep: histograms with a cut-off under each, and how many cells it sets aside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from cassia_core.domain.config import ReadOptions
from cassia_core.services import intake
from cassia_ui import session
from cassia_ui.style import tokens

MANY_CELLS = 200_000
_PANELS = (("n_genes", "min_genes", "Genes per cell, at least", "genes"),
           ("n_counts", "min_counts", "Counts per cell, at least", "counts"),
           ("pct_mito", "max_pct_mito", "Mitochondrial reads, at most", "%"))


@st.cache_data(show_spinner="Counting genes per cell", max_entries=5)
def _metrics(path: str, options: ReadOptions, modified: float) -> pd.DataFrame:
    return intake.quality_metrics(Path(path), options)


def draw_quality(path: Path, draft: session.Draft) -> None:
    """Histograms of quality with cut-offs; the choice is kept in the draft."""
    metrics = _metrics(str(path), draft.read, path.stat().st_mtime)
    with st.container(border=True):
        head = st.container(horizontal=True, vertical_alignment="center")
        panels = [p for p in _PANELS if p[0] in metrics and metrics[p[0]].max() > 0]
        limits = {}
        for column, (metric, field, label, unit) in zip(st.columns(len(panels)), panels, strict=True):
            with column:
                limits[field] = _panel(metrics[metric].to_numpy(float), field, label, unit, draft)
        doublets = st.toggle("Look for doublets: two cells in one drop (Scrublet)", draft.qc.score_doublets, key="draft_doublets",
                             help="Each cell gets a doublet score, per sample where there are samples. Nothing is removed by it.")
        qc = replace(draft.qc, score_doublets=doublets, **limits)
        session.change_draft(qc=qc)
        stay = int((~intake.fails_quality(metrics, qc)).sum())
        with head:
            st.subheader("Which cells to keep", anchor=False)
            st.space("stretch")
            st.markdown(f"**{stay:,} of {len(metrics):,} cells stay**, {len(metrics) - stay:,} are set aside",
                        width="content")
            if st.button("Use suggested limits", help="Five median absolute deviations from the middle of your own cells; three "
                         "for the mitochondrial share."):
                suggested = intake.suggested_quality(metrics)
                chosen = {field: getattr(suggested, field) for _, field, _, _ in panels}
                session.forget_widgets("draft_qc_")
                session.change_draft(qc=replace(qc, **chosen))
                st.rerun()


def _panel(values: np.ndarray, field: str, label: str, unit: str, draft: session.Draft) -> float | None:
    at_least = field.startswith("min")
    top = float(np.ceil(np.quantile(values, 0.995) if at_least else max(values.max(), 1.0)))
    kept = getattr(draft.qc, field)
    start = float(kept if kept is not None else (0.0 if at_least else top))
    slot = st.container()
    cut = st.slider(label, 0.0, top, min(start, top), step=float(max(1, round(top / 200))), key=f"draft_qc_{field}",
                    label_visibility="collapsed", format=f"%d {unit}")
    aside = values < cut if at_least else values > cut
    with slot:
        st.markdown(f"**{label}** :gray[{int(aside.sum()):,} set aside]")
        st.plotly_chart(_histogram(values, cut, top, at_least), width="stretch", key=f"plot_{field}",
                        config={"displayModeBar": False, "staticPlot": True}, theme=None,
                        alt=f"Histogram of {label.split(',')[0].lower()} with the cut-off at {cut:g}")
    untouched = cut <= 0 if at_least else cut >= top
    if untouched:
        return None
    return int(cut) if field == "min_genes" else cut


def _histogram(values: np.ndarray, cut: float, top: float, at_least: bool) -> go.Figure:
    colours = tokens(session.dark())
    counts, edges = np.histogram(np.clip(values, 0, top), bins=40, range=(0, top))
    middle = (edges[:-1] + edges[1:]) / 2
    kept = middle >= cut if at_least else middle <= cut
    figure = go.Figure(go.Bar(x=middle, y=counts, width=(edges[1] - edges[0]) * 0.9,
                              marker_color=np.where(kept, colours["accent"], colours["line"])))
    figure.add_vline(x=cut, line_color="#910523" if not session.dark() else "#DE5A6C", line_width=2)
    figure.update_layout(height=120, margin={"l": 8, "r": 8, "t": 4, "b": 4}, paper_bgcolor="rgba(0,0,0,0)",
                         plot_bgcolor="rgba(0,0,0,0)", showlegend=False, bargap=0)
    figure.update_xaxes(visible=False, range=[0, top])
    figure.update_yaxes(visible=False)
    return figure
