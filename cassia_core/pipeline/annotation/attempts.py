"""Attempt after attempt: annotate, check, validate, until a label holds or the attempts are used up."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cassia_core.agents import parse
from cassia_core.agents.parse import GeneRequest
from cassia_core.domain.annotation import Proposal, Verdict, names_a_type
from cassia_core.domain.markers import GeneMeasurement
from cassia_core.domain.tasks import AnnotateTask, FormatTask, ReferenceType, ScoreTask, ValidateTask
from cassia_core.errors import ContextTooLong, ReplyError, ReplyFiltered
from cassia_core.knowledge.naming.gene_as_label import names_only_genes
from cassia_core.pipeline.annotation.cluster_case import Case, Draft
from cassia_core.pipeline.annotation.conversation import Conversation
from cassia_core.pipeline.annotation.grounding import contrasts_of_reference, reference_in_words, reference_of
from cassia_core.pipeline.annotation.looking_up import look_up

ANSWERABLE = (ReplyError, ReplyFiltered, ContextTooLong)
"""Errors of one request after which the others of the run can still succeed, and a repeat would not help."""


class FormNotKept(ReplyError):
    """Neither a reply nor its copy could be read, and the model was never read before."""


@dataclass(slots=True)
class Looks:
    """Measured genes seen so far over all attempts, how many more looks fused boosting allows, and what the
    annotator is given of the knowledge base."""

    left: int
    measured: tuple[GeneMeasurement, ...] = ()
    reference: tuple[ReferenceType, ...] = ()


def settle_label(case: Case, talk: Conversation) -> Draft:
    """The first draft that passes, else the best one with the reason why a person should look.

    Raises
    ------
    ReplyError
        When no attempt gave an annotation of this cluster.
    ProviderError, BudgetExceeded, RunCancelled
        From the asking.
    """
    drafts: list[Draft] = []
    previous: Proposal | None = None
    feedback = ""
    trouble: FormNotKept | ReplyError | None = None
    looks = _first_look(case, talk)
    for attempt in range(1, case.params.max_attempts + 1):
        try:
            proposal = _propose(case, talk, attempt, previous, feedback, looks)
        except FormNotKept as error:
            trouble = error
            break
        except ReplyError as error:
            trouble, feedback = error, f"The last reply was no usable answer. {error.why}"
            continue
        # A label that names a mixture, or that comes back unchanged after an objection, was thought about:
        # the same objection again would only go round in a circle.
        considered = bool(proposal.mixed) or _same_label(previous, proposal)
        draft = _examined(case, talk, proposal, attempt, considered=considered)
        if not draft.feedback:
            return draft
        drafts.append(draft)
        previous, feedback = proposal, draft.feedback
    if not drafts:
        raise trouble or ReplyError("No attempt gave an annotation.")
    return _best(drafts)


def _first_look(case: Case, talk: Conversation) -> Looks:
    """What the annotator is given before it is asked: the reference, where one is wanted."""
    looks = Looks(left=case.params.boost_rounds if case.params.boost == "fused" else 0)
    looks.reference = reference_of(case)
    if looks.reference:
        looks.measured = contrasts_of_reference(case, looks.reference)
        talk.add_reference(reference_in_words(looks.reference, len(looks.measured)))
    return looks


def _propose(
    case: Case, talk: Conversation, attempt: int, previous: Proposal | None, feedback: str, looks: Looks
) -> Proposal:
    """One annotation, after the looks at measured genes that the annotator asks for and has left."""
    while True:
        task = AnnotateTask(
            setting=case.setting,
            markers=case.markers,
            n_genes=case.n_genes,
            attempt=attempt,
            previous=previous,
            feedback=feedback,
            may_ask=looks.left > 0,
            measured=looks.measured,
            cells=case.cells,
            reference=looks.reference,
        )
        answer = _annotation(case, talk, task)
        if isinstance(answer, Proposal):
            refuse_gene_as_type(case, answer)
            return _about_this_cluster(case, answer, looks.measured)
        looks.left -= 1
        looks.measured = look_up(case, answer, looks.measured)


def _annotation(case: Case, talk: Conversation, task: AnnotateTask) -> Proposal | GeneRequest:
    """The annotator's answer; a formatter copies it out of a reply that has an answer but no readable
    block.
    """
    try:
        answer = talk.ask("annotator", task, parse.reader_for(may_ask=task.may_ask), attempt=task.attempt)
    except ReplyError as error:
        # A formatter copies; from a reply that names none of the genes it could only invent.
        if not _speaks_of(case, error.raw):
            raise
        return _copied_out(case, talk, error, task.attempt)
    if not case.params.always_format or isinstance(answer, GeneRequest):
        return answer
    try:
        return replace(_formatted(case, talk, talk.turns[-1].text, task.attempt), reasoning=answer.reasoning)
    except ReplyError:
        return answer  # it was readable as it stood; the formatter's failed turn is in the conversation


def _copied_out(case: Case, talk: Conversation, unread: ReplyError, attempt: int) -> Proposal:
    """The formatter's copy of a reply that could not be read. Where that cannot be read either, and nothing
    of this model ever could, more of its replies would only cost more.
    """
    try:
        return _formatted(case, talk, unread.raw, attempt)
    except ReplyError as error:
        # A model whose copies could be read before has a bad day; one whose copies never could keeps no form
        # at all.
        if talk.was_ever_read("formatter"):
            raise
        raise FormNotKept(
            "The model's replies cannot be read.",
            f"{unread.why} A copy of it could not be read either: {error.why}",
            "Choose a model that keeps to the form; the replies are in the conversation.",
            raw=unread.raw,
        ) from error


def _formatted(case: Case, talk: Conversation, text: str, attempt: int) -> Proposal:
    copied = talk.ask(
        "formatter", FormatTask(setting=case.setting, text=text), parse.read_proposal, attempt=attempt
    )
    return replace(copied, reasoning=text)


def _speaks_of(case: Case, text: str) -> bool:
    """Whether a reply names any of the cluster's genes: a refusal or an empty phrase does not."""
    return bool(parse.genes_named(text) & case.shown)


