"""The cluster that the page Results is about: chosen on the map, in the table, or on another page."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cassia_core.domain.annotation import ClusterResult
from cassia_core.services.runs.results import look_first
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


def open_cluster(rows: Sequence[ClusterResult]) -> str:
    """The cluster whose card is open: the chosen one, else the first to look at."""
    chosen = chosen_cluster()
    return chosen if any(r.cluster == chosen for r in rows) else look_first(rows)[0].cluster


def follow_map(clicked: str, none: bool) -> None:
    """Choose the cluster that was clicked on the map, or none, and draw the page anew."""
    if (clicked and clicked != chosen_cluster()) or (none and chosen_cluster()):
        choose_cluster(clicked)
        st.rerun()


def follow_table(picked: str, given: str) -> None:
    """Choose the cluster whose row was just picked, and draw the page anew.

    `given` is the row that the table had from the page: it is no choice of a person's.
    """
    if not picked:
        return
    before = session.value(_TABLE_PICK) or given
    session.remember(_TABLE_PICK, picked)
    if picked not in (before, chosen_cluster()):
        session.remember(_CHOSEN, picked)
        st.rerun()


def follow_search(shown: Sequence[ClusterResult], rows: Sequence[ClusterResult]) -> None:
    """Choose the first cluster that a search or filter found where it left out the one whose card is open."""
    if shown and open_cluster(rows) not in {r.cluster for r in shown}:
        choose_cluster(shown[0].cluster)
        st.rerun()
