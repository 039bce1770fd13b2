"""Batch: many datasets in one run; prepare them in a table, follow them, see what came of each."""

from __future__ import annotations

import streamlit as st

from cassia_core.services.batches.inspecting import inspected
from cassia_core.services.runs import runs
from cassia_ui.batch.adding_form import draw_adding
from cassia_ui.batch.batch_draft import asked_to_follow, batch_draft
from cassia_ui.batch.before_start import draw_before_start
from cassia_ui.batch.following import draw_run
from cassia_ui.batch.row_details import draw_details
from cassia_ui.batch.row_table import draw_table, draw_tools
from cassia_ui.batch.shared_form import draw_shared
from cassia_ui.frame import frame, session
from cassia_ui.frame.frame import require_app
from cassia_ui.frame.problem_cards import problems_as_cards
from cassia_ui.frame.words import when

LINE = "Many datasets in one run: each with its tissue, all with one set-up."
PREPARE, FOLLOW, PART = "Prepare a batch", "Batches", "batch_part"
LOOK_S = 1.0


def batches() -> dict[str, str]:
    """Runs of several datasets, newest first: id to what to call them."""
    return {
        run.run_id: f"{run.name}, {when(run.created_at)}"
        for run in runs.list_runs()
        if len(run.datasets) > 1 and not run.problem
    }


def part_to_show(known: dict[str, str]) -> str:
    """What the page begins with: the run of the address, else what is being prepared."""
    if session.chosen_run() in known and not batch_draft().rows:
        return FOLLOW
    return PREPARE


def show() -> None:
    frame.title("Batch", LINE)
    known = batches()
    if asked_to_follow():
        session.remember(PART, FOLLOW)
    if not known:
        session.remember(PART, PREPARE)
    part = choose_part(known) if known else PREPARE
    if part == FOLLOW:
        follow(known)
    else:
        prepare()


def choose_part(known: dict[str, str]) -> str:
    begin_with = None if session.value(PART) else part_to_show(known)
    chosen = st.segmented_control(
        "Part", [PREPARE, FOLLOW], default=begin_with, required=True, key=PART, label_visibility="collapsed"
    )
    return chosen or PREPARE


def follow(known: dict[str, str]) -> None:
    ids = list(known)
    now = session.chosen_run()
    run_id = st.selectbox(
        "Batch",
        ids,
        index=ids.index(now) if now in known else 0,
        format_func=lambda name: known[name],
        key=f"batch_chosen_{len(ids)}_{now if now in known else ''}",
        label_visibility="collapsed",
    )
    if run_id != now:
        session.choose_run(run_id)
    with problems_as_cards("batch_run"):
        draw_run(run_id)


def prepare() -> None:
    rows = batch_draft().rows
    with st.container(border=True):
        st.subheader(f"{len(rows)} datasets" if rows else "Add datasets", anchor=False)
        if not rows:
            draw_adding()
            st.markdown(":gray[A table of your datasets appears here, and what was found in each file.]")
            return
        looks = inspected(rows)
        waiting = sum(look is None for look in looks)
        if waiting:
            looking(len(rows))
        draw_tools(draw_table(looks))
        looks = inspected(batch_draft().rows)
        if not waiting and None in looks:
            st.rerun()  # a file is to be read another way now
        with st.expander("Add more", icon=":material/add:", type="compact"):
            draw_adding()
    with st.container(border=True):
        st.subheader("What we found", anchor=False)
        draw_details(looks)
    draw_shared()
    with problems_as_cards("batch_before"):
        draw_before_start(looks)


@st.fragment(run_every=LOOK_S)
def looking(n_files: int) -> None:
    """How far the look into the files is; the page is drawn anew when it is over."""
    waiting = sum(look is None for look in inspected(batch_draft().rows))
    if not waiting:
        st.rerun()
    done = n_files - waiting
    st.progress(done / n_files, text=f"Looking into the files: {done} of {n_files}")


require_app(__file__)
with problems_as_cards("batch"):
    show()