def _about_this_cluster(case: Case, proposal: Proposal, measured: tuple[GeneMeasurement, ...]) -> Proposal:
    """Refuse a label that leans on none of the genes that were given: it speaks of something else."""
    # Some servers mix up answers of requests at the same time, and models answer from memory: a label must
    # rest on a gene that was shown.
    cited = parse.genes_named(" ".join(proposal.key_genes) or proposal.reasoning)
    read = {gene.gene.upper() for gene in case.cells.genes} if case.cells is not None else set()
    given = case.shown | read | {value.gene.upper() for value in measured}
    if cited & given or not names_a_type(proposal.label):
        return proposal
    named = ", ".join(proposal.key_genes[:5])
    raise ReplyError(
        "The answer is not about this cluster.",
        f"None of the genes it cites ({named}) is among those given." if named else "It cites no gene.",
    )


def refuse_gene_as_type(case: Case, proposal: Proposal) -> None:
    """Raise `ReplyError` for an annotation that gives a gene's symbol as a type: it names no cells."""
    for field, name in (("general", proposal.general), ("subtypes", proposal.label)):
        if names_only_genes(name, case.setting.species, case.shown):
            raise ReplyError(
                "The answer names a gene instead of a cell type.",
                f"`{field}` holds “{name}”, which is a gene's symbol and no type of cells.",
            )


def _same_label(previous: Proposal | None, proposal: Proposal) -> bool:
    return previous is not None and previous.label.lower() == proposal.label.lower()


def _examined(case: Case, talk: Conversation, proposal: Proposal, attempt: int, *, considered: bool) -> Draft:
    """Checks first; what they object to goes back without paying a validator, unless it was `considered`
    already:
    the annotator insists on the label or calls the cluster mixed. Then the validator decides."""
    evidence = case.weigh(proposal)
    talk.add_checks(evidence, attempt)
    draft = Draft(proposal=proposal, evidence=evidence, attempt=attempt)
    # Objections of the checks go back at once: no validator is paid to repeat them.
    if evidence.problems and not considered:
        return replace(draft, feedback=" ".join(evidence.problems), reason=evidence.problems[0])
    return review(case, talk, draft)


def review(case: Case, talk: Conversation, draft: Draft) -> Draft:
    """The validator's verdict, with a score in the same reply where its model also scores. A label that was
    passed for this cluster before is not validated again.
    """
    if case.validated is None:
        return _reviewed(case, talk, draft)
    with case.validated.one_at_a_time(draft.proposal.label) as known:
        if known:
            talk.add_known_verdict(draft.proposal.label, draft.attempt)
            return replace(draft, verdict=Verdict(passed=True))
        reviewed = _reviewed(case, talk, draft)
        if reviewed.passed:
            case.validated.add(draft.proposal.label)
        return reviewed


def _reviewed(case: Case, talk: Conversation, draft: Draft) -> Draft:
    task = ValidateTask(
        setting=case.setting,
        markers=case.markers,
        proposal=draft.proposal,
        evidence=draft.evidence,
        strictness=case.params.validator_involvement,
        with_score=case.scores_with_validator,
        n_genes=case.n_genes,
        attempt=draft.attempt,
    )
    try:
        said = talk.ask_twice("validator", task, parse.read_review, attempt=draft.attempt)
    except ANSWERABLE as error:
        return replace(draft, reason=f"It was not validated. {error}")
    verdict = said.verdict
    score = None
    if case.scores_with_validator and said.score is not None:
        score = replace(said.score, model=talk.turns[-1].model)
    feedback = (
        "" if verdict.passed else verdict.feedback or "The validator did not accept it and gave no reason."
    )
    return replace(draft, verdict=verdict, score=score, feedback=feedback, reason=feedback)


def scored(case: Case, talk: Conversation, draft: Draft) -> Draft:
    """Ask the scorer, unless no score is wanted or one came with the verdict."""
    if not case.params.score or draft.score is not None:
        return draft
    task = ScoreTask(
        setting=case.setting,
        markers=case.markers,
        proposal=draft.proposal,
        evidence=draft.evidence,
        n_genes=case.n_genes,
    )
    score = talk.ask_twice("scorer", task, parse.read_score, attempt=draft.attempt)
    return replace(draft, score=replace(score, model=talk.turns[-1].model))


def _best(drafts: list[Draft]) -> Draft:
    """Fewest problems, then most evidence, then the latest."""
    # Fewest objections, then the most support; of equal ones the last, which has heard the most.
    return max(drafts, key=lambda d: (-len(d.evidence.problems), d.evidence.score or 0.0, d.attempt))
