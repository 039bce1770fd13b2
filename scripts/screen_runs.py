"""Runs in every state, made for the pictures: real data, a stand-in model server that waits or fails when
told to.

A person sees the same states with any model server; only this one does it on demand.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from cassia_core.domain.config import AgentModel, AnnotationParams, DatasetSpec, RunConfig  # noqa: E402
from cassia_core.domain.progress import RunView  # noqa: E402
from cassia_core.services.intake import examples, intake  # noqa: E402
from cassia_core.services.runs import results, runs  # noqa: E402
from tests.model_server import Answer, Asked, ModelServer  # noqa: E402

ANSWERED_AT_ONCE, REFUSED, BROKEN = 3, 3, 4
"""Of the clusters in the order in which they come: so many are answered, the others wait; this one is then
refused,
this one meets a server that fails."""
PATIENCE_S = 600.0
SLOW, HELD = "stand-in-slow", "stand-in"


class WaitingModel:
    """A model that answers for some clusters and keeps the others waiting until it is let go."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self._order: list[tuple[str, ...]] = []
        self._lock = threading.Lock()

    def fault(self, asked: Asked, good: str) -> Answer | None:
        """What the model server asks before each answer."""
        if asked.model != HELD:
            return None
        place = self._place(asked.markers)
        if place is None or place < ANSWERED_AT_ONCE:
            return None
        self.go_on.wait(PATIENCE_S)
        if asked.agent == "annotator" and place == REFUSED:
            return Answer(text="I'm sorry, but I can't help with that request.")
        return Answer(status=500) if asked.agent == "annotator" and place == BROKEN else None

    def _place(self, markers: tuple[str, ...]) -> int | None:
        if not markers:
            return None
        with self._lock:
            if markers not in self._order:
                self._order.append(markers)
            return self._order.index(markers)


def model_server(model: WaitingModel) -> ModelServer:
    """The stand-in, a little slow so that runs can be stopped in the middle."""
    return ModelServer(fault=model.fault, latency_s=0.3, models=(HELD, SLOW), keep=False)


def start_held_run(server: ModelServer) -> str:
    """A run over the demo's cells whose clusters wait in the middle; clusters fail once the model is let
    go.
    """
    params = AnnotationParams(
        annotator=AgentModel(provider="custom", model=HELD, base_url=server.url),
        max_retries=0,
        max_workers=5,
        first_word_timeout_s=PATIENCE_S,
    )
    spec = DatasetSpec(name="PBMC", path=str(intake.demo_path()), tissue="blood", species="human")
    return runs.start_run(RunConfig(datasets=(spec,), annotation=params, title="700 human blood cells"))


def make_stopped_runs(server: ModelServer) -> dict[str, str]:
    """Three runs over the example marker table: cancelled, interrupted, stopped at its limit."""
    path = intake.store_table(examples.example_markers(processed=False), "example_markers")
    spec = DatasetSpec(name="Markers", path=str(path), tissue="blood", species="human")
    params = AnnotationParams(
        annotator=AgentModel(provider="custom", model=SLOW, base_url=server.url), max_workers=2
    )
    made = {}
    for state, title in (
        ("cancelled", "Marker table, cancelled"),
        ("interrupted", "Marker table, interrupted"),
        ("limit", "Marker table, with a limit"),
    ):
        limit = 9_000 if state == "limit" else None
        config = RunConfig(datasets=(spec,), annotation=replace(params, max_tokens_total=limit), title=title)
        made[state] = runs.start_run(config)
    wait_for(made["cancelled"], _two_are_done)
    runs.cancel_run(made["cancelled"])
    wait_for(made["interrupted"], _two_are_done)
    os.kill(json.loads(runs.find_run(made["interrupted"]).worker.read_text())["pid"], signal.SIGKILL)
    for run_id in made.values():
        wait_for(run_id, lambda view: view.state not in ("queued", "running"))
    if runs.view_run(made["limit"]).state == "success":
        raise RuntimeError("The run with a limit did not reach it.")
    return made


def files_of(run_id: str) -> tuple[results.OutputFile, ...]:
    """What a run left behind."""
    return results.output_files(run_id)


def is_waiting(view: RunView) -> bool:
    """Whether the held run has come to rest in the middle."""
    tiles = [t for d in view.datasets for t in d.tiles]
    finished = sum(d.finished_clusters for d in view.datasets)
    return finished >= ANSWERED_AT_ONCE and any(t.state == "annotating" for t in tiles)


def _two_are_done(view: RunView) -> bool:
    return sum(d.finished_clusters for d in view.datasets) >= 2


def wait_for(run_id: str, is_so: Callable[[RunView], bool]) -> None:
    """Wait until a run is in a state.

    Raises
    ------
    RuntimeError
        When it does not get there in time, or ends in another one.
    """
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        view = runs.view_run(run_id)
        if is_so(view):
            return
        if view.state not in ("queued", "running"):
            break
        time.sleep(0.2)
    raise RuntimeError(f"The run {run_id} did not get into the state wanted: {runs.view_run(run_id).state}")
