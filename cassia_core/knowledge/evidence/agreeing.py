"""What further answers say of the run's own label, beside it and in its light."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from cassia_core.domain.annotation import Agreement, ClusterResult, Light
from cassia_core.domain.opinions.opinion import SHARED, Opinion, latest_agreement
from cassia_core.knowledge.naming.consensus import support_of
from cassia_core.knowledge.naming.names import everyday_name


def with_agreement(rows: Sequence[ClusterResult], opinions: Iterable[Opinion]) -> tuple[ClusterResult, ...]:
    """Results with the last counted opinion on each, joined by cluster id.

    A label that fewer than two thirds of the answers share is not green any more; a light is never raised.
    """
    last = latest_agreement(tuple(opinions))
    return tuple(_with(row, last[row.cluster]) if row.cluster in last else row for row in rows)


def agreement_in_words(agreement: Agreement) -> str:
    """Such as "4 of 5 answers share the label; one more did not come"."""
    missing = agreement.asked - agreement.answered
    lost = f"; {missing} more did not come" if missing else ""
    if agreement.share is None:
        return f"{_answers(agreement.answered)} came{lost}, which says nothing of agreement."
    said = f"{agreement.votes} of {agreement.answered} answers share the label{lost}."
    if agreement.consensus and agreement.consensus_votes != agreement.votes:
        name = everyday_name(agreement.consensus)
        said += f" They agree on {name} ({agreement.consensus_votes} of {agreement.answered})."
    return said


def _answers(number: int) -> str:
    return "One answer" if number == 1 else f"{number or 'No'} answers"


def _with(row: ClusterResult, opinion: Opinion) -> ClusterResult:
    consensus = opinion.consensus
    if consensus is None or not row.label:
        return row
    agreement = Agreement(
        votes=support_of(row.label, consensus),
        answered=consensus.answered,
        asked=consensus.asked,
        consensus=consensus.label,
        consensus_votes=consensus.votes,
        similarity=consensus.similarity,
    )
    light, reason = _light(row, agreement)
    return replace(row, agreement=agreement, light=light, light_reason=reason)


def _light(row: ClusterResult, agreement: Agreement) -> tuple[Light | None, str]:
    part, whole = SHARED
    disputed = agreement.share is not None and agreement.votes * whole < agreement.answered * part
    if row.light != "high" or not disputed:
        return row.light, row.light_reason
    return "medium", f"The genes speak for the label, but only {agreement_in_words(agreement)}"
