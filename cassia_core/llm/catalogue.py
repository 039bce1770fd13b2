"""What is known of providers and models: addresses, abilities and prices, from `catalogue.toml`."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from cassia_core.domain.config import OFFLINE
from cassia_core.errors import ConfigError

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
    json_schema: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """One model. A price, a context or an ability that is not known is None, and then the provider's word
    holds.

    Prices are US dollars per million tokens, as read on `read_on` (ISO date) from `source`. `thinking` is how
    Anthropic's models take a reasoning effort.
    """

    provider: str
    model: str
    title: str = ""
    input_usd: float | None = None
    output_usd: float | None = None
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


def cost_usd(provider: str, model: str, input_tokens: int, output_tokens: int) -> float | None:
    """List price of a call in US dollars, or None when the price is not known. The offline engine costs
    nothing.
    """
    if provider == OFFLINE:
        return 0.0
    facts = facts_of(provider, model)
    if facts.input_usd is None or facts.output_usd is None:
        return None
    return (input_tokens * facts.input_usd + output_tokens * facts.output_usd) / 1_000_000
