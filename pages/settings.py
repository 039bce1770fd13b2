"""Settings: keys for this session, models and prices, folders, versions."""

from __future__ import annotations

import streamlit as st

from cassia_core import persons, settings
from cassia_core.domain.config import OFFLINE
from cassia_core.services.engine import models
from cassia_core.version import __version__
from cassia_ui.frame import frame, session
from cassia_ui.frame.frame import require_app
from cassia_ui.frame.markup import plain
from cassia_ui.frame.problem_cards import problems_as_cards
from cassia_ui.setup.engine_form import draw_engine, draw_waiting


def prices() -> None:
    st.subheader("Models and prices", anchor=False)
    st.markdown(
        ":gray[List prices per million tokens, as read on the day given. A model that is not listed works "
        "too; "
        "its price is then unknown.]"
    )
    listed = [m for p in models.providers() if p.name != OFFLINE for m in models.models_of(p.name)]
    st.dataframe(
        [
            {
                "Provider": m.provider,
                "Model": m.model,
                "In, $": m.input_usd,
                "Out, $": m.output_usd,
                "Read on": m.read_on,
            }
            for m in listed
        ],
        hide_index=True,
        placeholder="unknown",
        alt="Models with their prices",
    )


def folders() -> None:
    st.subheader("Folders", anchor=False)
    allowed = ", ".join(map(str, settings.server_folders())) or "none"
    st.table(
        [
            {"What": "Runs", "Where": f"`{settings.runs_root()}`"},
            {"What": "Uploads", "Where": f"`{settings.inputs_root()}`"},
            {"What": "Files on the server that may be opened", "Where": plain(allowed)},
        ],
        border="horizontal",
        hide_index=True,
        hide_header=True,
    )


def about() -> None:
    st.subheader("About", anchor=False)
    st.markdown(
        f"CASSIA Workbench {__version__}, an independent implementation of the CASSIA protocol. Cite the "
        "method: "
        "Xie et al., Nature Communications 2025, [doi:10.1038/s41467-025-67084-x]"
        "(https://doi.org/10.1038/s41467-025-67084-x)."
    )


require_app(__file__)
with problems_as_cards("settings"):
    frame.title("Settings", "Who answers, keys for this session, folders and versions.")
    with st.container(border=True):
        draw_engine()
        draw_waiting()
        if session.keys():
            st.markdown(
                f":gray[Keys in this session: {plain(', '.join(session.keys()))}. They are gone when you "
                "close the "
                "tab or press the button.]"
            )
            if st.button("Forget all keys", icon=":material/key_off:"):
                session.forget_keys()
                st.rerun()
    with st.container(border=True):
        prices()
    if not persons.is_shared():
        with st.container(border=True):
            folders()
    with st.container(border=True):
        about()
