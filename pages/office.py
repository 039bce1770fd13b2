"""Operator: who uses the server, what waits and works, disk, spending, faults; shared mode only."""

from __future__ import annotations

import streamlit as st

from cassia_core.services.sharing import class_codes, operating
from cassia_core.services.sharing.operating import ServerState
from cassia_ui.frame import frame
from cassia_ui.frame.frame import require_app
from cassia_ui.frame.markup import plain
from cassia_ui.frame.problem_cards import problems_as_cards

GB = 1e9


def head(state: ServerState) -> None:
    people, at_work, waiting, disk, memory = st.columns(5)
    people.metric("People", len(state.people))
    at_work.metric("At work", sum(w.at_work for w in state.work))
    waiting.metric("Waiting", sum(not w.at_work for w in state.work))
    disk.metric("Disk free", f"{state.disk_free / GB:,.0f} GB")
    memory.metric("Memory free", f"{state.memory_free / GB:,.1f} GB")


def work(state: ServerState) -> None:
    st.subheader("Work", anchor=False)
    if not state.work:
        st.markdown(":gray[Nothing waits and nothing is at work.]")
    for item in state.work:
        with st.container(horizontal=True, vertical_alignment="center"):
            doing = ":blue-badge[at work]" if item.at_work else ":gray-badge[waiting]"
            st.markdown(
                f"**{plain(item.what)}** of {plain(item.person)} {doing} :gray[{item.seconds:,.0f} s, up to "
                f"{item.memory / GB:.1f} GB]",
                width="stretch",
            )
            if st.button("End", key=f"end_{item.id}", icon=":material/stop_circle:"):
                operating.end_work(item.id)
                st.rerun()


def people(state: ServerState) -> None:
    st.subheader("People", anchor=False)
    st.dataframe(
        [
            {
                "Person": use.person,
                "Runs": use.runs,
                "Disk, GB": round(use.n_bytes / GB, 2),
                "Operator's keys, $ this month": round(use.usd, 2),
                "Tokens": int(use.tokens),
            }
            for use in state.people
        ],
        hide_index=True,
        placeholder="",
        alt="People of this server with their runs, disk and spending",
    )
    for known in class_codes.list_classes():
        codes = "1 code" if known.people == 1 else f"{known.people} codes"
        st.caption(f"Class {plain(known.name)}: {codes}, made {known.made_at[:10]}")


def faults(state: ServerState) -> None:
    st.subheader("Last errors", anchor=False)
    if not state.faults:
        st.markdown(":gray[None since the server was started.]")
    for at, text in state.faults[:20]:
        st.markdown(f":gray[{at} UTC] {plain(text)}")


require_app(__file__)
with problems_as_cards("operator"):
    frame.title("Operator", "Who uses this server, what waits and works, and what went wrong.")
    now = operating.server_state()
    head(now)
    with st.container(border=True):
        work(now)
    with st.container(border=True):
        people(now)
    with st.container(border=True):
        faults(now)
