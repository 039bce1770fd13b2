"""Tokens of a reply from the usage that a server reports, in whichever of the wire formats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """Tokens of one call, as billed.

    `cached` and `cache_write` are parts of `input` (read from, and written to, the provider's cache), and
    `reasoning` is a part of `output` that nobody sees. `cost_usd` is the server's own word, where it gives
    one.
    """

    input: int = 0
    output: int = 0
    cached: int = 0
    cache_write: int = 0
    reasoning: int = 0
    cost_usd: float | None = None

    @property
    def counted(self) -> bool:
        """Whether the server counted at all: no prompt has no tokens."""
        return self.input > 0 or self.output > 0


def read_usage(usage: object) -> TokenUsage:
    """Read a usage object; what is missing or no number is 0.

    Knows OpenAI's details, DeepSeek's cache hits, OpenRouter's cost, and Anthropic's counts, where the
    prompt's tokens leave out what was read from or written to the cache.
    """
    cached = _count(usage, "prompt_tokens_details", "cached_tokens") or _count(
        usage, "prompt_cache_hit_tokens"
    )
    read, written = _count(usage, "cache_read_input_tokens"), _count(usage, "cache_creation_input_tokens")
    prompt = _count(usage, "prompt_tokens") or _count(usage, "input_tokens") + read + written
    written = written or _count(usage, "prompt_tokens_details", "cache_write_tokens")
    reasoning = _count(usage, "completion_tokens_details", "reasoning_tokens") or _count(
        usage, "output_tokens_details", "thinking_tokens"
    )
    return TokenUsage(
        input=prompt,
        output=_output(usage, prompt),
        cached=min(cached or read, prompt),
        cache_write=min(written, prompt),
        reasoning=reasoning,
        cost_usd=_cost(usage),
    )


def _output(usage: object, prompt: int) -> int:
    """Tokens billed as output: some servers leave hidden reasoning out of the completion, but not of the
    total.
    """
    completion = _count(usage, "completion_tokens") or _count(usage, "output_tokens")
    return max(completion, _count(usage, "total_tokens") - prompt)


def _cost(usage: object) -> float | None:
    value = _field(usage, "cost")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and value >= 0 else None  # type: ignore[arg-type, operator]


def _count(usage: object, *path: str) -> int:
    value: object = usage
    for name in path:
        value = _field(value, name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _field(value: object, name: str) -> object:
    if isinstance(value, Mapping):
        return value.get(name)
    return getattr(value, name, None)
