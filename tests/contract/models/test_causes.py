"""What servers, filters and networks really say, through the real SDKs: cause, remedy and their own words."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from cassia_core.domain.config import AgentModel
from cassia_core.errors import (
    AccessDenied,
    AuthError,
    ContextTooLong,
    ModelUnavailable,
    NotUnderstood,
    Overloaded,
    QuotaError,
    RateLimited,
    ReplyError,
    ReplyFiltered,
    WrongAddress,
)
from cassia_core.llm.registry import make_provider
from cassia_core.services.engine.models import check_connection
from tests.annotating import Bench, cluster_of, quick, server_model
from tests.contract.test_providers import request
from tests.model_server import Answer, ModelServer

KEY = "sk-canary-0123456789abcdef"
PAGE = "<!DOCTYPE html><html><head><title>Sign in to WiFi</title></head><body>Log in</body></html>"


def told(status: int, message: str, code: object = None, **more: object) -> Answer:
    return Answer(status=status, body={"error": {"message": message, "code": code, **more}})


CAUSES = {
    "log-in page with 200": (
        Answer(body=PAGE, content_type="text/html"),
        WrongAddress,
        "web page answered",
        "Sign in to WiFi",
    ),
    "web filter": (
        Answer(status=403, body="<html><title>Blocked by policy</title></html>", content_type="text/html"),
        WrongAddress,
        "stopped on the way",
        "Blocked by policy",
    ),
    "firewall in plain text": (Answer(status=403, body="Forbidden"), WrongAddress, "on the way", "Forbidden"),
    "wrong path, Go": (Answer(status=404, body="404 page not found"), WrongAddress, "this path", "404 page"),
    "wrong path, FastAPI": (
        Answer(status=404, body={"detail": "Not Found"}),
        WrongAddress,
        "not under this path",
        "Not Found",
    ),
    "wrong path, LM Studio": (
        Answer(body={"error": "Unexpected endpoint or method. (POST /chat/completions)"}),
        WrongAddress,
        "not under this path",
        "Unexpected endpoint",
    ),
    "unknown model, Ollama": (
        told(404, "model 'stand-in' not found", type="api_error"),
        ModelUnavailable,
        "does not know the model",
        "model 'stand-in' not found",
    ),
    "unknown model, OpenRouter": (
        told(400, "stand-in is not a valid model ID", 400),
        ModelUnavailable,
        "does not know the model",
        "not a valid model ID",
    ),
    "country": (
        told(403, "Country, region, or territory not supported", "unsupported_country_region_territory"),
        AccessDenied,
        "does not serve the place",
        "territory not supported",
    ),
    "country, Google, a list": (
        Answer(status=400, body=[{"error": {"code": 400, "message": "User location is not supported."}}]),
        AccessDenied,
        "does not serve the place",
        "User location",
    ),
    "bad key, Google, a list": (
        Answer(status=400, body=[{"error": {"code": 400, "message": "API key not valid."}}]),
        AuthError,
        "refused the key",
        "API key not valid",
    ),
    "moderation": (
        told(403, "Your input was flagged", 403, metadata={"reasons": ["violence"]}),
        ReplyFiltered,
        "withheld",
        "flagged",
    ),
    "data policy": (
        told(404, "No endpoints found matching your data policy (Free model publication).", 404),
        AccessDenied,
        "data policy",
        "matching your data policy",
    ),
    "no permission": (told(403, "This key is restricted", "x"), AuthError, "refused the key", "restricted"),
    "no credit in words": (
        told(400, "Your credit balance is too low to access the API."),
        QuotaError,
        "no credit",
        "credit balance",
    ),
    "too long": (
        told(400, "the request exceeds the available context size, try increasing it"),
        ContextTooLong,
        "does not fit",
        "context size",
    ),
    "error inside 200": (
        Answer(body={"error": {"code": 502, "message": "Upstream died"}}),
        Overloaded,
        "failed on its side",
        "Upstream died",
    ),
    "limit inside 200": (
        Answer(body={"error": {"code": 429, "message": "Slow down"}}),
        RateLimited,
        "fewer requests",
        "Slow down",
    ),
    "words of the host behind a gateway": (
        told(502, "Provider returned error", 502, metadata={"raw": '{"error": {"message": "GPU fell off"}}'}),
        Overloaded,
        "failed on its side",
        "GPU fell off",
    ),
    "another service": (Answer(body={"status": "ok"}), NotUnderstood, "was not understood", ""),
    "a list of texts": (Answer(status=500, body=["broken"]), Overloaded, "failed on its side", "broken"),
    "proxy that wants a log-in": (Answer(status=407, body="auth"), WrongAddress, "wants a log-in", "auth"),
    "https wanted": (
        Answer(status=400, body="Client sent an HTTP request to an HTTPS server."),
        WrongAddress,
        "encrypted connection",
        "HTTPS server",
    ),
}


@pytest.mark.parametrize(("answer", "kind", "what", "said"), CAUSES.values(), ids=CAUSES.keys())
def test_a_cause_is_told_with_its_remedy_and_the_servers_own_words(
    answer: Answer, kind: type, what: str, said: str
):
    with ModelServer(fault=lambda asked, good: answer) as server:
        provider = make_provider(server_model(server), KEY)
        with pytest.raises(kind, match=what) as caught:
            provider.complete(request())
        provider.close()
    error = caught.value
    assert type(error) is kind and error.remedy
    assert said in error.said + error.details and (not error.said or error.said in error.why)


def test_a_path_without_v1_is_told_with_the_path_that_is_meant():
    with ModelServer(fault=lambda asked, good: CAUSES["wrong path, Go"][0]) as server:
        url = server.anthropic_url
        with pytest.raises(WrongAddress, match=f"Most servers want {url}/v1"):
            check_connection(AgentModel(provider="custom", model="stand-in", base_url=url), KEY)


@pytest.mark.parametrize(
    "finish", ["SAFETY", "RECITATION", "content_filter", "FinishReason.PROHIBITED_CONTENT"]
)
def test_an_answer_withheld_is_told_with_the_servers_reason(finish: str, tmp_path: Path):
    with (
        ModelServer(fault=lambda asked, good: Answer(text="", finish=finish)) as server,
        Bench(quick(server), tmp_path) as bench,
    ):
        result = bench.one(cluster_of("0"))
        with pytest.raises(ReplyFiltered, match=f"withheld.*{finish}"):
            check_connection(bench.params.annotator)
    assert result.status == "failed" and finish in result.reason


@pytest.mark.parametrize(
    ("text", "problem"),
    [("", "answered nothing"), ("I am a little teapot.", "not answer in the form.*teapot")],
)
def test_the_connection_test_calls_an_answer_that_cannot_be_read_what_it_is(text: str, problem: str):
    with ModelServer(lambda asked: text) as server, pytest.raises(ReplyError, match=problem):
        check_connection(server_model(server))


def test_the_connection_test_asks_as_a_run_asks():
    with ModelServer() as server:
        check_connection(server_model(server))
        [asked] = server.stats.asked
    assert asked.agent == "tester" and asked.messages[0][0] == "system"
    assert asked.fields["stream"] and "max_tokens" not in asked.fields


def test_keys_are_hidden_in_what_a_server_says(tmp_path: Path):
    bad = told(401, f"Incorrect API key provided: {KEY}, also sk-other-abcdefghijklmnop", "invalid_api_key")
    with ModelServer(fault=lambda asked, good: bad) as server:
        params = quick(server)
        with Bench(params, tmp_path, keys={"custom": KEY}) as bench:
            result = bench.one(cluster_of("0"))
    kept = (tmp_path / "calls.jsonl").read_text() + result.reason + str(bench.faults)
    assert (
        "Incorrect API key" in result.reason and "Incorrect API key" in (tmp_path / "calls.jsonl").read_text()
    )
    assert KEY not in kept and "sk-other" not in kept


def test_a_log_in_page_costs_one_call_and_not_one_for_every_cluster(tmp_path: Path):
    with (
        ModelServer(fault=lambda asked, good: CAUSES["log-in page with 200"][0]) as server,
        Bench(quick(server), tmp_path) as bench,
    ):
        bench.asker.ask_first((bench.params.annotator,))
        results = bench.all([cluster_of(str(n)) for n in range(13)])
        assert server.stats.calls == 1
    assert {r.status for r in results} == {"failed"}
    assert all("Sign in to WiFi" in r.reason for r in results)


def test_a_model_that_keeps_to_no_form_is_told_before_the_run(tmp_path: Path):
    def reply(asked):
        return "B cells, of course!" if asked.agent == "tester" else "x"

    with ModelServer(reply) as server, Bench(quick(server), tmp_path) as bench:
        bench.asker.ask_first((bench.params.annotator,))
        bench.asker._first.wait_for(bench.params.annotator, lambda: None)
    assert ["not answer in the form" in notice for notice in bench.notices] == [True]


def test_a_prompt_cut_to_the_servers_context_is_refused(tmp_path: Path):
    cut = {"prompt_tokens": 1024}

    def fault(asked, good):
        return replace(Answer(text=good), usage=cut)

    clusters = cluster_of("0", [f"GENE{n}WITHALONGNAME" for n in range(300)])
    with ModelServer(fault=fault) as server, Bench(quick(server), tmp_path) as bench:
        result = bench.one(clusters, n_genes=300)
    assert result.status == "failed" and "cut the question to its context of 1,024 tokens" in result.reason


def test_a_reply_used_up_by_thinking_is_called_that(tmp_path: Path):
    with (
        ModelServer(fault=lambda asked, good: Answer(text="", finish="length")) as server,
        Bench(quick(server), tmp_path) as bench,
    ):
        result = bench.one(cluster_of("0"))
    assert "used its whole reply for thinking" in result.reason


def test_a_dead_proxy_is_named_and_no_proxy_stands_before_this_computer(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", "http://user:secret@127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://user:secret@127.0.0.1:1")
    far = AgentModel(provider="custom", model="m", base_url="http://models.example/v1")
    with pytest.raises(WrongAddress, match=r"proxy 127\.0\.0\.1:1 was not reached") as caught:
        check_connection(far, KEY)
    assert "secret" not in str(caught.value)
    with ModelServer() as server:
        assert "answered" in check_connection(server_model(server))


def test_a_certificate_of_ones_own_is_told_as_that(tmp_path: Path):
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
        + ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    if made.returncode:
        pytest.skip("no openssl here")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with ModelServer() as server:
        server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
        url = server.url.replace("http://", "https://")
        with pytest.raises(WrongAddress, match=r"certificate .* is not trusted"):
            check_connection(AgentModel(provider="custom", model="stand-in", base_url=url), KEY)
        assert server.stats.calls == 0
