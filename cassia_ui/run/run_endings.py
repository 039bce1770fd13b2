"""How a run ended and what a person can do about it: one card per cause."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from cassia_core.domain.config import AnnotationParams
from cassia_core.domain.progress import FINISHED, DatasetView, RunView
from cassia_core.errors import BudgetExceeded, CassiaError
from cassia_core.services.runs import runs
from cassia_ui.frame import session
from cassia_ui.frame.markup import plain
from cassia_ui.frame.navigation import SETTINGS
from cassia_ui.frame.problem_cards import show_problem
from cassia_ui.frame.words import named_clusters, reason_in_words

Failures = dict[str, list[str]]


def draw_ending(run_id: str, view: RunView) -> None:
    """The cards of a run that nobody works on any more; nothing for one that went well."""
    failures = _failures(view)
    at_limit = any(reason.startswith(BudgetExceeded.WHAT) for reason in failures)
    if view.state in ("cancelled", "interrupted"):
        _stopped(run_id, view)
    if at_limit:
        _higher_limit(run_id, view)
    others = {
        reason: names for reason, names in failures.items() if not reason.startswith(BudgetExceeded.WHAT)
    }
    if others and view.state in ("partial", "failed"):
        _without_answer(run_id, view, others, can_retry=not at_limit)
    _other_problems(run_id, view)


def _failures(view: RunView) -> Failures:
    """Reason to the clusters that failed for it; of a run with several datasets with the name of theirs."""
    failures: Failures = {}
    for dataset in view.datasets:
        for tile in dataset.tiles:
            if tile.state == "failed":
                name = f"{tile.cluster} of {dataset.name}" if len(view.datasets) > 1 else tile.cluster
                failures.setdefault(tile.reason or "No reason is known.", []).append(name)
    return failures


def _stopped(run_id: str, view: RunView) -> None:
    tiles = [t for d in view.datasets for t in d.tiles]
    done = sum(t.state in FINISHED for t in tiles)
    left = len(tiles) - done
    if view.state == "cancelled":
        what, why = ":material/cancel: **This run was cancelled.**", ""
    else:
        what = ":material/pause_circle: **This run stopped before it was finished.**"
        why = (
            " The program that worked on it is gone: most often the computer was restarted, or its memory "
            "ran out."
        )
    remaining = (
        f" {done} of {len(tiles)} clusters are done and kept. Resume goes on with the other {left}; "
        "no answer is paid for twice."
        if tiles
        else " No cluster was reached yet. Resume begins with the file again."
    )
    with st.container(border=True, key="problem_ask_stopped"):
        st.markdown(f"{what}{why}{remaining}")
        if st.button("Resume", type="primary", icon=":material/play_arrow:"):
            _act("resume", lambda: runs.resume_run(run_id, session.keys()))


def _without_answer(run_id: str, view: RunView, failures: Failures, *, can_retry: bool) -> None:
    n_failed = sum(len(names) for names in failures.values())
    labelled = sum(d.labelled_clusters for d in view.datasets)
    safe = " The other labels are safe." if labelled else ""
    kind, icon = ("ask", ":material/contrast:") if labelled else ("error", ":material/error:")
    with st.container(border=True, key=f"problem_{kind}_no_answer"):
        st.markdown(
            f"{icon} **{n_failed} cluster{'' if n_failed == 1 else 's'} got no usable answer.**{safe}"
        )
        for reason, names in failures.items():
            named = named_clusters(names)
            st.markdown(f"- **{named[0].upper()}{named[1:]}**: {plain(reason_in_words(reason))}")
        if not can_retry:
            return
        with st.container(horizontal=True):
            if st.button(
                "Retry failed only",
                icon=":material/refresh:",
                type="secondary" if labelled else "primary",
                help="Asks again for these clusters. The others stay as they are and cost nothing.",
            ):
                _act("retry", lambda: runs.retry_failed(run_id, session.keys()))
            if st.button("Keys and models", icon=":material/key:", type="tertiary", key="to_settings"):
                st.switch_page(SETTINGS, query_params={"run": run_id})


def _higher_limit(run_id: str, view: RunView) -> None:
    """A run that stopped at its limit: say so, and offer a higher one."""
    annotation = runs.load_config(run_id).annotation or AnnotationParams()
    unfinished = [t for d in view.datasets for t in d.tiles if t.state == "failed" or t.state not in FINISHED]
    dollars, tokens = annotation.max_cost_usd, annotation.max_tokens_total
    limit = " and ".join(
        filter(None, [f"\\${dollars:.2f}" if dollars else "", f"{tokens:,} tokens" if tokens else ""])
    )
    with st.container(border=True, key="problem_ask_limit"):
        st.markdown(
            f":material/savings: **The limit you set ({limit}) is reached.** {len(unfinished)} "
            f"cluster{' has' if len(unfinished) == 1 else 's have'} no label yet. What is done is kept, and "
            "is "
            "not paid for again."
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            if dollars:
                dollars = st.number_input("New limit, $", dollars, 10_000.0, 2 * dollars, 0.5, width=170)
            if tokens:
                tokens = st.number_input("New limit, tokens", tokens, 10**10, 2 * tokens, 1000, width=170)
            if st.button("Go on with this limit", type="primary", icon=":material/play_arrow:"):
                _act(
                    "limit",
                    lambda: session.choose_run(
                        runs.raise_limit(
                            run_id, max_cost_usd=dollars, max_tokens_total=tokens, keys=session.keys()
                        )
                    ),
                )


def _other_problems(run_id: str, view: RunView) -> None:
    """What ended a whole run or a whole dataset, where it is more than its clusters' troubles."""
    several = len(view.datasets) > 1
    texts = [view.error]
    if view.state not in ("cancelled", "interrupted"):
        texts += [f"{d.name}: {d.error}" if several else d.error for d in view.datasets if _has_own_error(d)]
    for number, text in enumerate(t for t in texts if t):
        with st.container(border=True, key=f"problem_error_run_{number}"):
            st.markdown(f":material/error: {plain(text)}")
            if number == 0 and st.button("Try again", type="primary", icon=":material/refresh:"):
                _act("again", lambda: runs.retry_failed(run_id, session.keys()))


def _has_own_error(dataset: DatasetView) -> bool:
    """Whether its error is more than a sum of clusters without an answer: with a label, these make it
    "partial".
    """
    failed = any(t.state == "failed" for t in dataset.tiles)
    return bool(dataset.error) and (
        not failed or (dataset.status == "failed" and dataset.labelled_clusters > 0)
    )


def _act(name: str, action: Callable[[], object]) -> None:
    """Do it and draw the page anew; what stands in the way gets a card."""
    try:
        action()
    except CassiaError as error:
        show_problem(error, name)
    else:
        st.rerun()
