"""A batch that nobody works on any more: failures with reasons, and what can be done and taken home."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from cassia_core.errors import CassiaError
from cassia_core.services.batches import failures, packing
from cassia_core.services.batches.dataset_rows import DatasetRow, RunRows
from cassia_core.services.batches.remaking import rows_again
from cassia_core.services.runs import results, runs
from cassia_ui.batch.batch_draft import follow_next, put_rows
from cassia_ui.frame import session
from cassia_ui.frame.markup import plain
from cassia_ui.frame.navigation import RUN
from cassia_ui.frame.problem_cards import show_problem

MOST_SAVED_BYTES = 1_000_000_000
"""A larger zip is not sent through the browser: it would have to fit into the server's memory."""
ALL = "All tissues"


def draw_at_rest(run_id: str, found: RunRows) -> None:
    """Cards for what stopped or failed, and the files."""
    if found.state in ("cancelled", "interrupted"):
        _draw_stopped(run_id, found)
    if found.failed:
        _draw_failed(run_id, found.failed)
    if found.error:
        with st.container(border=True, key="problem_error_batch_run"):
            st.markdown(f":material/error: {plain(found.error)}")
    _draw_files(run_id)


def _draw_stopped(run_id: str, found: RunRows) -> None:
    left = [row for row in found.rows if row.status in ("queued", "running", "cancelled")]
    what = "was cancelled" if found.state == "cancelled" else "stopped before it was finished"
    with st.container(border=True, key="problem_ask_batch_stopped"):
        st.markdown(
            f":material/pause_circle: **This batch {what}.** {len(left)} of {len(found.rows)} datasets are "
            "not done. What is done is kept, and no answer is paid for twice."
        )
        if st.button("Resume", type="primary", icon=":material/play_arrow:", key="batch_resume"):
            _act("resume", run_id, lambda: runs.resume_run(run_id, session.keys()))


def _draw_failed(run_id: str, failed: Sequence[DatasetRow]) -> None:
    """Each reason once, with the datasets that it stopped."""
    by_reason: dict[str, list[str]] = {}
    for row in failed:
        by_reason.setdefault(row.error or "No reason is known.", []).append(row.name)
    with st.container(border=True, key="problem_error_batch_failed"):
        n = len(failed)
        st.markdown(
            f":material/error: **{n} dataset{' has failed or lacks' if n == 1 else 's have failed or lack'} "
            "answers.** The others are untouched by it."
        )
        for reason, names in by_reason.items():
            st.markdown(f"- **{', '.join(plain(name) for name in names)}**: {plain(reason)}")
        with st.container(horizontal=True):
            if st.button(
                "Retry these only",
                type="primary",
                icon=":material/refresh:",
                key="batch_retry",
                help="Does these datasets once more, with the same set-up. The others stay as they are.",
            ):
                _act("retry", run_id, lambda: failures.retry(run_id, session.keys()))
            if st.button(
                "Prepare these anew",
                icon=":material/edit:",
                key="batch_prepare_again",
                help="Puts them into a new batch, where files, tissues and settings can be changed.",
            ):
                put_rows(rows_again(run_id, [row.name for row in failed]))
                session.choose_run("")
                st.rerun()
            some_answers = any(row.without_answer for row in failed)
            if some_answers and st.button("Clusters without an answer", type="tertiary", key="batch_to_run"):
                st.switch_page(RUN, query_params={"run": run_id})


def _draw_files(run_id: str) -> None:
    with st.popover("Download", icon=":material/download:", key="batch_download"):
        tissues = packing.tissues_of_run(run_id)
        choice = st.selectbox(
            "Files of", [ALL, *tissues] if len(tissues) > 1 else [ALL], key=f"batch_zip_{run_id}"
        )
        st.caption("Tables, reports, annotated cells and conversations, in folders by tissue and dataset.")
        if st.button("Make the zip", icon=":material/folder_zip:", key="batch_make_zip"):
            with st.spinner("Packing"):
                path = results.zip_run(run_id) if choice == ALL else packing.zip_tissue(run_id, choice)
            if path.stat().st_size > MOST_SAVED_BYTES:
                st.markdown(f":gray[It is large, and lies on the server at] `{path}`")
                return
            st.download_button(
                f"Save the zip, {path.stat().st_size / 1e6:.1f} MB",
                path.read_bytes,
                file_name=path.name,
                mime="application/zip",
                type="primary",
                icon=":material/download:",
                on_click="ignore",
            )


def _act(name: str, run_id: str, action: Callable[[], object]) -> None:
    """Do it and follow the run; what stands in the way gets a card."""
    try:
        action()
    except CassiaError as error:
        show_problem(error, f"batch_{name}")
    else:
        follow_next(run_id)
        st.rerun()
