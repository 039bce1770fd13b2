"""Runs: every run on this machine; open, compare, archive, delete; tokens and cost over time."""

from __future__ import annotations

import streamlit as st

from cassia_core import persons, settings
from cassia_core.services.runs import runs
from cassia_ui.frame import frame, session
from cassia_ui.frame.frame import require_app
from cassia_ui.frame.problem_cards import problems_as_cards
from cassia_ui.runs.run_comparison import draw_comparison
from cassia_ui.runs.run_list import PART, TO_DELETE, confirm_delete, draw_list
from cassia_ui.runs.run_usage import draw_usage

PARTS = {"list": "All runs", "compare": "Compare two", "usage": "Tokens and cost", "archive": "Archive"}


def show() -> None:
    where = "of yours" if persons.is_shared() else "on this machine"
    frame.title("Runs", f"Every run {where}, with its state and what it cost. Open one to go on.")
    asked = session.value(TO_DELETE)
    if asked:
        confirm_delete(*asked)
    part = st.segmented_control(
        "Part",
        list(PARTS),
        default="list",
        required=True,
        key=PART,
        format_func=lambda name: PARTS[name],
        label_visibility="collapsed",
        bind="query-params",
    )
    {"list": show_list, "compare": draw_comparison, "usage": draw_usage, "archive": show_archive}[part]()


def show_list() -> None:
    if runs.list_runs():
        draw_list(archived=False)
        if not persons.is_shared():
            st.caption(f"They are kept in {runs.folder()}")
    else:
        frame.empty_state("No runs yet", "Your runs appear here, finished or not.", "runs")
    offer_other_folders()


def offer_other_folders() -> None:
    """Take runs of another folder into the list, where the operator allows folders of the server."""
    allowed = settings.server_folders()
    if not allowed:
        return
    with (
        st.expander("Open runs of another folder", icon=":material/drive_folder_upload:"),
        st.form("elsewhere"),
    ):
        path = st.text_input(
            "A run directory, or a folder of runs",
            placeholder=f"{allowed[0]}/batch_results",
            help="Its runs appear in this list. Nothing is copied or changed.",
        )
        if st.form_submit_button("Open") and path.strip():
            with problems_as_cards("elsewhere"):
                runs.open_elsewhere(path)
                st.rerun()


def show_archive() -> None:
    if not runs.list_runs(archived=True):
        with st.container(border=True, horizontal_alignment="center", key="empty_archive"):
            st.space("small")
            st.markdown("**No archived runs**", text_alignment="center")
            st.markdown(
                ":gray[Archive a run from its menu in the list: it leaves the list, its files stay, and you "
                "can bring "
                "it back from here.]",
                text_alignment="center",
            )
            st.space("small")
        return
    draw_list(archived=True)


require_app(__file__)
with problems_as_cards("runs"):
    show()
