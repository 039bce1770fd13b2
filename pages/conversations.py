"""Conversations: who said what about each cluster, and which genes hold up in the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import streamlit as st

from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.config import OFFLINE
from cassia_core.services.clusters import cluster_list
from cassia_core.services.labels import review
from cassia_core.services.labels.names import everyday_name
from cassia_core.services.labels.review import ReviewedLabel
from cassia_core.services.runs import results
from cassia_core.services.runs.results import DatasetResults
from cassia_ui.conversations.conversation import draw_sent, draw_turns
from cassia_ui.frame.datasets import results_of_page
from cassia_ui.frame.frame import require_app
from cassia_ui.frame.markup import plain
from cassia_ui.frame.navigation import RESULTS
from cassia_ui.frame.problem_cards import problems_as_cards
from cassia_ui.frame.words import LIGHT_BADGE, OFFLINE_LINE, cluster_line, money, reason_in_words
from cassia_ui.results.chosen_cluster import choose_cluster, chosen_cluster
from cassia_ui.results.evidence import draw_boost, evidence_table, reading_of

PER_PAGE = 20
LEGEND = (
    '<span class="cw-gene in">GENE</span> in the list &nbsp; <span class="cw-gene measured">GENE</span> '
    "measured "
    'only &nbsp; <span class="cw-gene absent">GENE</span> not in the data'
)


def found(row: ClusterResult, label: ReviewedLabel, words: list[str]) -> bool:
    everything = " ".join(
        [
            row.cluster,
            row.label,
            label.label,
            everyday_name(row.label),
            row.reason,
            *row.markers,
            *(t.text for t in row.turns),
        ]
    ).casefold()
    return all(word in everything for word in words)


def groups_of(
    rows: Sequence[ClusterResult], labels: Mapping[str, ReviewedLabel]
) -> dict[str, list[ClusterResult]]:
    """The filters: by doubt, by what happened, by state. Empty ones are not offered."""
    groups = {
        "All": list(rows),
        "Look at these first": list(cluster_list.to_look_at(rows, labels)),
        "Passed": [r for r in rows if r.status == "done"],
        "Not passed": [r for r in rows if r.status == "needs_review"],
        "No answer": [r for r in rows if r.status == "failed"],
        "Not annotated": [r for r in rows if r.status in ("skipped", "cancelled")],
        "Second round": [r for r in rows if r.iterations > 1],
        "Looked closer": [r for r in rows if r.boost],
        "Corrected by me": [r for r in rows if labels[r.cluster].edited],
    }
    return {name: group for name, group in groups.items() if group or name == "All"}


def choose_rows(
    data: DatasetResults, labels: Mapping[str, ReviewedLabel]
) -> tuple[list[ClusterResult], list[str]]:
    """The rows that were asked for, and the words that were searched for."""
    groups = groups_of(results.look_first(data.rows), labels)
    text = st.text_input(
        "Search all conversations",
        placeholder="Gene, cell type or word",
        icon=":material/search:",
        label_visibility="collapsed",
        key="talk_search",
    )
    wanted = st.pills(
        "Show",
        list(groups),
        default="All",
        required=True,
        key=f"talk_show_{'_'.join(groups)}",
        label_visibility="collapsed",
        format_func=lambda n: f"{n} {len(groups[n])}",
    )
    words = text.casefold().split()
    rows = [r for r in groups[wanted] if found(r, labels[r.cluster], words)]
    if words:
        st.caption(
            f"{len(rows)} of {len(groups[wanted])} clusters have "
            f"{'this word' if len(words) == 1 else 'these words'}."
        )
    return rows, words


def page_of(rows: list[ClusterResult], wanted: str) -> list[ClusterResult]:
    """One page of the rows: the one with the wanted cluster, until a person turns the page."""
    if len(rows) <= PER_PAGE:
        return rows
    last = -(-len(rows) // PER_PAGE)
    at = next((i for i, r in enumerate(rows) if r.cluster == wanted), 0)
    number = st.number_input(
        f"Page, 1 to {last}", 1, last, at // PER_PAGE + 1, key=f"talk_page_{wanted}_{len(rows)}", width=160
    )
    return rows[(number - 1) * PER_PAGE : number * PER_PAGE]


def _known_genes(data: DatasetResults) -> set[str]:
    """Symbols to mark in what was said: those measured, else those of the marker table, if there is one."""
    if data.has_cells:
        return set(data.view.genes())
    return {gene for table in (data.markers.clusters if data.markers else ()) for gene in table.symbols()}


def draw_cluster(
    data: DatasetResults,
    row: ClusterResult,
    label: ReviewedLabel,
    is_open: bool,
    genes: Set[str],
    words: list[str],
) -> None:
    """One expander, with the label that the conversation led to; what is inside is drawn when it is open."""
    if label.edited:
        now = f" :violet-badge[:material/edit: You: {plain(label.short)}]"
    else:
        now = " :green-badge[:material/check: Accepted by you]" if label.accepted else ""
    box = st.expander(
        f"{LIGHT_BADGE[row.light]} {cluster_line(row)}{now}",
        expanded=is_open,
        on_change="rerun",
        key=f"talk_{row.cluster}_{is_open}",
    )
    if not box.open:
        return
    with box:
        chat, side = st.columns((6, 5), gap="medium")
        with chat:
            draw_chat(data, row, genes, words)
        with side:
            draw_side(data, row)


def draw_chat(data: DatasetResults, row: ClusterResult, genes: Set[str], words: list[str]) -> None:
    markers = (
        next((c for c in data.markers.clusters if c.cluster == row.cluster), None) if data.markers else None
    )
    if row.status == "failed":
        st.markdown(f":orange[:material/error:] {plain(reason_in_words(row.reason))}")
    if row.turns:
        draw_turns(row, markers, genes.__contains__, words)
    else:
        st.markdown(
            ":gray[Nobody was asked about this cluster. "
            f"{plain(row.reason) if row.status == 'skipped' else ''}]"
        )


def draw_side(data: DatasetResults, row: ClusterResult) -> None:
    st.markdown("**Evidence in your data**")
    st.html(
        evidence_table(row, reading_of(row, data), with_words=False)
        + f'<p class="cw-small cw-muted">{LEGEND}</p>'
    )
    if row.boost:
        draw_boost(row.boost)
    if st.button("Show on the map", icon=":material/bubble_chart:", key=f"map_{row.cluster}"):
        choose_cluster(row.cluster)
        st.switch_page(RESULTS, query_params={"run": data.run_id})
    with st.popover("What was sent", icon=":material/outbox:", type="tertiary", key=f"sent_{row.cluster}"):
        draw_sent(row)
    if row.turns:
        st.caption(
            f"{row.input_tokens + row.output_tokens:,} tokens, cost {money(row.cost_usd)}, "
            f"{row.seconds:.1f} s"
        )


def show() -> None:
    data = results_of_page(
        "Conversations",
        "Who said what about each cluster, and which genes hold up in your data.",
        "Every cluster's conversation appears here after a run.",
        "conversations",
    )
    if data is None:
        return
    if any(r.provider == OFFLINE for r in data.rows):
        st.markdown(f":gray-badge[:material/lock: Offline engine] :gray[{OFFLINE_LINE}]")
    labels = {label.cluster: label for label in review.labels(data.run_id, data.spec.name, rows=data.rows)}
    rows, words = choose_rows(data, labels)
    if not rows:
        st.markdown(":gray[No conversation has these words. Fewer words find more.]")
        return
    genes = _known_genes(data)
    wanted = chosen_cluster()
    shown = page_of(rows, wanted)
    first = wanted if any(r.cluster == wanted for r in shown) else shown[0].cluster
    for row in shown:
        draw_cluster(data, row, labels[row.cluster], row.cluster == first, genes, words)


require_app(__file__)
with problems_as_cards("conversations"):
    show()
