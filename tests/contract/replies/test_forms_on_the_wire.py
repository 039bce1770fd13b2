"""What is asked of a server is seen on the wire; what it refuses is left out, at one call's cost."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cassia_core.domain.config import AgentModel, AnnotationParams
from cassia_core.llm.catalogue import cost_of
from cassia_core.llm.usage_fields import TokenUsage
from tests.annotating import Bench, cluster_of, own_label, quick
from tests.model_server import Answer, Asked, ModelServer

CLUSTERS = tuple(cluster_of(str(number)) for number in range(12))
CALLS = 2 * len(CLUSTERS)
KEY = "sk-canary-0123456789abcdef"
ASKED = [
    ("openai", "gpt-6-luna"),
    ("openrouter", "some/model"),
    ("anthropic", "claude-haiku-5-5"),
    ("custom", "mine"),
    ("ollama", "mine"),
    ("lmstudio", "mine"),
    ("vllm", "mine"),
]


def schema_of(asked: Asked) -> dict:
    """The form that a request asks for."""
    if asked.wire == "anthropic":
        form = asked.fields["output_config"]["format"]
        assert form["type"] == "json_schema"
        return form["schema"]
    form = asked.fields["response_format"]
    assert (form["type"], form["json_schema"]["strict"]) == ("json_schema", True)
    return form["json_schema"]["schema"]


@pytest.mark.parametrize(("provider", "model"), ASKED)
def test_every_request_asks_for_its_form(provider: str, model: str, tmp_path: Path):
    with ModelServer(models=()) as server:
        url = server.anthropic_url if provider == "anthropic" else server.url
        params = AnnotationParams(
            annotator=AgentModel(provider=provider, model=model, base_url=url), boost="off", max_workers=2
        )
        with Bench(params, tmp_path, keys={provider: KEY}, wait_s=0.005) as bench:
            assert bench.one(CLUSTERS[0]).status == "done"
    forms = {asked.agent: schema_of(asked) for asked in server.stats.asked}
    assert list(forms["annotator"]["properties"])[:2] == ["reasoning", "general"], (
        "thought comes before the answer"
    )
    assert list(forms["validator"]["properties"]) == ["reasoning", "passed", "score"]
    assert all(form["additionalProperties"] is False for form in forms.values())


def run(tmp_path: Path, refuses: Callable[[Asked], Answer | None], wire: str = "openai", **model: object):
    """All clusters, ten workers at once, against a server that refuses something of each request."""
    with ModelServer(fault=lambda asked, good: refuses(asked), latency_s=0.01) as server:
        params = quick(server, wire, boost="off")
        params = replace(params, annotator=replace(params.annotator, **model))
        with Bench(params, tmp_path, wait_s=0.005) as bench:
            results = bench.all(CLUSTERS)
    assert [r.label for r in results] == [own_label(c) for c in CLUSTERS], results[0].reason
    assert {r.status for r in results} == {"done"}
    return server, bench


def refusing(field: str, words: str, status: int = 400) -> Callable[[Asked], Answer | None]:
    return lambda asked: Answer(status=status, error_text=words) if field in asked.fields else None


@pytest.mark.parametrize(
    ("wire", "refuses", "model"),
    [
        ("openai", refusing("response_format", "This response_format type is unavailable now"), {}),
        ("openai", refusing("response_format", "Extra inputs are not permitted: response_format", 422), {}),
        ("openai", refusing("response_format", "Failed to parse grammar", 500), {}),
        ("openai", refusing("response_format", "Bad Request"), {}),
        (
            "openai",
            refusing("temperature", "Unsupported value: 'temperature' must be 1"),
            {"temperature": 0.0},
        ),
        (
            "openai",
            refusing("max_tokens", "Use 'max_completion_tokens' instead of max_tokens."),
            {"max_tokens": 900},
        ),
        ("anthropic", refusing("output_config", "output_config: Extra inputs are not permitted"), {}),
    ],
    ids=[
        "form",
        "form, by validation",
        "form, by failing",
        "form, no reason",
        "temperature",
        "max_tokens",
        "anthropic",
    ],
)
def test_what_is_refused_is_left_out_for_the_run_at_the_cost_of_one_call(
    wire, refuses, model, tmp_path: Path
):
    server, bench = run(tmp_path, refuses, wire, **model)
    assert server.stats.calls == CALLS + 1
    assert len(bench.calls) == CALLS
    told = [notice for notice in bench.notices if "does not take" in notice]
    assert len(told) == (0 if "max_tokens" in model else 1)


def test_a_reply_limit_above_the_servers_is_lowered_to_it(tmp_path: Path):
    def refuses(asked: Asked) -> Answer | None:
        over = asked.fields.get("max_tokens", 0) > 2048
        return (
            Answer(status=400, error_text="max_tokens: 4000 > 2048, the most for this model")
            if over
            else None
        )

    server, _ = run(tmp_path, refuses, max_tokens=4000)
    assert server.stats.calls == CALLS + 1
    assert {asked.fields["max_tokens"] for asked in server.stats.asked[1:]} == {2048}


@pytest.mark.parametrize(
    "words",
    [
        "System role not supported",
        "Conversation roles must alternate user/assistant/user/assistant/...",
        "Only user and assistant roles are supported!",
        "Developer instruction is not enabled for models/gemma-3",
    ],
)
def test_a_server_without_a_system_role_gets_the_instruction_before_the_question(words: str, tmp_path: Path):
    def refuses(asked: Asked) -> Answer | None:
        roles = [role for role, _ in asked.messages]
        return Answer(status=400, error_text=words) if roles != ["user"] else None

    def reply(asked: Asked) -> str:
        if len(asked.messages) > 1:
            return "never sent: such a request is refused"
        text = asked.messages[0][1]
        instruction, _, data = text.partition("\n\n{")
        genes = json.loads("{" + data)["markers"].split(", ")
        if instruction.startswith("Role: validator."):
            return '{"reasoning": "Fine.", "passed": true, "score": 88}'
        assert instruction.startswith("Role: annotator.")
        block = {"general": "a cell", "subtypes": [f"{genes[0]} cell"], "mixed": [], "key_genes": genes[:3]}
        return json.dumps({"reasoning": "x", **block, "tissue": ""})

    with (
        ModelServer(reply, fault=lambda asked, good: refuses(asked), latency_s=0.01) as server,
        Bench(quick(server, boost="off"), tmp_path, wait_s=0.005) as bench,
    ):
        results = bench.all(CLUSTERS)
    assert [(r.status, r.label) for r in results] == [("done", own_label(c)) for c in CLUSTERS], results[
        0
    ].reason
    assert server.stats.calls == CALLS + 1


def test_the_instruction_carries_anthropics_cache_mark_and_its_counts_are_priced(tmp_path: Path):
    usage = {
        "input_tokens": 100,
        "output_tokens": 50,
        "cache_read_input_tokens": 800,
        "cache_creation_input_tokens": 100,
    }
    fault = lambda asked, good: Answer(text=good, usage=usage)  # noqa: E731  # a server in one line
    with ModelServer(models=(), fault=fault) as server:
        model = AgentModel(provider="anthropic", model="claude-sonnet-5-5", base_url=server.anthropic_url)
        with Bench(
            AnnotationParams(annotator=model, boost="off"), tmp_path, keys={"anthropic": KEY}
        ) as bench:
            bench.one(CLUSTERS[0])
    system = server.stats.asked[0].fields["system"]
    assert system[0]["cache_control"] == {"type": "ephemeral"} and system[0]["text"].startswith(
        "Role: annotator."
    )
    call = bench.calls[0]
    assert (call.input_tokens, call.cached_tokens, call.cache_write_tokens) == (1000, 800, 100)
    assert call.cost_usd == cost_of(model, TokenUsage(input=1000, output=50, cached=800, cache_write=100))


def test_cached_and_reasoning_tokens_of_openai_are_counted(tmp_path: Path):
    usage = {
        "prompt_tokens": 1000,
        "completion_tokens": 400,
        "total_tokens": 1400,
        "prompt_tokens_details": {"cached_tokens": 640},
        "completion_tokens_details": {"reasoning_tokens": 350},
    }
    with (
        ModelServer(fault=lambda asked, good: Answer(text=good, usage=usage)) as server,
        Bench(quick(server, boost="off"), tmp_path) as bench,
    ):
        result = bench.one(CLUSTERS[0])
    assert (bench.calls[0].cached_tokens, bench.calls[0].reasoning_tokens) == (640, 350)
    assert result.turns[0].cached_tokens == 640 and result.turns[0].reasoning_tokens == 350


def test_what_is_the_same_for_all_clusters_comes_first(tmp_path: Path):
    with ModelServer() as server, Bench(quick(server, boost="off"), tmp_path) as bench:
        bench.all(CLUSTERS[:3])
    requests = [a for a in server.stats.asked if a.agent == "annotator"]
    assert len({a.messages[0] for a in requests}) == 1, "one instruction"
    starts = {a.messages[1][1].partition('"markers"')[0] for a in requests}
    assert len(starts) == 1 and "human" in starts.pop(), "then the sample, then the genes"
