"""Refine: further opinions on clusters in doubt, beside the first label."""

from __future__ import annotations

import streamlit as st

from cassia_core.errors import CassiaError
from cassia_core.services.labels import review
from cassia_core.services.opinions import opinions
from cassia_core.services.runs.results import DatasetResults
from cassia_ui.frame import session
from cassia_ui.frame.datasets import results_of_page
from cassia_ui.frame.frame import require_app
from cassia_ui.frame.problem_cards import problems_as_cards, show_problem
from cassia_ui.refine.job_progress import draw_ending, draw_live
from cassia_ui.refine.opinion_cards import draw_opinions
from cassia_ui.refine.request_form import chosen_clusters, draw_form, preselect
from cassia_ui.refine.ways import WAYS, choose_way
from cassia_ui.results.correcting import draw_history


def ask(data: DatasetResults, labels: dict[str, review.ReviewedLabel]) -> None:
    """The form, or the job that is at work."""
    preselect(data, labels)
    kind = choose_way()
    st.markdown(f":gray[{WAYS[kind].line}]")
    jobs = opinions.list_jobs(data.run_id)
    if jobs and jobs[0].progress.state == "running":
        draw_live(data.run_id, jobs[0].request.id)
        return
    if jobs:
        draw_ending(data.run_id, jobs[0])
    with st.container(border=True, key="refine_form"):
        request = draw_form(data, labels, kind)
        if request is None:
            return
        try:
            opinions.start(data.run_id, request, session.keys())
        except CassiaError as error:
            show_problem(error, "refine_start")
            return
    st.rerun()


def show() -> None:
    data = results_of_page(
        "Refine",
        "Second opinions on clusters in doubt. They stand beside the first label and never overwrite it.",
        "Ask again, compare candidates, look closer or ask a question about any cluster, after a run.",
        "refine",
    )
    if data is None:
        return
    labels = {label.cluster: label for label in review.labels(data.run_id, data.spec.name, rows=data.rows)}
    ask(data, labels)
    draw_opinions(data, labels, chosen_clusters())
    draw_history(data.run_id, data.spec.name)


require_app(__file__)
with problems_as_cards("refine"):
    show()
