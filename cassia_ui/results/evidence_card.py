"""The card of the chosen cluster: its label, how sure we are, the evidence, and what a person can do about
it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import streamlit as st

from cassia_core.domain.annotation import ClusterResult, Evidence, Proposal
from cassia_core.look.wording import NO_LABEL
from cassia_core.services.clusters.alternatives import Alternative, alternatives, evidence_for
from cassia_core.services.labels.names import everyday_name, name_in_full
from cassia_core.services.labels.review import ReviewedLabel
from cassia_core.services.runs import results
from cassia_core.services.runs.results import DatasetResults
from cassia_ui.frame.markup import plain
from cassia_ui.frame.navigation import CONVERSATIONS
from cassia_ui.frame.words import NOT_CHECKED, named_clusters, ontology_page
from cassia_ui.frame.words import cells as cells_in_words
from cassia_ui.refine.ways import offer_second_opinions
from cassia_ui.results.chosen_cluster import choose_cluster, open_cluster
from cassia_ui.results.correcting import accept, correct, merge
from cassia_ui.results.evidence import SHOWN_ITEMS, draw_readings, evidence_table, marker_bars, reading_of
from cassia_ui.results.inside_card import draw_how_read, draw_inside_notes
from cassia_ui.results.looking_inside import draw_children, offer_looking_inside

EVIDENCE, READING, MARKERS, OTHERS = "Evidence", "How it was read", "Top markers", "Other types"
_SAID_BY = {"model": "the annotator's runner-up", "genes": "the genes"}


def draw_evidence_card(
    data: DatasetResults, labels: Mapping[str, ReviewedLabel], aside: Sequence[ReviewedLabel] = ()
) -> None:
    """The chosen cluster, or the first to look at when none is chosen; `aside`: cells that were set aside."""
    ordered = results.look_first(data.rows)
    row = next(r for r in ordered if r.cluster == open_cluster(ordered))
    label = labels[row.cluster]
    with st.container(border=True, key="evidence_card"):
        left, right = st.columns((4, 8), gap="medium")
        with left:
            st.subheader(plain(label.short or NO_LABEL), anchor=False, help=_in_full(label))
            st.markdown(_place(label))
            _draw_standing(label, labels, [a for a in aside if a.cluster == row.cluster])
            if label.edited:
                st.markdown(
                    f":gray[What the run said of its own label,] {plain(everyday_name(row.label))}:gray[:]"
                    if row.label
                    else ":gray[What the run said:]"
                )
            draw_readings(row)
            draw_inside_notes(data, row)
            _draw_actions(data, row, label)
        with right:
            _draw_right(data, row, label, ordered)


def _draw_ways(row: ClusterResult, ordered: Sequence[ClusterResult]) -> None:
    """The ways to the cluster before and after this one, the doubtful ones first."""
    at = next(i for i, r in enumerate(ordered) if r.cluster == row.cluster)
    ways: tuple[tuple[str, str, Literal["left", "right"], int], ...] = (
        ("Previous", "chevron_left", "left", -1),
        ("Next", "chevron_right", "right", 1),
    )
    for name, icon, side, step in ways:
        other = ordered[(at + step) % len(ordered)].cluster
        st.button(
            name,
            icon=f":material/{icon}:",
            icon_position=side,
            type="tertiary",
            key=f"card_{name.lower()}",
            disabled=len(ordered) < 2,
            on_click=choose_cluster,
            args=(other,),
        )


def _place(label: ReviewedLabel) -> str:
    """Cluster, number of cells, the label in full and its Cell Ontology term, or the nearest one above it."""
    size = f", {cells_in_words(label.n_cells)}" if label.n_cells is not None else ""
    full = f"  \n{plain(label.label)}" if label.label.casefold() != label.short.casefold() else ""
    return f":gray[Cluster {plain(label.cluster)}{size}]{full}{_term_line(label)}"


def _term_line(label: ReviewedLabel) -> str:
    if label.term is None:
        return ""
    term = label.term
    nearest = ":gray[nearest] " if term.nearest else ""
    name = "" if term.name.casefold() == label.label.casefold() else f" :gray[{plain(term.name)}]"
    return f"  \n:gray[Cell Ontology:] {nearest}[{term.cl_id}]({ontology_page(term.cl_id)}){name}"


def _in_full(label: ReviewedLabel) -> str | None:
    return plain(name_in_full(label.label, label.term)) if label.label else None


def _draw_standing(
    label: ReviewedLabel, labels: Mapping[str, ReviewedLabel], aside: Sequence[ReviewedLabel]
) -> None:
    """What a person said of the label, which cells were set aside, and which clusters share it."""
    if label.edited:
        why = f", {plain(label.reason)}" if label.reason else ""
        st.markdown(
            f":violet-badge[:material/edit: Corrected by you] "
            f":gray[was {plain(everyday_name(label.original) or 'without label')}{why}]"
        )
    if label.accepted:
        st.markdown(":green-badge[:material/check: Accepted by you]")
    for group in aside:
        st.markdown(
            f":violet-badge[:material/call_split: Set aside by you] {cells_in_words(group.n_cells)} as "
            f"**{plain(group.short)}**"
        )
    same = [
        c
        for c, other in labels.items()
        if other.short.casefold() == label.short.casefold() and c != label.cluster
    ]
    if label.label and same:
        st.markdown(f":gray[:material/merge: The same label as {named_clusters(same)}]")


def _draw_actions(data: DatasetResults, row: ClusterResult, label: ReviewedLabel) -> None:
    clusters = [r.cluster for r in data.rows]
    if st.button("Read the conversation", type="primary", icon=":material/forum:"):
        choose_cluster(row.cluster)
        st.switch_page(CONVERSATIONS, query_params={"run": data.run_id})
    with st.container(horizontal=True, gap="xsmall"):
        if st.button(
            "Accept",
            icon=":material/check:",
            disabled=label.accepted or not label.label,
            key="card_accept",
            help="Note that this label is right.",
        ):
            accept(data.run_id, data.spec.name, label)
        if st.button(
            "Correct", icon=":material/edit:", key="card_correct", help="Rename, or set to Unknown."
        ):
            correct(data.run_id, data.spec.name, label)
        if st.button(
            "Merge",
            icon=":material/merge:",
            key="card_merge",
            disabled=len(clusters) < 2,
            help="Give this and other clusters one label.",
        ):
            merge(data.run_id, data.spec.name, label, clusters)
        offer_looking_inside(data, row)
        offer_second_opinions(data.run_id, row)
    draw_children(data, row)


def _draw_right(
    data: DatasetResults, row: ClusterResult, label: ReviewedLabel, ordered: Sequence[ClusterResult]
) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = st.segmented_control(
            "What to look at",
            (EVIDENCE, READING, MARKERS, OTHERS),
            default=EVIDENCE,
            required=True,
            key="card_shows",
            label_visibility="collapsed",
        )
        st.space("stretch")
        _draw_ways(row, ordered)
    if shown == MARKERS:
        markers = (
            next((c for c in data.markers.clusters if c.cluster == row.cluster), None)
            if data.markers
            else None
        )
        st.html(marker_bars(markers))
    elif shown == READING:
        draw_how_read(data, row)
    elif shown == OTHERS:
        _draw_others(alternatives(data, row.cluster, label.label), label.edited)
    elif label.edited:
        _draw_both(data, row, label)
    else:
        _draw_evidence(data, row, "evidence_all")


def _draw_both(data: DatasetResults, row: ClusterResult, label: ReviewedLabel) -> None:
    """The evidence for a person's label, weighed as for the run's, and the run's below it."""
    own = evidence_for(data, row.cluster, label.label)
    _draw_heading("Evidence for your label,", label.short, own)
    if own is not None:
        _draw_evidence(data, _said_of(row, label.label, own), "evidence_own_all")
    if not row.label:
        st.markdown(":gray[The run gave this cluster no label, so no genes were weighed for or against one.]")
        return
    _draw_heading("Evidence for the label of the run,", everyday_name(row.label), row.evidence)
    _draw_evidence(data, row, "evidence_all")


