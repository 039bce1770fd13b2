"""Opens providers: the only place that knows which class speaks to whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cassia_core.domain.config import AgentModel
from cassia_core.errors import ConfigError, MissingKeyError
from cassia_core.llm.catalogue import ProviderFacts, provider_facts
from cassia_core.llm.openai_compatible import OpenAICompatible
from cassia_core.llm.protocol import Provider


def require_key(model: AgentModel, key: str | None) -> None:
    """Refuse a model whose provider needs a key when none is given, before anything is paid.

    Raises
    ------
    MissingKeyError
        Says where to get one.
    ConfigError
        When the provider is not known, or its address is missing.
    """
    facts = provider_facts(model.provider)
    if facts.kind != "offline" and not (model.base_url or facts.base_url):
        raise ConfigError("The address of the model server is missing.", f"{facts.title} has none of its own.",
                          "Give its base URL, such as http://localhost:8000/v1.")
    if facts.needs_key and not key and not model.base_url:
        raise MissingKeyError(f"{facts.title} needs a key.", "None was given.",
                              f"Get one at {facts.key_page} and enter it for this session, "
                              f'or in a script: set_api_key("...", provider="{facts.name}").')


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
        from cassia_core.llm.offline import OfflineProvider  # loads the knowledge base: only where it is asked
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


def _remote(facts: ProviderFacts, key: str | None, base_url: str | None) -> Provider:
    return OpenAICompatible(facts, key, base_url)
