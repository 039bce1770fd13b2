"""One round of discussion between models that named the same cells differently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cassia_core.agents import parse
from cassia_core.domain.annotation import Evidence, Proposal
from cassia_core.domain.config import AgentModel
from cassia_core.domain.conversation import Turn
from cassia_core.domain.opinions.opinion import OpinionAnswer
from cassia_core.domain.tasks import AnnotateTask
from cassia_core.errors import CassiaError, RunCancelled
from cassia_core.knowledge.evidence.weigh import weigh
from cassia_core.knowledge.naming.consensus import vote_of
from cassia_core.pipeline.annotation.conversation import Conversation
from cassia_core.pipeline.opinions.opinion_job import JobContext

DISCUSSED = 2
"""Number of the round in which models see each other's reasons."""
REASON_CHARACTERS = 700
GENES_NAMED = 8


def differ(labels: Sequence[str]) -> bool:
    """Whether any two labels name types of which neither is the other or lies above it."""
    votes = [vote_of(label) for label in dict.fromkeys(labels)]
    return any(
        one.leaf not in other.types and other.leaf not in one.types
        for at, one in enumerate(votes)
        for other in votes[at + 1 :]
    )


def discuss(
    context: JobContext, cluster: str, answers: Sequence[OpinionAnswer]
) -> tuple[tuple[OpinionAnswer, ...], tuple[Turn, ...]]:
    """What each model says after it has seen the reasons of the others and what the data say of every label.

    One answer of each model that gave any takes part. An answer that does not come is missing: the model's
    earlier one then stands.
    """
    speakers = _speakers(context, answers)
    if len(speakers) < 2 or not differ([answer.label for _, answer in speakers]):
        return (), ()
    evidence = _evidence_in_words(context, cluster, [answer for _, answer in speakers])
    asked = [
        context.pool.submit(_answer, context, cluster, model, own, _feedback(own, speakers, evidence))
        for model, own in speakers
    ]
    said = [future.result() for future in asked]
    return tuple(answer for answer, _ in said), tuple(turn for _, turns in said for turn in turns)


def _speakers(
    context: JobContext, answers: Sequence[OpinionAnswer]
) -> list[tuple[AgentModel, OpinionAnswer]]:
    """The first answer of every model that gave one."""
    speakers = []
    for model in context.request.models:
        own = [
            a for a in answers if (a.provider, a.model, a.status) == (model.provider, model.model, "answered")
        ]
        if own:
            speakers.append((model, own[0]))
    return speakers


def _evidence_in_words(context: JobContext, cluster: str, answers: Sequence[OpinionAnswer]) -> str:
    by_label = {answer.label: answer.key_genes for answer in answers}
    weighed = (
        weigh(
            label,
            context.markers_of(cluster),
            context.data.setting,
            context.data.expression,
            genes,
            context.spec.markers.n_genes,
            context.cells_of(cluster),
        )
        for label, genes in by_label.items()
    )
    return " ".join(map(_in_words, weighed))


def _in_words(evidence: Evidence) -> str:
    if evidence.score is None:
        return f"{evidence.label}: not known to the knowledge base."
    parts = [f"{evidence.label}: evidence {evidence.score:.0f} of 100"]
    for title, kind in (("for it", "supporting"), ("silent", "silent"), ("against it", "conflicting")):
        genes = [item.gene for item in evidence.items if item.kind == kind][:GENES_NAMED]
        if genes:
            parts.append(f"{title} {', '.join(genes)}")
    return "; ".join(parts) + "."


def _feedback(own: OpinionAnswer, speakers: Sequence[tuple[AgentModel, OpinionAnswer]], evidence: str) -> str:
    others = [answer for _, answer in speakers if answer is not own]
    said = " ".join(
        f"Another answer is {answer.label}: {answer.reason[:REASON_CHARACTERS]}" for answer in others
    )
    return (
        "This is a discussion: others named these cells from the same genes. "
        f"{said} What the data say, computed without a model: {evidence} Weigh the reasons against "
        "the genes, then keep your answer or change it."
    )


def _answer(
    context: JobContext, cluster: str, model: AgentModel, own: OpinionAnswer, feedback: str
) -> tuple[OpinionAnswer, tuple[Turn, ...]]:
    talk = Conversation(
        context.asker_of(model).repeated(own.repetition), lambda event: None, context.spec.name, cluster
    )
    task = AnnotateTask(
        setting=context.data.setting,
        markers=context.markers_of(cluster),
        n_genes=context.spec.markers.n_genes,
        attempt=DISCUSSED,
        previous=Proposal(
            general=own.general, subtypes=own.subtypes, mixed=own.mixed, key_genes=own.key_genes
        ),
        feedback=feedback,
        cells=context.cells_of(cluster),
    )
    begun = replace(own, round=DISCUSSED, first=False)
    try:
        proposal = talk.ask("annotator", task, parse.read_proposal, attempt=DISCUSSED)
    except RunCancelled:
        raise
    except CassiaError as error:
        lost = replace(begun, status="missing", general="", subtypes=(), reason=str(error))
        return _metered(lost, talk.turns), talk.turns
    context.progress.answered()
    said = replace(
        begun,
        general=proposal.general,
        subtypes=proposal.subtypes,
        mixed=proposal.mixed,
        key_genes=proposal.key_genes,
        reason=proposal.reasoning,
        evidence_score=None,
    )
    return _metered(said, talk.turns), talk.turns


def _metered(answer: OpinionAnswer, turns: Sequence[Turn]) -> OpinionAnswer:
    """The answer with what it cost by itself."""
    paid = [turn for turn in turns if turn.model and not turn.replayed]
    costs = [turn.cost_usd for turn in paid]
    return replace(
        answer,
        n_turns=len(turns),
        calls=len(paid),
        input_tokens=sum(turn.input_tokens for turn in paid),
        output_tokens=sum(turn.output_tokens for turn in paid),
        cost_usd=None if None in costs else sum(cost for cost in costs if cost is not None),
        seconds=sum(turn.latency_s for turn in paid),
    )
