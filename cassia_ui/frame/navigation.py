"""The pages there are, and how to go to one."""

from __future__ import annotations

import streamlit as st

from cassia_core import persons

START, DATA, SETUP = "pages/start.py", "pages/data.py", "pages/setup.py"
RUN, RESULTS, CONVERSATIONS = "pages/run.py", "pages/results.py", "pages/conversations.py"
RUNS, KNOWLEDGE, SETTINGS = "pages/runs.py", "pages/knowledge.py", "pages/settings.py"
REFINE, LEARN, BATCH = "pages/refine.py", "pages/learn.py", "pages/batch.py"
OPERATOR = "pages/office.py"
ALL = (START, DATA, SETUP, RUN, RESULTS, REFINE, CONVERSATIONS, BATCH, RUNS, KNOWLEDGE, LEARN, SETTINGS)


def all_pages() -> dict[str, list]:
    """Sections and pages of the side bar."""
    person = persons.current()
    office = {"Server": [st.Page(OPERATOR, title="Operator", icon=":material/monitoring:")]}
    return _pages() | (office if person is not None and person.role == "operator" else {})


def _pages() -> dict[str, list]:
    return {
        "": [st.Page(START, title="Start", icon=":material/home:", default=True)],
        "One path": [
            st.Page(DATA, title="Data", icon=":material/database:"),
            st.Page(SETUP, title="Set-up", icon=":material/tune:"),
            st.Page(RUN, title="Run", icon=":material/play_circle:"),
            st.Page(RESULTS, title="Results", icon=":material/bubble_chart:"),
        ],
        "Look closer": [
            st.Page(REFINE, title="Refine", icon=":material/balance:"),
            st.Page(CONVERSATIONS, title="Conversations", icon=":material/forum:"),
            st.Page(KNOWLEDGE, title="Knowledge", icon=":material/menu_book:"),
            st.Page(LEARN, title="Learn", icon=":material/school:"),
        ],
        "Library": [
            st.Page(BATCH, title="Batch", icon=":material/stacks:"),
            st.Page(RUNS, title="Runs", icon=":material/history:"),
            st.Page(SETTINGS, title="Settings", icon=":material/settings:"),
        ],
    }
