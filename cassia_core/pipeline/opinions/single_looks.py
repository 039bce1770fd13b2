"""The kinds of opinion that are no votes: candidates compared, a closer look, a question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cassia_core.domain.config import AgentModel, AnnotationParams, check
from cassia_core.domain.conversation import Turn
from cassia_core.domain.opinions.closer_look import Consultation
from cassia_core.domain.opinions.comparison import Comparison
from cassia_core.domain.opinions.request import OpinionRequest
from cassia_core.domain.review import names_given
from cassia_core.domain.usage import Usage
from cassia_core.pipeline.annotation.cluster_case import Case, Checks
from cassia_core.pipeline.annotation.conversation import Conversation
from cassia_core.pipeline.opinions.comparing import ComparisonRules, compare_candidates
from cassia_core.pipeline.opinions.consulting import checked_question, consult
from cassia_core.pipeline.opinions.looking_closer import look_closer
from cassia_core.pipeline.opinions.opinion_job import Answered, JobContext, failed_opinion, new_opinion
from cassia_core.runs.edit_log import read_edits
from cassia_core.runs.opinion_log import read_opinions


def check_looks(request: OpinionRequest) -> None:
    """Refuse a request that can lead nowhere, before it is started.

    Raises
    ------
    ConfigError
        Says parameter, received and expected.
    """
    if request.kind == "comparison":
        _rules(request)
    if request.kind == "question":
        checked_question(request.question)
    if request.kind in ("closer_look", "question"):
        models = [model.model for model in request.models]
        check(len(models) == 1, "models", models, "one model")
        check(
            request.strategy in ("breadth", "depth"), "search_strategy", request.strategy, "breadth or depth"
        )


def compare(context: JobContext, cluster: str) -> Answered:
    """Candidate types scored by every model, discussed where they differ."""
    request = context.request
    talks = [(model, _talk(context, model, cluster)) for model in request.models]
    told = 0

    def heard(comparison: Comparison) -> None:
        nonlocal told
        context.progress.answered(len(comparison.rows) - told)
        told = len(comparison.rows)

    first = request.models[0]
    comparison = compare_candidates(
        case_of(context, cluster, context.params_of(first)), talks, _rules(request), heard
    )
    turns = _by_round(turn for _, talk in talks for turn in talk.turns)
    opinion = replace(new_opinion(context, cluster), comparison=comparison, usage=usage_of_turns(turns))
    if comparison.verdict().outcome == "no_answer":
        opinion = replace(opinion, status="failed", reason=comparison.rows[-1].reason)
    return opinion, turns


def _rules(request: OpinionRequest) -> ComparisonRules:
    return ComparisonRules(
        candidates=request.candidates,
        discussion_rounds=request.rounds if request.discuss else 0,
        threshold=request.consensus_threshold,
    )


def most_scores(request: OpinionRequest, own: AgentModel) -> int:
    """How many rows of scores one comparison has at most."""
    return len(request.models) * (1 + (request.rounds if request.discuss and len(request.models) > 1 else 0))


def closer_look(context: JobContext, cluster: str) -> Answered:
    """The label tested with genes measured in its cluster, by one model."""
    model, row = context.request.models[0], context.first_of(cluster)
    params = replace(
        context.params_of(model),
        score=True,
        boost_strategy=context.request.strategy,
        boost_rounds=max(context.request.rounds, 1),
    )
    if row is None:
        return failed_opinion(context, cluster, "The run has no record of this cluster."), ()
    talk = _talk(context, model, cluster)
    look = look_closer(case_of(context, cluster, params), talk, row, context.request.question)
    context.progress.answered()
    return (
        replace(new_opinion(context, cluster), closer_look=look, usage=usage_of_turns(talk.turns)),
        talk.turns,
    )


def question(context: JobContext, cluster: str) -> Answered:
    """A person's question, answered by one model."""
    model, row = context.request.models[0], context.first_of(cluster)
    if row is None:
        return failed_opinion(context, cluster, "The run has no record of this cluster."), ()
    talk = _talk(context, model, cluster)
    given = names_given(read_edits(context.paths)).get(cluster)
    consultation = consult(
        case_of(context, cluster, context.params_of(model)),
        talk,
        row,
        context.request.question,
        given.label if given else row.label,
        _said_before(context, cluster),
    )
    context.progress.answered()
    return (
        replace(new_opinion(context, cluster), consultation=consultation, usage=usage_of_turns(talk.turns)),
        talk.turns,
    )


def usage_of_turns(turns: Iterable[Turn]) -> Usage:
    """What a conversation cost; answers that were paid before cost nothing."""
    paid = [turn for turn in turns if turn.model and not turn.replayed]
    return Usage(
        calls=len(paid),
        input_tokens=sum(turn.input_tokens for turn in paid),
        output_tokens=sum(turn.output_tokens for turn in paid),
        cost_usd=sum(turn.cost_usd or 0.0 for turn in paid),
        unpriced_calls=sum(turn.cost_usd is None for turn in paid),
        cached_tokens=sum(turn.cached_tokens for turn in paid),
        reasoning_tokens=sum(turn.reasoning_tokens for turn in paid),
    )


def case_of(context: JobContext, cluster: str, params: AnnotationParams) -> Case:
    return Case(
        markers=context.markers_of(cluster),
        setting=context.data.setting,
        params=params,
        expression=context.data.expression,
        n_genes=context.spec.markers.n_genes,
        checks=Checks(),
        cells=context.cells_of(cluster),
    )


def _talk(context: JobContext, model: AgentModel, cluster: str) -> Conversation:
    return Conversation(context.asker_of(model), lambda event: None, context.spec.name, cluster)


def _by_round(turns: Iterable[Turn]) -> Sequence[Turn]:
    """Turns of several models round after round, in each in the order of the models."""
    return tuple(sorted(turns, key=lambda turn: turn.attempt))


def _said_before(context: JobContext, cluster: str) -> tuple[Consultation, ...]:
    """Earlier questions about this cluster with their answers, oldest first."""
    return tuple(
        opinion.consultation
        for opinion in read_opinions(context.paths)
        if opinion.clusters == (cluster,) and opinion.consultation is not None
    )
