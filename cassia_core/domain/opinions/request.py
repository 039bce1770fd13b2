"""What is asked for: one job of further opinions, from which it can be resumed after its process died."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cassia_core.domain.config import AgentModel, check
from cassia_core.domain.opinions.comparison import CONSENSUS_THRESHOLD, MOST_ROUNDS
from cassia_core.domain.opinions.opinion import OpinionKind
from cassia_core.domain.usage import Usage

MOST_TIMES = 50
JobState = Literal["running", "done", "failed", "cancelled", "interrupted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionRequest:
    """One job. Holds no key.

    `models` are asked (for "repeat" one, the run's own where none is named); `times` is the number of answers
    of each model for each cluster, of which the run's own counts as one where the model is the same.
    `discuss` allows models that differ to see each other's reasons: once, in a comparison in `rounds`.
    `question`, `candidates`, `strategy`, `rounds` (also the most of a closer look) and `consensus_threshold`
    belong to the other kinds. The limits are those of this job alone; `spent_before` is what the run's calls
    had cost when it was asked for.
    """

    dataset: str
    clusters: tuple[str, ...]
    kind: OpinionKind = "repeat"
    id: str = ""
    at: str = ""
    models: tuple[AgentModel, ...] = ()
    times: int = 5
    discuss: bool = True
    stop_early: bool = True
    """False: all answers are asked for, also where no further one could change the consensus."""
    question: str = ""
    candidates: tuple[str, ...] = ()
    strategy: Literal["breadth", "depth"] = "breadth"
    rounds: int = 3
    consensus_threshold: float = CONSENSUS_THRESHOLD
    max_workers: int = 6
    max_retries: int = 5
    max_cost_usd: float | None = None
    max_tokens_total: int | None = None
    spent_before: Usage = Usage()

    def __post_init__(self) -> None:
        check(1 <= self.times <= MOST_TIMES, "times", self.times, f"a whole number from 1 to {MOST_TIMES}")
        check(
            0 <= self.rounds <= MOST_ROUNDS, "rounds", self.rounds, f"a whole number from 0 to {MOST_ROUNDS}"
        )
        check(
            0 < self.consensus_threshold <= 1,
            "consensus_threshold",
            self.consensus_threshold,
            "a share above 0 and at most 1",
        )
        check(1 <= self.max_workers <= 256, "max_workers", self.max_workers, "a whole number from 1 to 256")
        check(0 <= self.max_retries <= 20, "max_retries", self.max_retries, "a whole number from 0 to 20")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionProgress:
    """How far a job is. Clusters and answers are counted; `usage` is what it cost so far, `notices` what a
    person should know, `problem` why it ended before its end ("" else).
    """

    state: JobState = "running"
    clusters_done: int = 0
    clusters: int = 0
    answers: int = 0
    most_answers: int = 0
    usage: Usage = Usage()
    notices: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionJob:
    """A job as pages read it."""

    request: OpinionRequest
    progress: OpinionProgress
