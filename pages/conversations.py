"""Conversations: who said what about each cluster, and which genes hold up in the data."""

from __future__ import annotations

import streamlit as st

from cassia_core.domain.annotation import ClusterResult
from cassia_core.services import results, review
from cassia_core.services.results import DatasetResults
from cassia_ui.chosen_cluster import choose_cluster, chosen_cluster
from cassia_ui.conversation import draw_sent, draw_turns
from cassia_ui.datasets import results_of_page
from cassia_ui.evidence import draw_boost, evidence_table
from cassia_ui.frame import require_app
from cassia_ui.navigation import RESULTS
from cassia_ui.problems import problems_as_cards
from cassia_ui.words import LIGHT_BADGE, OFFLINE_LINE, cluster_line, money

PER_PAGE = 20
LEGEND = ('<span class="cw-gene in">GENE</span> in the list &nbsp; <span class="cw-gene measured">GENE</span> measured '
          'only &nbsp; <span class="cw-gene absent">GENE</span> not in the data')


def found(row: ClusterResult, text: str) -> bool:
    words = text.casefold().split()
    everything = " ".join([row.cluster, row.label, row.reason, *row.markers, *(t.text for t in row.turns)]).casefold()
    return all(word in everything for word in words)


def chosen_rows(data: DatasetResults, edited: set[str]) -> list[ClusterResult]:
    rows = results.look_first(data.rows)
    groups = {"All": rows, "Look at these first": [r for r in rows if r.light != "high" and r.status != "skipped"],
              "Second round": [r for r in rows if r.iterations > 1], "Looked closer": [r for r in rows if r.boost],
              "Corrected by me": [r for r in rows if r.cluster in edited]}
    with st.container(horizontal=True, vertical_alignment="center"):
        text = st.text_input("Search", placeholder="Gene, cell type or word", icon=":material/search:", width=280,
                             label_visibility="collapsed", key="talk_search")
        names = [n for n in groups if n == "All" or groups[n]]
        wanted = st.pills("Show", names, default="All", required=True, key="talk_show", label_visibility="collapsed",
                          format_func=lambda n: f"{n} {len(groups[n])}")
    return [r for r in groups[wanted] if not text or found(r, text)]


def draw_cluster(data: DatasetResults, row: ClusterResult, is_open: bool) -> None:
    with st.expander(f"{LIGHT_BADGE[row.light]} {cluster_line(row)}", expanded=is_open):
        markers = next((c for c in data.markers.clusters if c.cluster == row.cluster), None) if data.markers else None
        genes = set(data.view.genes()) if data.view else {g for c in data.markers.clusters for g in c.symbols()}
        chat, side = st.columns((6, 5), gap="medium")
        with chat:
            if row.turns:
                draw_turns(row, markers, genes.__contains__)
            else:
                st.markdown(":gray[Nobody was asked about this cluster.]")
        with side:
            st.markdown("**Evidence in your data**")
            st.html(evidence_table(row, with_words=False) + f'<p class="cw-small cw-muted">{LEGEND}</p>')
            if row.boost:
                draw_boost(row.boost)
            if st.button("Show on the map", icon=":material/bubble_chart:", key=f"map_{row.cluster}"):
                choose_cluster(row.cluster)
                st.switch_page(RESULTS, query_params={"run": data.run_id})
            with st.popover("What was sent", icon=":material/outbox:", type="tertiary", key=f"sent_{row.cluster}"):
                draw_sent(row)
            if row.turns:
                st.caption(f"{row.input_tokens + row.output_tokens:,} tokens, {money(row.cost_usd)}, {row.seconds:.1f} s")


def show() -> None:
    data = results_of_page("Conversations", "Who said what about each cluster, and which genes hold up in your data.",
                           "Every cluster's conversation appears here after a run.", "conversations")
    if data is None:
        return
    if any(r.provider == "offline" for r in data.rows):
        st.markdown(f":gray-badge[:material/lock: Offline engine] :gray[{OFFLINE_LINE}]")
    edited = {v.cluster for v in review.labels(data.run_id, data.spec.name) if v.edited}
    rows = chosen_rows(data, edited)
    if not rows:
        st.markdown(":gray[No conversation has these words.]")
        return
    page = st.number_input(f"Page of {-(-len(rows) // PER_PAGE)}", 1, -(-len(rows) // PER_PAGE)) \
        if len(rows) > PER_PAGE else 1
    wanted = chosen_cluster()
    first = wanted if any(r.cluster == wanted for r in rows) else rows[0].cluster
    for row in rows[(page - 1) * PER_PAGE:page * PER_PAGE]:
        draw_cluster(data, row, row.cluster == first)


require_app(__file__)
with problems_as_cards("conversations"):
    show()
