"""The list of runs: filter, pages, a card per run; runs at work refresh by themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import streamlit as st

from cassia_core.domain.outcome import RunSummary
from cassia_core.services.runs import runs
from cassia_ui.frame import session
from cassia_ui.frame.markup import plain
from cassia_ui.frame.navigation import RESULTS, RUN
from cassia_ui.frame.problem_cards import problems_as_cards
from cassia_ui.frame.words import engine_name, labelled_of, money, run_badge, when
from cassia_ui.sharing.run_sharing import draw_sharing

PER_PAGE = 15
COLUMNS = (6, 3.8, 3.2, 3.4)
"""Name, state, clusters and cost, buttons: the same widths in every row, so that nothing moves when a state
changes.
"""
POLL_S = 2.0
TO_DELETE, TO_COMPARE, PART = "runs_to_delete", "compare_other", "part"
Status = Literal["running", "done", "look", "partial", "interrupted", "cancelled", "failed", "unreadable"]
STATUS_WORDS: dict[Status, str] = {
    "running": "Running",
    "done": "Done",
    "look": "Done, some to look at",
    "partial": "Some without answer",
    "interrupted": "Interrupted",
    "cancelled": "Cancelled",
    "failed": "Failed",
    "unreadable": "Cannot be read",
}
AT_WORK = ("queued", "running")


def status_of(run: RunSummary) -> Status:
    """The group a run is filtered by."""
    if run.problem:
        return "unreadable"
    if run.state == "queued":
        return "running"
    if run.state == "success":
        return "look" if run.to_look_at else "done"
    return run.state


def matches(run: RunSummary, text: str) -> bool:
    """Whether every word typed is somewhere in the run's line."""
    everything = " ".join(
        [
            run.run_id,
            run.title,
            *run.datasets,
            *run.tissues,
            *run.species,
            run.provider,
            run.model,
            engine_name(run.provider, run.model),
        ]
    ).casefold()
    return all(word in everything for word in text.casefold().split())


def draw_list(archived: bool) -> None:
    """All runs, or the archived ones; the list reads itself anew while a run is at work."""
    busy = not archived and any(r.state in AT_WORK for r in runs.list_runs())
    st.fragment(_list, run_every=POLL_S if busy else None)(archived, busy)


def _list(archived: bool, busy: bool) -> None:
    with problems_as_cards("run_list"):
        listed = runs.list_runs(archived=archived)
        if busy and not any(r.state in AT_WORK for r in listed):
            st.rerun()  # nothing moves any more: stop looking
        shown = _filtered(listed, "archived" if archived else "runs")
        titles = {run.run_id: run.name for run in listed}
        for run in _one_page(shown, "archived" if archived else "runs"):
            _draw_run(run, titles, archived)


def _filtered(listed: Sequence[RunSummary], name: str) -> list[RunSummary]:
    text = st.text_input(
        "Search",
        placeholder="Name, tissue, species or engine",
        icon=":material/search:",
        label_visibility="collapsed",
        key=f"{name}_search",
        persist_state="session",
    )
    fitting = [r for r in listed if matches(r, text)]
    counts = Counter(status_of(r) for r in fitting)
    offered = [status for status in STATUS_WORDS if counts[status]]
    chosen = (
        st.pills(
            "State",
            offered,
            selection_mode="multi",
            key=f"{name}_status",
            label_visibility="collapsed",
            format_func=lambda s: f"{STATUS_WORDS[s]} {counts[s]}",
            persist_state="session",
        )
        if offered
        else []
    )
    if not fitting:
        st.markdown(":gray[No run has these words.]")
    return [r for r in fitting if not chosen or status_of(r) in chosen]


