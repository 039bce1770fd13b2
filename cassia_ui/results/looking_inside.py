"""Look inside a cluster: ask what to take, start the child run, show what was found, and the way back to the
parent.
"""

from __future__ import annotations

import streamlit as st

from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.config import AnnotationParams, RunConfig
from cassia_core.errors import CassiaError
from cassia_core.look.wording import NO_LABEL
from cassia_core.services.labels import review
from cassia_core.services.labels.names import everyday_name
from cassia_core.services.runs import runs
from cassia_core.services.runs.results import DatasetResults
from cassia_core.services.subclusters import child_runs, subclustering
from cassia_core.services.subclusters.child_runs import ChildRun
from cassia_ui.frame import session
from cassia_ui.frame.markup import plain
from cassia_ui.frame.navigation import RESULTS, RUN
from cassia_ui.frame.problem_cards import show_problem
from cassia_ui.frame.words import cells, engine_name, money, state_badge
from cassia_ui.results.chosen_cluster import choose_cluster

GUESSED_PARTS = 4
"""Clusters that an estimate counts with before anybody knows: Leiden decides."""
MOST_NAMED = 6
WHAT = (
    "The cells are taken out, clustered and annotated anew, in a run of their own. This run stays as it is. "
    "Markers compare each part with all other cells of this run and with the other parts, in turn."
)


def offer_looking_inside(data: DatasetResults, row: ClusterResult) -> None:
    """The button, in a row of buttons; a marker table has no cells to look into."""
    if data.has_cells and st.button(
        "Look inside",
        icon=":material/zoom_in:",
        help="Cluster and annotate the cells of this cluster by themselves.",
    ):
        _ask(data, row)


@st.dialog("Look inside", width="medium")
def _ask(data: DatasetResults, row: ClusterResult) -> None:
    child = draw_form(data, row)
    if child:
        _go(child, RUN)


def draw_form(data: DatasetResults, row: ClusterResult) -> str:
    """What the dialog asks; returns the id of the run that was started, "" until then."""
    st.markdown(f":gray[{WHAT}]")
    labels = {item.cluster: item.short for item in review.labels(data.run_id, data.spec.name, rows=data.rows)}
    sizes = {r.cluster: r.n_cells for r in data.rows}
    chosen = tuple(
        st.multiselect(
            "Clusters",
            list(sizes),
            default=[row.cluster],
            key=f"inside_clusters_{row.cluster}",
            format_func=lambda c: f"{c}: {labels.get(c) or NO_LABEL.lower()} ({cells(sizes[c])})",
        )
    )
    left, right = st.columns(2, vertical_alignment="bottom")
    suggest = left.toggle(
        "Suggest the resolution",
        value=True,
        key="inside_suggest",
        help="Tries a few resolutions and takes the finest stable one.",
    )
    resolution = right.slider(
        "Resolution",
        0.1,
        3.0,
        0.4,
        0.1,
        disabled=suggest,
        key="inside_resolution",
        help="Higher gives more and smaller clusters.",
    )
    annotation = _engine(runs.load_config(data.run_id).annotation)
    clustering = {"resolution": None if suggest else resolution}
    try:
        config = subclustering.child_config(
            data.run_id, data.spec.name, chosen, clustering=clustering, annotation=annotation
        )
    except CassiaError as error:
        show_problem(error, "inside")
        return ""
    st.markdown(f"**{cells(subclustering.n_cells_of(data, chosen))}.** {_cost(config)}")
    if not st.button("Start", type="primary", icon=":material/play_arrow:", key="inside_start"):
        return ""
    try:
        return runs.start_run(config, session.keys())
    except CassiaError as error:
        show_problem(error, "inside_start")
        return ""


