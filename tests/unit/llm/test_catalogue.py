"""What the catalogue says of providers, models and prices."""

from __future__ import annotations

import re

import pytest

from cassia_core.errors import ConfigError
from cassia_core.llm.catalogue import cost_usd, facts_of, models, provider_facts, providers


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
    assert cost_usd("openai", "gpt-4o", 1_000_000, 100_000) == pytest.approx(2.5 + 1.0)


def test_an_unknown_price_is_none_and_the_offline_engine_is_free():
    assert cost_usd("custom", "my-model", 10, 10) is None
    assert cost_usd("offline", "cassia-offline", 10, 10) == 0.0


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
