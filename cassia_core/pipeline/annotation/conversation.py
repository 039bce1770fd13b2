"""One cluster's conversation: asks, reads, keeps every turn and tells the run about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

from cassia_core.agents.parse import Review
from cassia_core.agents.reading.choosing import Reading
from cassia_core.domain.annotation import Evidence, Proposal
from cassia_core.domain.conversation import AgentRole, Turn, TurnOutcome
from cassia_core.domain.events import AgentStarted, Event, TurnFinished
from cassia_core.domain.tasks import AgentTask
from cassia_core.errors import CassiaError, ReplyError
from cassia_core.pipeline.annotation.model_calls import Asker, Reply

T = TypeVar("T")
LIVE_TEXT = 600
"""Characters of a turn that the live view gets; the whole turn is in the checkpoint."""


class Conversation:
    """All turns of one cluster. Used by one thread."""

    def __init__(self, asker: Asker, emit: Callable[[Event], None], dataset: str, cluster: str) -> None:
        self._asker, self._emit = asker, emit
        self._dataset, self._cluster = dataset, cluster
        self._turns: list[Turn] = []
        self._keys: list[str] = []

    @property
    def turns(self) -> tuple[Turn, ...]:
        return tuple(self._turns)

    def ask(
        self,
        role: AgentRole,
        task: AgentTask,
        read: Callable[[str], Reading[T]],
        *,
        attempt: int = 1,
        note: str = "",
    ) -> T:
        """Ask once and read the reply; an unreadable one stays in the conversation as a failed turn.

        Raises
        ------
        ReplyError
            The reply could not be read.
        CassiaError
            Whatever `Asker.ask` raises.
        """
        self._emit(AgentStarted(dataset=self._dataset, cluster=self._cluster, agent=role, attempt=attempt))
        try:
            reply = self._asker.ask(
                role,
                task,
                dataset=self._dataset,
                cluster=self._cluster,
                attempt=attempt,
                note=note,
                unused=self._unused,
            )
        except CassiaError as error:
            self._keep(Turn(role=role, attempt=attempt, text=str(error), outcome="failed", at=_now()))
            raise
        self._keys.append(reply.key)
        try:
            reading = read(reply.text)
        except ReplyError as error:
            self._keep(replace(reply.turn, outcome="failed"))
            cut = "The model repeated itself without end and was cut short. "
            raise ReplyError(
                error.what,
                f"{cut}{error.why}" if reply.finish == "endless" else error.why,
                error.remedy,
                raw=error.raw,
                agent=role,
                attempt=attempt,
            ) from error
        self._asker.note_read(role)
        turn = replace(
            reply.turn, outcome=_outcome(reading.value), repairs=(*reply.turn.repairs, *reading.repairs)
        )
        self._keep(turn, label=_label(reading.value))
        return reading.value

    def was_ever_read(self, role: AgentRole) -> bool:
        """Whether any reply of this role's model could be read in this run, of whichever cluster."""
        return self._asker.was_ever_read(role)

    def _unused(self, reply: Reply) -> None:
        """A reply that was paid but held nothing stays in the conversation, with its cost."""
        self._keys.append(reply.key)
        self._keep(replace(reply.turn, outcome="failed"))

    def ask_twice(
        self, role: AgentRole, task: AgentTask, read: Callable[[str], Reading[T]], *, attempt: int = 1
    ) -> T:
        """Ask; when the reply cannot be read, say why and ask once more.

        Raises
        ------
        ReplyError
            Neither reply could be read.
        """
        try:
            return self.ask(role, task, read, attempt=attempt)
        except ReplyError as error:
            note = (
                f"Your last reply could not be read. {error.why} Answer again in exactly the form asked for."
            )
            return self.ask(role, task, read, attempt=attempt, note=note)

    def add_checks(self, evidence: Evidence, attempt: int) -> None:
        """Keep what the deterministic checks found as a turn of their own."""
        self._emit(
            AgentStarted(dataset=self._dataset, cluster=self._cluster, agent="checks", attempt=attempt)
        )
        outcome: TurnOutcome = "not_passed" if evidence.problems else "passed"
        self._keep(
            Turn(role="checks", attempt=attempt, text=_evidence_text(evidence), outcome=outcome, at=_now())
        )

    def add_known_verdict(self, label: str, attempt: int) -> None:
        """Keep, as a turn of its own, that a label needed no validator any more."""
        text = f"“{label}” was validated for this cluster before; the validator was not asked again."
        self._keep(Turn(role="checks", attempt=attempt, text=text, outcome="passed", at=_now()))

    def add_reference(self, text: str) -> None:
        """Keep what the annotator is given of the knowledge base as a turn of its own."""
        self._keep(Turn(role="reference", attempt=1, text=text, at=_now()))

    def discard(self) -> None:
        """The replies led nowhere: a later retry of this cluster asks anew."""
        self._asker.discard(tuple(self._keys))

    def _keep(self, turn: Turn, label: str = "") -> None:
        self._turns.append(turn)
        self._emit(
            TurnFinished(
                dataset=self._dataset,
                cluster=self._cluster,
                agent=turn.role,
                attempt=turn.attempt,
                outcome=turn.outcome,
                label=label,
                text=turn.text[:LIVE_TEXT],
            )
        )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _outcome(value: object) -> TurnOutcome:
    if isinstance(value, Review):
        return "passed" if value.verdict.passed else "not_passed"
    return ""


def _label(value: object) -> str:
    return value.label if isinstance(value, Proposal) else ""


def _evidence_text(evidence: Evidence) -> str:
    if not evidence.known:
        unknown = (
            f"The knowledge base does not know “{evidence.label}”: nothing was computed for or against it."
        )
        return "\n".join((unknown, *evidence.problems))
    lines = [
        f"Evidence for “{evidence.label}”: {evidence.score:.0f} of 100."
        if evidence.score is not None
        else f"No evidence score for “{evidence.label}”."
    ]
    for title, kind in (
        ("Supporting", "supporting"),
        ("Expected but silent", "silent"),
        ("Against", "conflicting"),
        ("Cited but not in the list", "cited_not_in_list"),
        ("Cited but not in the data", "cited_not_in_data"),
    ):
        genes = evidence.genes(kind)  # type: ignore[arg-type]  # the kinds are evidence kinds
        if genes:
            lines.append(f"{title}: {', '.join(genes)}.")
    return "\n".join((*lines, *evidence.problems))
