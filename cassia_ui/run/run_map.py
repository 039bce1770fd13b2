"""The small map on the Run page, which fills in as clusters finish: a picture, so that looking for news costs
little.
"""

from __future__ import annotations

import numpy as np
import streamlit as st

from cassia_core.domain.progress import DatasetView
from cassia_core.look.palette import QUIET_GREY
from cassia_core.services.runs import results
from cassia_ui.frame import session

MOST_POINTS = 4000
WIDTH, HEIGHT, MARGIN, RADIUS = 480, 400, 10, 3
"""Size of the picture and of a cell in it, in pixels."""
SHOWN_HEIGHT = 170
OF_CELLS = ("qc", "first_pass", "sketch", "normalise", "pca", "neighbors", "umap", "leiden", "join")
"""Stages that only cells have; a table of markers has no map."""


@st.cache_data(show_spinner=False, max_entries=8)
def _points(run_id: str, dataset: str) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]] | None:
    """Places of some cells in the picture (column, row; whole numbers), code of each one's cluster, names of
    the clusters.
    """
    view = results.load_results(run_id, dataset).view
    if not view.embeddings():
        return None
    xy = view.embedding(view.embeddings()[0])
    column = view.column(view.cluster_key)
    placed = np.flatnonzero(np.isfinite(xy).all(axis=1))
    chosen = np.random.default_rng(0).permutation(placed)[:MOST_POINTS]
    low, extent = xy[chosen].min(axis=0), np.ptp(xy[chosen], axis=0)
    room = np.array([WIDTH, HEIGHT]) - 2 * MARGIN
    scale = (room / np.maximum(extent, 1e-9)).min()
    inside = (xy[chosen] - low - extent / 2) * scale * [1, -1] + np.array([WIDTH, HEIGHT]) / 2
    return inside.astype(int), column.codes[chosen], column.categories


@st.cache_data(show_spinner=False, max_entries=32)
def _picture(run_id: str, dataset: str, colours: tuple[str, ...]) -> np.ndarray:
    """RGBA picture, shape (HEIGHT, WIDTH, 4). `colours`: one per cluster, then that of cells without one."""
    points = _points(run_id, dataset)
    assert points is not None, "asked before the picture is drawn"
    places, codes, _ = points
    of_code = np.array(
        [[int(c[at : at + 2], 16) for at in (1, 3, 5)] + [255] for c in colours], dtype=np.uint8
    )
    picture = np.zeros((HEIGHT, WIDTH, 4), dtype=np.uint8)
    for dx in range(-RADIUS, RADIUS + 1):
        for dy in range(-RADIUS, RADIUS + 1):
            if dx * dx + dy * dy <= RADIUS * RADIUS:
                picture[places[:, 1] + dy, places[:, 0] + dx] = of_code[codes]
    return picture


def draw_small_map(run_id: str, dataset: DatasetView, at_rest: bool) -> None:
    """Cells in the colour of their cluster's label so far; grey where there is none yet."""
    if not any(s.stage in OF_CELLS for s in dataset.stages):
        return
    ready = results.has_map(run_id, dataset.name)
    points = _points(run_id, dataset.name) if ready else None
    if points is None:
        if not ready and not at_rest:
            st.skeleton(SHOWN_HEIGHT)
            st.caption("The map appears here as soon as the cells have their places.")
        return
    labels = {t.cluster: t.label for t in dataset.tiles}
    colours = results.label_colours([v for v in labels.values() if v], session.theme())
    grey = QUIET_GREY[session.theme()]
    by_code = (*(colours.get(labels.get(c, ""), grey) for c in points[2]), grey)
    with st.container(key="small_map"):
        st.image(
            _picture(run_id, dataset.name, by_code),
            width="stretch",
            alt="Small map of the cells, coloured by label",
        )
    st.caption(
        "Cells in the colours of the labels; grey where there is none."
        if at_rest
        else "The map fills in as clusters finish."
    )
