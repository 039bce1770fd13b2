"""Usage of several providers, read into one shape."""

from __future__ import annotations

import pytest

from cassia_core.llm.usage_fields import TokenUsage, read_usage

OPENAI = {
    "prompt_tokens": 1000,
    "completion_tokens": 300,
    "total_tokens": 1300,
    "prompt_tokens_details": {"cached_tokens": 600},
    "completion_tokens_details": {"reasoning_tokens": 200},
}


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (OPENAI, TokenUsage(input=1000, output=300, cached=600, reasoning=200)),
        (
            {
                "input_tokens": 100,
                "output_tokens": 50,
                "cache_read_input_tokens": 700,
                "cache_creation_input_tokens": 200,
            },
            TokenUsage(input=1000, output=50, cached=700, cache_write=200),
        ),
        (
            {"prompt_tokens": 1000, "completion_tokens": 10, "prompt_cache_hit_tokens": 900},
            TokenUsage(input=1000, output=10, cached=900),
        ),
        (
            {**OPENAI, "cost": 0.0123},
            TokenUsage(input=1000, output=300, cached=600, reasoning=200, cost_usd=0.0123),
        ),
        (
            {"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1250},
            TokenUsage(input=1000, output=250),
        ),
        (None, TokenUsage()),
        ({"prompt_tokens": None, "completion_tokens": "many", "cost": True}, TokenUsage()),
        (
            {"prompt_tokens": 10, "prompt_tokens_details": {"cached_tokens": 50}},
            TokenUsage(input=10, cached=10),
        ),
    ],
    ids=[
        "openai",
        "anthropic",
        "deepseek",
        "openrouter",
        "reasoning apart",
        "none",
        "odd",
        "more cached than sent",
    ],
)
def test_a_usage_is_read(usage: object, expected: TokenUsage):
    assert read_usage(usage) == expected
