"""Name all parts of one cluster in one question, as often as is asked for; ids are kept by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from cassia_core.agents import parse
from cassia_core.domain.annotation import Proposal
from cassia_core.domain.config import OFFLINE, AgentModel, check
from cassia_core.domain.conversation import Turn
from cassia_core.domain.markers import ClusterMarkers
from cassia_core.domain.opinions.opinion import OpinionAnswer
from cassia_core.domain.opinions.request import OpinionRequest
from cassia_core.domain.tasks import PartsTask, ReferenceType
from cassia_core.domain.usage import Usage
from cassia_core.errors import CassiaError, RunCancelled
from cassia_core.knowledge.naming.consensus import consensus_of_answers
from cassia_core.knowledge.naming.gene_as_label import names_only_genes
from cassia_core.pipeline.annotation.cluster import ANNOTATED_STATES
from cassia_core.pipeline.annotation.conversation import Conversation
from cassia_core.pipeline.annotation.grounding import reference_of
from cassia_core.pipeline.opinions.opinion_job import JobContext, failed_opinion, new_opinion
from cassia_core.pipeline.opinions.single_looks import case_of, usage_of_turns
from cassia_core.runs.opinion_log import append_opinion, read_opinions

MOST_PARTS = 25
"""Parts in one question; a longer list is divided, because models lose ids of long ones."""
ROUNDS = 2
"""How often the parts that are missing from an answer are asked about."""
NOT_NAMED = "The answer leaves this part out, or names no cell type for it, also when asked once more."


@dataclass(slots=True)
class _Answer:
    """One repetition: a proposal by part, the turns, and why parts are missing."""

    named: dict[str, Proposal] = field(default_factory=dict)
    turns: tuple[Turn, ...] = ()
    trouble: str = ""


def check_parts(request: OpinionRequest) -> None:
    """Refuse a request without what the parts are parts of, or with several models. Raises `ConfigError`."""
    check(bool(request.question.strip()), "major_cluster_info", request.question, "what the cells are")
    models = [model.model for model in request.models]
    check(len(models) == 1, "models", models, "one model")


def ask_parts(context: JobContext) -> None:
    """An opinion on every part, from one answer for all of them in each repetition.

    Raises
    ------
    RunCancelled
        When a person stopped the job; what is paid is on record and is not paid again.
    """
    request = context.request
    done = {o.clusters for o in read_opinions(context.paths) if o.job == request.id}
    left = [cluster for cluster in request.clusters if (cluster,) not in done]
    if not left:
        return
    model = request.models[0]
    # The offline engine always says the same: it is asked once.
    times = 1 if model.provider == OFFLINE else request.times
    usable = [part for part in map(context.markers_of, request.clusters) if _has_markers(part)]
    asked = [context.pool.submit(_repetition, context, model, usable, n) for n in range(1, times + 1)]
    answers = [future.result() for future in asked]
    turns = tuple(turn for answer in answers for turn in answer.turns)
    # What the answers cost is noted once, not with every part.
    usage = usage_of_turns(turns)
    for cluster in left:
        _keep(context, model, cluster, answers, turns, usage if cluster == request.clusters[0] else Usage())


def _keep(
    context: JobContext,
    model: AgentModel,
    cluster: str,
    answers: Sequence[_Answer],
    turns: tuple[Turn, ...],
    usage: Usage,
) -> None:
    markers = context.markers_of(cluster)
    if not _has_markers(markers):
        opinion = failed_opinion(context, cluster, markers.reason or "It has no marker genes.")
        append_opinion(context.paths, opinion, ())
    else:
        said = tuple(_said(model, cluster, answer, number) for number, answer in enumerate(answers, start=1))
        opinion = replace(
            new_opinion(context, cluster), answers=said, consensus=consensus_of_answers(said), usage=usage
        )
        append_opinion(context.paths, opinion, turns)
    context.progress.cluster_done()


def _has_markers(part: ClusterMarkers) -> bool:
    return part.state in ANNOTATED_STATES and bool(part.genes)


def _repetition(
    context: JobContext, model: AgentModel, parts: Sequence[ClusterMarkers], number: int
) -> _Answer:
    answer = _Answer()
    asker = context.asker_of(model).repeated(number)
    talk = Conversation(asker, lambda event: None, context.spec.name, "")
    for group in _groups(parts):
        for attempt in range(1, ROUNDS + 1):
            missing = tuple(part for part in group if part.cluster not in answer.named)
            if not missing:
                break
            try:
                answer.named |= _named(context, model, talk, missing, attempt)
            except RunCancelled:
                raise
            except CassiaError as error:
                answer.trouble = str(error)
                break
    answer.turns = talk.turns
    context.progress.answered(len(answer.named))
    return answer


def _groups(parts: Sequence[ClusterMarkers]) -> Iterator[tuple[ClusterMarkers, ...]]:
    return (tuple(parts[at : at + MOST_PARTS]) for at in range(0, len(parts), MOST_PARTS))


def _named(
    context: JobContext,
    model: AgentModel,
    talk: Conversation,
    parts: tuple[ClusterMarkers, ...],
    attempt: int,
) -> Mapping[str, Proposal]:
    """What one answer names, part by part: an answer about none of a part's genes is none."""
    n_genes = context.spec.markers.n_genes
    task = PartsTask(
        setting=context.data.setting,
        whole=context.request.question.strip(),
        parts=parts,
        n_genes=n_genes,
        reference=_references(context, model, parts),
    )
    ids = tuple(part.cluster for part in parts)
    said = talk.ask_twice("parts_annotator", task, partial(parse.read_parts, parts=ids), attempt=attempt)
    shown = {part.cluster: frozenset(gene.upper() for gene in part.symbols(n_genes)) for part in parts}
    species = context.data.setting.species
    return {
        part: proposal
        for part, proposal in said.items()
        if parse.genes_named(" ".join(proposal.key_genes) or proposal.reasoning) & shown[part]
        and not names_only_genes(proposal.label, species, shown[part])
    }


def _references(
    context: JobContext, model: AgentModel, parts: tuple[ClusterMarkers, ...]
) -> tuple[tuple[str, tuple[ReferenceType, ...]], ...]:
    params = context.params_of(model)
    if not params.use_reference:
        return ()
    references = ((part.cluster, reference_of(case_of(context, part.cluster, params))) for part in parts)
    return tuple((part, kinds) for part, kinds in references if kinds)


def _said(model: AgentModel, cluster: str, answer: _Answer, number: int) -> OpinionAnswer:
    """The answer about one part; one that is not there is missing, never another part's."""
    base = OpinionAnswer(
        provider=model.provider, model=model.model, repetition=number, n_turns=len(answer.turns)
    )
    proposal = answer.named.get(cluster)
    if proposal is None:
        return replace(base, status="missing", reason=answer.trouble or NOT_NAMED)
    return replace(
        base,
        general=proposal.general,
        subtypes=proposal.subtypes,
        mixed=proposal.mixed,
        key_genes=proposal.key_genes,
        reason=proposal.reasoning,
    )
