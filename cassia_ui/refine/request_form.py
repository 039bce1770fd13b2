"""What is to be asked: clusters, the options of the chosen way, who answers, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from cassia_core.domain.config import OFFLINE, AgentModel
from cassia_core.domain.opinions.comparison import FEWEST_CANDIDATES, MOST_CANDIDATES
from cassia_core.domain.opinions.opinion import OpinionKind
from cassia_core.domain.opinions.request import OpinionRequest
from cassia_core.errors import CassiaError
from cassia_core.look.wording import NO_LABEL
from cassia_core.services.clusters import cluster_list
from cassia_core.services.engine import models
from cassia_core.services.labels.names import everyday_name
from cassia_core.services.labels.review import ReviewedLabel
from cassia_core.services.opinions import opinions
from cassia_core.services.opinions.candidates import suggested_candidates
from cassia_core.services.opinions.estimating import estimate_opinions
from cassia_core.services.runs import results, runs
from cassia_core.services.runs.results import DatasetResults
from cassia_ui.frame import session
from cassia_ui.frame.markup import plain
from cassia_ui.frame.problem_cards import show_problem
from cassia_ui.frame.words import cells, engine_name, money
from cassia_ui.refine.ways import CHOSEN_WAY, WAYS, came_for

_CLUSTERS, _KEPT, _SHOWN = "refine_clusters", "refine_clusters_kept", "refine_clusters_shown"
_PRESELECTED = "refine_preselected_for"
ONE_CLUSTER: tuple[OpinionKind, ...] = ("question",)
ONE_MODEL: tuple[OpinionKind, ...] = ("repeat", "closer_look", "question")
Labels = Mapping[str, ReviewedLabel]


def preselect(data: DatasetResults, labels: Labels) -> None:
    """Choose the clusters of a fresh page: the one whose card led here, else the doubtful ones."""
    arrived = came_for()
    if arrived is not None:
        kind, cluster = arrived
        session.remember(CHOSEN_WAY, kind)
        session.remember(_CLUSTERS, [cluster])
        session.remember(_KEPT, (cluster,))
    elif session.value(_PRESELECTED) != (data.run_id, data.spec.name):
        doubtful = [row.cluster for row in cluster_list.to_look_at(results.look_first(data.rows), labels)]
        session.remember(_CLUSTERS, doubtful)
        session.remember(_KEPT, tuple(doubtful))
    session.remember(_PRESELECTED, (data.run_id, data.spec.name))


def chosen_clusters() -> tuple[str, ...]:
    """The clusters that the form is about."""
    return tuple(session.value(_SHOWN, ()))


def draw_form(data: DatasetResults, labels: Labels, kind: OpinionKind) -> OpinionRequest | None:
    """The form of one way; the request that a person starts, None until then."""
    left, right = st.columns(2, gap="medium")
    with left:
        clusters = _clusters(data, labels, kind)
        options = _options(data, labels, kind, clusters)
    with right:
        return _draw_who(data, kind, clusters, options)


def _draw_who(
    data: DatasetResults, kind: OpinionKind, clusters: tuple[str, ...], options: dict[str, Any]
) -> OpinionRequest | None:
    """Who answers, what it costs, and the start."""
    asked = _models(data.run_id, kind)
    if not asked or not clusters:
        st.markdown(":gray[Choose who answers.]" if clusters else ":gray[Choose at least one cluster.]")
        return None
    if opinions.always_the_same(asked):
        st.markdown(f":gray-badge[:material/lock: Offline engine] :gray[{WAYS[kind].offline}]")
    try:
        request = OpinionRequest(
            dataset=data.spec.name, clusters=clusters, kind=kind, models=asked, **options
        )
        if _is_incomplete(request):
            st.button(
                "Start", type="primary", icon=":material/play_arrow:", key="refine_start", disabled=True
            )
            return None
        _draw_price(data.run_id, request)
    except CassiaError as error:
        show_problem(error, "refine_form")
        return None
    if st.button("Start", type="primary", icon=":material/play_arrow:", key="refine_start"):
        return request
    return None


def _clusters(data: DatasetResults, labels: Labels, kind: OpinionKind) -> tuple[str, ...]:
    """The clusters to ask about, the doubtful ones first."""
    order = [row.cluster for row in results.look_first(data.rows) if row.status != "skipped"]

    def in_words(cluster: str) -> str:
        label = labels[cluster]
        size = f", {cells(label.n_cells)}" if label.n_cells is not None else ""
        return f"{cluster}: {label.short or NO_LABEL.lower()}{size}"

    still_there = [cluster for cluster in session.value(_CLUSTERS) or _kept() if cluster in order]
    if kind in ONE_CLUSTER:
        at = order.index(still_there[0]) if still_there else 0
        one = st.selectbox("Cluster", order, at, format_func=in_words, key=f"refine_cluster_{at}")
        session.remember(_SHOWN, (one,))
        return (one,)
    session.remember(_CLUSTERS, still_there)
    chosen = tuple(
        st.multiselect(
            "Clusters",
            order,
            key=_CLUSTERS,
            format_func=in_words,
            placeholder="Choose clusters",
            help="The doubtful ones come first. Every cluster that was annotated can be asked about.",
        )
    )
    session.remember(_KEPT, chosen)
    session.remember(_SHOWN, chosen)
    return chosen


def _kept() -> list[str]:
    """The choice of before, where its widget was not drawn meanwhile."""
    return list(session.value(_KEPT, ()))


def _options(
    data: DatasetResults, labels: Labels, kind: OpinionKind, clusters: tuple[str, ...]
) -> dict[str, Any]:
    if kind == "repeat":
        return {
            "times": st.slider(
                "Answers for each cluster, the run's own included",
                2,
                10,
                5,
                key="refine_times",
                help="Stops early where further answers could not change what most agree on.",
            )
        }
    if kind == "several":
        discuss = st.toggle("Let them discuss where they differ", True, key="refine_discuss")
        return {"times": 1, "discuss": discuss}
    if kind == "comparison":
        return _comparison_options(data, labels, clusters)
    if kind == "closer_look":
        return _closer_options()
    asked = st.text_area(
        "Your question",
        key="refine_question",
        placeholder="Such as: is CD27 high enough to call these memory cells?",
        max_chars=1000,
        height=100,
    )
    return {"question": asked}


def _comparison_options(data: DatasetResults, labels: Labels, clusters: tuple[str, ...]) -> dict[str, Any]:
    first = clusters[0] if clusters else ""
    offered = suggested_candidates(data, first, labels[first].label) if first else ()
    candidates = st.multiselect(
        f"Candidates, {FEWEST_CANDIDATES} to {MOST_CANDIDATES} types",
        offered,
        default=offered[:2],
        accept_new_options=True,
        max_selections=MOST_CANDIDATES,
        key=f"refine_candidates_{data.run_id}_{first}",
        format_func=lambda name: everyday_name(name) if name in offered else name,
        placeholder="Choose or type a cell type",
        help="The label and its nearest rivals are offered; any other type can be typed.",
    )
    rounds = st.slider(
        "Rounds of discussion at most",
        0,
        3,
        3,
        key="refine_rounds",
        help="Only where models differ. Each sees the others' scores with reasons and the measured evidence.",
    )
    return {"candidates": tuple(candidates), "rounds": rounds}


def _closer_options() -> dict[str, Any]:
    strategies = {"breadth": "Several hypotheses at once", "depth": "One doubt to its end"}
    left, right = st.columns((3, 2), vertical_alignment="bottom")
    strategy = left.selectbox(
        "How to search", list(strategies), format_func=strategies.__getitem__, key="refine_strategy"
    )
    rounds = right.number_input("Rounds at most", 1, 10, 5, key="refine_looks")
    question = st.text_input(
        "A question to answer along the way (optional)",
        key="refine_task",
        placeholder="Such as: is this a cancer cluster?",
        max_chars=1000,
    )
    return {"strategy": strategy, "rounds": int(rounds), "question": question}


def _models(run_id: str, kind: OpinionKind) -> tuple[AgentModel, ...]:
    """Who is asked: the run's model is offered first, then the one set up now, then the offline engine."""
    known = _known_models(run_id)
    names = list(known)
    if kind in ONE_MODEL:
        chosen = st.selectbox("Who answers", names, key=f"refine_model_{run_id}", help=_HOW_TO_ADD)
        return (known[chosen],)
    typed = session.draft().annotation.annotator
    picked = st.multiselect(
        "Who answers",
        names,
        default=names[:1] if kind == "comparison" else names[:2],
        accept_new_options=typed.provider != OFFLINE,
        key=f"refine_models_{kind}_{run_id}",
        placeholder="Choose models",
        help=_HOW_TO_ADD,
    )
    return tuple(dict.fromkeys(known.get(name) or replace(typed, model=name) for name in picked))


