"""A batch while it is at work: figures of all, a row per dataset, pause, cancel one or all."""

from __future__ import annotations

import streamlit as st

from cassia_core.domain.config import OFFLINE
from cassia_core.services.batches.dataset_rows import RunRows, rows_of_run
from cassia_core.services.runs import runs
from cassia_ui.batch.across_view import draw_across
from cassia_ui.batch.ending import draw_at_rest
from cassia_ui.batch.progress_table import draw_rows
from cassia_ui.frame import session
from cassia_ui.frame.estimates import duration
from cassia_ui.frame.navigation import CONVERSATIONS, RESULTS, RUN
from cassia_ui.frame.problem_cards import problems_as_cards
from cassia_ui.frame.words import money, state_badge

POLL_S = 2.0


def draw_run(run_id: str) -> None:
    """The batch as it stands; while it is at work, drawn anew every two seconds."""
    found = rows_of_run(run_id)
    if found.at_work:
        _live(run_id)
    else:
        _draw_head(run_id, found)
        draw_at_rest(run_id, found)
        _draw_table(run_id, found)
        with problems_as_cards("batch_across"):
            draw_across(run_id)


@st.fragment(run_every=POLL_S)
def _live(run_id: str) -> None:
    with problems_as_cards("batch_live"):
        found = rows_of_run(run_id)
        if not found.at_work:
            st.rerun()
        _draw_head(run_id, found)
        _draw_orders(run_id, found)
        _draw_table(run_id, found)


def _draw_head(run_id: str, found: RunRows) -> None:
    clusters = sum(row.clusters for row in found.rows)
    finished = sum(row.finished for row in found.rows)
    left = "" if found.seconds_left is None else f" About {duration(found.seconds_left)} left."
    ended = f"**{found.ended} of {len(found.rows)} datasets ended**"
    if found.at_work:
        text = f"{ended}, {finished} of {clusters} clusters done.{left}"
        st.progress(found.ended / max(len(found.rows), 1), text=text)
    else:
        st.markdown(_tally(found))
    for at, (name, value) in zip(st.columns(4), _figures(run_id, found), strict=True):
        at.metric(name, value)


def _tally(found: RunRows) -> str:
    parts = [
        (found.count("success"), "done"),
        (found.count("partial"), "with some clusters without an answer"),
        (found.count("failed"), "failed"),
        (found.count("cancelled"), "cancelled"),
        (found.count("queued", "running"), "not done yet"),
    ]
    return f"**{len(found.rows)} datasets:** " + ", ".join(f"{n} {words}" for n, words in parts if n) + "."


def _figures(run_id: str, found: RunRows) -> tuple[tuple[str, str], ...]:
    clusters = sum(row.clusters for row in found.rows)
    labelled = sum(row.labelled for row in found.rows)
    known = None if found.usage.unpriced_calls else found.usage.cost_usd
    return (
        ("Clusters with a label", f"{labelled:,} of {clusters:,}"),
        ("To look at", f"{sum(row.to_look_at for row in found.rows):,}"),
        ("Questions", f"{found.usage.calls:,}"),
        ("Cost", "none" if _is_free(run_id) else money(known)),
    )


def _is_free(run_id: str) -> bool:
    return set(runs.load_config(run_id).providers()) <= {OFFLINE}


def _draw_orders(run_id: str, found: RunRows) -> None:
    """Pause and go on, cancel all."""
    paused, stopping = runs.is_paused(run_id), runs.is_stopping(run_id)
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        st.markdown(
            ":orange-badge[:material/pause_circle: Paused: what is under way is finished first]"
            if paused
            else state_badge(found.state),
            width="content",
        )
        st.space("stretch")
        st.button(
            "Go on" if paused else "Pause",
            icon=":material/play_arrow:" if paused else ":material/pause:",
            key="batch_pause",
            disabled=stopping,
            on_click=runs.unpause_run if paused else runs.pause_run,
            args=(run_id,),
            help="Paused, no question is asked and no dataset is begun. Close the browser if you like.",
        )
        st.button(
            "Stopping, waiting for the answers under way" if stopping else "Cancel all",
            icon=":material/stop_circle:",
            key="batch_cancel",
            disabled=stopping,
            on_click=runs.cancel_run,
            args=(run_id,),
        )


def _draw_table(run_id: str, found: RunRows) -> None:
    st.caption("Tick rows to open or cancel them." if found.at_work else "Tick a row to open it.")
    chosen = draw_rows(
        found.rows,
        key=f"table_batch_rows_{run_id}",
        stopped=runs.stopped_datasets(run_id),
        free=_is_free(run_id),
    )
    one = next((row for row in found.rows if chosen[:1] == (row.name,)), None)
    with st.container(horizontal=True, gap="xsmall"):
        ready = one is not None and one.finished > 0 and len(chosen) == 1
        for label, icon, page in (
            ("Open results", ":material/bubble_chart:", RESULTS),
            ("Read conversations", ":material/forum:", CONVERSATIONS),
        ):
            if st.button(label, icon=icon, disabled=not ready, key=f"batch_open_{page}") and one:
                _open(run_id, one.name, page)
        if found.at_work:
            _draw_at_work(run_id, found, chosen)


def _draw_at_work(run_id: str, found: RunRows, chosen: tuple[str, ...]) -> None:
    under_way = [row.name for row in found.rows if row.name in chosen and row.status in ("queued", "running")]
    if st.button("Watch", icon=":material/visibility:", disabled=len(chosen) != 1, key="batch_watch"):
        session.remember("run_dataset", chosen[0])
        _open(run_id, chosen[0], RUN)
    st.button(
        f"Cancel {len(under_way)} ticked" if under_way else "Cancel ticked",
        icon=":material/cancel:",
        disabled=not under_way,
        key="batch_cancel_some",
        on_click=runs.cancel_datasets,
        args=(run_id, under_way),
        help="The others go on.",
    )


def _open(run_id: str, dataset: str, page: str) -> None:
    session.choose_run(run_id)
    session.choose_dataset(dataset)
    st.switch_page(page, query_params={"run": run_id})
