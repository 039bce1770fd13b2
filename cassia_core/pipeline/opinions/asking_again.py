"""Ask again, or ask several models: answer after answer until no further one could change the consensus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.config import OFFLINE, AgentModel
from cassia_core.domain.conversation import Turn
from cassia_core.domain.opinions.opinion import OpinionAnswer, last_words
from cassia_core.domain.opinions.request import OpinionRequest
from cassia_core.domain.usage import Usage
from cassia_core.knowledge.naming.consensus import consensus_of_answers, fewest_to_settle, settled
from cassia_core.pipeline.annotation.cluster import annotate_cluster
from cassia_core.pipeline.annotation.cluster_case import ValidatedLabels
from cassia_core.pipeline.opinions.discussing import discuss
from cassia_core.pipeline.opinions.opinion_job import Answered, JobContext, new_opinion

SAME_ANSWER = (
    "The offline engine always gives the same answer: it was asked once, and agreement with itself would say "
    "nothing."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One answer that is to be got: of which model, and its number among the answers of that model."""

    model: AgentModel
    repetition: int


def places_of(request: OpinionRequest, own: AgentModel) -> tuple[Place, ...]:
    """The answers that a request asks for, in the order in which they are asked; all models first, so that an
    early stop leaves none of them unheard.

    The run's own model comes first, and its first answer is the run's. The offline engine is asked once.
    Models of one name at several providers are numbered on: they are asked the same question.
    """
    models = sorted(request.models, key=lambda model: model != own)
    numbers: Counter[str] = Counter()
    if own not in models:
        numbers[own.model] = 1  # the run's answer is on record under this number
    places = []
    for time in range(request.times):
        for model in models:
            if model.provider == OFFLINE and time > 0:
                continue
            numbers[model.model] += 1
            places.append(Place(model=model, repetition=numbers[model.model]))
    return tuple(places)


def most_answers(request: OpinionRequest, own: AgentModel) -> int:
    """How many new answers for one cluster may have to be got."""
    return sum(place != Place(model=own, repetition=1) for place in places_of(request, own))


def ask_again(context: JobContext, cluster: str) -> Answered:
    """The answers to the question about one cluster, and what they agree on."""
    own = context.config.annotator
    places = list(places_of(context.request, own))
    answers: list[OpinionAnswer] = []
    turns: list[Turn] = []
    first = context.first_of(cluster)
    if first is not None and places[0] == Place(model=own, repetition=1):
        answers.append(first_answer(first))
        places.pop(0)
    planned = len(answers) + len(places)
    models = len(context.request.models)
    early = context.request.stop_early
    validated = _validated(context, first) if early else {}
    while places and not (early and _settled(answers, len(places)) and len(answers) >= models):
        left = len(places)
        wave = max(_fewest(answers, left), min(models - len(answers), left)) if early else left
        asked = [
            context.pool.submit(_one_answer, context, cluster, place, validated.get(place.model))
            for place in places[:wave]
        ]
        del places[:wave]
        for future in asked:
            answer, said = future.result()
            answers.append(answer)
            turns.extend(said)
    discussed: tuple[OpinionAnswer, ...] = ()
    if context.request.discuss and len(context.request.models) > 1:
        discussed, said = discuss(context, cluster, answers)
        turns.extend(said)
    alone = all(model.provider == OFFLINE for model in context.request.models)
    if context.request.times > 1 and any(model.provider == OFFLINE for model in context.request.models):
        context.progress.notice(SAME_ANSWER)
    opinion = replace(
        new_opinion(context, cluster),
        reason=SAME_ANSWER if alone and context.request.times > 1 else "",
        answers=(*answers, *discussed),
        consensus=consensus_of_answers(last_words((*answers, *discussed)), planned=planned),
        usage=usage_of((*answers, *discussed)),
    )
    return opinion, turns


def first_answer(result: ClusterResult) -> OpinionAnswer:
    """The run's own answer, which it has paid for already."""
    return _read(result, 1, first=True)


def usage_of(answers: Sequence[OpinionAnswer]) -> Usage:
    """What answers cost beyond the run."""
    new = [answer for answer in answers if not answer.first]
    return Usage(
        calls=sum(answer.calls for answer in new),
        input_tokens=sum(answer.input_tokens for answer in new),
        output_tokens=sum(answer.output_tokens for answer in new),
        cost_usd=sum(answer.cost_usd or 0.0 for answer in new),
        unpriced_calls=sum(answer.calls for answer in new if answer.cost_usd is None),
    )


def _labels(answers: Sequence[OpinionAnswer]) -> list[str]:
    return [answer.label for answer in answers if answer.status == "answered"]


def _settled(answers: Sequence[OpinionAnswer], remaining: int) -> bool:
    return settled(_labels(answers), remaining)


def _fewest(answers: Sequence[OpinionAnswer], remaining: int) -> int:
    return fewest_to_settle(_labels(answers), remaining)


def _validated(context: JobContext, first: ClusterResult | None) -> dict[AgentModel, ValidatedLabels]:
    """What each model has validated already: the run's own model the run's label, where it passed."""
    own = context.config.annotator
    passed = first is not None and first.verdict is not None and first.verdict.passed
    known = (first.label,) if first is not None and passed else ()
    return {model: ValidatedLabels(known if model == own else ()) for model in context.request.models}


def _one_answer(
    context: JobContext, cluster: str, place: Place, validated: ValidatedLabels | None
) -> tuple[OpinionAnswer, tuple[Turn, ...]]:
    """One answer by the whole protocol of annotator and validator; one that does not come is missing. A label
    that is `validated` for this cluster already does not go to the validator again.
    """
    result = annotate_cluster(
        context.markers_of(cluster),
        setting=context.data.setting,
        params=context.params_of(place.model),
        n_genes=context.spec.markers.n_genes,
        asker=context.asker_of(place.model).repeated(place.repetition),
        expression=context.data.expression,
        dataset=context.spec.name,
        emit=lambda event: None,
        cells=context.cells_of(cluster),
        validated=validated,
    )
    context.progress.answered()
    return _read(result, place.repetition, first=False), result.turns


def _read(result: ClusterResult, repetition: int, *, first: bool) -> OpinionAnswer:
    proposal = result.proposal
    paid = [] if first else [turn for turn in result.turns if turn.model and not turn.replayed]
    answer = OpinionAnswer(
        provider=result.provider,
        model=result.model,
        repetition=repetition,
        first=first,
        n_turns=0 if first else len(result.turns),
        calls=len(paid),
        input_tokens=0 if first else result.input_tokens,
        output_tokens=0 if first else result.output_tokens,
        cost_usd=0.0 if first else result.cost_usd,
        seconds=0.0 if first else result.seconds,
    )
    if proposal is None:
        return replace(answer, status="missing", reason=result.reason)
    return replace(
        answer,
        general=proposal.general,
        subtypes=proposal.subtypes,
        mixed=proposal.mixed,
        key_genes=proposal.key_genes,
        reason=proposal.reasoning,
        evidence_score=result.evidence.score if result.evidence else None,
    )
