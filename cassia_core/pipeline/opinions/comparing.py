"""Compare candidate types for one cluster: models score them, and discuss where they differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from cassia_core.agents.parse import CandidateScores, read_candidate_scores
from cassia_core.agents.reading.choosing import Reading
from cassia_core.domain.annotation import Evidence
from cassia_core.domain.config import AgentModel, check
from cassia_core.domain.opinions.comparison import (
    CONSENSUS_THRESHOLD,
    MOST_ROUNDS,
    Comparison,
    ModelScores,
    TellingGene,
    TypeScore,
    checked_candidates,
)
from cassia_core.domain.tasks import CompareTask
from cassia_core.errors import CassiaError, ReplyError, RunCancelled
from cassia_core.knowledge.evidence.telling_candidates import same_type, telling_candidates
from cassia_core.pipeline.annotation.cluster_case import Case
from cassia_core.pipeline.annotation.conversation import Conversation

MOST_TELLING = 24
"""Genes whose values are shown to the models."""
Talks = Sequence[tuple[AgentModel, Conversation]]
"""Each model with the conversation that it is asked in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRules:
    """The candidates, the most rounds in which models may discuss, and the share that makes a consensus.

    Raises
    ------
    ConfigError
        Says parameter, received and expected.
    """

    candidates: tuple[str, ...]
    discussion_rounds: int = 3
    threshold: float = CONSENSUS_THRESHOLD

    def __post_init__(self) -> None:
        names = checked_candidates(self.candidates)
        twins = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if same_type(a, b)]
        check(not twins, "celltypes", list(names), "types that differ in more than their names")
        rounds, share = self.discussion_rounds, self.threshold
        check(0 <= rounds <= MOST_ROUNDS, "max_discussion_rounds", rounds, f"0 to {MOST_ROUNDS}")
        check(0 < share <= 1, "consensus_threshold", share, "a share above 0 and at most 1")


def compare_candidates(
    case: Case,
    talks: Talks,
    rules: ComparisonRules,
    heard: Callable[[Comparison], None] = lambda comparison: None,
) -> Comparison:
    """Let every model score the candidates; where they do not agree, let them discuss.

    Parameters
    ----------
    case
        The cluster. Its markers and, where cells were measured, the values of the genes that tell the
        candidates apart are shown to the models; the evidence only in a discussion.
    talks
        One conversation for each model.
    heard
        Called after each round with what is known so far.

    Returns
    -------
    Comparison
        A row for each model and round. A model that gave no readable answer has a row that says so.

    Raises
    ------
    RunCancelled
        When a person cancelled the job.
    """
    evidence = tuple(_weighed(case, name) for name in rules.candidates)
    telling = genes_that_tell(case, rules.candidates)
    compared = Comparison(
        candidates=rules.candidates, evidence=evidence, telling=telling, threshold=rules.threshold
    )
    for round_ in range(1, rules.discussion_rounds + 2):
        rows = _one_round(case, talks, compared, round_)
        compared = replace(compared, rows=(*compared.rows, *rows))
        heard(compared)
        if compared.verdict().outcome != "no_agreement" or not _differ(compared):
            break
    return compared


def genes_that_tell(case: Case, candidates: tuple[str, ...]) -> tuple[TellingGene, ...]:
    """The genes that tell the candidates apart, with their values in this cluster."""
    telling = telling_candidates(candidates, case.setting.species)
    genes = tuple(dict.fromkeys(gene for gene, _ in telling))
    values = dict(zip(genes, case.expression.measure(case.markers.cluster, genes), strict=True))
    return tuple(
        TellingGene(gene=gene, speaks_for=candidate, measured=values[gene]) for gene, candidate in telling
    )


def _weighed(case: Case, name: str) -> Evidence:
    return case.checks.weigh(name, case.markers, case.setting, case.expression, (), case.n_genes, case.cells)


def _differ(comparison: Comparison) -> bool:
    """Whether at least two models answered: nobody discusses alone."""
    return sum(row.status == "answered" for row in comparison.standing()) > 1


def _one_round(case: Case, talks: Talks, comparison: Comparison, round_: int) -> tuple[ModelScores, ...]:
    with ThreadPoolExecutor(max(len(talks), 1)) as pool:
        asked = [pool.submit(_row, case, model, talk, comparison, round_) for model, talk in talks]
        return tuple(future.result() for future in asked)


def _row(
    case: Case, model: AgentModel, talk: Conversation, comparison: Comparison, round_: int
) -> ModelScores:
    nothing = tuple(TypeScore(type=name) for name in comparison.candidates)
    row = ModelScores(provider=model.provider, model=model.model, round=round_, scores=nothing)
    try:
        answer = _asked(talk, _task(case, model, comparison, round_))
    except RunCancelled:
        raise
    except CassiaError as error:
        return replace(row, status="missing", reason=str(error))
    return replace(row, scores=answer.scores, reason=answer.reasoning)


def _task(case: Case, model: AgentModel, comparison: Comparison, round_: int) -> CompareTask:
    standing = comparison.standing() if round_ > 1 else ()
    own = [row for row in standing if (row.provider, row.model) == (model.provider, model.model)]
    others = [row for row in standing if row not in own and row.status == "answered"]
    shown = tuple(dict.fromkeys(gene.measured for gene in comparison.telling))
    return CompareTask(
        setting=case.setting,
        markers=case.markers,
        candidates=comparison.candidates,
        evidence=comparison.evidence,
        measured=shown[:MOST_TELLING] if case.expression.basis == "cells" else (),
        round=round_,
        own=own[0].scores if own and own[0].status == "answered" else (),
        others=tuple(row.scores for row in others),
        cells=case.cells,
        n_genes=case.n_genes,
    )


def _asked(talk: Conversation, task: CompareTask) -> CandidateScores:
    """The scores; asked once more where some are missing, and then taken as they are."""
    read = partial(read_candidate_scores, candidates=task.candidates)
    readings: list[Reading[CandidateScores]] = []

    def complete(text: str) -> Reading[CandidateScores]:
        reading = read(text)
        if reading.value.missing:
            readings.append(reading)
            raise ReplyError(ReplyError.UNREADABLE, _what_is_missing(reading.value), raw=text)
        return reading

    try:
        return talk.ask("comparator", task, complete, attempt=task.round)
    except ReplyError as error:
        note = f"Your last reply could not be used. {error.why} Answer again in exactly the form asked for."
        try:
            return talk.ask("comparator", task, read, attempt=task.round, note=note)
        except ReplyError:
            if readings:
                return readings[0].value
            raise


def _what_is_missing(scores: CandidateScores) -> str:
    return f"It has no score from 0 to 100 under exactly these names: {', '.join(scores.missing)}."
