"""Predicted labels beside the names that the clusters of a marker table had."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from cassia_core.services.labels.agreement import LEVELS, agreement_with_names
from cassia_core.services.labels.names import everyday_name
from cassia_core.services.labels.review import ReviewedLabel
from cassia_ui.plots.agreement_with_file import AGREES, LEVEL_MEANING, LEVEL_NAMES


def draw_agreement_with_names(labels: Sequence[ReviewedLabel]) -> None:
    """How many clusters agree at each level, and a row per cluster; nothing where names are no types."""
    agreement = agreement_with_names(labels)
    if not agreement:
        return
    st.subheader("Compare with the names of the clusters", anchor=False)
    judged = [c for c in agreement if c.level is not None]
    for at, (column, level) in enumerate(zip(st.columns(3), LEVELS, strict=True)):
        agreeing = sum(c.level in LEVELS[: at + 1] for c in judged)
        column.metric(
            LEVEL_NAMES[level],
            f"{agreeing} of {len(judged)}",
            help=f"{LEVEL_MEANING[level]} Clusters whose names can be judged.",
        )
    st.dataframe(
        [
            {
                "Name in the table": c.cluster,
                "Predicted": everyday_name(c.predicted),
                "Agrees": AGREES[c.level],
                "Predicted, in full": c.predicted,
            }
            for c in agreement
        ],
        hide_index=True,
        placeholder="",
        key="names_compared",
        alt="Predicted label of each cluster beside the name that it had in the marker table",
    )
