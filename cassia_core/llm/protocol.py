"""What every model provider looks like to the rest of the project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from cassia_core.domain.conversation import AgentRole, Message
from cassia_core.domain.tasks import AgentTask
from cassia_core.llm.usage_fields import TokenUsage

FinishReason = Literal["stop", "length", "filtered", "endless", "other"]
Heard = Callable[[str, bool], None]
"""Called with each piece of a reply as it comes, and whether the model is still thinking; with "" several
times a second while nothing comes. What it raises ends the call.
"""


def unheard(words: str, thinking: bool) -> None:
    """For callers who want the whole reply only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """One request to one model.

    `messages` is what a language model reads; `task` is the typed question they were rendered from, which the
    offline engine answers. `dataset`, `cluster` and `attempt` say whose call it is; `repetition`
    counts how often the whole question was put on purpose, each time for an answer of its own. `temperature`,
    `max_tokens`, `reasoning` and `json_schema` are wishes: a provider sends those that its model knows.
    `first_word_s` and `silence_s` are how long, in seconds, the first word may take and how long silence may
    last after it; the whole reply may take as long as words come.
    """

    messages: tuple[Message, ...]
    model: str
    agent: AgentRole
    task: AgentTask
    dataset: str = ""
    cluster: str = ""
    attempt: int = 1
    repetition: int = 1
    temperature: float | None = None
    max_tokens: int | None = None
    reasoning: Literal["low", "medium", "high"] | None = None
    json_schema: Mapping[str, object] | None = None
    first_word_s: float = 300.0
    silence_s: float = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatResponse:
    """The model's answer. `finish_reason` "length" means that the text was cut off by the token limit,
    "endless" that the model repeated itself and was cut short: its usage is then not known (0).

    `finish_said` is the reason in the server's own word (such as RECITATION), or its refusal. `thinking` is
    what the server gave in a field for reasoning. `cached_tokens`, `cache_write_tokens` and
    `reasoning_tokens` are parts of the two counts before them (`usage_fields.TokenUsage`), `cost_usd` the
    server's own word on the price. `dropped` says in words what the server was found to refuse.
    """

    text: str
    input_tokens: int = 0
    output_tokens: int = 0
    finish_reason: FinishReason = "stop"
    model: str = ""
    latency_s: float = 0.0
    finish_said: str = ""
    thinking: str = ""
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cost_usd: float | None = None
    dropped: tuple[str, ...] = ()
    counted: bool = True

    @property
    def usage(self) -> TokenUsage:
        """All tokens of the call, for its price."""
        return TokenUsage(
            input=self.input_tokens,
            output=self.output_tokens,
            cached=self.cached_tokens,
            cache_write=self.cache_write_tokens,
            reasoning=self.reasoning_tokens,
            cost_usd=self.cost_usd,
        )


@runtime_checkable
class Provider(Protocol):
    """A way to reach models: stateless and safe to use from several threads at once."""

    def complete(self, request: ChatRequest, heard: Heard = unheard) -> ChatResponse:
        """Answer one request; `heard` is told of the words as they come.

        Raises
        ------
        ProviderError
            And nothing else: errors of vendor packages are mapped by type in the provider's file.
        """
        ...

    def close(self) -> None:
        """Give the connections back. The provider is not used afterwards."""
        ...
