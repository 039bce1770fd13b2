"""Whom a person may ask: providers, models, and whether they answer."""

from __future__ import annotations

from cassia_core.domain.config import OFFLINE, AgentModel
from cassia_core.errors import ConfigError
from cassia_core.llm import catalogue
from cassia_core.llm.catalogue import ModelFacts, ProviderFacts
from cassia_core.llm.registry import check_connection, list_models

__all__ = [
    "ModelFacts",
    "ProviderFacts",
    "check_connection",
    "default_model",
    "list_models",
    "models_of",
    "price_is_known",
    "providers",
]


def providers() -> tuple[ProviderFacts, ...]:
    """All known providers, in the order a page shows them."""
    return catalogue.providers()


def models_of(provider: str) -> tuple[ModelFacts, ...]:
    """Models of a provider that the catalogue knows. Any other model id may be typed."""
    return tuple(m for m in catalogue.models() if m.provider == provider)


def price_is_known(model: AgentModel) -> bool:
    """Whether the catalogue knows what the model costs."""
    facts = catalogue.facts_of(model.provider, model.model)
    return model.provider == OFFLINE or facts.input_usd is not None


def default_model(provider: str) -> str:
    """The model asked when none is named: the first one that the catalogue lists for the provider.

    Raises
    ------
    ConfigError
        When the catalogue lists none, as for a server of one's own.
    """
    if provider == OFFLINE:
        return AgentModel().model
    listed = models_of(provider)
    if not listed:
        title = catalogue.provider_facts(provider).title
        raise ConfigError(
            f"No model was named for {title}.",
            "The catalogue lists none for it.",
            "Name the model: --model on the command line, the model field on the Set-up page.",
        )
    return listed[0].model