_HOW_TO_ADD = (
    "The model of this run, the one chosen on the page Set-up, and the offline engine. Another provider, "
    "its key and its address are given on the page Set-up."
)


def _known_models(run_id: str) -> dict[str, AgentModel]:
    now = session.draft().annotation.annotator
    known = [runs.load_config(run_id).annotator, now, AgentModel()]
    if now.provider != OFFLINE:
        known += [replace(now, model=facts.model) for facts in models.models_of(now.provider)]
    named: dict[str, AgentModel] = {}
    for model in known:
        if model.model:
            named.setdefault(engine_name(model.provider, model.model), model)
    return named


def _is_incomplete(request: OpinionRequest) -> bool:
    """Whether something still has to be chosen or typed, said in one grey line."""
    if request.kind == "comparison" and len(request.candidates) < FEWEST_CANDIDATES:
        st.markdown(f":gray[Choose at least {FEWEST_CANDIDATES} types to compare.]")
        return True
    if request.kind == "question" and not request.question.strip():
        st.markdown(":gray[Type a question, then start.]")
        return True
    return False


def _draw_price(run_id: str, request: OpinionRequest) -> None:
    """Calls and price before the start, and what leaves this machine."""
    if opinions.always_the_same(request.models):
        st.markdown(":gray[No cost, nothing is sent.]")
        return
    estimate = estimate_opinions(run_id, request)
    calls = _span(f"{estimate.calls_low:,}", f"{estimate.calls_high:,}")
    price = (
        "price unknown"
        if estimate.cost_low_usd is None
        else _span(money(estimate.cost_low_usd), money(estimate.cost_high_usd))
    )
    st.markdown(f"**{calls} calls, {price}.** :gray[What the run has paid is not paid again.]")
    if estimate.sent:
        with st.popover("What is sent", type="tertiary", icon=":material/outbox:", key="refine_sent"):
            st.markdown("  \n".join(plain(line) for line in estimate.sent))


def _span(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"
