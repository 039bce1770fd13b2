"""Results: the map, every cluster with its label and how sure we are, the evidence, corrections, downloads."""

from __future__ import annotations

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
from cassia_ui.figure_downloads import draw_figure_downloads
from cassia_ui.frame import require_app
from cassia_ui.markup import plain
from cassia_ui.navigation import CONVERSATIONS
from cassia_ui.problems import problems_as_cards
from cassia_ui.selection import draw_selection
from cassia_ui.umap import ClustersOfCells, draw_map
from cassia_ui.words import OFFLINE_LINE

HEIGHT = 430
CHOSEN, TABLE_NUMBER, TABLE_PICK = "chosen_cluster", "table_number", "table_pick"


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


def clusters_of_cells(data: DatasetResults, labels: dict[str, review.ReviewedLabel]) -> ClustersOfCells:
    column = data.view.column(data.view.cluster_key)
    return ClustersOfCells(codes=column.codes, ids=column.categories,
                           labels=tuple(labels[c].label if c in labels else "" for c in column.categories))


def choose(cluster: str, *, from_map: bool = False) -> None:
    """Show this cluster everywhere on the page; the table starts anew when the choice came from the map."""
    session.remember(CHOSEN, cluster)
    if from_map:
        session.remember(TABLE_NUMBER, session.value(TABLE_NUMBER, 0) + 1)
        session.remember(TABLE_PICK, cluster)
    st.rerun()


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
    clicked, cells = "", None
    left, right = st.columns((6, 5), gap="small") if data.view else (None, st.container())
    if data.view:
        with left:
            with st.container(horizontal=True):
                name = st.selectbox("Map", data.view.embeddings(), key="results_map", label_visibility="collapsed", width=140,
                                    format_func=lambda n: n.removeprefix("X_").upper())
                colouring = chosen_colouring(data, labels, what)
            chosen = session.value(CHOSEN, "")
            boxed = {BY_TYPE: labels[chosen].label if chosen in labels else "", BY_CLUSTER: chosen}.get(what, "")
            picked = draw_map(data.view.embedding(name), colouring, clusters_of_cells(data, labels), height=HEIGHT, boxed=boxed,
                              key=f"map_{data.spec.name}_{name}", axes=axes_of(name))
            clicked, cells = picked.cluster, picked.cells
    with right:
        default = session.value(CHOSEN, "") or (rows[0].cluster if rows else "")
        in_table = draw_cluster_table(rows, labels, height=HEIGHT, chosen=default,
                                      key=f"table_{data.spec.name}_{session.value(TABLE_NUMBER, 0)}")
    if clicked and clicked != session.value(CHOSEN, ""):
        choose(clicked, from_map=True)
    if in_table and in_table != session.value(TABLE_PICK, ""):
        session.remember(TABLE_PICK, in_table)
        if in_table != session.value(CHOSEN, ""):
            choose(in_table)
    if cells is not None and len(cells):
        draw_selection(data, cells)


def axes_of(name: str) -> str:
    short = name.removeprefix("X_").upper()
    return f"{short} 1 → {short} 2 ↑"


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
    evidence_card(data, labels)
    draw_history(data.run_id, data.spec.name)
    more(data, labels)


require_app(__file__)
with problems_as_cards("results"):
    show()
