"""What is inside the chosen cluster: kinds of cells, samples, the genes that decided, and the split."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.inside import ClusterSamples
from cassia_core.services.clusters import inside
from cassia_core.services.runs.results import DatasetResults
from cassia_ui.frame import session
from cassia_ui.frame.markup import escaped, plain
from cassia_ui.frame.style import tokens
from cassia_ui.plots.plot_style import draw_chart

_LEGEND = {"orientation": "h", "y": -0.08}
MOST_SAMPLES = 12
"""Bars that a chart of samples shows; of more samples it shows those with most cells in the cluster."""


def draw_inside_notes(data: DatasetResults, row: ClusterResult) -> None:
    """Sentences under the label, and the button that splits a cluster of two kinds."""
    for sentence in inside.notes_on(row):
        st.markdown(f":orange[:material/info:] {plain(sentence)}")
    if inside.can_be_split(row) and st.button(
        "Split by what is inside",
        icon=":material/call_split:",
        key="card_split",
        help="Sets every kind but the largest aside under a label of its own. Each is a correction that "
        "can be undone under History.",
    ):
        inside.split_by_kinds(data.run_id, data.spec.name, (row.cluster,))
        st.rerun()


def draw_how_read(data: DatasetResults, row: ClusterResult) -> None:
    """How the reading came about, in two sentences, with a violin of each gene that decided."""
    text = inside.how_it_was_read(row)
    if not text:
        st.markdown(
            ":gray[The cells of this cluster were not read: there are none, or an earlier version ran.]"
        )
        return
    st.markdown(plain(text))
    genes = inside.deciding_values(data.view, row) if data.has_cells else ()
    if genes:
        draw_chart(
            _violins(genes),
            height=250,
            above=26,
            key="card_violins",
            alt=f"Violins of {', '.join(g.gene for g in genes)}, the genes that decided",
        )
    if row.samples is not None:
        n_samples = len(row.samples.shares)
        cut = f", the {MOST_SAMPLES} largest of {n_samples}" if n_samples > MOST_SAMPLES else ""
        st.markdown(f":gray[Samples in this cluster, and in all cells{cut}]")
        draw_chart(
            _samples(row.samples),
            height=190,
            above=26,
            key="card_samples",
            alt=f"Share of each {row.samples.column} in this cluster and in all cells",
        )


def _violins(genes: tuple[inside.GeneInKinds, ...]) -> go.Figure:
    colours = tokens(session.theme())
    shades = (colours["accent"], colours["muted"])
    figure = make_subplots(rows=1, cols=len(genes), subplot_titles=[escaped(g.gene) for g in genes])
    for at, gene in enumerate(genes, start=1):
        for (name, values), shade in zip(gene.groups, shades, strict=True):
            figure.add_trace(
                go.Violin(
                    y=values,
                    name=escaped(name),
                    line_color=shade,
                    points=False,
                    spanmode="hard",
                    meanline_visible=True,
                    showlegend=at == 1,
                    legendgroup=name,
                    scalemode="width",
                ),
                row=1,
                col=at,
            )
    figure.update_xaxes(showticklabels=False, showgrid=False)
    figure.update_yaxes(rangemode="tozero")
    figure.update_layout(legend=_LEGEND)
    return figure


def _samples(samples: ClusterSamples) -> go.Figure:
    colours = tokens(session.theme())
    total = sum(s.n_cells for s in samples.shares)
    shown = samples.shares[:MOST_SAMPLES]
    names = [escaped(s.sample) for s in shown]
    figure = go.Figure()
    for title, shares, shade in (
        ("this cluster", [s.n_cells / total for s in shown], colours["accent"]),
        ("all cells", [s.expected for s in shown], colours["muted"]),
    ):
        figure.add_trace(go.Bar(x=names, y=shares, name=title, marker_color=shade))
    figure.update_yaxes(tickformat=".0%", range=(0, 1))
    figure.update_xaxes(type="category")
    figure.update_layout(legend=_LEGEND)
    return figure
