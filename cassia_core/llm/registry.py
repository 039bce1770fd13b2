"""Opens providers: the only place that knows which class speaks to whom."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Protocol

from cassia_core import persons, settings
from cassia_core.domain.config import AgentModel
from cassia_core.errors import ConfigError, MissingKeyError
from cassia_core.llm.catalogue import ProviderFacts, provider_facts
from cassia_core.llm.protocol import Provider

_SECRET_IN_ADDRESS = re.compile(
    r"://[^/?#]*@|[?&][^=&]*(?:key|token|secret|password|sig)[^=&]*=", re.IGNORECASE
)


def require_key(model: AgentModel, key: str | None) -> None:
    """Refuse a model whose provider needs a key when none is given, before anything is paid.

    Raises
    ------
    MissingKeyError
        Says where to get one.
    ConfigError
        When the provider is not known, or its address is missing, holds a key, or (on a shared server) is
        not one that may be asked.
    """
    _refuse_secrets(model)
    facts = provider_facts(model.provider)
    _refuse_unlisted(model, facts)
    if facts.kind != "offline" and not (model.base_url or facts.base_url):
        raise ConfigError(
            "The address of the model server is missing.",
            f"{facts.title} has none of its own.",
            "Give its base URL, such as http://localhost:8000/v1.",
        )
    if model.base_url and not model.base_url.startswith(("http://", "https://")):
        raise ConfigError(
            "What was given is no address of a model server.",
            "It does not begin with http:// or https://.",
            "Give the whole base URL, such as http://localhost:8000/v1.",
        )
    if facts.needs_key and not key and not model.base_url:
        raise MissingKeyError(
            f"{facts.title} needs a key.",
            "None was given.",
            f"Get one at {facts.key_page} and enter it for this session, "
            f'or in a script: set_api_key("...", provider="{facts.name}").',
        )


def _refuse_unlisted(model: AgentModel, facts: ProviderFacts) -> None:
    """On a shared server, an address that a person types would let them send requests into its inner network:
    only the known providers' own addresses, and what the operator has listed, are asked.
    """
    if not persons.is_shared() or facts.kind == "offline":
        return
    address = (model.base_url or facts.base_url or "").strip().rstrip("/").lower()
    own = (facts.base_url or "").rstrip("/").lower()
    if address in settings.model_servers() or (address == own and own.startswith("https://")):
        return
    raise ConfigError(
        "This model server cannot be asked from here.",
        "On a shared server only addresses that its operator has listed are asked.",
        "Choose another provider, or ask the operator to list the address (CASSIA_MODEL_SERVERS).",
    )


def _refuse_secrets(model: AgentModel) -> None:
    """An address is written to the run's record: it must not hold what opens the door."""
    for address in (model.provider, model.base_url or ""):
        if _SECRET_IN_ADDRESS.search(address):
            raise ConfigError(
                "The address of the model server holds a password or a key.",
                "Addresses are kept in the run's record; keys have a field of their own.",
                "Leave it out of the address and enter it as the key.",
            )


def make_provider(model: AgentModel, key: str | None = None) -> Provider:
    """Open the provider of one model. The caller closes it.

    Raises
    ------
    ConfigError
        As `require_key`.
    """
    require_key(model, key)
    facts = provider_facts(model.provider)
    if facts.kind == "offline":
        from cassia_core.llm.offline.provider import (
            OfflineProvider,  # loads the knowledge base: only where it is asked
        )

        return OfflineProvider()
    return _remote(facts, key, model.base_url)


def open_providers(models: Iterable[AgentModel], keys: Mapping[str, str]) -> dict[AgentModel, Provider]:
    """One provider per distinct address of `models`: models that share an address share its connections.

    Parameters
    ----------
    models
        The models of a run.
    keys
        Provider name to key.

    Raises
    ------
    ConfigError
        As `require_key`, before any is opened.
    """
    wanted = tuple(dict.fromkeys(models))
    for model in wanted:
        require_key(model, keys.get(model.provider))
    opened: dict[tuple[str, str | None], Provider] = {}
    for model in wanted:
        address = (model.provider, model.base_url)
        if address not in opened:
            opened[address] = make_provider(model, keys.get(model.provider))
    return {model: opened[(model.provider, model.base_url)] for model in wanted}


def list_models(provider: str, key: str | None = None, base_url: str | None = None) -> tuple[str, ...]:
    """Ids of the models a provider offers to this key, read live.

    Raises
    ------
    ConfigError
        As `require_key`.
    ProviderError
        When the provider cannot be asked, in plain words.
    """
    facts = provider_facts(provider)
    if facts.kind == "offline":
        return (AgentModel().model,)
    require_key(AgentModel(provider=provider, model="", base_url=base_url), key)
    client = _remote(facts, key, base_url)
    try:
        return client.list_models()
    finally:
        client.close()


class _Remote(Provider, Protocol):
    """A provider that can say which models it has."""

    def list_models(self) -> tuple[str, ...]: ...


def _remote(facts: ProviderFacts, key: str | None, base_url: str | None) -> _Remote:
    """Load the vendor's package only when it is used: each takes a second to import."""
    if facts.kind == "anthropic":
        from cassia_core.llm.anthropic_messages import AnthropicMessages

        return AnthropicMessages(facts, key, base_url)
    from cassia_core.llm.openai_compatible import OpenAICompatible

    return OpenAICompatible(facts, key, base_url)
