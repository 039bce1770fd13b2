"""A job of further opinions while it is at work, and how it ended."""

from __future__ import annotations

import streamlit as st

from cassia_core.domain.opinions.request import OpinionJob
from cassia_core.errors import CassiaError
from cassia_core.look.wording import AGENT_NAMES
from cassia_core.services.opinions import opinions
from cassia_ui.frame import session
from cassia_ui.frame.markup import plain
from cassia_ui.frame.problem_cards import problems_as_cards, show_problem
from cassia_ui.frame.words import AGENT_ICONS, money, named_clusters
from cassia_ui.refine.ways import WAYS

POLL_S = 1.0
SHOWN_WORDS = 240


@st.fragment(run_every=POLL_S)
def draw_live(run_id: str, job: str) -> None:
    """The job under way, drawn anew every second until it ends."""
    with problems_as_cards("refine_live"):
        job_view = opinions.view_job(run_id, job)
        if job_view.progress.state != "running":
            st.rerun()
        _draw_job(run_id, job_view)


def _draw_job(run_id: str, job: OpinionJob) -> None:
    request, progress = job.request, job.progress
    way = WAYS[request.kind]
    with st.container(border=True, key="refine_live"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"{way.icon} **{way.name}**, {named_clusters(request.clusters)}", width="stretch")
            stopping = opinions.is_stopping(run_id, request.id)
            st.button(
                "Stopping, waiting for the answers under way" if stopping else "Cancel",
                icon=":material/stop_circle:",
                key="refine_cancel",
                disabled=stopping,
                on_click=opinions.cancel,
                args=(run_id, request.id),
            )
        most = max(progress.most_answers, 1)
        done = max(progress.answers / most, progress.clusters_done / max(progress.clusters, 1))
        st.progress(min(done, 1.0), text=_tally(job))
        st.markdown(f":gray[{_cost(job)} You can leave this page; it goes on.]")
        for speaking in opinions.replies_under_way(run_id, request.id)[:3]:
            name = AGENT_NAMES.get(speaking.agent, speaking.agent)
            icon = AGENT_ICONS.get(speaking.agent, ":material/chat:")
            st.markdown(
                f"{icon} **{name}** :gray[cluster {plain(speaking.cluster)}]  \n"
                f":gray[… {plain(speaking.text[-SHOWN_WORDS:])}]"
            )
        _draw_notices(job)


def _tally(job: OpinionJob) -> str:
    progress = job.progress
    answers = f", {progress.answers} answers so far" if progress.answers else ""
    # Before the process has begun, nothing is counted yet.
    if progress.clusters <= 1:
        return f"**Under way**{answers}."
    return f"**{progress.clusters_done} of {progress.clusters} clusters done**{answers}."


def _cost(job: OpinionJob) -> str:
    usage = job.progress.usage
    if not usage.calls:
        return ""
    cost = money(None if usage.unpriced_calls else usage.cost_usd)
    return f"{usage.calls:,} calls, {usage.total_tokens:,} tokens, cost {cost}."


def _draw_notices(job: OpinionJob) -> None:
    for notice in job.progress.notices[-3:]:
        st.markdown(f":orange[:material/info:] {plain(notice)}")


def draw_ending(run_id: str, job: OpinionJob) -> None:
    """The last job, where it did not come to its end: why, and the way on."""
    progress = job.progress
    if progress.state in ("done", "running"):
        return
    words = {"failed": "It ended early.", "cancelled": "It was cancelled.", "interrupted": "It stopped."}
    with st.container(border=True, key="problem_ask_refine_ending"):
        st.markdown(
            f":material/pause_circle: **{WAYS[job.request.kind].name}: {words[progress.state].lower()}** "
            f"{progress.clusters_done} of {progress.clusters} clusters have their opinion."
        )
        if progress.problem:
            st.markdown(plain(progress.problem))
        if st.button("Go on", icon=":material/play_arrow:", key="refine_resume"):
            try:
                opinions.resume(run_id, job.request.id, session.keys())
            except CassiaError as error:
                show_problem(error, "refine_resume")
            else:
                st.rerun()
