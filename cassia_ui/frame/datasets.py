"""The results that a page shows: read once per change on disk."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from cassia_core.services.runs import results, runs
from cassia_core.services.runs.results import DatasetResults
from cassia_ui.frame import frame, session
from cassia_ui.frame.markup import plain
from cassia_ui.frame.navigation import RUN
from cassia_ui.frame.words import when
from cassia_ui.results.chosen_cluster import begin_with
from cassia_ui.results.looking_inside import draw_part_of
from cassia_ui.sharing.run_sharing import read_only_chip


@st.cache_resource(show_spinner=False, max_entries=8)
def _loaded(run_id: str, dataset: str, state: tuple[str, int]) -> DatasetResults:
    return results.load_results(run_id, dataset)


def results_of_page(title: str, line: str, empty: str, name: str) -> DatasetResults | None:
    """Draw the head of a page and return the results it is about; None when there is nothing to show yet."""
    run_id = run_of_page()
    if not run_id:
        frame.title(title, line)
        frame.empty_state("No results yet", empty, name)
        return None
    config = runs.load_config(run_id)
    names = [d.name for d in config.datasets]
    chips = [
        f":material/database: {plain(config.title or names[0])}",
        f":material/event: {when(runs.view_run(run_id).started_at)}",
        *read_only_chip(run_id),
    ]
    frame.title(title, line, chips)
    draw_part_of(run_id)
    dataset = _chosen(names, f"dataset_{name}_{run_id}")
    begin_with(run_id, dataset)
    data = _loaded(run_id, dataset, _state(run_id))
    if not data.rows:
        with st.container(border=True):
            st.markdown(f"**Nothing to show yet.** {plain(data.outcome.error) if data.outcome else empty}")
            if st.button("Watch the run", icon=":material/play_circle:"):
                st.switch_page(RUN, query_params={"run": run_id})
        return None
    return data


def run_of_page(states: tuple[str, ...] = ("success", "partial")) -> str:
    """The chosen run, else the last one in one of `states`, chosen by this; "" when there is none."""
    run_id = session.chosen_run()
    if not run_id:
        run_id = next((r.run_id for r in runs.list_runs() if not r.problem and r.state in states), "")
        if run_id:
            session.choose_run(run_id)
    return run_id


def _chosen(names: list[str], key: str) -> str:
    """The dataset to show, the same on every page."""
    if len(names) == 1:
        return names[0]
    known = session.chosen_dataset()
    dataset = st.selectbox("Dataset", names, index=names.index(known) if known in names else 0, key=key)
    session.choose_dataset(dataset)
    return dataset


def _state(run_id: str) -> tuple[str, int]:
    """Where the run lies and when it last spoke: results are read anew when either is another."""
    events: Path = runs.find_run(run_id).events
    return str(events), events.stat().st_mtime_ns if events.exists() else 0
