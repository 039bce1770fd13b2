"""The app: page settings and navigation, nothing else."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from cassia_ui.frame.frame import start_page
from cassia_ui.frame.navigation import all_pages
from cassia_ui.sharing.entrance import may_enter
from cassia_ui.sharing.sign_in_page import draw_sign_in

HERE = Path(__file__).parent

st.set_page_config(
    page_title="CASSIA Workbench",
    page_icon=str(HERE / "assets" / "icon.png"),
    layout="wide",
    initial_sidebar_state=232,
)
st.logo(str(HERE / "assets" / "logo.svg"), size="large", icon_image=str(HERE / "assets" / "icon.png"))
st.set_option("client.showSidebarNavigation", True)  # see .streamlit/config.toml
if may_enter():
    page = st.navigation(all_pages(), expanded=True)
    start_page()
    page.run()
else:
    st.navigation(all_pages(), position="hidden")  # the address stays: after signing in, its page opens
    draw_sign_in()