def _draw_heading(words: str, name: str, evidence: Evidence | None) -> None:
    known = evidence is not None and evidence.score is not None
    number = f"{evidence.score:.0f} of 100" if evidence is not None and known else NOT_CHECKED
    st.markdown(f":gray[{words}] **{plain(name)}**:gray[:] {number}")


def _said_of(row: ClusterResult, label: str, evidence: Evidence) -> ClusterResult:
    """The row as if its label were another one, for the table of its evidence."""
    return replace(row, proposal=Proposal(general=label), evidence=evidence)


def _draw_evidence(data: DatasetResults, row: ClusterResult, key: str) -> None:
    many = row.evidence is not None and len(row.evidence.items) > SHOWN_ITEMS
    every = st.toggle("Show all genes", key=key) if many else False
    st.html(evidence_table(row, reading_of(row, data), everything=every))


def _draw_others(others: Sequence[Alternative], edited: bool) -> None:
    if not others:
        st.markdown(":gray[There are no marker genes to weigh other types by.]")
        return
    st.dataframe(
        [
            {
                "Type": a.short,
                "Evidence": a.score,
                "Speak for it": ", ".join(a.supporting),
                "Against": ", ".join(a.against),
                "Named by": _SAID_BY[a.said_by],
                "CL id": ontology_page(a.term.cl_id) if a.term else None,
                "In full": name_in_full(a.label, a.term),
            }
            for a in others
        ],
        hide_index=True,
        placeholder="",
        key="card_others",
        column_config={
            "Evidence": st.column_config.ProgressColumn(min_value=0, max_value=100, format="%d", width=100),
            "CL id": st.column_config.LinkColumn(display_text=r"obo_id=(.+)$", width=100),
        },
        alt="Other types with their evidence, the genes for and against each",
    )
    st.caption(
        "Evidence is measured in the same way for every type: 0 to 100, from this cluster's genes."
        + (" The label that you gave is not weighed." if edited else "")
    )
