"""What a run is expected to cost, held against what it does cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cassia_core.domain.config import AgentModel, AnnotationParams, DatasetSpec, MarkerParams, RunConfig
from cassia_core.pipeline.estimate import estimate
from tests.annotating import Bench, cluster_of, quick, server_model
from tests.model_server import Answer, Asked, ModelServer

LUNA = AgentModel(provider="openai", model="gpt-6-luna")
DATA = DatasetSpec(name="data", path="data.csv", tissue="blood")


def config(**params: object) -> RunConfig:
    return RunConfig(datasets=(DATA,), annotation=AnnotationParams(**{"annotator": LUNA, **params}))


def worst(asked: Asked, good: str) -> Answer | None:
    texts = {
        "validator": "Too deep.\nVALIDATION FAILED",
        "scorer": '```json\n{"score": 10, "reasoning": "no"}\n```',
        "booster": '```json\n{"hypotheses": ["a"], "ask_genes": ["CD3D"]}\n```',
    }
    if asked.agent == "booster" and "Conclude now" in asked.messages[0][1]:
        return None
    return Answer(text=texts[asked.agent]) if asked.agent in texts else None


@pytest.mark.parametrize(("fault", "end"), [(None, "low"), (worst, "high")])
@pytest.mark.parametrize("own_scorer", [False, True])
def test_the_calls_made_lie_at_the_ends_that_were_named(tmp_path: Path, fault, end: str, own_scorer: bool):
    with ModelServer(fault=fault) as server:
        extra = {"scorer": replace(server_model(server), model="stand-in-mini")} if own_scorer else {}
        with Bench(quick(server, merge=False, **extra), tmp_path) as bench:
            bench.all([cluster_of(str(n)) for n in range(3)])
            guess = estimate(RunConfig(datasets=(DATA,), annotation=bench.params), 3)
        calls = server.stats.calls
    assert calls == getattr(guess, f"calls_{end}")
    assert guess.input_tokens_low <= server.stats.input_tokens * 1.6


def test_a_price_range_comes_from_the_prices_of_all_models():
    guess = estimate(config(), 10)
    assert 0 < guess.cost_low_usd < guess.cost_high_usd
    unpriced = AgentModel(provider="custom", model="x", base_url="http://host/v1")
    assert estimate(config(scorer=unpriced), 10).cost_low_usd is None


def test_the_built_in_engine_costs_nothing_and_sends_nothing():
    guess = estimate(config(annotator=AgentModel()), 10)
    assert guess.calls_low > 0 and guess.input_tokens_high == guess.output_tokens_high == 0
    assert (guess.cost_low_usd, guess.cost_high_usd, guess.sent) == (0.0, 0.0, ())


@pytest.mark.parametrize(
    ("url", "leaves"),
    [
        ("http://localhost:11434/v1", False),
        ("http://127.0.0.1:1/v1", False),
        ("http://gpu.lab.example/v1", True),
    ],
)
def test_a_local_server_means_that_nothing_leaves(url: str, leaves: bool):
    guess = estimate(config(annotator=AgentModel(provider="ollama", model="m", base_url=url)), 1)
    assert bool(guess.sent) is leaves


def test_what_leaves_is_listed_and_a_blind_run_keeps_the_names():
    noted = replace(config(), datasets=(replace(DATA, context="tumour", markers=MarkerParams(n_genes=70)),))
    text = "\n".join(estimate(noted, 2).sent)
    assert (
        "OpenAI" in text and "70 marker genes" in text and "your notes" in text and "clusters' names" in text
    )
    blind = "\n".join(estimate(config(blind=True), 2).sent)
    assert "clusters' names" not in blind and "your notes" not in blind


def test_more_genes_more_attempts_and_reasoning_cost_more():
    plain = estimate(config(), 10)
    assert estimate(config(max_attempts=5), 10).calls_high > plain.calls_high
    assert estimate(config(annotator=replace(LUNA, reasoning="high")), 10).cost_high_usd > plain.cost_high_usd
    assert estimate(config(always_format=True), 10).calls_low > plain.calls_low


def test_without_annotation_nothing_is_asked():
    assert estimate(RunConfig(datasets=(DATA,), annotation=None), 10).calls_high == 0
