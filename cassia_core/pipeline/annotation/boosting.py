"""A second, closer look at a doubtful cluster, with values measured in it."""

from __future__ import annotations

from dataclasses import replace

from cassia_core.agents import parse
from cassia_core.domain.annotation import Boost, Proposal, names_a_type
from cassia_core.domain.markers import GeneMeasurement
from cassia_core.domain.tasks import BoostTask
from cassia_core.errors import ReplyError
from cassia_core.pipeline.annotation.attempts import refuse_gene_as_type, review, scored
from cassia_core.pipeline.annotation.cluster_case import Case, Draft
from cassia_core.pipeline.annotation.conversation import Conversation
from cassia_core.pipeline.annotation.looking_up import look_up, measure, siblings_of


def needs_boost(case: Case, draft: Draft) -> bool:
    """A score below the threshold or none, a verdict that is not a pass, or evidence that asks for a look."""
    if case.params.boost != "selective":
        return False
    # A score that was wanted and could not be read says nothing for the label: it is no reason to pass it by.
    unscored = case.params.score and draft.score is None
    low = unscored or (draft.score is not None and draft.score.value < case.params.score_threshold)
    # Three doubts, any of which is enough: a low score, an objection of the validator, or genes that do not
    # speak for the label, whatever model and validator say.
    light, _ = case.checks.light_of(draft.evidence, draft.score, draft.verdict)
    return low or not draft.passed or light == "look"


def boosted(case: Case, talk: Conversation, before: Draft) -> tuple[Draft, Boost]:
    """Look again; the new label is taken when it is reviewed, scored and no worse.

    Raises
    ------
    CassiaError
        From the asking; the caller keeps `before`.
    """
    after, record = looked_closer(case, talk, before)
    return (after if record.accepted else before), record


def looked_closer(case: Case, talk: Conversation, before: Draft, question: str = "") -> tuple[Draft, Boost]:
    """The label after another look, reviewed and scored, and the record of it; `question` is answered along
    with it (`agents.parse.read_answer` reads the answer in the booster's last turn).

    Raises
    ------
    CassiaError
        From the asking.
    """
    attempt = before.attempt + 1
    proposal, measured, rounds = _concluded(case, talk, before, attempt, question)
    draft = Draft(proposal=proposal, evidence=case.weigh(proposal), attempt=attempt)
    talk.add_checks(draft.evidence, attempt)
    after = scored(case, talk, review(case, talk, draft))
    accepted, reason = _accepted(before, after)
    record = Boost(
        before=before.proposal,
        after=proposal,
        rounds=rounds,
        accepted=accepted,
        reason=reason,
        score_before=before.score.value if before.score else None,
        score_after=after.score.value if after.score else None,
        measured=measured,
    )
    return after, record


def _concluded(
    case: Case, talk: Conversation, before: Draft, attempt: int, question: str
) -> tuple[Proposal, tuple[GeneMeasurement, ...], int]:
    # The first look is at the genes that tell the label from its nearest relatives: most wrong labels are a
    # sibling's.
    siblings = siblings_of(case, (before.proposal.label,))
    contrast = tuple(gene for _, genes in siblings for gene in genes)
    measured = measure(case, (*before.proposal.key_genes, *contrast), ())
    last = case.params.boost_rounds
    for round_ in range(1, last + 1):
        task = BoostTask(
            setting=case.setting,
            markers=case.markers,
            proposal=before.proposal,
            evidence=before.evidence,
            measured=measured,
            sibling_genes=siblings,
            strategy=case.params.boost_strategy,
            round=round_,
            last=round_ == last,
            n_genes=case.n_genes,
            cells=case.cells,
            question=question,
        )
        # In the last round a request for more genes would leave the closer look without an answer.
        read = parse.reader_for(may_ask=not task.last)
        answer = talk.ask_twice("booster", task, read, attempt=attempt)
        if isinstance(answer, Proposal):
            refuse_gene_as_type(case, answer)
            return answer, measured, round_
        measured = look_up(case, answer, measured)
    raise ReplyError("The boost gave no label.", "It was allowed no round.")


def _accepted(before: Draft, after: Draft) -> tuple[bool, str]:
    old, new = before.proposal.label, after.proposal.label
    if not names_a_type(old) and names_a_type(new):
        return (
            after.passed,
            f"The closer look {'finds' if after.passed else 'suggests, without being validated,'} “{new}”.",
        )
    # The data come before the judgement of models: a label with more objections never wins by a higher score.
    if len(after.evidence.problems) > len(before.evidence.problems):
        return False, f"“{new}” has more against it in the data than “{old}” had."
    if before.passed and not after.passed:
        return False, f"“{new}” was not validated, “{old}” was."
    if before.score and after.score and after.score.value < before.score.value:
        return False, f"“{new}” scored {after.score.value:.0f}, “{old}” {before.score.value:.0f}."
    if old.lower() == new.lower():
        return True, f"The closer look confirms “{old}”."
    return True, f"The closer look changes “{old}” to “{new}”."


def with_boost(case: Case, talk: Conversation, draft: Draft) -> tuple[Draft, Boost | None]:
    """Boost where it is needed; an unreadable boost leaves the draft as it is and says so."""
    if not needs_boost(case, draft):
        return draft, None
    try:
        return boosted(case, talk, draft)
    except ReplyError as error:
        note = f"The boost failed. {error.what} {error.why}".strip()
        return replace(draft, reason=" ".join(part for part in (draft.reason, note) if part)), None
