"""The table of clusters: it is the legend of the map, and the doubtful ones come first."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from cassia_core.domain.annotation import ClusterResult, ClusterStatus
from cassia_core.look.palette import LIGHTS, QUIET_GREY
from cassia_core.look.wording import NO_LABEL
from cassia_core.services.clusters import cluster_list
from cassia_core.services.clusters.cluster_list import TOP_MARKERS, Wanted, label_in, light_in
from cassia_core.services.labels.names import everyday_name, name_in_full
from cassia_core.services.labels.review import ReviewedLabel
from cassia_ui.frame import session
from cassia_ui.frame.words import LIGHT_SHORT, light_word, ontology_page

ROW, HEAD = 30, 50
"""Heights of a row and of the head with its border (pixels)."""
_LETTER, _MARGIN, _WIDEST = 7.4, 22, 340
"""Width of a letter of the table, of the room around a text, and of the widest column (pixels)."""
_FILTERS = ("table_lights", "table_statuses", "table_families")
_STATUS: dict[ClusterStatus, str] = {
    "done": "Done",
    "needs_review": "Needs review",
    "failed": "No answer",
    "skipped": "Not annotated",
    "cancelled": "Cancelled",
}
_COLUMNS = {
    " ": st.column_config.TextColumn(width=24),
    "Confidence": st.column_config.TextColumn(width=84),
    "Cells": st.column_config.NumberColumn(format="localized", width=54),
    "Evidence": st.column_config.ProgressColumn(min_value=0, max_value=100, format="%d", width=74),
    "Score": st.column_config.NumberColumn(format="%d", width=48),
    "Agreement": st.column_config.TextColumn(
        width=82, help="How many answers to the same question name the label, or a kind of it"
    ),
    "CL id": st.column_config.LinkColumn(display_text=r"obo_id=(.+)$", width=100),
    "Label in full": st.column_config.TextColumn(width=240),
    "Inside": st.column_config.TextColumn(
        width=150, help="Kinds of cells, read by small groups of like cells"
    ),
}
_ASIDE = ("CL id", "Label in full", "Inside", "Top markers")
"""Columns that a narrow table leaves out until a person switches them on; the card shows what they say."""


def draw_filters(
    rows: Sequence[ClusterResult], labels: Mapping[str, ReviewedLabel], *, name: str
) -> tuple[ClusterResult, ...]:
    """Search, filters and the rows as a file; returns the rows to show, in their order."""
    families = cluster_list.families_of(rows, labels)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        text = st.text_input(
            "Search the table",
            placeholder="Cell type, gene or cluster",
            icon=":material/search:",
            label_visibility="collapsed",
            key="table_search",
        )
        set_now = sum(bool(session.value(name)) for name in _FILTERS)
        with st.popover(
            f"Filter ({set_now})" if set_now else "Filter", icon=":material/filter_list:", key="table_filter"
        ):
            lights = st.pills(
                "Confidence",
                [light for light in LIGHT_SHORT if any(light_in(r, labels) == light for r in rows)],
                selection_mode="multi",
                format_func=lambda light: LIGHT_SHORT[light],
                key="table_lights",
            )
            statuses = st.pills(
                "Status",
                [s for s in _STATUS if any(r.status == s for r in rows)],
                selection_mode="multi",
                format_func=lambda status: _STATUS[status],
                key="table_statuses",
            )
            chosen = st.multiselect("Lineage", families, key="table_families", placeholder="All lineages")
        shown = cluster_list.matching(
            rows,
            labels,
            Wanted(text=text, lights=tuple(lights), statuses=tuple(statuses), families=tuple(chosen)),
        )
        st.download_button(
            "CSV",
            cluster_list.cluster_csv(shown, labels),
            file_name=f"{name}_clusters.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="table_csv",
            help=f"These {len(shown)} rows as CSV",
        )
    return shown


def draw_cluster_table(
    rows: Sequence[ClusterResult],
    labels: Mapping[str, ReviewedLabel],
    *,
    key: str,
    chosen: str,
    height: int,
    colours: Mapping[str, str],
    narrow: bool,
) -> str:
    """Draw the table, each label in its colour; returns the chosen cluster ("" when none is).

    A `narrow` one shows what matters most; the other columns can be switched on in its tool bar.
    """
    if not rows:
        st.markdown(
            ":gray[No cluster fits. Clear the search or the filters; the card below stays as it was.]"
        )
        return ""
    theme = session.theme()
    names = {r.cluster: label_in(r, labels) for r in rows}
    frame = _frame(rows, labels)
    dots = [colours.get(names[r.cluster], QUIET_GREY[theme]) for r in rows]
    lights = [LIGHTS[theme][light] if (light := light_in(r, labels)) else QUIET_GREY[theme] for r in rows]
    styled = frame.style.apply(lambda _: [f"color: {c}" for c in dots], subset=[" "]).apply(
        lambda _: [f"color: {c}" for c in lights], subset=["Confidence"]
    )
    at = next((i for i, r in enumerate(rows) if r.cluster == chosen), None)
    event = st.dataframe(
        styled,
        hide_index=True,
        placeholder="",
        height="content" if len(rows) <= (height - HEAD) // ROW else height,
        row_height=ROW,
        key=f"{key}_{_digest(rows)}",
        on_select="rerun",
        selection_mode="single-row",
        selection_default=None if at is None else {"selection": {"rows": [at]}},
        column_config=_columns(rows, list(frame["Cell type"]), narrow),
        alt="Clusters with label, confidence, evidence, score and number of cells",
    )
    picked = event["selection"]["rows"]
    return rows[picked[0]].cluster if picked else ""


def _frame(rows: Sequence[ClusterResult], labels: Mapping[str, ReviewedLabel]) -> pd.DataFrame:
    """What is shown; the columns that matter most come first, as the table may be narrow.

    What the run measured for its own label is not shown beside one that a person gave.
    """
    by_hand = [r.cluster in labels and labels[r.cluster].edited for r in rows]
    own = [None if edited else r for r, edited in zip(rows, by_hand, strict=True)]
    frame = pd.DataFrame(
        {
            " ": ["●"] * len(rows),
            "Cell type": [_shown(r, labels.get(r.cluster)) for r in rows],
            "Confidence": [light_word(r, by_hand=edited) for r, edited in zip(rows, by_hand, strict=True)],
            "Cells": [labels[r.cluster].n_cells if r.cluster in labels else r.n_cells for r in rows],
            "Cluster": [r.cluster for r in rows],
            "Evidence": [_whole(r.evidence.score) if r and r.evidence else None for r in own],
            "Score": [_whole(r.opinion) if r else None for r in own],
            "Agreement": [_agreement(r) for r in own],
            "CL id": [_page(r, labels.get(r.cluster)) for r in rows],
            "Label in full": [_in_full(r, labels.get(r.cluster)) for r in rows],
            "Inside": [cluster_list.kinds_of(r) for r in rows],
            "Top markers": [", ".join(r.markers[:TOP_MARKERS]) for r in rows],
        }
    )
    numbers = ["Evidence", "Score", "Cells"]
    frame[numbers] = frame[numbers].astype("Int64")
    empty = [c for c in ("Score", "Cells") if frame[c].isna().all()]
    empty += [c for c in ("Agreement", "Inside") if not any(frame[c])]
    return frame.drop(columns=empty)


def _columns(rows: Sequence[ClusterResult], types_shown: Sequence[str], narrow: bool) -> dict[str, Any]:
    """How each column is shown; types and the clusters' own names get the room that the longest needs."""
    own_names = st.column_config.TextColumn(width=_width_of([r.cluster for r in rows], least=56))
    types = st.column_config.TextColumn(
        width=_width_of(types_shown, least=110), help="The everyday name; the card below says the ontology's."
    )
    aside: dict[str, Any] = dict.fromkeys(_ASIDE) if narrow else {}
    if narrow and any(r.opinion is not None for r in rows):
        aside["Evidence"] = st.column_config.NumberColumn(format="%d", width=66)
    return {**_COLUMNS, "Cell type": types, "Cluster": own_names, **aside}


