"""A further opinion on a cluster of a run, kept beside the first one and never written over it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cassia_core.domain.opinions.closer_look import CloserLook, Consultation
from cassia_core.domain.opinions.comparison import Comparison
from cassia_core.domain.usage import Usage

OpinionKind = Literal["repeat", "several", "comparison", "closer_look", "question", "parts"]
AnswerStatus = Literal["answered", "missing"]
OpinionStatus = Literal["done", "failed", "cancelled"]
SHARED = (2, 3)
"""A type is agreed on when at least this share (two of three) of the answers that came name it or a kind of
it. The share is that of the original's `consensus_threshold`; that only answers that came count is ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpinionAnswer:
    """One answer to one question. An answer that did not come, or could not be read, is `missing`, never a
    vote; `reason` then says why, else it holds the model's own reasons.

    `repetition` counts the answers of one model to the same question from 1; `round` is 2 and above after a
    discussion. `first` marks the answer that the run itself had got and paid: it costs nothing here.
    `n_turns` counts its turns in the opinion's conversation, which holds those of its answers in their order.
    """

    provider: str = ""
    model: str = ""
    repetition: int = 1
    round: int = 1
    status: AnswerStatus = "answered"
    general: str = ""
    subtypes: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()
    key_genes: tuple[str, ...] = ()
    reason: str = ""
    evidence_score: float | None = None
    first: bool = False
    n_turns: int = 0
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    seconds: float = 0.0

    @property
    def label(self) -> str:
        """The single best label, "" where the answer is missing."""
        return self.subtypes[0] if self.subtypes else self.general


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """How many of the answers name a type, or a kind of it. `key` is the Cell Ontology id, or the words of a
    label that the ontology does not know, in their normal form; `cl_id` is "" for these.
    """

    key: str
    name: str
    votes: int
    cl_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consensus:
    """What several answers agree on.

    `label` is the deepest type that two thirds of the answers that came share, "" where there is none;
    `votes` of `answered` name it or a kind of it. `asked` counts the answers that were asked for, `planned`
    those that would have been without stopping early. `levels` has the votes of every type that an answer
    names or implies, broad ones first. `similarity` is the original's score, 0 to 1, None without answers.
    """

    label: str = ""
    cl_id: str = ""
    votes: int = 0
    answered: int = 0
    asked: int = 0
    planned: int = 0
    levels: tuple[Level, ...] = ()
    similarity: float | None = None

    @property
    def share(self) -> float | None:
        """Share (0 to 1) of the answers that name the agreed type or a kind of it; None without one."""
        return self.votes / self.answered if self.label and self.answered else None

    @property
    def settled_early(self) -> bool:
        return self.asked < self.planned


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """One further opinion on one cluster (or on several at once): a line of `opinions.jsonl`.

    `job` is the id of the request that it answers; `at` is UTC in ISO 8601; `models` are the names of those
    asked, `question` what a person typed. `usage` is what it cost beyond the run.
    """

    job: str
    kind: OpinionKind
    clusters: tuple[str, ...] = ()
    at: str = ""
    status: OpinionStatus = "done"
    reason: str = ""
    models: tuple[str, ...] = ()
    question: str = ""
    answers: tuple[OpinionAnswer, ...] = ()
    consensus: Consensus | None = None
    usage: Usage = Usage()
    comparison: Comparison | None = None
    closer_look: CloserLook | None = None
    consultation: Consultation | None = None

    @property
    def label(self) -> str:
        """The label that it comes to: what its answers or models agree on, or what the closer look found; ""
        where there is none."""
        if self.consensus is not None:
            return self.consensus.label
        if self.comparison is not None:
            return self.comparison.verdict().type
        return self.closer_look.after.label if self.closer_look is not None else ""

    @property
    def id(self) -> str:
        """Names it within its dataset: its job and its clusters."""
        return "/".join((self.job, *self.clusters))


def latest_agreement(opinions: tuple[Opinion, ...]) -> dict[str, Opinion]:
    """The last counted opinion (asked again, or asked of several models) on each cluster that has one."""
    return {
        opinion.clusters[0]: opinion
        for opinion in opinions
        if opinion.kind in ("repeat", "several") and opinion.status == "done" and len(opinion.clusters) == 1
    }


def last_words(answers: Sequence[OpinionAnswer]) -> tuple[OpinionAnswer, ...]:
    """One answer for each question to a model: that of its last round, where it came, else the one before."""
    last: dict[tuple[str, str, int], OpinionAnswer] = {}
    for answer in answers:
        asked = (answer.provider, answer.model, answer.repetition)
        if asked not in last or answer.status == "answered":
            last[asked] = answer
    return tuple(last.values())
