"""Who said what about a cluster."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

AgentRole = Literal[
    "reference",
    "annotator",
    "checks",
    "validator",
    "formatter",
    "scorer",
    "booster",
    "merger",
    "tester",
    "comparator",
    "consultant",
    "parts_annotator",
]
TurnOutcome = Literal["", "passed", "not_passed", "failed"]
Repair = Literal[
    "mended_json",
    "field_names",
    "one_level_down",
    "text_for_list",
    "loose_value",
    "corrected",
    "template_echo",
    "no_json",
    "from_thoughts",
    "from_reasoning_field",
    "loose_verdict",
    "cut_repetition",
]
REPAIR_WORDS: dict[str, str] = {
    "mended_json": "quotes, commas, comments or brackets of the JSON mended",
    "field_names": "names of fields read in another spelling",
    "one_level_down": "fields read one level down",
    "text_for_list": "a text read where a list was asked for",
    "loose_value": "a value read out of its wrapping",
    "corrected": "the corrected answer read, an earlier one in the same reply set aside",
    "template_echo": "the form's own example set aside",
    "no_json": "fields read from lines instead of JSON",
    "from_thoughts": "the answer read from the thoughts, after which nothing was written",
    "from_reasoning_field": "the answer read from the field for reasoning, because the text was empty",
    "loose_verdict": "the verdict read in another wording",
    "cut_repetition": "the reply cut short where it began to repeat itself without end",
}
"""What had to be done to a reply before it could be read, as a person reads it."""
ASKS_NO_MODEL: tuple[AgentRole, ...] = ("reference", "checks")

SIGNATURE = "Offline engine of CASSIA Workbench: no language model, only the marker knowledge base."
"""What the offline engine says of itself in its first turn; runs of earlier versions say it in every turn."""


def repairs_in_words(repairs: Iterable[str]) -> tuple[str, ...]:
    """Repairs as a person reads them; one that another version made as it is called there."""
    return tuple(REPAIR_WORDS.get(repair, repair) for repair in repairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a request, as it was sent."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One contribution to a cluster's conversation.

    `sent` holds the messages of the request (empty for the checks and the reference, which ask no model);
    `text` is the raw
    reply; `at` is UTC in ISO 8601; `model` is "" for the checks. A `replayed` answer was paid by another run:
    this one paid nothing for it, `cost_usd` is 0, and its tokens count in no sum. `repairs` say what had to
    be done to the reply before it could be read.
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
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    counted: bool = True
    """False: the server did not say how many tokens it was, or the reply was cut short."""
    repairs: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Speaking:
    """The end of a reply that is under way. `at` is seconds since 1970 of its last word."""

    dataset: str
    cluster: str
    agent: AgentRole
    text: str = ""
    thinking: bool = False
    at: float = 0.0
