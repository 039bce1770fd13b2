"""The ways to a further opinion, in words, and how to go there from the card of a cluster."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.opinions.opinion import OpinionKind
from cassia_ui.frame import session
from cassia_ui.frame.navigation import REFINE
from cassia_ui.results.chosen_cluster import choose_cluster

CHOSEN_WAY, _CAME_FOR = "refine_way", "refine_came_for"


@dataclass(frozen=True, slots=True, kw_only=True)
class WayInWords:
    """One way: its name, icon, what it does in one sentence, and what it means with the offline engine."""

    name: str
    icon: str
    line: str
    offline: str


WAYS: dict[OpinionKind, WayInWords] = {
    "repeat": WayInWords(
        name="Ask again",
        icon=":material/replay:",
        line="The same model answers several times. Votes are counted at every level of the Cell Ontology.",
        offline="The offline engine always gives the same answer: asking again adds nothing.",
    ),
    "several": WayInWords(
        name="Ask several models",
        icon=":material/groups:",
        line="Several models answer; where they differ, each sees the others' reasons once.",
        offline="The offline engine is no language model. Choose models as well, to hear other opinions.",
    ),
    "comparison": WayInWords(
        name="Compare candidates",
        icon=":material/balance:",
        line="Two to four types are scored side by side, beside the evidence measured in your data.",
        offline="The offline engine has no opinion of its own; the measured evidence is shown all the same.",
    ),
    "closer_look": WayInWords(
        name="Look closer",
        icon=":material/manage_search:",
        line="The label is tested with further genes, looked up in this very cluster.",
        offline="The offline engine looks up markers of the nearest types; it answers no free question.",
    ),
    "question": WayInWords(
        name="Ask a question",
        icon=":material/contact_support:",
        line="In plain words, about one cluster. Genes are looked up in your data where they are needed.",
        offline="The offline engine cannot talk: name a gene or a cell type, and it looks them up.",
    ),
}


def offer_second_opinions(run_id: str, row: ClusterResult) -> None:
    """The buttons of a cluster's card that lead to the page Refine."""
    if row.status == "skipped":
        return
    offered: tuple[tuple[OpinionKind, str, str], ...] = (
        ("repeat", "Second opinion", ":material/balance:"),
        ("question", "Ask about it", ":material/contact_support:"),
    )
    for kind, name, icon in offered:
        if st.button(name, icon=icon, key=f"card_{kind}", help=WAYS[kind].line):
            choose_cluster(row.cluster)
            session.remember(_CAME_FOR, (kind, row.cluster))
            st.switch_page(REFINE, query_params={"run": run_id})


def came_for() -> tuple[OpinionKind, str] | None:
    """The way and the cluster that a button of a card asked for; told once."""
    wish = session.value(_CAME_FOR)
    session.remember(_CAME_FOR, None)
    return wish


def choose_way() -> OpinionKind:
    """Let a person choose what to ask."""
    kinds = list(WAYS)
    chosen = st.segmented_control(
        "What to ask",
        kinds,
        default=None if session.value(CHOSEN_WAY) else kinds[0],
        required=True,
        key=CHOSEN_WAY,
        format_func=lambda kind: f"{WAYS[kind].icon} {WAYS[kind].name}",
        label_visibility="collapsed",
    )
    return chosen or kinds[0]
