"""What happened in a run, in order: a frozen union, one line of `events.jsonl` each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from cassia_core.domain.annotation import Light
from cassia_core.domain.conversation import AgentRole, TurnOutcome

Stage = Literal[
    "read",
    "qc",
    "first_pass",
    "sketch",
    "normalise",
    "variable_genes",
    "pca",
    "neighbors",
    "umap",
    "leiden",
    "join",
    "markers",
    "annotate",
    "merge",
    "write",
]
"""Stages of one dataset, in the order a page shows them; some run side by side."""

RunState = Literal["queued", "running", "success", "partial", "failed", "cancelled", "interrupted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Common to all: `seq` counts up from 1 within a run, `at` is UTC in ISO 8601."""

    seq: int = 0
    at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    type: Literal["run_started"] = field(default="run_started")
    datasets: tuple[str, ...] = ()
    pid: int = 0
    resumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetStarted(Event):
    type: Literal["dataset_started"] = field(default="dataset_started")
    dataset: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageStarted(Event):
    type: Literal["stage_started"] = field(default="stage_started")
    dataset: str = ""
    stage: Stage = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageProgress(Event):
    """`fraction` is 0 to 1 of this stage."""

    type: Literal["stage_progress"] = field(default="stage_progress")
    dataset: str = ""
    stage: Stage = "read"
    fraction: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StageFinished(Event):
    type: Literal["stage_finished"] = field(default="stage_finished")
    dataset: str = ""
    stage: Stage = "read"
    seconds: float = 0.0
    summary: str = ""
    n_cells: int | None = None
    n_cells_of_file: int | None = None
    """Of the stage that reads: how many cells the run is about, and of how many, where it is about a part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClustersFound(Event):
    """All clusters of a dataset with their cell counts (None for a marker table)."""

    type: Literal["clusters_found"] = field(default="clusters_found")
    dataset: str = ""
    clusters: tuple[str, ...] = ()
    n_cells: tuple[int | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentStarted(Event):
    type: Literal["agent_started"] = field(default="agent_started")
    dataset: str = ""
    cluster: str = ""
    agent: AgentRole = "annotator"
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnFinished(Event):
    """A shortened turn for the live view; the whole one is in the checkpoint and in `calls.jsonl`."""

    type: Literal["turn_finished"] = field(default="turn_finished")
    dataset: str = ""
    cluster: str = ""
    agent: AgentRole = "annotator"
    attempt: int = 1
    outcome: TurnOutcome = ""
    label: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFinished(Event):
    type: Literal["cluster_finished"] = field(default="cluster_finished")
    dataset: str = ""
    cluster: str = ""
    status: Literal["done", "needs_review", "skipped"] = "done"
    label: str = ""
    score: float | None = None
    light: Light | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFailed(Event):
    type: Literal["cluster_failed"] = field(default="cluster_failed")
    dataset: str = ""
    cluster: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageAdded(Event):
    type: Literal["usage_added"] = field(default="usage_added")
    dataset: str = ""
    cluster: str = ""
    agent: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFailed(Event):
    """A question that a server did not answer; it may be asked again. `said`: the server's own words."""

    type: Literal["call_failed"] = field(default="call_failed")
    dataset: str = ""
    cluster: str = ""
    agent: str = ""
    problem: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPaused(Event):
    """Nothing is asked until a time (UTC, ISO 8601), and why; "" when the run goes on."""

    type: Literal["run_paused"] = field(default="run_paused")
    until: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Event):
    """Something a person should know, in one sentence; the run goes on."""

    type: Literal["notice"] = field(default="notice")
    dataset: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetFinished(Event):
    type: Literal["dataset_finished"] = field(default="dataset_finished")
    dataset: str = ""
    status: Literal["success", "partial", "failed", "cancelled"] = "success"
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(Event):
    type: Literal["run_finished"] = field(default="run_finished")
    status: Literal["success", "partial", "failed", "cancelled"] = "success"
    error: str = ""


AnyEvent = (
    RunStarted
    | DatasetStarted
    | StageStarted
    | StageProgress
    | StageFinished
    | ClustersFound
    | AgentStarted
    | TurnFinished
    | ClusterFinished
    | ClusterFailed
    | UsageAdded
    | Notice
    | CallFailed
    | RunPaused
    | DatasetFinished
    | RunFinished
)