def _width_of(texts: Sequence[str], *, least: int) -> int:
    """Pixels in which the longest of the texts is not cut; past the widest one the card has the whole."""
    return min(_WIDEST, max(least, _MARGIN + round(_LETTER * max(map(len, texts), default=0))))


def _agreement(row: ClusterResult | None) -> str:
    """Such as "4 of 5"; "" where nobody asked again."""
    agreement = row.agreement if row else None
    return (
        "" if agreement is None or agreement.share is None else f"{agreement.votes} of {agreement.answered}"
    )


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _digest(rows: Sequence[ClusterResult]) -> str:
    """Other rows are another table: a chosen row is a number in it."""
    return hashlib.blake2b(repr([r.cluster for r in rows]).encode(), digest_size=6).hexdigest()


def _in_full(row: ClusterResult, label: ReviewedLabel | None) -> str:
    """The label with the ontology's name and id, said to be the nearest where it is."""
    name = label.label if label else row.label
    term = label.term if label else row.detailed_term
    return name_in_full(name, term) if name else ""


def _page(row: ClusterResult, label: ReviewedLabel | None) -> str | None:
    own_id = row.detailed_term.cl_id if row.detailed_term else ""
    cl_id = label.cl_id if label else own_id
    return ontology_page(cl_id) if cl_id else None


def _shown(row: ClusterResult, label: ReviewedLabel | None) -> str:
    name = (label.short if label else everyday_name(row.label)) or NO_LABEL
    return name + (" ✎" if label and label.edited else "") + (" ✓" if label and label.accepted else "")
