"""The table of clusters: it is the legend of the map, and the doubtful ones come first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from cassia_core.domain.annotation import ClusterResult
from cassia_core.services.results import label_colours
from cassia_core.services.review import ReviewedLabel
from cassia_ui import session
from cassia_ui.colouring import LIGHT_COLOURS
from cassia_ui.door_maps import GREY
from cassia_ui.words import LIGHT_SHORT


def draw_cluster_table(rows: Sequence[ClusterResult], labels: Mapping[str, ReviewedLabel], *, key: str,
                       chosen: str, height: int) -> str:
    """Draw the table; returns the chosen cluster ("" when none is)."""
    dark = session.dark()
    names = {r.cluster: labels[r.cluster].label if r.cluster in labels else r.label for r in rows}
    colours = label_colours([n for n in names.values() if n], "dark" if dark else "light")
    frame = pd.DataFrame({
        " ": ["●"] * len(rows), "Cell type": [_shown(names[r.cluster], labels.get(r.cluster)) for r in rows],
        "Confidence": [LIGHT_SHORT[r.light] if r.status != "failed" else "▲ No answer" for r in rows],
        "Evidence": [r.evidence.score if r.evidence else None for r in rows],
        "Score": [r.score.value if r.score else None for r in rows],
        "Cells": [r.n_cells for r in rows], "Cluster": [r.cluster for r in rows],
    })
    if frame["Cells"].isna().all():
        frame = frame.drop(columns="Cells")
    dots = [colours.get(names[r.cluster], GREY[dark]) for r in rows]
    lights = [LIGHT_COLOURS[dark].get(r.light, GREY[dark]) for r in rows]
    styled = frame.style.apply(lambda _: [f"color: {c}" for c in dots], subset=[" "]).apply(
        lambda _: [f"color: {c}" for c in lights], subset=["Confidence"])
    at = next((i for i, r in enumerate(rows) if r.cluster == chosen), None)
    event = st.dataframe(
        styled, hide_index=True, height=height, row_height=30, key=key, on_select="rerun",
        selection_mode="single-row", selection_default=None if at is None else {"selection": {"rows": [at]}},
        column_config={" ": st.column_config.TextColumn(width=30),
                       "Cell type": st.column_config.TextColumn(width="medium"),
                       "Confidence": st.column_config.TextColumn(width=92),
                       "Evidence": st.column_config.ProgressColumn(min_value=0, max_value=100, format="%d", width=90),
                       "Score": st.column_config.NumberColumn(format="%d", width=52),
                       "Cells": st.column_config.NumberColumn(format="localized", width=62),
                       "Cluster": st.column_config.TextColumn(width=62)},
        alt="Clusters with label, confidence, evidence, score and number of cells")
    picked = event["selection"]["rows"]
    return rows[picked[0]].cluster if picked else ""


def _shown(name: str, label: ReviewedLabel | None) -> str:
    return (name or "No label") + (" ✎" if label and label.edited else "")
