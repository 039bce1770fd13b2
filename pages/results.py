"""Results: the map, every cluster with its label and how sure we are, the evidence, corrections, downloads."""

from __future__ import annotations

import streamlit as st

from cassia_core.services import results, review
from cassia_core.services.results import DatasetResults
from cassia_ui.chosen_cluster import chosen_cluster, follow_map, follow_table, table_key
from cassia_ui.cluster_table import draw_cluster_table
from cassia_ui.colouring import BY_TYPE
from cassia_ui.compare import draw_composition, draw_dot_plot, draw_reference
from cassia_ui.correcting import draw_history
from cassia_ui.datasets import results_of_page
from cassia_ui.downloads import draw_downloads
from cassia_ui.evidence_card import draw_evidence_card
from cassia_ui.figure_downloads import draw_figure_downloads
from cassia_ui.frame import require_app
from cassia_ui.problems import problems_as_cards
from cassia_ui.results_map import draw_results_map, draw_ways
from cassia_ui.selection import draw_selection
from cassia_ui.words import OFFLINE_LINE

HEIGHT = 430


def map_and_table(data: DatasetResults, labels: dict[str, review.ReviewedLabel]) -> None:
    rows = results.look_first(data.rows)
    doubtful = [r for r in rows if r.light != "high" and r.status != "skipped"]
    with st.container(horizontal=True, vertical_alignment="center"):
        what = draw_ways() if data.view else BY_TYPE
        st.space("stretch")
        shown = st.pills("Show", [f"All {len(rows)}", f"Look at these first {len(doubtful)}"], default=f"All {len(rows)}",
                         required=True, key=f"results_show_{len(rows)}_{len(doubtful)}", label_visibility="collapsed")
        draw_downloads(data.run_id)
    rows = tuple(doubtful) if shown.startswith("Look") else rows
    on_map = None
    left, right = st.columns((6, 5), gap="small") if data.view else (None, st.container())
    if data.view:
        with left:
            on_map = draw_results_map(data, labels, what, height=HEIGHT)
    with right:
        default = chosen_cluster() or (rows[0].cluster if rows else "")
        picked = draw_cluster_table(rows, labels, height=HEIGHT, chosen=default, key=table_key(data.spec.name))
    if on_map:
        follow_map(on_map.cluster)
    follow_table(picked)
    if on_map and len(on_map.cells):
        draw_selection(data, on_map.cells)


def more(data: DatasetResults, labels: dict[str, review.ReviewedLabel]) -> None:
    if data.view is None:
        return
    dots, parts, reference, paper = st.tabs(["Markers behind the labels", "Composition", "Compare with labels of the file",
                                             "Figures for papers"])
    with dots:
        draw_dot_plot(data, labels)
    with parts:
        draw_composition(data, labels)
    with reference:
        draw_reference(data, labels)
    with paper, problems_as_cards("figures"):
        draw_figure_downloads(data)


def show() -> None:
    data = results_of_page("Results", "Every cluster with its label, and how sure we are. Pick one to see the evidence.",
                           "The coloured map and the table of labels appear here after a run.", "results")
    if data is None:
        return
    if any(r.provider == "offline" for r in data.rows):
        st.markdown(f":gray-badge[:material/lock: Offline engine] :gray[{OFFLINE_LINE}]")
    labels = {label.cluster: label for label in review.labels(data.run_id, data.spec.name)}
    map_and_table(data, labels)
    draw_evidence_card(data, labels)
    draw_history(data.run_id, data.spec.name)
    more(data, labels)


require_app(__file__)
with problems_as_cards("results"):
    show()
