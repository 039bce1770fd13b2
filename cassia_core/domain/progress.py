"""One progress state, folded from events; page, command line and report all draw it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from cassia_core.domain import events as ev
from cassia_core.domain.annotation import Light, names_a_type
from cassia_core.domain.conversation import AgentRole
from cassia_core.domain.usage import CallRecord, Usage

StageState = Literal["waiting", "running", "done", "failed"]
TileState = Literal[
    "waiting", "annotating", "checking", "scoring", "boosting", "scored", "done", "look", "skipped", "failed"
]
LEAST_TOLD_S = 1.0
"""A pace over a shorter time says nothing."""
FINISHED: tuple[TileState, ...] = ("scored", "done", "look", "skipped", "failed")
_TILE_OF_AGENT: dict[str, TileState] = {
    "reference": "annotating",
    "annotator": "annotating",
    "formatter": "annotating",
    "checks": "checking",
    "validator": "checking",
    "scorer": "scoring",
    "booster": "boosting",
    "merger": "scored",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StageView:
    """One step of a dataset. `begun_at` and `told_at` (UTC, ISO 8601): its start, and when `fraction` was
    last told.
    """

    stage: ev.Stage
    state: StageState = "waiting"
    fraction: float = 0.0
    seconds: float | None = None
    summary: str = ""
    begun_at: str = ""
    told_at: str = ""

    @property
    def seconds_left(self) -> float | None:
        """Seconds that the step will still take at its pace so far; None before it can be said."""
        if self.state != "running" or not 0 < self.fraction < 1 or not (self.begun_at and self.told_at):
            return None
        passed = (
            datetime.fromisoformat(self.told_at) - datetime.fromisoformat(self.begun_at)
        ).total_seconds()
        return passed / self.fraction * (1 - self.fraction) if passed >= LEAST_TOLD_S else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterTile:
    """One cluster on the Run page. `attempt` counts rounds of annotating and validating."""

    cluster: str
    n_cells: int | None = None
    state: TileState = "waiting"
    attempt: int = 0
    label: str = ""
    score: float | None = None
    light: Light | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTurn:
    """A finished turn, shortened, for "Happening now"."""

    dataset: str
    cluster: str
    agent: AgentRole
    attempt: int
    outcome: str
    label: str
    text: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetView:
    name: str
    status: Literal["queued", "running", "success", "partial", "failed", "cancelled"] = "queued"
    error: str = ""
    stages: tuple[StageView, ...] = ()
    tiles: tuple[ClusterTile, ...] = ()
    usage: Usage = Usage()
    part: tuple[int, int] | None = None
    """Cells that the run is about, and cells of the file, where it is about a part of them."""

    @property
    def finished_clusters(self) -> int:
        return sum(t.state in FINISHED for t in self.tiles)

    @property
    def to_look_at(self) -> int:
        """Clusters that a person should look at first; the rule of `deserves_a_look`."""
        return sum(t.state in FINISHED and t.state != "skipped" and t.light != "high" for t in self.tiles)

    @property
    def labelled_clusters(self) -> int:
        """Clusters that have a name; "Unknown" is none."""
        return sum(t.state in FINISHED and names_a_type(t.label) for t in self.tiles)

    def at_rest(self) -> DatasetView:
        """The same when nobody works on it any more: what was under way is unfinished, its passing label
        void.
        """
        tiles = tuple(
            t if t.state in FINISHED else ClusterTile(cluster=t.cluster, n_cells=t.n_cells)
            for t in self.tiles
        )
        stages = tuple(replace(s, state="failed") if s.state == "running" else s for s in self.stages)
        return replace(self, tiles=tiles, stages=stages)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """What is known of a run from its events alone. `state` "interrupted" is decided by the reader of the
    heartbeat, not here."""

    state: ev.RunState = "queued"
    started_at: str = ""
    finished_at: str = ""
    error: str = ""
    datasets: tuple[DatasetView, ...] = ()
    usage: Usage = Usage()
    turns: tuple[LiveTurn, ...] = ()
    notices: tuple[str, ...] = ()
    last_seq: int = 0
    talking_since: str = ""
    """When the first turn of this worker ended (UTC, ISO 8601); "" before."""
    done_before: int = 0
    """Clusters that were finished by then."""
    paused_until: str = ""
    """When questions are asked again (UTC, ISO 8601), while the run waits for an allowance; else ""."""
    paused_why: str = ""
    failed_calls: int = 0
    """Questions that a server did not answer, answered later or not."""

    def dataset(self, name: str) -> DatasetView:
        for entry in self.datasets:
            if entry.name == name:
                return entry
        return DatasetView(name=name)


KEPT_TURNS = 60


def fold(events: Iterable[ev.Event], view: RunView | None = None) -> RunView:
    """Fold events, in order, onto `view` (a fresh one when None). Pure."""
    view = view or RunView()
    for event in events:
        view = replace(_apply(view, event), last_seq=max(view.last_seq, event.seq))
    return view


def _apply(view: RunView, event: ev.Event) -> RunView:
    match event:
        case ev.RunStarted():
            known = {d.name: d for d in view.datasets}
            datasets = tuple(known.get(name, DatasetView(name=name)) for name in event.datasets)
            return replace(
                view,
                state="running",
                started_at=view.started_at or event.at,
                finished_at="",
                error="",
                datasets=datasets,
                talking_since="",
                done_before=0,
                paused_until="",
                paused_why="",
            )
        case ev.RunFinished():
            return replace(
                view,
                state=event.status,
                finished_at=event.at,
                error=event.error,
                paused_until="",
                paused_why="",
            )
        case ev.RunPaused():
            return replace(view, paused_until=event.until, paused_why=event.why)
        case ev.CallFailed():
            return replace(view, failed_calls=view.failed_calls + 1)
        case ev.UsageAdded():
            call = CallRecord(
                at=event.at,
                provider="",
                model="",
                agent=event.agent,
                dataset=event.dataset,
                cluster=event.cluster,
                attempt=0,
                input_tokens=event.input_tokens,
                output_tokens=event.output_tokens,
                latency_s=0.0,
                cost_usd=event.cost_usd,
            )
            return replace(
                view, usage=view.usage.plus(call), datasets=_with_usage(view.datasets, event.dataset, call)
            )
        case ev.Notice():
            return replace(view, notices=(*view.notices, event.text))
        case _:
            return _apply_to_dataset(view, event)


def _apply_to_dataset(view: RunView, event: ev.Event) -> RunView:
    name = event.dataset  # type: ignore[attr-defined]  # every event left has one
    updated = _dataset_after(view.dataset(name), event)
    datasets = tuple(updated if d.name == name else d for d in view.datasets)
    if all(d.name != name for d in view.datasets):
        datasets = (*view.datasets, updated)
    turns = view.turns
    since, before = view.talking_since, view.done_before
    if isinstance(event, ev.TurnFinished):
        if not since:
            since, before = event.at, sum(d.finished_clusters for d in datasets)
        turn = LiveTurn(
            dataset=name,
            cluster=event.cluster,
            agent=event.agent,
            attempt=event.attempt,
            outcome=event.outcome,
            label=event.label,
            text=event.text,
            at=event.at,
        )
        turns = (*turns, turn)[-KEPT_TURNS:]
    return replace(view, datasets=datasets, turns=turns, talking_since=since, done_before=before)


def _dataset_after(dataset: DatasetView, event: ev.Event) -> DatasetView:
    match event:
        case ev.DatasetStarted():
            return replace(dataset, status="running", error="")
        case ev.DatasetFinished():
            return replace(dataset.at_rest(), status=event.status, error=event.error)
        case ev.StageStarted():
            return _with_stage(dataset, StageView(stage=event.stage, state="running", begun_at=event.at))
        case ev.StageProgress():
            begun_at = next((s.begun_at for s in dataset.stages if s.stage == event.stage), "")
            return _with_stage(
                dataset,
                StageView(
                    stage=event.stage,
                    state="running",
                    fraction=event.fraction,
                    begun_at=begun_at,
                    told_at=event.at,
                ),
            )
        case ev.StageFinished():
            part = dataset.part
            if event.n_cells is not None and event.n_cells_of_file is not None:
                part = (event.n_cells, event.n_cells_of_file)
            return _with_stage(
                replace(dataset, part=part),
                StageView(
                    stage=event.stage,
                    state="done",
                    fraction=1.0,
                    seconds=event.seconds,
                    summary=event.summary,
                ),
            )
        case ev.ClustersFound():
            known = {t.cluster: t for t in dataset.tiles}
            tiles = tuple(
                replace(known.get(c, ClusterTile(cluster=c)), n_cells=n)
                for c, n in zip(event.clusters, event.n_cells, strict=True)
            )
            return replace(dataset, tiles=tiles)
        case ev.AgentStarted():
            state = _TILE_OF_AGENT[event.agent]
            return _with_tile(dataset, event.cluster, state=state, attempt=event.attempt, reason="")
        case ev.TurnFinished() if event.label:
            return _with_tile(dataset, event.cluster, label=event.label)
        case ev.ClusterFinished():
            return _with_tile(
                dataset,
                event.cluster,
                state=_final_state(event),
                label=event.label,
                score=event.score,
                light=event.light,
            )
        case ev.ClusterFailed():
            return _with_tile(
                dataset, event.cluster, state="failed", reason=event.reason, label="", score=None, light=None
            )
        case _:
            return dataset


def _final_state(event: ev.ClusterFinished) -> TileState:
    if event.status == "skipped":
        return "skipped"
    if event.status == "needs_review" or event.light == "look":
        return "look"
    return "done" if event.score is None else "scored"


def _with_usage(datasets: tuple[DatasetView, ...], name: str, call: CallRecord) -> tuple[DatasetView, ...]:
    """A question that belongs to no dataset counts for the run alone."""
    return tuple(replace(d, usage=d.usage.plus(call)) if d.name == name else d for d in datasets)


def _with_stage(dataset: DatasetView, stage: StageView) -> DatasetView:
    if any(s.stage == stage.stage for s in dataset.stages):
        return replace(dataset, stages=tuple(stage if s.stage == stage.stage else s for s in dataset.stages))
    return replace(dataset, stages=(*dataset.stages, stage))


def _with_tile(dataset: DatasetView, cluster: str, **changes: Any) -> DatasetView:
    if not any(t.cluster == cluster for t in dataset.tiles):
        dataset = replace(dataset, tiles=(*dataset.tiles, ClusterTile(cluster=cluster)))
    tiles = tuple(replace(t, **changes) if t.cluster == cluster else t for t in dataset.tiles)
    return replace(dataset, tiles=tiles)
