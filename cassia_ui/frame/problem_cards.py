"""A problem on a screen: what happened, why, what to do. Never a traceback."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from cassia_core import persons
from cassia_core.errors import CassiaError
from cassia_core.own_files import without_paths
from cassia_ui.frame.markup import plain

logger = logging.getLogger(__name__)


def show_problem(error: CassiaError, name: str = "here") -> None:
    """Draw one error as a card. People of a shared server read no names of its folders."""
    if persons.is_shared():
        error = CassiaError(*(without_paths(text) for text in (error.what, error.why, error.remedy)))
    with st.container(border=True, key=f"problem_error_{name}"):
        st.markdown(f":material/error: **{plain(error.what)}**")
        if error.why:
            st.markdown(plain(error.why))
        if error.remedy:
            st.markdown(f"**What to do:** {plain(error.remedy)}")
        if error.details:
            with st.expander("Details for support", type="compact"):
                st.code(error.details[:4000], language=None, wrap_lines=True)


@contextmanager
def problems_as_cards(name: str = "page") -> Iterator[None]:
    """Draw what goes wrong inside as a card; faults of the program go to the server's log."""
    try:
        yield
    except CassiaError as error:
        show_problem(error, name)
    except Exception as error:  # Streamlit's own ways to stop or to change the page are no `Exception`
        logger.exception("A page failed")
        show_problem(
            CassiaError(
                "This page could not be drawn.",
                f"The program itself failed ({type(error).__name__}). Nothing of yours is lost.",
                "Reload the page. If it comes back, send the server's log to the maintainers.",
            ),
            name,
        )
