"""One cluster from markers to result: annotate, check, validate, score, boost."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from cassia_core.domain.annotation import Boost, ClusterResult
from cassia_core.domain.config import AnnotationParams
from cassia_core.domain.contrast import Contrast
from cassia_core.domain.events import Event
from cassia_core.domain.markers import ClusterMarkers, ExpressionSource
from cassia_core.domain.tasks import Setting
from cassia_core.domain.usage import known_sum
from cassia_core.errors import BudgetExceeded, CassiaError, ProviderError, ReplyError, RunCancelled
from cassia_core.pipeline.annotation.attempts import scored, settle_label
from cassia_core.pipeline.annotation.boosting import with_boost
from cassia_core.pipeline.annotation.cluster_case import Case, Checks, Draft, ValidatedLabels
from cassia_core.pipeline.annotation.conversation import Conversation
from cassia_core.pipeline.annotation.model_calls import Asker

ANNOTATED_STATES = ("ok", "weak")


def annotate_cluster(
    markers: ClusterMarkers,
    *,
    setting: Setting,
    params: AnnotationParams,
    asker: Asker,
    expression: ExpressionSource,
    dataset: str,
    emit: Callable[[Event], None],
    n_genes: int = 50,
    checks: Checks | None = None,
    cells: Contrast | None = None,
    validated: ValidatedLabels | None = None,
) -> ClusterResult:
    """Annotate one cluster; `cells` is what its cells say by contrast with the other clusters, `validated`
    the labels that need no validator any more.

    Returns
    -------
    ClusterResult
        `done` with a label that passed; `needs_review` with the best label and the reason; `failed` without a
        label when no model gave one; `skipped` when the cluster has no usable markers.

    Raises
    ------
    RunCancelled
        When a person cancelled the run. Nothing else is raised for faults of models, replies or budgets.
    """
    base = ClusterResult(
        cluster=markers.cluster,
        status="skipped",
        reason=markers.reason,
        n_cells=markers.n_cells,
        markers=markers.symbols(n_genes),
        contrast=cells,
    )
    if markers.state not in ANNOTATED_STATES or not markers.genes:
        return replace(base, reason=markers.reason or "It has no marker genes.")
    case = Case(
        markers=markers,
        setting=setting,
        params=params,
        expression=expression,
        n_genes=n_genes,
        checks=checks or Checks(),
        cells=cells,
        validated=validated,
    )
    talk = Conversation(asker, emit, dataset, markers.cluster)
    begun = time.monotonic()
    try:
        draft = settle_label(case, talk)
    # Not a result: the cluster stays open, so that a resumed run takes it up again.
    except RunCancelled:
        raise
    except CassiaError as error:
        if isinstance(error, ReplyError):
            # Replies that could not be read are not answered from the record again: a retry asks anew.
            talk.discard()
        result = replace(base, status="failed", reason=str(error))
    else:
        result = _result(case, base, *_finished(case, talk, draft))
    return _metered(result, params, talk, time.monotonic() - begun)


def _finished(case: Case, talk: Conversation, draft: Draft) -> tuple[Draft, Boost | None]:
    """Score and boost. What goes wrong here costs the score or the boost, never the label."""
    try:
        draft = scored(case, talk, draft)
    except ReplyError as error:
        draft = _noted(draft, f"It has no score: {error.why or error.what}")
    except (ProviderError, BudgetExceeded) as error:
        # The label is paid for and stands; what a limit or an outage cut off is said beside it.
        return _noted(draft, f"It has no score: {error}"), None
    try:
        return with_boost(case, talk, draft)
    except (ProviderError, BudgetExceeded) as error:
        return _noted(draft, f"The boost was cut short: {error}"), None


def _noted(draft: Draft, note: str) -> Draft:
    return replace(draft, reason=" ".join(part for part in (draft.reason, note) if part))


def _result(case: Case, base: ClusterResult, draft: Draft, boost: Boost | None) -> ClusterResult:
    proposal = draft.proposal
    light, light_reason = case.checks.light_of(draft.evidence, draft.score, draft.verdict)
    if light == "high" and not draft.passed:
        # The green light promises two judgements, of the genes and of a validator.
        light, light_reason = "medium", "The genes speak for the label, but nobody validated it."
    return replace(
        base,
        status="needs_review" if draft.reason or not draft.passed else "done",
        reason=draft.reason,
        proposal=proposal,
        iterations=draft.attempt,
        verdict=draft.verdict,
        evidence=draft.evidence,
        score=draft.score,
        general_term=case.checks.identify(proposal.general),
        detailed_term=case.checks.identify(proposal.label),
        light=light,
        light_reason=light_reason,
        boost=boost,
    )


def _metered(
    result: ClusterResult, params: AnnotationParams, talk: Conversation, seconds: float
) -> ClusterResult:
    """Sum up what the turns cost; one unknown price makes the sum unknown. Replayed ones cost nothing."""
    paid = [turn for turn in talk.turns if turn.model and not turn.replayed]

    return replace(
        result,
        turns=talk.turns,
        provider=params.annotator.provider,
        model=params.annotator.model,
        input_tokens=sum(turn.input_tokens for turn in paid),
        output_tokens=sum(turn.output_tokens for turn in paid),
        cost_usd=known_sum(turn.cost_usd for turn in paid),
        seconds=seconds,
    )