def _one_page(shown: Sequence[RunSummary], name: str) -> Sequence[RunSummary]:
    pages = max(1, -(-len(shown) // PER_PAGE))
    if pages == 1:
        return shown
    with st.container(horizontal=True, vertical_alignment="center"):
        page = min(st.pagination(pages, key=f"{name}_page_{pages}"), pages)
        first = (page - 1) * PER_PAGE
        st.markdown(
            f":gray[{first + 1:,} to {min(first + PER_PAGE, len(shown)):,} of {len(shown):,} runs]",
            width="content",
        )
    return shown[first : first + PER_PAGE]


def _draw_run(run: RunSummary, titles: Mapping[str, str], archived: bool) -> None:
    with st.container(border=True, key=f"run_{run.run_id}"):
        name, state, figures, actions = st.columns(COLUMNS, vertical_alignment="center")
        if run.problem:
            name.markdown(f"**{plain(run.run_id)}**")
            state.markdown(":red-badge[:material/error: Cannot be read]")
        else:
            name.markdown(_name_and_place(run))
            state.markdown(run_badge(run))
            figures.markdown(f":gray[{labelled_of(run.labelled_clusters, run.n_clusters)}  \n{spent(run)}]")
        with actions, st.container(horizontal=True, horizontal_alignment="right", gap="xsmall"):
            if (
                not archived
                and not run.problem
                and st.button("Open", key=f"open_{run.run_id}", icon=":material/folder_open:")
            ):
                session.choose_run(run.run_id)
                st.switch_page(
                    RESULTS if run.state in ("success", "partial") else RUN, query_params={"run": run.run_id}
                )
            _draw_actions(run, archived)
        if run.parent_run:
            _draw_parent(run, titles)
        if run.problem:
            st.markdown(f":red[:material/error:] {plain(run.problem)}")


def _name_and_place(run: RunSummary) -> str:
    about = [
        plain(", ".join([*run.tissues, *run.species])),
        when(run.created_at),
        plain(engine_name(run.provider, run.model)),
    ]
    return f"**{plain(run.name)}**  \n:gray[{'. '.join(part for part in about if part)}]"


def spent(run: RunSummary) -> str:
    """Tokens and cost of a run in a few words (Markdown)."""
    if run.sent_nothing:
        return "No cost, nothing sent"
    cost = "cost unknown" if run.cost_usd is None else plain(money(run.cost_usd))
    return f"{run.total_tokens:,} tokens, {cost}"


def _draw_parent(run: RunSummary, titles: Mapping[str, str]) -> None:
    """Where a run comes from, with a way there while that run is in the list."""
    how = "part of" if run.is_part else "goes on from"
    name = titles.get(run.parent_run) or run.parent_title or run.parent_run
    if run.parent_run in titles:
        st.page_link(
            RESULTS,
            label=f"{how} {plain(name)}",
            icon=":material/account_tree:",
            query_params={"run": run.parent_run},
        )
    else:
        st.markdown(f":gray[:material/account_tree: {how} {plain(name)}, which is not in this list]")


def _draw_actions(run: RunSummary, archived: bool) -> None:
    with st.popover("More", icon=":material/more_horiz:", type="tertiary", key=f"more_{run.run_id}"):
        st.caption(f"Folder: {plain(run.run_id)}")
        if not archived and not run.problem:
            draw_sharing(run.run_id)
        if archived:
            _act("Bring back", "unarchive", run, runs.restore_run)
        elif run.state in AT_WORK:
            st.markdown(
                ":gray[It is being worked on. Open it to cancel it; then it can be archived or deleted.]"
            )
            return
        else:
            if run.finished_clusters and st.button(
                "Compare with another",
                key=f"compare_{run.run_id}",
                icon=":material/compare_arrows:",
                on_click=_compare,
                args=(run.run_id,),
            ):
                st.rerun()
            if runs.lies_elsewhere(run.run_id):
                st.caption("It lies in another folder of this server; its files stay there.")
                _act("Take out of this list", "playlist_remove", run, runs.delete_run)
                return
            _act("Archive", "archive", run, runs.archive_run)
        if st.button("Delete", key=f"delete_{run.run_id}", icon=":material/delete:"):
            session.remember(TO_DELETE, (run.run_id, run.name, archived))
            st.rerun()


def _act(label: str, icon: str, run: RunSummary, move: Callable[[str], object]) -> None:
    """A button that moves a run to another shelf."""
    if st.button(label, key=f"{icon}_{run.run_id}", icon=f":material/{icon}:"):
        move(run.run_id)
        if session.chosen_run() == run.run_id:
            session.choose_run("")
        st.rerun()


def _compare(run_id: str) -> None:
    session.remember(TO_COMPARE, run_id)
    session.remember(PART, "compare")


@st.dialog("Delete this run", on_dismiss=lambda: session.remember(TO_DELETE, None))
def confirm_delete(run_id: str, name: str, archived: bool) -> None:
    """Ask before a run and all its files go."""
    st.markdown(f"**{plain(name)}** and all its files are removed for good. Your input files stay.")
    with problems_as_cards("delete"), st.container(horizontal=True):
        if st.button("Delete for good", type="primary", icon=":material/delete:"):
            runs.delete_run(run_id, archived=archived)
            if session.chosen_run() == run_id:
                session.choose_run("")
            _answered()
        if st.button("Keep it"):
            _answered()


def _answered() -> None:
    session.remember(TO_DELETE, None)
    st.rerun()
