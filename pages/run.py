"""Run: what is going on, from the run's own record; leave and come back as you like."""

from __future__ import annotations

import streamlit as st

from cassia_core.domain.progress import RunView
from cassia_core.services import runs
from cassia_ui import frame, session
from cassia_ui.frame import require_app
from cassia_ui.markup import plain
from cassia_ui.navigation import CONVERSATIONS, RESULTS
from cassia_ui.problems import problems_as_cards
from cassia_ui.run_map import draw_small_map
from cassia_ui.run_progress import draw_bar, draw_cost, draw_now, draw_stages, draw_tiles
from cassia_ui.words import engine_name

POLL_S = 1.0
ENDINGS = {
    "success": ":green-badge[:material/check_circle: Done]",
    "partial": ":orange-badge[:material/contrast: Done, some clusters have no answer]",
    "failed": ":red-badge[:material/error: Failed]",
    "cancelled": ":gray-badge[:material/cancel: Cancelled. What is done is kept.]",
    "interrupted": ":orange-badge[:material/pause_circle: Interrupted. What is done is kept.]",
}


def controls(run_id: str, view: RunView) -> None:
    failed = sum(t.state == "failed" for d in view.datasets for t in d.tiles)
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        if view.state in ENDINGS:
            st.markdown(ENDINGS[view.state], width="content")
            st.space("stretch")
        if view.state in ("queued", "running"):
            if st.button("Cancel run", icon=":material/stop_circle:"):
                runs.cancel_run(run_id)
        elif view.state in ("cancelled", "interrupted") and st.button("Resume", icon=":material/play_arrow:"):
            runs.resume_run(run_id, session.keys())
            st.rerun()
        elif view.state in ("partial", "failed") and st.button(
                f"Retry {failed} without answer" if failed else "Try again", icon=":material/refresh:"):
            runs.retry_failed(run_id, session.keys())
            st.rerun()
        if any(d.tiles for d in view.datasets) and view.state in runs.ENDED and st.button(
                "See the results", type="primary", icon=":material/bubble_chart:"):
            st.switch_page(RESULTS, query_params={"run": run_id})


def higher_limit(run_id: str, view: RunView) -> None:
    """A run that stopped at its limit: say so, and offer a higher one."""
    annotation = runs.load_config(run_id).annotation
    if annotation is None or annotation.max_cost_usd is None or view.state not in ("partial", "failed"):
        return
    with st.container(border=True, key="problem_ask_limit"):
        st.markdown(f":material/savings: **The limit of \\${annotation.max_cost_usd:.2f} may have stopped this run.** "
                    "What is done is kept, and is not paid again.")
        limit = st.number_input("New limit, $", annotation.max_cost_usd, 10_000.0, 2 * annotation.max_cost_usd, 0.5, width=160)
        if st.button("Go on with this limit", type="primary"):
            new = runs.raise_limit(run_id, max_cost_usd=limit, max_tokens_total=annotation.max_tokens_total,
                                   keys=session.keys())
            session.choose_run(new)
            st.rerun()


def problems(view: RunView) -> None:
    texts = [view.error, *(f"{d.name}: {d.error}" for d in view.datasets if d.error)]
    for number, text in enumerate(t for t in texts if t):
        with st.container(border=True, key=f"problem_error_run_{number}"):
            st.markdown(f":material/error: {plain(text)}")
    for notice in view.notices[-3:]:
        st.markdown(f":orange[:material/info:] {plain(notice)}")


@st.fragment(run_every=POLL_S)
def live(run_id: str, first_state: str) -> None:
    with problems_as_cards("live"):
        view = runs.view_run(run_id)
        if view.state != first_state and view.state not in ("queued", "running"):
            st.rerun()
        body(run_id, view)


def body(run_id: str, view: RunView) -> None:
    config = runs.load_config(run_id)
    draw_bar(view)
    controls(run_id, view)
    problems(view)
    higher_limit(run_id, view)
    names = [d.name for d in view.datasets]
    name = names[0] if names else ""
    if len(names) > 1:
        name = st.selectbox("Dataset", names, key="run_dataset")
    dataset = view.dataset(name)
    left, middle, right = st.columns((5, 12, 8), gap="medium")
    with left:
        st.subheader("Stages", anchor=False)
        draw_stages(dataset)
        draw_small_map(run_id, dataset)
    with middle:
        st.subheader("Clusters", anchor=False)
        draw_tiles(dataset)
    with right:
        st.subheader("Cost", anchor=False)
        draw_cost(view, config)
        st.subheader("Happening now" if view.state == "running" else "Last words", anchor=False)
        draw_now(view)
        if dataset.tiles and st.button("Open all conversations", icon=":material/forum:", type="tertiary"):
            st.switch_page(CONVERSATIONS, query_params={"run": run_id})


def show() -> None:
    run_id = session.chosen_run()
    if not run_id:
        frame.title("Run", "Several agents work on each cluster. You can leave this page; the run goes on.")
        frame.empty_state("No run yet", "Stages, a tile per cluster and the conversation appear here.", "run")
        return
    config = runs.load_config(run_id)
    annotator = config.annotation.annotator if config.annotation else None
    engine = engine_name(annotator.provider, annotator.model) if annotator else "No annotation"
    title = plain(config.title or config.datasets[0].name)
    frame.title("Run", "Several agents work on each cluster. You can leave this page; the run goes on.",
                [f":material/database: {title}", f":material/smart_toy: {plain(engine)}"])
    view = runs.view_run(run_id)
    if view.state in ("queued", "running"):
        live(run_id, view.state)
    else:
        body(run_id, view)


require_app(__file__)
with problems_as_cards("run"):
    show()
