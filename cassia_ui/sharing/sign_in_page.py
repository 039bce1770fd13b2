"""The page before all pages, in shared mode."""

from __future__ import annotations

import json

import streamlit as st

from cassia_core.errors import CassiaError
from cassia_core.services.sharing import accounts, class_codes, sessions
from cassia_ui.frame import session
from cassia_ui.frame.markup import plain
from cassia_ui.frame.problem_cards import show_problem
from cassia_ui.frame.style import css

KEEP, FORGET = "/cassia/keep", "/cassia/forget"
_TO_KEEP, _TO_FORGET = "sign_in_ticket", "sign_in_over"


def draw_sign_in() -> None:
    """Ask who it is, by a code or an account."""
    st.html(css(session.theme()))
    if session.value(_TO_FORGET):
        _post(FORGET, "")
    _, middle, _ = st.columns((1, 2, 1))
    with middle:
        st.space("large")  # below the bar of the head
        st.title("Sign in", anchor=False)
        st.markdown(":gray[Several people use this server. Your runs, files and keys are yours alone.]")
        try:
            accounts.require_ways_to_sign_in()
        except CassiaError as error:
            show_problem(error, "ways")
            return
        if class_codes.list_classes():
            _ask_for_code()
        if accounts.accounts_configured():
            _ask_for_account()


def _ask_for_code() -> None:
    with st.container(border=True), st.form("sign_in", border=False):
        code = st.text_input(
            "Your code",
            type="password",
            autocomplete="off",
            placeholder="ABCDE-FGHJK-MNPQR",
            help="Three times five letters and digits. Capitals and dashes do not matter.",
            key="sign_in_code",
        )
        pressed = st.form_submit_button("Sign in", type="primary", icon=":material/login:")
    if not pressed:
        return
    try:
        token = sessions.begin_session(class_codes.person_of_code(code, str(st.context.ip_address or "")))
    except CassiaError as error:
        show_problem(error, "sign_in")
        return
    session.begin(token)
    session.remember(_TO_KEEP, sessions.ticket_for(token))
    st.rerun()


def _ask_for_account() -> None:
    account = st.user.to_dict()
    with st.container(border=True):
        if account.get("is_logged_in"):
            try:
                accounts.person_of_account(account)
            except CassiaError as error:
                show_problem(error, "account")
            st.button("Use another account", icon=":material/logout:", on_click=st.logout)
            return
        st.markdown("**With your account**")
        st.button("Sign in with your account", icon=":material/account_circle:", on_click=st.login)


def keep_signed_in() -> None:
    """Let the browser fetch its cookie, once after signing in; a closed tab then comes back signed in."""
    ticket = session.value(_TO_KEEP, "")
    if ticket:
        session.remember(_TO_KEEP, "")
        _post(KEEP, ticket)


def draw_who(name: str, role: str) -> None:
    """Who is signed in, and the way out; at the foot of the side bar."""
    st.caption(f":material/person: {plain(name)}{'' if role == 'person' else f', {plain(role)}'}")
    if st.button("Sign out", icon=":material/logout:", type="tertiary", key="sign_out"):
        sessions.end_session(session.token())
        session.begin("")
        session.remember(_TO_FORGET, True)  # a request drawn now would be gone before the browser sends it
        if st.user.to_dict().get("is_logged_in"):
            st.logout()
        st.rerun()


def _post(address: str, body: str) -> None:
    """A request from the browser itself, so that the answer can set or take away its cookie."""
    how = json.dumps({"method": "POST", "body": body, "credentials": "same-origin"})
    words = f"fetch({json.dumps(address)}, {how})"
    st.html(f"<script>{words}</script>", unsafe_allow_javascript=True)
