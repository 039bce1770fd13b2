"""What came of a run: how each dataset ended, what a list of runs shows of it, and what it spent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cassia_core.domain.config import OFFLINE
from cassia_core.domain.events import RunState
from cassia_core.domain.usage import Usage

DatasetStatus = Literal["success", "partial", "failed", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetOutcome:
    """Times are wall seconds; `preprocessing_time` ends when markers exist. Counts are None when never
    reached.
    """

    dataset: str
    tissue: str
    file_path: str
    n_cells: int | None = None
    n_genes: int | None = None
    n_clusters: int | None = None
    preprocessing_time: float | None = None
    annotation_time: float | None = None
    total_time: float | None = None
    status: DatasetStatus = "success"
    output_dir: str = ""
    error: str = ""


def overall(statuses: tuple[str, ...]) -> DatasetStatus:
    """Status of a whole from its parts: all good, all bad, or in between; a cancelled part cancels the
    whole.
    """
    if "cancelled" in statuses:
        return "cancelled"
    if all(s == "success" for s in statuses):
        return "success"
    return "failed" if all(s == "failed" for s in statuses) else "partial"


def overall_of_run(statuses: tuple[DatasetStatus, ...], *, stopped: bool) -> DatasetStatus:
    """Status of a run from its datasets: one that a person stopped by itself does not cancel the run."""
    if stopped or all(s == "cancelled" for s in statuses):
        return overall(statuses)
    return overall(tuple("failed" if s == "cancelled" else s for s in statuses))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """One line of the list of runs. `problem` is set when the run's record cannot be read.

    `parent_run` is the id of the run that this one came from and `parent_title` what that was called, where
    it was
    noted; `is_part` says that it looks into clusters of it (else it goes on from it with other settings).
    """

    run_id: str
    title: str = ""
    state: RunState = "queued"
    created_at: str = ""
    ended_at: str = ""
    tissues: tuple[str, ...] = ()
    species: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    provider: str = ""
    model: str = ""
    n_clusters: int = 0
    finished_clusters: int = 0
    labelled_clusters: int = 0
    to_look_at: int = 0
    total_tokens: int = 0
    cost_usd: float | None = None
    parent_run: str = ""
    parent_title: str = ""
    is_part: bool = False
    problem: str = ""

    @property
    def name(self) -> str:
        """What to call the run: its title, else its datasets, else its folder."""
        return self.title or ", ".join(self.datasets) or self.run_id

    @property
    def sent_nothing(self) -> bool:
        """Whether the offline engine answered and no model was asked anything."""
        return self.provider == OFFLINE and self.total_tokens == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What the calls of one minute to one model added up to. `minute` is UTC: "2026-11-21T13:25"."""

    minute: str
    dataset: str
    provider: str
    model: str
    usage: Usage
