"""Tokens, cost and calls. An unknown price is None, never 0."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One finished model call. `cost_usd` is None when the model's price is not known.

    `cached_tokens` and `cache_write_tokens` are parts of `input_tokens` (read from, and written to, the
    provider's cache), `reasoning_tokens` a part of `output_tokens`. Where the server did not count the tokens
    (`counted`), or the reply was cut short, they are unknown, and so is the price.
    """

    at: str
    provider: str
    model: str
    agent: str
    dataset: str
    cluster: str
    attempt: int
    input_tokens: int
    output_tokens: int
    latency_s: float
    cost_usd: float | None = None
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    counted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFault:
    """One call that failed. `kind` names the error; `said` is the first line of the server's own words."""

    at: str
    provider: str
    model: str
    agent: str
    dataset: str
    cluster: str
    attempt: int
    kind: str
    problem: str
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """A sum of calls. `cost_usd` covers the calls of known price; `unpriced_calls` counts the others,
    `uncounted_calls` those whose tokens nobody counted.
    """

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    unpriced_calls: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    uncounted_calls: int = 0

    @property
    def total_tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    @classmethod
    def of(cls, parts: Iterable[Usage]) -> Usage:
        """The sum of several."""
        given = tuple(parts)
        return cls(**{f.name: sum(getattr(part, f.name) for part in given) for f in fields(cls)})

    def plus(self, call: CallRecord) -> Usage:
        return Usage(
            calls=self.calls + 1,
            input_tokens=self.input_tokens + call.input_tokens,
            output_tokens=self.output_tokens + call.output_tokens,
            cost_usd=self.cost_usd + (call.cost_usd or 0.0),
            unpriced_calls=self.unpriced_calls + (call.cost_usd is None),
            cached_tokens=self.cached_tokens + call.cached_tokens,
            reasoning_tokens=self.reasoning_tokens + call.reasoning_tokens,
            uncounted_calls=self.uncounted_calls + (not call.counted),
        )


def known_sum(costs: Iterable[float | None]) -> float | None:
    """The sum of prices; None as soon as one of them is not known."""
    total = 0.0
    for cost in costs:
        if cost is None:
            return None
        total += cost
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a run is expected to cost before it starts; the price range is None when a price is unknown."""

    clusters: int
    calls_low: int
    calls_high: int
    input_tokens_low: int
    input_tokens_high: int
    output_tokens_low: int
    output_tokens_high: int
    cost_low_usd: float | None
    cost_high_usd: float | None
    sent: tuple[str, ...] = ()
    """What leaves this machine, a line each; empty when nothing does."""
