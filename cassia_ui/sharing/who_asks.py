"""Tells the services who asks, in whatever way the page got here: by a click, a timer or an address."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from cassia_core import persons
from cassia_core.errors import NotSignedIn
from cassia_core.persons import Person
from cassia_core.services.sharing import accounts, sessions
from cassia_ui.frame import session


def begin() -> None:
    """Let services ask the session of the page that calls them; app.py calls it on every run."""
    persons.ask_with(person_of_page)


def person_of_page() -> Person | None:
    """Who signed in, in the session that this thread works for; None when nobody has.

    Asked anew by every service: a session that was ended, or a code that was taken back, closes at once, also
    for a page that is open.
    """
    if get_script_run_ctx(suppress_warning=True) is None:
        return None
    person = sessions.person_of_session(session.token())
    if person is not None:
        return person
    account = st.user.to_dict()
    try:
        return accounts.person_of_account(account) if account.get("is_logged_in") else None
    except NotSignedIn:  # somebody who is not admitted; the sign-in page says so
        return None
