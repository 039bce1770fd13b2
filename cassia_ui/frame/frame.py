"""What every page has: style, foot of the side bar, title with one line and chips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from cassia_core import persons
from cassia_core.domain.config import OFFLINE
from cassia_ui.frame import session
from cassia_ui.frame.markup import plain
from cassia_ui.frame.navigation import ALL, DATA
from cassia_ui.frame.style import css
from cassia_ui.sharing.sign_in_page import draw_who, keep_signed_in

STARTED, GO_TO = "app_started", "to"


def require_app(page_file: str) -> None:
    """Go through app.py first when a page was opened by its address on a server that has not run app.py yet.

    Streamlit then takes the folder `pages/` for its older kind of app, without our navigation and style.
    """
    if not session.value(STARTED):
        st.switch_page("app.py", query_params={**st.query_params.to_dict(), GO_TO: Path(page_file).name})


def _go_on() -> None:
    """Go to the page that `require_app` came from."""
    wanted = st.query_params.to_dict()
    page = f"pages/{wanted.pop(GO_TO, '')}"
    if page in ALL:
        st.switch_page(page, query_params=wanted)


def start_page() -> None:
    """Style and side bar foot; called once by app.py before the page."""
    session.remember(STARTED, True)
    if GO_TO in st.query_params:
        _go_on()
    st.html(css(session.theme()))
    session.keep_run_in_url()
    person = persons.current()
    if person is not None:
        keep_signed_in()
    with st.sidebar:
        if person is not None:
            draw_who(person.name or person.id, person.role)
        place = "computer" if person is None else "server"
        engine = session.draft().annotation.annotator.provider
        if engine == OFFLINE:
            st.caption(
                f":material/lock: New runs use the offline engine: no key, nothing leaves this {place}."
            )
        else:
            st.caption(
                f":material/key: New runs ask {plain(engine)}: marker genes, tissue and species are sent."
            )


def title(text: str, line: str, chips: Sequence[str] = ()) -> None:
    """Title of a page, one grey line on what it is for, and context at the right (Markdown, already safe)."""
    st.title(text, anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":gray[{line}]", width="stretch")
        for chip in chips:
            st.markdown(f":gray-badge[{chip}]", width="content")


def empty_state(what: str, line: str, name: str) -> None:
    """An empty page: what will appear, and two ways to get it."""
    from cassia_ui.frame.demo import start_demo

    with st.container(border=True, horizontal_alignment="center", key=f"empty_{name}"):
        st.space("small")
        st.markdown(f"**{what}**", text_alignment="center")
        st.markdown(f":gray[{line}]", text_alignment="center")
        with st.container(horizontal=True, horizontal_alignment="center"):
            if st.button("Try the demo", type="primary", icon=":material/play_arrow:", key=f"demo_{name}"):
                start_demo()
            if st.button("Open my data", icon=":material/folder_open:", key=f"open_{name}"):
                st.switch_page(DATA)
        st.space("small")
