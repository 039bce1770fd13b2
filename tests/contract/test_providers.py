"""Every provider passes one suite, through its real SDK, against the stand-in server."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cassia_core.domain.config import AgentModel
from cassia_core.domain.conversation import Message
from cassia_core.domain.tasks import FormatTask, Setting
from cassia_core.errors import (
    AuthError,
    ConfigError,
    ContextTooLong,
    MissingKeyError,
    ModelUnavailable,
    Overloaded,
    ProviderError,
    ProviderTimeout,
    QuotaError,
    RateLimited,
)
from cassia_core.llm.catalogue import providers
from cassia_core.llm.offline.provider import OfflineProvider
from cassia_core.llm.protocol import ChatRequest, Provider
from cassia_core.llm.registry import list_models, make_provider, open_providers
from cassia_core.llm.replay import ReplayProvider
from cassia_core.services.engine.models import check_connection
from tests.annotating import server_model
from tests.model_server import Answer, ModelServer

WIRES = ("openai", "anthropic")
ROOT = Path(__file__).resolve().parents[2]
KEY = "sk-canary-0123456789abcdef"
TASK = FormatTask(setting=Setting(species="human"), text="x")


def request(**changes: object) -> ChatRequest:
    fields = {
        "messages": (Message(role="system", content="Role: tester."), Message(role="user", content="Hello")),
        "model": "stand-in",
        "agent": "formatter",
        "task": TASK,
        "first_word_s": 5.0,
        **changes,
    }
    return ChatRequest(**fields)


def fails_with(answer: Answer):
    return lambda asked, good: answer


@pytest.mark.parametrize("wire", WIRES)
def test_a_reply_comes_with_text_tokens_and_model(wire: str):
    with ModelServer(lambda asked: "Hello yourself", key=KEY) as server:
        provider = make_provider(server_model(server, wire), KEY)
        answer = provider.complete(request())
        provider.close()
        provider.close()
    assert (answer.text, answer.finish_reason, answer.model) == ("Hello yourself", "stop", "stand-in")
    assert answer.input_tokens > 0 and answer.output_tokens == 4 and answer.latency_s > 0


@pytest.mark.parametrize("wire", WIRES)
def test_instructions_and_task_arrive_in_their_roles(wire: str):
    with ModelServer() as server:
        provider = make_provider(server_model(server, wire), KEY)
        provider.complete(request())
        provider.close()
        assert server.stats.asked[0].messages == (("system", "Role: tester."), ("user", "Hello"))


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(status=401, error_code="invalid_api_key"), AuthError),
        (Answer(status=403), AuthError),
        (Answer(status=402, error_code="insufficient_quota"), QuotaError),
        (Answer(status=429, error_code="insufficient_quota"), QuotaError),
        (Answer(status=404, error_code="model_not_found"), ModelUnavailable),
        (Answer(status=413), ContextTooLong),
        (Answer(status=429), RateLimited),
        (Answer(status=500), Overloaded),
        (Answer(status=503), Overloaded),
        (Answer(status=529), Overloaded),
        (Answer(status=408), Overloaded),
        (Answer(status=400), ProviderError),
        (Answer(status=418), ProviderError),
        (Answer(reset=True), ProviderTimeout),
    ],
    ids=lambda value: (
        f"{value.status}{value.error_code or ''}{'reset' if value.reset else ''}"
        if isinstance(value, Answer)
        else None
    ),
)
def test_faults_are_mapped_to_our_errors_in_plain_words(wire: str, answer: Answer, kind: type):
    with ModelServer(fault=fails_with(answer)) as server:
        provider = make_provider(server_model(server, wire), KEY)
        with pytest.raises(kind) as caught:
            provider.complete(request())
        provider.close()
    error = caught.value
    assert type(error) is kind
    assert error.what and error.why and error.remedy
    tried_without = answer.status == 400  # refused without a word on why: once without a system message
    assert server.stats.calls == 1 + tried_without, "the SDK must not retry by itself"


@pytest.mark.parametrize("wire", WIRES)
def test_a_slow_answer_is_a_timeout(wire: str):
    with ModelServer(fault=fails_with(Answer(text="late", hang_s=1.0))) as server:
        provider = make_provider(server_model(server, wire), KEY)
        with pytest.raises(ProviderTimeout, match=r"within 0\.2 seconds"):
            provider.complete(request(first_word_s=0.2))
        provider.close()


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({}, None),
        ({"retry-after": "soon"}, None),
    ],
)
def test_the_servers_wish_to_wait_is_read(wire: str, headers: dict, seconds: float | None):
    with ModelServer(fault=fails_with(Answer(status=429, headers=headers))) as server:
        provider = make_provider(server_model(server, wire), KEY)
        with pytest.raises(RateLimited) as caught:
            provider.complete(request())
        provider.close()
    assert caught.value.retry_after_s == seconds


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("answer", "text", "finish"),
    [
        (Answer(text=""), "", "stop"),
        (Answer(text=None), "", "stop"),
        (Answer(text="Half an", finish="length"), "Half an", "length"),
        (Answer(text="", finish="content_filter"), "", "filtered"),
    ],
    ids=["empty", "null", "cut", "filtered"],
)
def test_odd_replies_are_told_apart(wire: str, answer: Answer, text: str, finish: str):
    with ModelServer(fault=fails_with(answer)) as server:
        provider = make_provider(server_model(server, wire), KEY)
        got = provider.complete(request())
        provider.close()
    assert (got.text, got.finish_reason) == (text, finish)


@pytest.mark.parametrize("wire", WIRES)
def test_connections_do_not_grow_with_calls(wire: str):
    with ModelServer(latency_s=0.005) as server:
        provider = make_provider(server_model(server, wire), KEY)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: provider.complete(request()), range(40)))
        provider.close()
        assert server.stats.calls == 40
        assert server.stats.connections <= 4


@pytest.mark.parametrize("wire", WIRES)
def test_models_are_listed_live(wire: str):
    with ModelServer(key=KEY, models=("stand-in", "other")) as server:
        model = server_model(server, wire)
        assert set(list_models(model.provider, KEY, model.base_url)) == {"stand-in", "other"}


@pytest.mark.parametrize("wire", WIRES)
def test_the_connection_test_says_what_is_wrong(wire: str):
    with ModelServer(key=KEY) as server:
        model = server_model(server, wire)
        assert "stand-in answered" in check_connection(model, KEY)
        with pytest.raises(AuthError, match="refused the key"):
            check_connection(model, "sk-wrong-0000000000")
        with pytest.raises(ModelUnavailable, match="does not know the model 'nonesuch'"):
            check_connection(
                AgentModel(provider=model.provider, model="nonesuch", base_url=model.base_url), KEY
            )
        server.fault = fails_with(Answer(status=402, error_code="insufficient_quota"))
        with pytest.raises(QuotaError, match="no credit left"):
            check_connection(model, KEY)
    with pytest.raises(ProviderTimeout, match="reached"):
        check_connection(model, KEY)


@pytest.mark.parametrize("wire", WIRES)
def test_no_key_shows_in_a_provider_or_its_errors(wire: str):
    with ModelServer(key="another") as server:
        provider = make_provider(server_model(server, wire), KEY)
        with pytest.raises(AuthError) as caught:
            provider.complete(request())
        provider.close()
    assert KEY not in repr(provider)
    assert KEY not in str(caught.value) + caught.value.details + repr(caught.value)


@pytest.mark.parametrize("wire", WIRES)
def test_the_environment_is_neither_read_nor_written(wire: str, monkeypatch: pytest.MonkeyPatch):
    for name in (
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "OPENAI_BASE_URL",
        "ANTHROPIC_BASE_URL",
        "OPENAI_ORG_ID",
        "OPENAI_PROJECT_ID",
        "ANTHROPIC_AUTH_TOKEN",
    ):
        monkeypatch.setenv(name, "http://127.0.0.1:9/from-the-environment")
    before = dict(os.environ)
    with ModelServer() as server:
        for key in (None, KEY):
            provider = make_provider(server_model(server, wire), key)
            provider.complete(request())
            sent = {name: str(value) for name, value in provider._client.default_headers.items()}
            assert not any("from-the-environment" in value for value in sent.values())
            provider.close()
        assert [asked.key for asked in server.stats.asked] == ["none", KEY]
    assert dict(os.environ) == before


def test_a_custom_address_and_model_are_used_exactly_as_typed():
    with ModelServer(models=("My-Local/Model:Q4_K_M",)) as server:
        url = server.url.replace("/v1", "/Gateway/MixedCase/v1")
        model = AgentModel(provider="ollama", model="My-Local/Model:Q4_K_M", base_url=url)
        provider = make_provider(model)
        provider.complete(request(model=model.model))
        provider.close()
        assert str(provider._client.base_url).startswith(url)
        assert server.stats.asked[0].model == "My-Local/Model:Q4_K_M"


def test_wishes_are_sent_only_where_the_model_knows_them():
    sent = {}

    def record(asked):
        sent[asked.model] = asked.fields
        return "ok"

    wishes = {"temperature": 0.3, "reasoning": "low", "max_tokens": 99, "json_schema": {"type": "object"}}
    with ModelServer(record, models=()) as server:
        for provider_name, model, url in (
            ("openai", "gpt-6-luna", server.url),
            ("custom", "local", server.url),
            ("openrouter", "anthropic/claude-sonnet-4.5", server.url),
            ("anthropic", "claude-sonnet-5-5", server.anthropic_url),
            ("anthropic", "claude-haiku-4-5", server.anthropic_url),
        ):
            provider = make_provider(AgentModel(provider=provider_name, model=model, base_url=url), KEY)
            provider.complete(request(model=model, **wishes))
            provider.close()
    luna, local, router = sent["gpt-6-luna"], sent["local"], sent["anthropic/claude-sonnet-4.5"]
    assert (
        "temperature" not in luna
        and luna["reasoning_effort"] == "low"
        and luna["max_completion_tokens"] == 99
    )
    assert luna["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert local["temperature"] == 0.3 and local["max_tokens"] == 99
    assert "reasoning_effort" not in local and "response_format" in local, (
        "a form is tried where it is unknown"
    )
    assert router["reasoning"] == {"effort": "low"}
    sonnet, haiku = sent["claude-sonnet-5-5"], sent["claude-haiku-4-5"]
    assert "temperature" not in sonnet and sonnet["output_config"]["effort"] == "low"
    assert sonnet["output_config"]["format"] == {"type": "json_schema", "schema": {"type": "object"}}
    assert sonnet["thinking"] == {"type": "adaptive"} and sonnet["max_tokens"] == 99
    assert haiku["thinking"]["type"] == "enabled"


@pytest.mark.parametrize("url", ["localhost:8000/v1", "ftp://host/v1", "my server"])
def test_an_address_without_http_is_refused_before_the_run(url: str):
    with pytest.raises(ConfigError, match="does not begin with http"):
        make_provider(AgentModel(provider="custom", model="m", base_url=url))


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/v1", "http://["])
def test_a_server_that_is_not_running_is_said_with_its_address(url: str):
    for provider in ("custom", "anthropic", "ollama"):
        with pytest.raises(ProviderTimeout, match="not running, or the address is wrong") as caught:
            check_connection(AgentModel(provider=provider, model="m", base_url=url), KEY)
        assert url in caught.value.what


def test_models_of_one_address_share_one_client():
    one = AgentModel(provider="custom", model="a", base_url="http://localhost:9/v1")
    two = AgentModel(provider="custom", model="b", base_url="http://localhost:9/v1", temperature=0.0)
    three = AgentModel(provider="custom", model="a", base_url="http://localhost:8/v1")
    opened = open_providers([one, two, three], {})
    assert opened[one] is opened[two] is not opened[three]
    for provider in opened.values():
        provider.close()


@pytest.mark.parametrize("facts", [f for f in providers() if f.needs_key], ids=lambda f: f.name)
def test_a_missing_key_is_said_before_anything_is_paid(facts):
    with pytest.raises(MissingKeyError) as caught:
        make_provider(AgentModel(provider=facts.name, model="any"))
    assert facts.key_page in caught.value.remedy


def test_no_vendor_package_is_loaded_before_it_is_asked():
    code = (
        "import sys; import cassia_core.pipeline.annotation.model_calls, cassia_core.llm.registry; "
        "sys.exit(bool({'openai', 'anthropic'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_all_providers_fit_the_protocol():
    remote = make_provider(AgentModel(provider="custom", model="a", base_url="http://localhost:9/v1"))
    for provider in (remote, OfflineProvider(), ReplayProvider()):
        assert isinstance(provider, Provider)
        provider.close()
