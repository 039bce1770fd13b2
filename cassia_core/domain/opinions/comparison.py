"""Several candidate types for one cluster, weighed against each other by models and by the data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Literal

from cassia_core.domain.annotation import Evidence
from cassia_core.domain.config import check
from cassia_core.domain.markers import GeneMeasurement

FEWEST_CANDIDATES, MOST_CANDIDATES = 2, 4
LONGEST_NAME = 200
MOST_ROUNDS = 10
CONSENSUS_THRESHOLD = 2 / 3
"""Share of the models that must find the same type best; the default of the original's `symphonyCompare`."""
Outcome = Literal["agreed", "no_agreement", "no_answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeScore:
    """What one model gives one candidate: 0 to 100, None where it gave no score that can be read."""

    type: str
    score: float | None = None
    reasoning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelScores:
    """One row of the matrix: the scores of one model in one round, in the order of the candidates.

    `status` is "missing" when no reply could be read; `reason` then says why, else it is the model's own
    summary. `scores` holds every candidate, those without a score too.
    """

    provider: str
    model: str
    round: int
    scores: tuple[TypeScore, ...]
    status: Literal["answered", "missing"] = "answered"
    reason: str = ""

    @property
    def best(self) -> tuple[str, ...]:
        """The types with the highest score: one, or several that tie. () while a score is missing, because
        the missing one could be the highest."""
        values = [score.score for score in self.scores]
        known = [value for value in values if value is not None]
        if not known or len(known) < len(values):
            return ()
        return tuple(score.type for score in self.scores if score.score == max(known))

    @property
    def vote(self) -> str:
        """The one best type; "" where scores tie or one is missing."""
        return self.best[0] if len(self.best) == 1 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingGene:
    """A gene that tells one candidate from the others, with its values in this cluster."""

    gene: str
    speaks_for: str
    measured: GeneMeasurement


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonVerdict:
    """What the models agree on by the rule of `Comparison.verdict`. `type` is "" without agreement."""

    outcome: Outcome
    type: str = ""
    votes: int = 0
    answered: int = 0
    asked: int = 0

    @property
    def share(self) -> float | None:
        """Share (0 to 1) of the models that answered and find `type` best; None without agreement."""
        return self.votes / self.answered if self.type and self.answered else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Models by candidates, over one to several rounds, with the evidence measured for each candidate.

    `rows` are in the order of rounds and models. `evidence` is in the order of `candidates`, computed without
    a model; `telling` has the genes that the knowledge base knows to tell the candidates apart.
    """

    candidates: tuple[str, ...]
    rows: tuple[ModelScores, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    telling: tuple[TellingGene, ...] = ()
    threshold: float = CONSENSUS_THRESHOLD

    @property
    def rounds(self) -> int:
        return max((row.round for row in self.rows), default=0)

    def standing(self) -> tuple[ModelScores, ...]:
        """The last answer of each model; of a model that never answered, its last missing one."""
        last: dict[tuple[str, str], ModelScores] = {}
        for row in self.rows:
            key = (row.provider, row.model)
            if key not in last or row.status == "answered" or last[key].status == "missing":
                last[key] = row
        return tuple(last.values())

    def mean_score(self, candidate: str) -> float | None:
        """Mean of the standing scores that were given to a candidate; None where there is none."""
        given = [
            score.score
            for row in self.standing()
            for score in row.scores
            if score.type == candidate and score.score is not None
        ]
        return sum(given) / len(given) if given else None

    def verdict(self) -> ComparisonVerdict:
        """The type that at least `threshold` of the models that answered find best.

        A model whose highest scores tie, or that left a candidate without a score, has answered and votes for
        none. A model without any readable answer does not count. Two types with equal votes are no agreement.
        """
        rows = self.standing()
        answered = [row for row in rows if row.status == "answered"]
        if not answered:
            return ComparisonVerdict(outcome="no_answer", asked=len(rows))
        votes = Counter(row.vote for row in answered if row.vote).most_common(2)
        none = ComparisonVerdict(outcome="no_agreement", answered=len(answered), asked=len(rows))
        if not votes or (len(votes) == 2 and votes[0][1] == votes[1][1]):
            return none
        best, n = votes[0]
        if n / len(answered) < self.threshold - 1e-9:  # two of three is two thirds, whatever floats say
            return none
        return replace(none, outcome="agreed", type=best, votes=n)


def checked_candidates(names: tuple[str, ...], parameter: str = "celltypes") -> tuple[str, ...]:
    """Two to four distinct names of types, without blanks around them.

    Raises
    ------
    ConfigError
        Says parameter, received and expected.
    """
    candidates = tuple(" ".join(name.split()) for name in names)
    expected = f"{FEWEST_CANDIDATES} to {MOST_CANDIDATES} different cell types"
    distinct = len({name.casefold() for name in candidates}) == len(candidates)
    usable = all(0 < len(name) <= LONGEST_NAME for name in candidates)
    fits = FEWEST_CANDIDATES <= len(candidates) <= MOST_CANDIDATES
    check(fits and distinct and usable, parameter, list(names), expected)
    return candidates
