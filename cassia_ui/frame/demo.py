"""The demo: packaged blood cells, offline engine, one click."""

from __future__ import annotations

import streamlit as st

from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.services.intake import intake
from cassia_core.services.runs import runs
from cassia_ui.frame import session
from cassia_ui.frame.navigation import RUN


def demo_config() -> RunConfig:
    """700 human blood cells, clustered and annotated by the offline engine."""
    spec = DatasetSpec(name="Demo_PBMC", path=str(intake.demo_path()), tissue="blood", species="human")
    return RunConfig(datasets=(spec,), title="Demo: 700 human blood cells")


def start_demo() -> None:
    """Start the demo and show it."""
    session.choose_run(runs.start_run(demo_config()))
    st.switch_page(RUN, query_params={"run": session.chosen_run()})
