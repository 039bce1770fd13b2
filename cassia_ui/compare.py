"""Dot plot of the markers behind the labels, composition by a column, comparison with labels of the file."""

from __future__ import annotations

import re

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cassia_core.services import comparing
from cassia_core.services.results import DatasetResults, label_colours
from cassia_core.services.review import ReviewedLabel
from cassia_ui import session
from cassia_ui.door_maps import GREY
from cassia_ui.markup import plain
from cassia_ui.style import tokens
from cassia_ui.umap import EXPRESSION

MOST_GENES = 60


def _style(figure: go.Figure, height: int) -> go.Figure:
    colours = tokens(session.dark())
    figure.update_layout(height=height, margin={"l": 8, "r": 8, "t": 8, "b": 8}, paper_bgcolor="rgba(0,0,0,0)",
                         plot_bgcolor="rgba(0,0,0,0)", font={"color": colours["muted"], "size": 13},
                         hoverlabel={"bgcolor": colours["card"], "font": {"color": colours["text"]}})
    figure.update_xaxes(gridcolor=colours["line"], zeroline=False, automargin=True)
    figure.update_yaxes(gridcolor=colours["line"], zeroline=False, automargin=True)
    return figure


def draw_dot_plot(data: DatasetResults, labels: dict[str, ReviewedLabel]) -> None:
    """Size: share of cells with the gene; colour: mean log-normalised value."""
    typed = st.text_input("Genes", placeholder="Type or paste gene symbols; empty shows the markers behind the labels",
                          key="dot_genes", label_visibility="collapsed")
    wanted = [g for g in re.split(r"[\s,;]+", typed) if g] or comparing.telling_genes(data.rows)
    there = set(data.view.genes())
    genes = [g for g in dict.fromkeys(wanted) if g in there][:MOST_GENES]
    absent = [g for g in dict.fromkeys(wanted) if g not in there]
    if absent:
        st.markdown(f":orange[:material/info:] Not in your data: {plain(', '.join(absent[:20]))}")
    if not genes:
        st.markdown(":gray[None of these genes was measured.]")
        return
    table = comparing.expression_by_cluster(data.view, genes)
    names = {c: f"{labels[c].label or 'No label'} ({c})" if c in labels else c for c in table["cluster"].unique()}
    scale = EXPRESSION[session.dark()]
    figure = go.Figure(go.Scatter(
        x=table["gene"], y=table["cluster"].map(names), mode="markers",
        marker={"size": 3 + 15 * np.sqrt(table["share"]), "color": table["mean"], "showscale": True,
                "colorscale": [[i / (len(scale) - 1), c] for i, c in enumerate(scale)],
                "colorbar": {"title": {"text": "mean"}, "thickness": 10, "len": 0.7}},
        customdata=np.stack([table["share"], table["mean"]], axis=1),
        hovertemplate="%{y}<br><i>%{x}</i>: %{customdata[0]:.0%} of cells, mean %{customdata[1]:.2f}<extra></extra>"))
    figure.update_xaxes(tickangle=-60, tickfont={"style": "italic"})
    figure.update_yaxes(autorange="reversed")
    st.plotly_chart(_style(figure, 170 + 26 * len(names)), width="stretch", theme=None, key="dot_plot",
                    alt="Dot plot: share of cells (size) and mean (colour) of each gene in each cluster")


def draw_composition(data: DatasetResults, labels: dict[str, ReviewedLabel]) -> None:
    """Share of each label within the groups of a column."""
    names = [c.name for c in data.view.columns() if c.kind == "categorical" and c.n_values <= 60
             and c.name != data.view.cluster_key]
    if not names:
        st.markdown(":gray[The file has no column of samples or conditions to split by.]")
        return
    by = st.selectbox("Split by", names, key="composition_by")
    table = comparing.composition(data.view, {c: v.label or "No label" for c, v in labels.items()}, by)
    colours = label_colours(list(table.columns), "dark" if session.dark() else "light")
    figure = go.Figure([go.Bar(y=table.index, x=100 * table[name], name=name, orientation="h",
                               marker_color=colours.get(name, GREY[session.dark()]),
                               hovertemplate=f"%{{y}}: %{{x:.1f}} % {plain(name)}<extra></extra>") for name in table.columns])
    figure.update_layout(barmode="stack", legend={"orientation": "h", "y": -0.15})
    figure.update_xaxes(title="% of the cells of the group")
    st.plotly_chart(_style(figure, 160 + 30 * len(table)), width="stretch", theme=None, key="composition",
                    alt=f"Share of each cell type within the groups of {by}")


def draw_reference(data: DatasetResults, labels: dict[str, ReviewedLabel]) -> None:
    """Confusion matrix against labels that came with the file, and agreement through the ontology."""
    names = [c.name for c in data.view.columns() if c.kind == "categorical" and 1 < c.n_values <= 80
             and c.name != data.view.cluster_key]
    if not names:
        st.markdown(":gray[The file has no column of labels to compare with.]")
        return
    guess = next((n for n in names if comparing.looks_like_labels(data.view, n)), names[0])
    by = st.selectbox("Labels of the file", names, index=names.index(guess), key="reference_by")
    result = comparing.compare(data.view, {c: v.label for c, v in labels.items()}, by)
    columns = st.columns(3)
    for column, (level, share) in zip(columns, (("Same label", result.same_label), ("Same or parent type", result.near),
                                                ("Same lineage", result.same_lineage)), strict=True):
        column.metric(level, "unknown" if share is None else f"{share:.0%}",
                      help=f"Share of the {result.n_compared:,} cells whose two labels the Cell Ontology knows.")
    table = result.confusion
    shares = table.div(table.sum(axis=1), axis=0).fillna(0)
    scale = EXPRESSION[session.dark()]
    figure = go.Figure(go.Heatmap(z=shares.to_numpy(), x=list(table.columns), y=list(table.index), customdata=table.to_numpy(),
                                  colorscale=[[i / (len(scale) - 1), c] for i, c in enumerate(scale)],
                                  hovertemplate="%{y} → %{x}: %{customdata:,} cells, %{z:.0%}<extra></extra>"))
    figure.update_yaxes(autorange="reversed", title=plain(by))
    figure.update_xaxes(tickangle=-45, title="Predicted")
    st.plotly_chart(_style(figure, 220 + 26 * len(table)), width="stretch", theme=None, key="confusion",
                    alt="Confusion matrix: labels of the file against predicted labels")


