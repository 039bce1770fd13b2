"""The card of the chosen cluster: its label, how sure we are, the evidence, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from cassia_core.services import results
from cassia_core.services.results import DatasetResults
from cassia_core.services.review import ReviewedLabel
from cassia_ui.chosen_cluster import chosen_cluster
from cassia_ui.correcting import correct
from cassia_ui.evidence import draw_readings, evidence_table
from cassia_ui.markup import plain
from cassia_ui.navigation import CONVERSATIONS


def draw_evidence_card(data: DatasetResults, labels: Mapping[str, ReviewedLabel]) -> None:
    """The chosen cluster, or the first to look at when none is chosen."""
    row = data.row(chosen_cluster()) or results.look_first(data.rows)[0]
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
