"""What the catalogue says of providers, models and prices."""

from __future__ import annotations

import re

import pytest

from cassia_core.domain.config import AgentModel
from cassia_core.errors import ConfigError
from cassia_core.llm.catalogue import cost_of, facts_of, models, prices_of, provider_facts, providers
from cassia_core.llm.usage_fields import TokenUsage


def test_every_price_says_when_and_where_it_was_read():
    for facts in models():
        assert (facts.input_usd is None) == (facts.output_usd is None), facts.model
        if facts.input_usd is not None:
            assert re.fullmatch(r"\d{4}-\d\d-\d\d", facts.read_on) and facts.source, facts.model


def test_every_model_belongs_to_a_known_provider_and_is_listed_once():
    names = {facts.name for facts in providers()}
    listed = [(facts.provider, facts.model) for facts in models()]
    assert {provider for provider, _ in listed} <= names
    assert len(listed) == len(set(listed))


def test_a_cost_is_tokens_times_price():
    tokens = TokenUsage(input=1_000_000, output=100_000)
    assert cost_of(AgentModel(provider="openai", model="gpt-4o"), tokens) == pytest.approx(2.5 + 1.0)


def test_tokens_of_the_cache_have_prices_of_their_own():
    tokens = TokenUsage(input=1_000_000, output=0, cached=600_000, cache_write=100_000)
    sonnet = AgentModel(provider="anthropic", model="claude-sonnet-5-5")
    assert cost_of(sonnet, tokens) == pytest.approx(0.3 * 2 + 0.6 * 0.2 + 0.1 * 2.5)
    unknown = AgentModel(provider="anthropic", model="claude-fable-5-2")
    assert cost_of(unknown, tokens) == pytest.approx(8.0), "an unknown price of the cache is no discount"


def test_a_typed_price_holds_and_the_servers_own_word_comes_next():
    tokens = TokenUsage(input=1_000_000, output=1_000_000, cached=500_000, cost_usd=0.42)
    typed = AgentModel(provider="custom", model="mine", input_usd=1.0, output_usd=2.0, cached_usd=0.5)
    assert cost_of(typed, tokens) == pytest.approx(0.5 + 0.25 + 2.0)
    assert cost_of(AgentModel(provider="openrouter", model="a/b"), tokens) == 0.42
    with pytest.raises(ConfigError, match="both directions"):
        AgentModel(provider="custom", model="mine", input_usd=1.0)


def test_an_unknown_price_is_none_and_the_offline_engine_is_free():
    tokens = TokenUsage(input=10, output=10)
    assert cost_of(AgentModel(provider="custom", model="my-model"), tokens) is None
    assert prices_of(AgentModel(provider="custom", model="my-model")) is None
    assert cost_of(AgentModel(), tokens) == 0.0


def test_a_typed_model_is_taken_as_it_is():
    assert facts_of("openai", "GPT-9-Future").model == "GPT-9-Future"


def test_an_address_stands_for_a_server_and_keeps_its_spelling():
    assert provider_facts("http://Host:8000/MyPath/v1").base_url == "http://Host:8000/MyPath/v1"


def test_an_unknown_provider_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="openrouter"):
        provider_facts("nonesuch")


def test_the_presets_of_the_field_are_there():
    names = {facts.name for facts in providers()}
    assert {
        "offline",
        "openai",
        "anthropic",
        "openrouter",
        "ollama",
        "lmstudio",
        "vllm",
        "deepseek",
        "gemini",
        "custom",
    } <= names
