"""The small map on the Run page, which fills in as clusters finish."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from cassia_core.domain.progress import DatasetView
from cassia_core.services import results
from cassia_ui import session
from cassia_ui.door_maps import GREY

MOST_POINTS = 4000
HEIGHT = 190
OF_CELLS = ("qc", "normalise", "pca", "neighbors", "umap", "leiden")
"""Stages that only cells have; a table of markers has no map."""


@st.cache_data(show_spinner=False, max_entries=8)
def _points(run_id: str, dataset: str) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]] | None:
    view = results.load_results(run_id, dataset).view
    if not view.embeddings():
        return None
    xy = view.embedding(view.embeddings()[0])
    column = view.column(view.cluster_key)
    chosen = np.random.default_rng(0).permutation(len(xy))[:MOST_POINTS]
    return xy[chosen], column.codes[chosen], column.categories


def draw_small_map(run_id: str, dataset: DatasetView, at_rest: bool) -> None:
    """Cells in the colour of their cluster's label so far; grey where there is none yet."""
    if not any(s.stage in OF_CELLS for s in dataset.stages):
        return
    ready = results.has_map(run_id, dataset.name)
    found = _points(run_id, dataset.name) if ready else None
    if found is None:
        if not ready and not at_rest:
            st.skeleton(HEIGHT)
            st.caption("The map appears here as soon as the cells have their places.")
        return
    xy, codes, clusters = found
    theme = "dark" if session.dark() else "light"
    labels = {t.cluster: t.label for t in dataset.tiles}
    colours = results.label_colours([v for v in labels.values() if v], theme)
    by_code = np.array([colours.get(labels.get(c, ""), GREY[session.dark()]) for c in clusters] + [GREY[session.dark()]])
    figure = go.Figure(go.Scattergl(x=xy[:, 0], y=xy[:, 1], mode="markers", hoverinfo="skip",
                                    marker={"size": 3, "color": by_code[codes]}))
    figure.update_layout(height=HEIGHT, margin={"l": 0, "r": 0, "t": 0, "b": 0}, paper_bgcolor="rgba(0,0,0,0)",
                         plot_bgcolor="rgba(0,0,0,0)", xaxis_visible=False, yaxis_visible=False)
    st.plotly_chart(figure, width="stretch", theme=None, key="small_map", config={"staticPlot": True},
                    alt="Small map of the cells, coloured by label")
    st.caption("Cells in the colours of the labels; grey where there is none." if at_rest else
               "The map fills in as clusters finish.")
