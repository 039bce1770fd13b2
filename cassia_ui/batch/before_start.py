"""What a batch will take, what leaves this machine, and the start."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cassia_core.domain.config import RunConfig
from cassia_core.services.batches import planning
from cassia_core.services.batches.inspecting import Inspected
from cassia_core.services.batches.planning import BatchPlan
from cassia_core.services.batches.row_specs import batch_config
from cassia_core.services.runs import runs
from cassia_ui.batch.batch_draft import BatchDraft, batch_draft, follow_next
from cassia_ui.frame import session
from cassia_ui.frame.estimates import duration, durations, gigabytes, price, span
from cassia_ui.frame.markup import plain


def draw_before_start(looks: Sequence[Inspected | None]) -> None:
    """The estimate of all datasets together, and the button that starts them."""
    draft = batch_draft()
    config = batch_config(draft.rows, draft.shared, session.draft().annotation)
    plan = planning.plan(config, looks)
    with st.container(border=True):
        st.subheader("Before you start", anchor=False)
        _draw_figures(config, plan)
        _draw_cautions(draft, looks, plan)
        if plan.high.sent:
            st.markdown(":material/upload: **What leaves this machine**")
            st.markdown("\n".join(f"- {plain(line)}" for line in plan.high.sent))
        else:
            st.markdown(
                ":green-badge[:material/lock: Nothing leaves this machine] The offline engine answers: a "
                "look-up in our marker knowledge base, not a language model."
            )
        waiting = sum(look is None for look in looks)
        n = len(draft.rows)
        if st.button(
            f"Start {n} datasets" if n != 1 else "Start 1 dataset",
            type="primary",
            icon=":material/play_arrow:",
            disabled=waiting > 0,
            key="batch_start",
            help=f"{waiting} files are still being looked into." if waiting else None,
        ):
            with st.spinner("Starting"):
                follow_next(runs.start_run(config, session.keys()))
            st.rerun()


def _draw_figures(config: RunConfig, plan: BatchPlan) -> None:
    columns = st.columns(6)
    columns[0].metric("Clusters", span(*plan.clusters), help="6 to 25 where they are computed.")
    columns[1].metric("Questions", span(plan.low.calls_low, plan.high.calls_high))
    columns[2].metric(
        "Tokens",
        span(
            plan.low.input_tokens_low + plan.low.output_tokens_low,
            plan.high.input_tokens_high + plan.high.output_tokens_high,
        ),
    )
    columns[3].metric("Price", price(plan.low.cost_low_usd, plan.high.cost_high_usd))
    columns[4].metric("Time", durations(plan.seconds), help=_time_in_words(plan))
    columns[5].metric(
        "Memory",
        gigabytes(plan.peak_bytes) if plan.peak_bytes else "little",
        help=f"At most, of {gigabytes(plan.allowed_bytes)} that may be used. Datasets wait until they fit.",
    )
    cells = f" {plan.n_cells:,} cells, {plan.side_by_side} datasets at a time." if plan.n_cells else ""
    st.caption(f"For {len(config.datasets)} datasets together.{cells} {_time_in_words(plan)}")


def _time_in_words(plan: BatchPlan) -> str:
    cells, answers = plan.cells_seconds, plan.answers_seconds
    parts = []
    if plan.n_cells and cells is None:
        parts.append("Cells: unknown until this computer has prepared some.")
    elif plan.n_cells and cells is not None:
        parts.append(f"Cells: about {duration(cells)}.")
    if answers is None:
        parts.append("Answers: unknown until this model has answered here.")
    else:
        parts.append(f"Answers: about {durations(answers)}.")
    if plan.n_cells and plan.seconds:
        parts.append("Both at the same time, by this computer's last runs.")
    return " ".join(parts)


def _draw_cautions(draft: BatchDraft, looks: Sequence[Inspected | None], plan: BatchPlan) -> None:
    broken = [row.name for row, look in zip(draft.rows, looks, strict=True) if look and look.problem]
    asking = [row.name for row, look in zip(draft.rows, looks, strict=True) if look and look.open_questions]
    without = sum(not row.tissue for row in draft.rows)
    lines = [
        (broken, "cannot be read, and will be reported as failed. The others are done."),
        (asking, "raise a question that only you can answer, and will be reported if it stays open."),
        (list(plan.too_large), "do not fit into memory. Set a random sample of cells for them."),
    ]
    for names, what in lines:
        if names:
            st.markdown(f":orange[:material/warning: **{_listed(names)}**] {what}")
    if without:
        st.markdown(
            f":orange[:material/help: **{without} of {len(draft.rows)} datasets have no tissue.**] Types of "
            "an organ are told apart better where it is known."
        )


def _listed(names: Sequence[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(plain(name) for name in names[:most])}{more}"
