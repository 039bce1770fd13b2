"""Results: the map, every cluster with its label and how sure we are, the evidence, corrections,
downloads.
"""

from __future__ import annotations

import streamlit as st

from cassia_core.domain.annotation import ClusterResult
from cassia_core.errors import RunError
from cassia_core.services.clusters import cluster_list
from cassia_core.services.labels import review
from cassia_core.services.plots.plot_numbers import subject_of
from cassia_core.services.runs import results
from cassia_core.services.runs.results import DatasetResults
from cassia_ui.frame import session
from cassia_ui.frame.datasets import results_of_page
from cassia_ui.frame.frame import require_app
from cassia_ui.frame.problem_cards import problems_as_cards, show_problem
from cassia_ui.frame.words import OFFLINE_LINE
from cassia_ui.plots.agreement_with_file import draw_reference
from cassia_ui.plots.agreement_with_names import draw_agreement_with_names
from cassia_ui.plots.composition import draw_composition
from cassia_ui.plots.expression_plots import draw_expression
from cassia_ui.plots.figure_downloads import draw_map_take_home
from cassia_ui.results.chosen_cluster import follow_map, follow_search, follow_table, open_cluster, table_key
from cassia_ui.results.cluster_quality import draw_cluster_quality
from cassia_ui.results.cluster_table import draw_cluster_table, draw_filters
from cassia_ui.results.correcting import draw_history
from cassia_ui.results.downloads import draw_downloads
from cassia_ui.results.evidence_card import draw_evidence_card
from cassia_ui.results.results_map import draw_results_map, draw_ways, n_panels
from cassia_ui.results.selection import draw_selection

HEIGHT = 430


def map_and_table(
    data: DatasetResults, labels: dict[str, review.ReviewedLabel], colours: dict[str, str]
) -> None:
    """The map beside the table that is its legend; `colours`: of every label, so that filters change none."""
    rows = results.look_first(data.rows)
    beside = data.has_cells and n_panels() == 1
    with st.container(horizontal=True, vertical_alignment="center"):
        if beside:
            draw_ways(data)
        st.space("stretch")
        if data.has_cells:
            draw_map_take_home(data)
        draw_downloads(data.run_id)
    on_map = None
    box = st.container(key="map_and_table")
    left, right = box.columns(2, gap="small") if beside else (box.container(), box.container())
    if data.has_cells:
        with left:
            on_map = draw_results_map(data, labels, height=HEIGHT)
    with right:
        rows = draw_filters(_shown(rows, labels), labels, name=data.spec.name)
        follow_search(rows, data.rows)
        default = open_cluster(data.rows)
        picked = draw_cluster_table(
            rows,
            labels,
            height=HEIGHT,
            chosen=default,
            key=table_key(data.spec.name),
            colours=colours,
            narrow=beside,
        )
    if on_map:
        follow_map(on_map.cluster, on_map.none)
    follow_table(picked, default)
    if on_map and len(on_map.cells):
        with st.container() if beside else left:
            draw_selection(data, on_map, labels)


def _shown(
    rows: tuple[ClusterResult, ...], labels: dict[str, review.ReviewedLabel]
) -> tuple[ClusterResult, ...]:
    """All rows, or those to look at first, as a person wants."""
    doubtful = cluster_list.to_look_at(rows, labels)
    numbers = {"All": len(rows), "Look at these first": len(doubtful)}
    shown = st.pills(
        "Show",
        list(numbers),
        default="All",
        required=True,
        key="results_show",
        format_func=lambda name: f"{name} {numbers[name]}",
        label_visibility="collapsed",
    )
    return rows if shown == "All" else doubtful


@st.fragment
def plots(data: DatasetResults, labels: dict[str, review.ReviewedLabel]) -> None:
    """The tabs below the map; only the open one is worked out, and what is chosen in it leaves the map
    alone.
    """
    tabs = st.tabs(
        [
            "Markers behind the labels",
            "Composition by sample",
            "Compare with labels of the file",
            "Quality of the clusters",
        ],
        key="plots_tab",
        on_change="rerun",
    )
    with problems_as_cards("plots"):
        subject = subject_of(data)
        drawn = (
            lambda: draw_expression(subject),
            lambda: draw_composition(subject),
            lambda: draw_reference(subject),
            lambda: draw_cluster_quality(data, labels),
        )
        for tab, draw in zip(tabs, drawn, strict=True):
            if tab.open:
                with tab:
                    draw()


def show() -> None:
    data = results_of_page(
        "Results",
        "Every cluster with its label, and how sure we are. Pick one to see the evidence.",
        "The coloured map and the table of labels appear here after a run.",
        "results",
    )
    if data is None:
        return
    if any(r.provider == "offline" for r in data.rows):
        st.markdown(f":gray-badge[:material/lock: Offline engine] :gray[{OFFLINE_LINE}]")
    try:
        groups = review.groups(data.run_id, data.spec.name, rows=data.rows)
    except RunError as error:  # cells of a correction that cannot be read: what helps is to take it back
        show_problem(error, "corrections")
        draw_history(data.run_id, data.spec.name)
        return
    labels = {group.cluster: group for group in groups if not group.group}
    map_and_table(data, labels, results.label_colours([g.label for g in groups if g.label], session.theme()))
    draw_evidence_card(data, labels, [group for group in groups if group.group])
    draw_history(data.run_id, data.spec.name)
    if data.has_cells:
        plots(data, labels)
    else:
        draw_agreement_with_names([labels[r.cluster] for r in data.rows if r.cluster in labels])


require_app(__file__)
with problems_as_cards("results"):
    show()
