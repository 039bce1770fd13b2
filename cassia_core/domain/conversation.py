"""Who said what about a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AgentRole = Literal["annotator", "checks", "validator", "formatter", "scorer", "booster", "merger"]
TurnOutcome = Literal["", "passed", "not_passed", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a request, as it was sent."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One contribution to a cluster's conversation.

    `sent` holds the messages of the request (empty for the checks, which ask no model); `text` is the raw
    reply; `at` is UTC in ISO 8601; `model` is "" for the checks. A `replayed` answer was paid by another run:
    this
    one paid nothing for it, `cost_usd` is 0, and its tokens count in no sum.
    """

    role: AgentRole
    attempt: int
    text: str
    outcome: TurnOutcome = ""
    sent: tuple[Message, ...] = ()
    provider: str = ""
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    latency_s: float = 0.0
    at: str = ""
    replayed: bool = False
