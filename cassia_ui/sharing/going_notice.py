"""Says which old runs will be removed, and when; in shared mode only."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from cassia_core.services.sharing.keeping import going_runs


def draw_going() -> None:
    """One line, where there is something to say."""
    going = going_runs()
    if not going:
        return
    first = datetime.fromtimestamp(going[0].goes_at)
    many = f"{len(going)} old run{'' if len(going) == 1 else 's'} of yours will be removed"
    st.markdown(
        f":orange[:material/schedule:] {many}, the first on {first:%d %B}. Take home what you want to keep: "
        "the page Runs has everything."
    )
