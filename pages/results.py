"""Results: the map, every cluster with its label and how sure we are, the evidence, corrections, downloads."""

from __future__ import annotations

import numpy as np
import streamlit as st

from cassia_core.services import results, review
from cassia_core.services.results import DatasetResults
from cassia_ui import session
from cassia_ui.cluster_table import draw_cluster_table
from cassia_ui.colouring import (
    BY_CLUSTER,
    BY_COLUMN,
    BY_GENE,
    BY_LIGHT,
    BY_SCORE,
    BY_TYPE,
    Colouring,
    colour_by_column,
    colour_by_gene,
    colour_by_row,
)
from cassia_ui.compare import draw_composition, draw_dot_plot, draw_reference
from cassia_ui.correcting import correct, draw_history
from cassia_ui.datasets import results_of_page
from cassia_ui.downloads import draw_downloads
from cassia_ui.evidence import draw_readings, evidence_table
from cassia_ui.markup import plain
from cassia_ui.navigation import CONVERSATIONS
from cassia_ui.problems import problems_as_cards
from cassia_ui.selection import draw_selection
from cassia_ui.umap import draw_map
from cassia_ui.words import OFFLINE_LINE

HEIGHT = 430
CHOSEN = "chosen_cluster"


def chosen_colouring(data: DatasetResults, labels: dict[str, review.ReviewedLabel], what: str) -> Colouring:
    if what == BY_GENE:
        genes = data.view.genes()
        listed = [g for c in (data.markers.clusters if data.markers else ()) for g in c.symbols(3)]
        first = next((g for g in listed if g in set(genes)), genes[0])
        gene = st.selectbox("Gene", genes, index=genes.index(first), key="results_gene", label_visibility="collapsed",
                            width=200)
        return colour_by_gene(data, gene)
    if what == BY_COLUMN:
        names = [c.name for c in data.view.columns()]
        name = st.selectbox("Column", names, key="results_column", label_visibility="collapsed", width=200)
        return colour_by_column(data, name)
    return colour_by_row(data, labels, what)


def hover_texts(data: DatasetResults, labels: dict[str, review.ReviewedLabel]) -> np.ndarray:
    column = data.view.column(data.view.cluster_key)
    texts = [f"{(labels[c].label if c in labels else '') or 'No label'}<br>Cluster {c}".replace("<br>", "\0")
             .replace("&", "&amp;").replace("<", "&lt;").replace("\0", "<br>") for c in column.categories]
    return np.array([*texts, "No cluster"], dtype=object)[column.codes]


def map_and_table(data: DatasetResults, labels: dict[str, review.ReviewedLabel]) -> None:
    rows = results.look_first(data.rows)
    doubtful = [r for r in rows if r.light != "high" and r.status != "skipped"]
    with st.container(horizontal=True, vertical_alignment="center"):
        ways = [BY_TYPE, BY_CLUSTER, BY_LIGHT, BY_SCORE, BY_GENE, BY_COLUMN]
        what = st.segmented_control("Colour by", ways, default=BY_TYPE, required=True, key="results_colour",
                                    label_visibility="collapsed") if data.view else BY_TYPE
        st.space("stretch")
        shown = st.pills("Show", [f"All {len(rows)}", f"Look at these first {len(doubtful)}"], default=f"All {len(rows)}",
                         required=True, key=f"results_show_{len(rows)}_{len(doubtful)}", label_visibility="collapsed")
        draw_downloads(data.run_id)
    rows = tuple(doubtful) if shown.startswith("Look") else rows
    picked: list[int] = []
    left, right = st.columns((6, 5), gap="small") if data.view else (None, st.container())
    if data.view:
        with left:
            with st.container(horizontal=True):
                name = st.selectbox("Map", data.view.embeddings(), key="results_map", label_visibility="collapsed", width=140,
                                    format_func=lambda n: n.removeprefix("X_").upper())
                colouring = chosen_colouring(data, labels, what)
            chosen = session.value(CHOSEN, "")
            boxed = {BY_TYPE: labels[chosen].label if chosen in labels else "", BY_CLUSTER: chosen}.get(what, "")
            picked = draw_map(data.view.embedding(name), colouring, key=f"map_{what}", height=HEIGHT, boxed=boxed,
                              of_cell=hover_texts(data, labels))
    with right:
        cluster = draw_cluster_table(rows, labels, key=f"table_{data.spec.name}", height=HEIGHT,
                                     chosen=session.value(CHOSEN, "") or rows[0].cluster if rows else "")
    if cluster and cluster != session.value(CHOSEN, ""):
        session.remember(CHOSEN, cluster)
        st.rerun()
    if picked:
        draw_selection(data, picked)


def evidence_card(data: DatasetResults, labels: dict[str, review.ReviewedLabel]) -> None:
    row = data.row(session.value(CHOSEN, "")) or results.look_first(data.rows)[0]
    label = labels.get(row.cluster)
    with st.container(border=True):
        left, right = st.columns((4, 8), gap="medium")
        with left:
            st.subheader(plain((label.label if label else row.label) or "No label"), anchor=False)
            if label and label.edited:
                st.markdown(f":violet-badge[:material/edit: Corrected by you] :gray[was {plain(label.original)}]")
            draw_readings(row)
            with st.container(horizontal=True):
                if st.button("Read the conversation", type="primary", icon=":material/forum:"):
                    st.switch_page(CONVERSATIONS, query_params={"run": data.run_id})
                if st.button("Correct", icon=":material/edit:"):
                    correct(data.run_id, data.spec.name, row, [r.cluster for r in data.rows])
        with right:
            every = st.toggle("Show all genes", key="evidence_all") if row.evidence and len(row.evidence.items) > 6 \
                else False
            st.html(evidence_table(row, everything=every))


def more(data: DatasetResults, labels: dict[str, review.ReviewedLabel]) -> None:
    if data.view is None:
        return
    dots, parts, reference = st.tabs(["Markers behind the labels", "Composition", "Compare with labels of the file"])
    with dots:
        draw_dot_plot(data, labels)
    with parts:
        draw_composition(data, labels)
    with reference:
        draw_reference(data, labels)


def show() -> None:
    data = results_of_page("Results", "Every cluster with its label, and how sure we are. Pick one to see the evidence.",
                           "The coloured map and the table of labels appear here after a run.", "results")
    if data is None:
        return
    if any(r.provider == "offline" for r in data.rows):
        st.markdown(f":gray-badge[:material/lock: Offline engine] :gray[{OFFLINE_LINE}]")
    labels = {label.cluster: label for label in review.labels(data.run_id, data.spec.name)}
    map_and_table(data, labels)
    evidence_card(data, labels)
    draw_history(data.run_id, data.spec.name)
    more(data, labels)


with problems_as_cards("results"):
    show()
