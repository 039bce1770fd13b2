"""The cluster that the page Results is about: chosen on the map, in the table, or on another page."""

from __future__ import annotations

import streamlit as st

from cassia_ui.frame import session

_CHOSEN, _TABLE_NUMBER, _TABLE_PICK, _SHOWN = "chosen_cluster", "table_number", "table_pick", "results_shown"


def chosen_cluster() -> str:
    """Id of the chosen cluster; "" when none is."""
    return session.value(_CHOSEN, "")


def choose_cluster(cluster: str) -> None:
    """Show this cluster everywhere from the next page on."""
    session.remember(_CHOSEN, cluster)
    session.remember(_TABLE_NUMBER, session.value(_TABLE_NUMBER, 0) + 1)
    session.remember(_TABLE_PICK, cluster)


def begin_with(run_id: str, dataset: str) -> None:
    """Forget the choice when other results are shown than before."""
    shown = (run_id, dataset)
    if session.value(_SHOWN, shown) != shown:
        choose_cluster("")
    session.remember(_SHOWN, shown)


def table_key(dataset: str) -> str:
    """Key of the table of clusters; another one after every choice outside the table, so that it follows."""
    return f"table_{dataset}_{session.value(_TABLE_NUMBER, 0)}"


def follow_map(clicked: str) -> None:
    """Choose the cluster that was clicked on the map, and draw the page anew."""
    if clicked and clicked != chosen_cluster():
        choose_cluster(clicked)
        st.rerun()


def follow_table(picked: str) -> None:
    """Choose the cluster whose row was just picked, and draw the page anew."""
    if not picked or picked == session.value(_TABLE_PICK, ""):
        return
    session.remember(_TABLE_PICK, picked)
    if picked != chosen_cluster():
        session.remember(_CHOSEN, picked)
        st.rerun()
