"""Look closer at one cluster because a person asks for it, whatever the run thought of its label."""

from __future__ import annotations

from dataclasses import replace

from cassia_core.agents import parse
from cassia_core.domain.annotation import ClusterResult, Light, Proposal
from cassia_core.domain.opinions.closer_look import CloserLook, Standing
from cassia_core.errors import InputError, ReplyError
from cassia_core.pipeline.annotation.boosting import looked_closer
from cassia_core.pipeline.annotation.cluster_case import Case, Draft
from cassia_core.pipeline.annotation.conversation import Conversation

UNNAMED = "Unknown"
_FROM_LOW: tuple[Light, ...] = ("look", "medium", "high")


def look_closer(case: Case, talk: Conversation, row: ClusterResult, question: str = "") -> CloserLook:
    """Test the label of `row` with genes measured in its cluster, and answer a free question with it.

    The model, the rounds and the strategy (breadth or depth) are those of `case.params`.

    Raises
    ------
    InputError
        When the cluster has no marker genes: nothing is put in their place.
    CassiaError
        From the asking.
    """
    refuse_without_markers(case)
    before = _draft_of(case, row)
    after, boost = looked_closer(case, talk, before, question.strip())
    told = _standing(case, before)
    return CloserLook(
        boost=boost,
        before=_with_caution(told, told, row),
        after=_with_caution(_standing(case, after), told, row),
        strategy=case.params.boost_strategy,
        question=question.strip(),
        answer=_answer(talk) if question.strip() else "",
    )


def refuse_without_markers(case: Case) -> None:
    """Raise `InputError` for a cluster that has no marker genes to look at."""
    if not case.markers.genes:
        why = case.markers.reason or "Its marker list is empty."
        raise InputError(
            f"Cluster {case.markers.cluster} has no marker genes to look at.",
            why,
            "Lower the thresholds for markers in a new run, or give a table that lists genes for it.",
        )


def _draft_of(case: Case, row: ClusterResult) -> Draft:
    """The label as the run left it; a cluster without one is looked at as unknown."""
    proposal = row.proposal or Proposal(general=UNNAMED)
    return Draft(
        proposal=proposal,
        evidence=row.evidence or case.weigh(proposal),
        attempt=max(row.iterations, 1),
        verdict=row.verdict,
        score=row.score,
    )


def _standing(case: Case, draft: Draft) -> Standing:
    light, reason = case.checks.light_of(draft.evidence, draft.score, draft.verdict)
    return Standing(
        label=draft.proposal.label,
        evidence=draft.evidence,
        score=draft.score.value if draft.score else None,
        passed=draft.verdict.passed if draft.verdict else None,
        light=light,
        light_reason=reason,
    )


def _with_caution(standing: Standing, before: Standing, row: ClusterResult) -> Standing:
    """The standing with the run's caution about the cells themselves (kinds inside, samples), where its light
    for the old label is lower than label and genes alone would give: another label does not lift that."""
    if row.light is None or before.light is None or standing.light is None:
        return standing
    is_caution = _FROM_LOW.index(row.light) < _FROM_LOW.index(before.light)
    if not is_caution or _FROM_LOW.index(standing.light) <= _FROM_LOW.index(row.light):
        return standing
    return replace(standing, light=row.light, light_reason=row.light_reason)


def _answer(talk: Conversation) -> str:
    """The answer in the booster's last turn that was read; "" where it gave none."""
    turns = [turn for turn in talk.turns if turn.role == "booster" and turn.outcome != "failed"]
    try:
        return parse.read_answer(turns[-1].text).value if turns else ""
    except ReplyError:
        return ""
