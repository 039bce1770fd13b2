"""Share a run by a link that others can read, and take it back; in shared mode only."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from cassia_core import persons
from cassia_core.errors import CassiaError
from cassia_core.services.runs import runs
from cassia_core.services.sharing import run_links
from cassia_ui.frame import session
from cassia_ui.frame.problem_cards import show_problem


def draw_sharing(run_id: str) -> None:
    """Buttons of a run's menu."""
    if not persons.is_shared():
        return
    made = f"link_of_{run_id}"
    try:
        if st.button("Make a link to share", key=f"share_{run_id}", icon=":material/link:"):
            session.remember(made, run_links.share_run(run_id))
        if run_links.is_shared(run_id):
            _draw_link(run_id, made)
    except CassiaError as error:
        show_problem(error, f"share_{run_id}")


def _draw_link(run_id: str, made: str) -> None:
    link = session.value(made)
    if link:
        here = urlsplit(st.context.url or "")
        st.code(f"{here.scheme}://{here.netloc}/results?run={link}", language=None)
    st.caption(
        "Whoever signs in here and has the link can read this run, and change nothing. The link is shown "
        "once; a new one closes the old one."
    )
    if st.button("Take the link back", key=f"unshare_{run_id}", icon=":material/link_off:"):
        run_links.stop_sharing(run_id)
        session.remember(made, None)
        st.rerun()


def read_only_chip(run_id: str) -> tuple[str, ...]:
    """A chip for the head of a page whose run can only be read (Markdown)."""
    return () if runs.may_change(run_id) else (":material/lock: Read only, shared by a link",)
