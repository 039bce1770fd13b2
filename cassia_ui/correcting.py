"""Accept, rename, set to unknown, undo; with a reason and the history."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cassia_core.domain.annotation import ClusterResult
from cassia_core.services import edited_exports, review
from cassia_ui.markup import plain
from cassia_ui.words import when

_ACTIONS = {"accept": "accepted", "rename": "renamed", "unknown": "set to Unknown", "undo": "took back a step for"}


@st.dialog("Correct a label", width="medium")
def correct(run_id: str, dataset: str, row: ClusterResult, clusters: Sequence[str]) -> None:
    """Ask for the new label of one cluster, or of several at once."""
    st.markdown(f"Cluster **{plain(row.cluster)}** is called **{plain(row.label or 'nothing')}**.")
    typed = st.text_input("Cell type", placeholder="Type a name, such as memory B cell", key="correct_text")
    found = [t.name for t in review.search_labels(typed)] if len(typed.strip()) > 1 else []
    options = list(dict.fromkeys([*found, *([typed.strip()] if typed.strip() else [])]))
    label = st.selectbox("Take this name", options, disabled=not options, key="correct_choice",
                         help="Names of the Cell Ontology first; your own words last.") if options else ""
    also = st.multiselect("The same label for these clusters too", [c for c in clusters if c != row.cluster],
                          key="correct_also")
    reason = st.text_input("Why (optional)", key="correct_reason")
    chosen = (row.cluster, *also)
    with st.container(horizontal=True):
        if st.button("Rename", type="primary", disabled=not label):
            _apply(run_id, dataset, chosen, "rename", label, reason)
        if st.button("Accept as it is"):
            _apply(run_id, dataset, chosen, "accept", "", reason)
        if st.button("Set to Unknown"):
            _apply(run_id, dataset, chosen, "unknown", "", reason)


def _apply(run_id: str, dataset: str, clusters: tuple[str, ...], action: str, label: str, reason: str) -> None:
    review.apply_edit(run_id, dataset, clusters, action, label=label, reason=reason)
    edited_exports.rebuild(run_id, dataset)
    st.rerun()


def draw_history(run_id: str, dataset: str) -> None:
    """What was corrected when, and the way back."""
    steps = review.history(run_id, dataset)
    if not steps:
        return
    with st.expander(f"Your corrections ({len(steps)})"):
        for step in reversed(steps):
            new = f" to **{plain(step.label)}**" if step.label else ""
            why = f" :gray[{plain(step.reason)}]" if step.reason else ""
            st.markdown(f"{when(step.at)}: {_ACTIONS[step.action]} cluster {plain(', '.join(step.clusters))}{new}{why}")
        if st.button("Undo the last step", icon=":material/undo:"):
            review.undo(run_id, dataset)
            edited_exports.rebuild(run_id, dataset)
            st.rerun()
