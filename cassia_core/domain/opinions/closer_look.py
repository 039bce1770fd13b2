"""A further, closer look at one cluster, started by hand, and questions that a person asks about it."""

from __future__ import annotations

from dataclasses import dataclass

from cassia_core.domain.annotation import Boost, Evidence, Light
from cassia_core.domain.markers import GeneMeasurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How sure the run is of a label, by the rules for all labels: evidence, score, verdict, light."""

    label: str
    evidence: Evidence | None = None
    score: float | None = None
    passed: bool | None = None
    light: Light | None = None
    light_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloserLook:
    """Before and after. `boost.accepted` says whether the new label is no worse by the rules of a run's own
    boost; whether it is taken is left to a person. `answer` is to the free question, "" where none was put.
    """

    boost: Boost
    before: Standing
    after: Standing
    strategy: str = "breadth"
    question: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consultation:
    """A question in plain words, and the answer. `measured` was looked up for it in `looks` steps."""

    question: str
    answer: str
    measured: tuple[GeneMeasurement, ...] = ()
    looks: int = 0
