"""The quality of each cluster's cells: a table, a plot, what to look at, and the cells that were set
aside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from cassia_core.look.palette import TRANSPARENT
from cassia_core.look.wording import NO_LABEL
from cassia_core.services.clusters.cluster_quality import (
    ClusterQuality,
    MetricSpread,
    cluster_quality,
    removed_cells,
    removed_cells_csv,
)
from cassia_core.services.labels.review import ReviewedLabel
from cassia_core.services.runs.results import DatasetResults
from cassia_ui.frame import session
from cassia_ui.frame.markup import plain
from cassia_ui.frame.style import tokens
from cassia_ui.frame.words import NOT_CHECKED

_PLOTS = {
    "n_genes": "Genes per cell",
    "n_counts": "Counts per cell",
    "pct_mito": "Mitochondrial reads, %",
    "doublet_score": "Doublet score (0 to 1)",
}


def draw_cluster_quality(data: DatasetResults, labels: Mapping[str, ReviewedLabel]) -> None:
    """Draw what is known of the cells' quality; labels stay as they are."""
    rows = cluster_quality(data.view)
    names = {c: label.short or NO_LABEL for c, label in labels.items()}
    for row in rows:
        for flag in row.flags:
            st.markdown(
                f":orange[:material/warning:] **Cluster {plain(row.cluster)}** "
                f":gray[({plain(names.get(row.cluster, NO_LABEL))})]: {plain(flag)}"
            )
    if not any(row.flags for row in rows):
        st.markdown(_nothing_stands_out(rows))
    for line in _not_checked(data, rows):
        st.markdown(f"{NOT_CHECKED} {line}")
    st.caption("Hints only: no label was changed by them.")
    _table(rows, names)
    _plot(rows)
    _set_aside(data)


def _nothing_stands_out(rows: Sequence[ClusterQuality]) -> str:
    """What was looked at and found in order; "" where nothing was."""
    measured = {"mitochondrial reads": _mito(rows), "doublets": _scored(rows)}
    looked = " or ".join(name for name, known in measured.items() if known)
    return f":green[:material/check_circle:] No cluster stands out by {looked}." if looked else ""


def _not_checked(data: DatasetResults, rows: Sequence[ClusterQuality]) -> tuple[str, ...]:
    """What was not looked at, for silence is not health; with the way to it where there is one."""
    lines = []
    if not _mito(rows):
        lines.append("Dying cells: the data hold no mitochondrial reads that would tell of them.")
    if not _scored(rows):
        lines.append(
            "Doublets: they were not scored in this run; they can be on the page Data."
            if data.findings and data.findings.counts
            else "Doublets: they cannot be scored, because the file holds no counts."
        )
    return tuple(lines)


def _mito(rows: Sequence[ClusterQuality]) -> bool:
    return any(r.pct_mito is not None and r.pct_mito.high > 0 for r in rows)


def _scored(rows: Sequence[ClusterQuality]) -> bool:
    return any(r.doublet_score is not None for r in rows)


def _table(rows: Sequence[ClusterQuality], names: Mapping[str, str]) -> None:
    columns: dict[str, list[Any]] = {
        "Cluster": [r.cluster for r in rows],
        "Cell type": [names.get(r.cluster, NO_LABEL) for r in rows],
        "Cells": [r.n_cells for r in rows],
        "Genes (median)": [_median(r.n_genes) for r in rows],
        "Counts (median)": [_median(r.n_counts) for r in rows],
        "Mitochondrial, % (median)": [_median(r.pct_mito) for r in rows],
        "Doublet score (mean)": [r.doublet_score.mean if r.doublet_score else None for r in rows],
        "Above Scrublet's threshold, %": [
            None if r.doublet_share is None else 100 * r.doublet_share for r in rows
        ],
    }
    known = {name: values for name, values in columns.items() if any(v is not None for v in values)}
    whole, tenth, hundredth = (st.column_config.NumberColumn(format=f) for f in ("localized", "%.1f", "%.2f"))
    st.dataframe(
        known,
        hide_index=True,
        placeholder="",
        key="quality_table",
        column_config={
            "Cells": whole,
            "Genes (median)": whole,
            "Counts (median)": whole,
            "Mitochondrial, % (median)": tenth,
            "Doublet score (mean)": hundredth,
            "Above Scrublet's threshold, %": tenth,
        },
        alt="Quality of the cells of each cluster",
    )


def _median(spread: MetricSpread | None) -> float | None:
    return None if spread is None else spread.median


def _plot(rows: Sequence[ClusterQuality]) -> None:
    there = [m for m in _PLOTS if any(getattr(r, m) is not None for r in rows)]
    if not there:
        return
    metric = st.segmented_control(
        "Measurement",
        there,
        default=there[0],
        required=True,
        format_func=lambda m: _PLOTS[m],
        key="quality_metric",
        label_visibility="collapsed",
    )
    measured = [(r.cluster, getattr(r, metric)) for r in rows if getattr(r, metric) is not None]
    colours = tokens(session.theme())
    spreads = [s for _, s in measured]
    figure = go.Figure(
        go.Box(
            x=[c for c, _ in measured],
            lowerfence=[s.low for s in spreads],
            q1=[s.quarter for s in spreads],
            median=[s.median for s in spreads],
            q3=[s.three_quarters for s in spreads],
            upperfence=[s.high for s in spreads],
            marker_color=colours["accent"],
            line_width=1.5,
        )
    )
    figure.update_layout(
        height=260,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        paper_bgcolor=TRANSPARENT,
        plot_bgcolor=TRANSPARENT,
        showlegend=False,
        font={"color": colours["muted"], "size": 13},
        hoverlabel={"bgcolor": colours["card"], "font": {"color": colours["text"]}},
    )
    figure.update_xaxes(type="category", title="Cluster", automargin=True)
    figure.update_yaxes(title=_PLOTS[metric], gridcolor=colours["line"], rangemode="tozero", automargin=True)
    st.plotly_chart(
        figure,
        width="stretch",
        theme=None,
        key="quality_plot",
        config={"displayModeBar": False},
        alt=f"{_PLOTS[metric]} in each cluster: middle half of the cells as a box, 5 to 95 % as lines",
    )


def _set_aside(data: DatasetResults) -> None:
    """Cells that the limits took out before clustering, counted by reason, to take home."""
    gone = removed_cells(data.run_id, data.spec.name)
    total = data.view.n_cells + len(gone)
    if gone.empty:
        st.markdown(f":gray[No cell was set aside: all {total:,} are in the clusters.]")
        return
    reasons = ", ".join(f"{plain(str(reason))}: {n:,}" for reason, n in gone["reason"].value_counts().items())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{len(gone):,} of {total:,} cells were set aside** :gray[({reasons})]", width="stretch"
        )
        st.download_button(
            "Cells set aside (CSV)",
            removed_cells_csv(data.run_id, data.spec.name),
            on_click="ignore",
            file_name=f"{data.spec.name}_removed_cells.csv",
            mime="text/csv",
            icon=":material/download:",
            key="removed_cells",
        )
    st.caption(
        "Your file still has them. In the annotated h5ad their names and reasons are in "
        'uns["cassia_removed_cells"].'
    )
