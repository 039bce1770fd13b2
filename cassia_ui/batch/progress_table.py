"""A row per dataset of a run: state, step, clusters done, cost, time left."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pandas as pd
import streamlit as st

from cassia_core.services.batches.dataset_rows import DatasetRow
from cassia_ui.frame.estimates import duration
from cassia_ui.frame.words import STAGE_NAMES, money

ROW, HEAD, MOST_SHOWN = 32, 40, 16
_STATES = {
    "queued": "… Waiting",
    "running": "▶ At work",
    "success": "● Done",
    "partial": "◐ Some without answer",
    "failed": "▲ Failed",
    "cancelled": "✕ Cancelled",
}
STOPPING = "■ Stopping"


def draw_rows(
    rows: Sequence[DatasetRow], *, key: str, stopped: Collection[str] = (), free: bool = False
) -> tuple[str, ...]:
    """Draw the table; returns the names of the rows that are chosen.

    `stopped`: datasets that were asked to stop. `free`: nobody was paid, so costs say nothing.
    """
    at_work = any(row.status in ("queued", "running") for row in rows)
    event = st.dataframe(
        _frame(rows, stopped, at_work=at_work, free=free),
        hide_index=True,
        placeholder="",
        row_height=ROW,
        height=HEAD + ROW * min(len(rows), MOST_SHOWN),
        key=key,
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            "Done": st.column_config.ProgressColumn(min_value=0, max_value=1, format="percent", width=96),
            "Dataset": st.column_config.TextColumn(width="medium"),
            "Reason": st.column_config.TextColumn(width="large"),
        },
        alt="Datasets with state, clusters done, cost and time left",
    )
    return tuple(rows[place].name for place in event["selection"]["rows"] if place < len(rows))


def _frame(
    rows: Sequence[DatasetRow], stopped: Collection[str], *, at_work: bool, free: bool
) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "Dataset": [row.name for row in rows],
            "Tissue": [row.tissue for row in rows],
            "State": [_state(row, stopped) for row in rows],
            "Step": [_step(row) for row in rows],
            "Done": [row.finished / row.clusters if row.clusters else 0.0 for row in rows],
            "Clusters": [f"{row.finished} of {row.clusters}" if row.clusters else "" for row in rows],
            "To look at": [row.to_look_at if row.clusters else None for row in rows],
            "Cost": [money(row.cost_usd) if row.calls else "" for row in rows],
            "Time left": [
                "" if row.seconds_left is None else f"about {duration(row.seconds_left)}" for row in rows
            ],
            "Reason": [row.error for row in rows],
        }
    )
    frame["To look at"] = frame["To look at"].astype("Int64")
    left_out = [] if at_work else ["Step", "Done", "Time left"]
    left_out += ["To look at"] if at_work else []
    left_out += ["Cost"] if free else []
    left_out += [] if any(frame["Reason"]) else ["Reason"]
    return frame.drop(columns=left_out)


def _state(row: DatasetRow, stopped: Collection[str]) -> str:
    if row.status in ("queued", "running") and row.name in stopped:
        return STOPPING
    return _STATES.get(row.status, row.status)


def _step(row: DatasetRow) -> str:
    if row.stage is None:
        return ""
    share = f" {row.fraction:.0%}" if row.fraction else ""
    return f"{STAGE_NAMES[row.stage]}{share}"
