"""Runs: every run on this machine; open, compare, archive, delete."""

from __future__ import annotations

import streamlit as st

from cassia_core.services import runs
from cassia_core.services.runs import RunSummary
from cassia_ui import frame, session
from cassia_ui.frame import require_app
from cassia_ui.markup import plain
from cassia_ui.navigation import RESULTS, RUN
from cassia_ui.problems import problems_as_cards
from cassia_ui.words import engine_name, money, run_badge, when

PER_PAGE = 15


@st.dialog("Delete this run")
def confirm_delete(run: RunSummary) -> None:
    st.markdown(f"**{plain(run.title or run.run_id)}** and all its files are removed for good. Your input files stay.")
    with st.container(horizontal=True):
        if st.button("Delete for good", type="primary", icon=":material/delete:"):
            runs.delete_run(run.run_id)
            if session.chosen_run() == run.run_id:
                session.choose_run("")
            st.rerun()
        if st.button("Keep it"):
            st.rerun()


def matches(run: RunSummary, text: str) -> bool:
    everything = " ".join([run.run_id, run.title, *run.datasets, *run.tissues, *run.species, run.provider, run.model])
    return all(word in everything.casefold() for word in text.casefold().split())


def draw_run(run: RunSummary) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        name = plain(run.title or ", ".join(run.datasets) or run.run_id)
        place = plain(", ".join([*run.tissues, *run.species]))
        st.markdown(f"**{name}**  \n:gray[{place}. {when(run.created_at)}. {plain(engine_name(run.provider, run.model))}]",
                    width="stretch")
        st.markdown(run_badge(run), width="content")
        st.markdown(f":gray[{run.finished_clusters} of {run.n_clusters} clusters  \n{run.total_tokens:,} tokens, "
                    f"{plain(money(run.cost_usd))}]", width=190)
        if st.button("Open", key=f"open_{run.run_id}", icon=":material/folder_open:"):
            session.choose_run(run.run_id)
            st.switch_page(RESULTS if run.state in ("success", "partial") else RUN, query_params={"run": run.run_id})
        with st.popover("More", icon=":material/more_horiz:", type="tertiary", key=f"more_{run.run_id}"):
            st.caption(f"Folder: {run.run_id}")
            if st.button("Archive", key=f"archive_{run.run_id}", icon=":material/archive:"):
                runs.archive_run(run.run_id)
                st.rerun()
            if st.button("Delete", key=f"delete_{run.run_id}", icon=":material/delete:"):
                confirm_delete(run)
    if run.problem:
        st.markdown(f":red[:material/error:] {plain(run.problem)}")


def show() -> None:
    frame.title("Runs", "Every run on this machine, with its state and what it cost. Open one to go on.")
    listed = runs.list_runs()
    if not listed:
        frame.empty_state("No runs yet", "Your runs appear here, finished or not.", "runs")
        return
    text = st.text_input("Search", placeholder="Name, tissue, species or engine", icon=":material/search:",
                         label_visibility="collapsed", key="runs_search")
    shown = [r for r in listed if matches(r, text)]
    if not shown:
        st.markdown(":gray[No run has these words.]")
    for run in shown[:PER_PAGE]:
        draw_run(run)
    if len(shown) > PER_PAGE:
        st.caption(f"{len(shown) - PER_PAGE} older runs: search for them.")
    st.caption(f"They are kept in {runs.folder()}")


require_app(__file__)
with problems_as_cards("runs"):
    show()
