"""What is known of providers and models: addresses, abilities and prices, from `catalogue.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from cassia_core.domain.config import OFFLINE, AgentModel
from cassia_core.errors import ConfigError
from cassia_core.llm.usage_fields import TokenUsage

_FILE = Path(__file__).with_name("catalogue.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderFacts:
    """One provider. `base_url` is where it lives unless the user names another address.

    `tokens_field` and `reasoning_field` name the wire fields of the reply limit and the reasoning effort (""
    when it
    has none); `local` says that nothing leaves the user's own machines.
    """

    name: str
    title: str
    kind: Literal["offline", "openai", "anthropic"]
    base_url: str = ""
    needs_key: bool = False
    key_page: str = ""
    local: bool = False
    tokens_field: str = "max_tokens"
    reasoning_field: str = ""
    json_schema: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """One model. A price, a context or an ability that is not known is None, and then the provider's word
    holds.

    Prices are US dollars per million tokens, as read on `read_on` (ISO date) from `source`; `cached_usd` is
    that of tokens read from the provider's cache, `cache_write_usd` of those written to it. `thinking` is how
    Anthropic's models take a reasoning effort. `json_schema` says whether it keeps a form; None: tried once.
    """

    provider: str
    model: str
    title: str = ""
    input_usd: float | None = None
    output_usd: float | None = None
    cached_usd: float | None = None
    cache_write_usd: float | None = None
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    temperature: bool = True
    reasoning: bool | None = None
    thinking: Literal["", "adaptive", "budget"] = "adaptive"
    json_schema: bool | None = None
    read_on: str = ""
    source: str = ""


@cache
def _tables() -> dict[str, dict]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


@cache
def providers() -> tuple[ProviderFacts, ...]:
    """All known providers, in the order a page shows them."""
    return tuple(ProviderFacts(name=name, **entry) for name, entry in _tables()["providers"].items())


@cache
def models() -> tuple[ModelFacts, ...]:
    """All known models, in the catalogue's order."""
    return tuple(ModelFacts(**entry) for entry in _tables().get("models", []))


def provider_facts(name: str) -> ProviderFacts:
    """Facts of a provider by its name; a URL stands for an OpenAI-compatible server at that address.

    Raises
    ------
    ConfigError
        When there is no provider of that name.
    """
    if name.startswith(("http://", "https://")):
        return ProviderFacts(name=name, title=name, kind="openai", base_url=name)
    for facts in providers():
        if facts.name == name:
            return facts
    known = ", ".join(facts.name for facts in providers())
    raise ConfigError(
        f"There is no provider called {name!r}.",
        f"Known are: {known}.",
        "Choose one of them, or give the address of an OpenAI-compatible server.",
    )


def facts_of(provider: str, model: str) -> ModelFacts:
    """Facts of a model; of one that is not listed only its name is known."""
    for facts in models():
        if facts.provider == provider and facts.model == model:
            return facts
    return ModelFacts(provider=provider, model=model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """US dollars per million tokens. None for the cache: its tokens count at the full price of input, which
    they never exceed by more than the provider's surcharge for writing.
    """

    input_usd: float
    output_usd: float
    cached_usd: float | None = None
    cache_write_usd: float | None = None


def prices_of(model: AgentModel) -> Prices | None:
    """Prices of a model: those that were typed, else the catalogue's; None where none is known. The offline
    engine costs nothing.
    """
    if model.provider == OFFLINE:
        return Prices(input_usd=0.0, output_usd=0.0)
    if model.input_usd is not None and model.output_usd is not None:
        return Prices(input_usd=model.input_usd, output_usd=model.output_usd, cached_usd=model.cached_usd)
    facts = facts_of(model.provider, model.model)
    if facts.input_usd is None or facts.output_usd is None:
        return None
    return Prices(
        input_usd=facts.input_usd,
        output_usd=facts.output_usd,
        cached_usd=facts.cached_usd,
        cache_write_usd=facts.cache_write_usd,
    )


def cost_of(model: AgentModel, tokens: TokenUsage) -> float | None:
    """Price of a call in US dollars, or None when it is not known. What the server itself says it cost holds,
    unless a person typed prices.
    """
    if tokens.cost_usd is not None and model.input_usd is None:
        return tokens.cost_usd
    prices = prices_of(model)
    if prices is None:
        return None
    # An unknown price of the cache must not make a limit in dollars too generous: the full one is taken.
    cached = prices.input_usd if prices.cached_usd is None else prices.cached_usd
    written = prices.input_usd if prices.cache_write_usd is None else prices.cache_write_usd
    # `read_usage` counts the tokens from and to the cache among the input, whatever the server does.
    plain = max(0, tokens.input - tokens.cached - tokens.cache_write)
    dollars = plain * prices.input_usd + tokens.cached * cached + tokens.cache_write * written
    return (dollars + tokens.output * prices.output_usd) / 1_000_000