def _engine(parents: AnnotationParams | None) -> AnnotationParams | None:
    """Who answers: as in the parent, or as set up in this session where that is somebody else."""
    own = session.draft().annotation
    if parents is not None and parents.annotator == own.annotator:
        return parents
    named = {"As in this run": parents, "As set up now": own}
    way = st.segmented_control(
        "Who answers",
        list(named),
        default="As in this run",
        required=True,
        key="inside_engine",
        format_func=lambda name: f"{name}: {_who(named[name])}",
    )
    return named[way]


def _who(params: AnnotationParams | None) -> str:
    return engine_name(params.annotator.provider, params.annotator.model) if params else "no annotation"


def _cost(config: RunConfig) -> str:
    """One line on calls and price; nothing where no model is asked."""
    estimate = runs.estimate_run(config, GUESSED_PARTS)
    if config.annotation is None:
        return "Clusters and markers only: nothing leaves this machine."
    if not estimate.sent:
        return ":green[:material/lock: Nothing leaves this machine], no cost."
    low, high = estimate.cost_low_usd, estimate.cost_high_usd
    price = "price unknown" if low is None or high is None else f"{money(low)} to {money(high)}"
    return plain(
        f"About {estimate.calls_low} to {estimate.calls_high} questions, {price}, if there are "
        f"{GUESSED_PARTS} "
        "parts (a guess: Leiden decides)."
    )


def draw_children(data: DatasetResults, row: ClusterResult) -> None:
    """Runs that looked inside this cluster, each with its state, what it found, and the ways to use that."""
    for child in child_runs.children_of(data.run_id, data.spec.name):
        if row.cluster in child.clusters:
            with st.container(border=True, key=f"child_{child.run_id}"):
                _draw_child(data, child)


def _draw_child(data: DatasetResults, child: ChildRun) -> None:
    others = "" if len(child.clusters) == 1 else f" (clusters {plain(', '.join(child.clusters))} together)"
    st.markdown(f"Looked inside{others}: {_found(child)}")
    with st.container(horizontal=True):
        done = child.state in ("success", "partial")
        if st.button(
            "See the parts" if done else "Watch", key=f"open_{child.run_id}", icon=":material/zoom_in:"
        ):
            choose_cluster("")
            _go(child.run_id, RESULTS if done else RUN)
        if (
            child.parts
            and done
            and st.button(
                "Use these labels here",
                key=f"use_{child.run_id}",
                icon=":material/input:",
                help="Gives the cells of each part its label in this run. Each label is a correction that "
                "can be undone.",
            )
        ):
            child_runs.use_labels(child.run_id)
            st.rerun()


def _found(child: ChildRun) -> str:
    if not child.parts:
        return state_badge(child.state)
    named = ", ".join(f"{plain(everyday_name(p.label))} ({p.n_cells:,})" for p in child.parts[:MOST_NAMED])
    more = f", and {len(child.parts) - MOST_NAMED} more" if len(child.parts) > MOST_NAMED else ""
    state = "" if child.state == "success" else f" {state_badge(child.state)}"
    return f"{child.n_clusters} part{'' if child.n_clusters == 1 else 's'}: {named}{more}{state}"


def draw_part_of(run_id: str) -> None:
    """Where the cells of a child run come from, as a way back; nothing for any other run."""
    parent = child_runs.parent_of(run_id)
    if parent is None:
        return
    part = parent.part
    which = f"cluster{'' if len(part.clusters) == 1 else 's'} {', '.join(part.clusters)}"
    labels = ", ".join(dict.fromkeys(everyday_name(label) for label in part.labels if label))
    text = plain(f"Part of {part.title}, {which}" + (f" ({labels})" if labels else ""))
    if not parent.there:
        st.markdown(f":gray-badge[:material/zoom_in: {text}. That run is not there any more]")
    elif st.button(
        text,
        icon=":material/zoom_out:",
        type="tertiary",
        key="part_of",
        help="Back to the run that these cells are a part of.",
    ):
        choose_cluster(part.clusters[0])
        _go(part.run, RESULTS)


def _go(run_id: str, page: str) -> None:
    session.choose_run(run_id)
    st.switch_page(page, query_params={"run": run_id})
