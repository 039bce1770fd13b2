"""Run: what is going on, from the run's own record; leave and come back as you like."""

from __future__ import annotations

import streamlit as st

from cassia_core.domain.progress import RunView
from cassia_core.services.runs import runs
from cassia_ui.frame import frame
from cassia_ui.frame.datasets import run_of_page
from cassia_ui.frame.frame import require_app
from cassia_ui.frame.markup import plain
from cassia_ui.frame.navigation import CONVERSATIONS, RESULTS
from cassia_ui.frame.problem_cards import problems_as_cards
from cassia_ui.frame.words import engine_name, state_badge
from cassia_ui.results.looking_inside import draw_part_of
from cassia_ui.run.run_endings import draw_ending
from cassia_ui.run.run_map import draw_small_map
from cassia_ui.run.run_progress import (
    draw_bar,
    draw_cost,
    draw_now,
    draw_pause,
    draw_place,
    draw_stages,
    draw_tiles,
)

POLL_S = 1.0
AT_WORK = ("queued", "running")


def controls(run_id: str, view: RunView) -> None:
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        st.markdown(state_badge(view.state, sum(d.to_look_at for d in view.datasets)), width="content")
        st.space("stretch")
        if view.state in ("queued", "running"):
            stopping = runs.is_stopping(run_id)
            st.button(
                "Stopping, waiting for the answers under way" if stopping else "Cancel run",
                disabled=stopping,
                icon=":material/stop_circle:",
                key="cancel_run",
                on_click=runs.cancel_run,
                args=(run_id,),
            )
        elif any(d.labelled_clusters for d in view.datasets) and st.button(
            "See the results",
            icon=":material/bubble_chart:",
            type="primary" if view.state in ("success", "partial") else "secondary",
        ):
            st.switch_page(RESULTS, query_params={"run": run_id})


@st.fragment(run_every=POLL_S)
def live(run_id: str, first_state: str) -> None:
    with problems_as_cards("live"):
        view = runs.view_run(run_id)
        if view.state != first_state and view.state not in ("queued", "running"):
            st.rerun()
        body(run_id, view)


def body(run_id: str, view: RunView) -> None:
    config = runs.load_config(run_id)
    at_rest = view.state not in ("queued", "running")
    place = runs.place_of(run_id) if view.state == "queued" else None
    if place is None:
        draw_bar(view)
    else:
        draw_place(place)
    controls(run_id, view)
    draw_pause(view)
    if at_rest:
        draw_ending(run_id, view)
    for notice in view.notices[-3:]:
        st.markdown(f":orange[:material/info:] {plain(notice)}")
    names = [d.name for d in view.datasets]
    name = names[0] if names else ""
    if len(names) > 1:
        at_work = next((i for i, d in enumerate(view.datasets) if d.status == "running"), 0)
        name = st.selectbox("Dataset", names, index=at_work, key="run_dataset")
    dataset = view.dataset(name)
    with st.container(key="run_columns"):
        left, middle, right = st.columns((5, 12, 8), gap="medium")
    with left:
        st.subheader("Stages", anchor=False)
        draw_stages(dataset, config.annotation, at_rest)
        draw_small_map(run_id, dataset, at_rest)
    with middle:
        st.subheader("Clusters", anchor=False)
        draw_tiles(dataset, at_rest)
    with right:
        st.subheader("Cost", anchor=False)
        draw_cost(view, config)
        st.subheader("Last words" if at_rest else "Happening now", anchor=False)
        draw_now(view, dataset, at_rest, runs.replies_under_way(run_id))
        if dataset.tiles and st.button("Open all conversations", icon=":material/forum:", type="tertiary"):
            st.switch_page(CONVERSATIONS, query_params={"run": run_id})


def show() -> None:
    run_id = run_of_page((*AT_WORK, *runs.ENDED, "interrupted"))
    if not run_id:
        frame.title("Run", "Several agents work on each cluster. You can leave this page; the run goes on.")
        frame.empty_state("No run yet", "Stages, a tile per cluster and the conversation appear here.", "run")
        return
    config = runs.load_config(run_id)
    annotator = config.annotation.annotator if config.annotation else None
    engine = engine_name(annotator.provider, annotator.model) if annotator else "No annotation"
    title = plain(config.title or config.datasets[0].name)
    frame.title(
        "Run",
        "Several agents work on each cluster. You can leave this page; the run goes on.",
        [f":material/database: {title}", f":material/smart_toy: {plain(engine)}"],
    )
    draw_part_of(run_id)
    view = runs.view_run(run_id)
    if view.state in ("queued", "running"):
        live(run_id, view.state)
    else:
        body(run_id, view)


require_app(__file__)
with problems_as_cards("run"):
    show()
