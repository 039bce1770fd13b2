"""Servers that make a run wait: words as they come, queues, limits for a day; seen through the real SDKs."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from cassia_core.domain.config import AgentModel, AnnotationParams, DatasetSpec, RunConfig
from cassia_core.errors import ProviderTimeout, RateLimited, RunCancelled
from cassia_core.llm.registry import make_provider
from cassia_core.runs.call_log import read_calls, read_faults
from cassia_core.runs.layout import RunLayout
from cassia_core.services.runs import runs
from tests.annotating import Bench, cluster_of, own_label, quick, server_model
from tests.contract.test_providers import request
from tests.model_server import Answer, ModelServer

WIRES = ("openai", "anthropic")
ROOT = Path(__file__).resolve().parents[3]
HOUR = Answer(status=429, error_code="rate_limit_exceeded", headers={"retry-after": "3600"})


def always(answer: Answer):
    return lambda asked, good: replace(answer, text=good)


@pytest.mark.parametrize("wire", WIRES)
def test_a_reply_may_take_longer_than_any_limit_as_long_as_words_come(wire: str):
    heard = []
    slow = always(Answer(word_gap_s=0.15))
    with ModelServer(lambda asked: "one two three four five six seven eight", fault=slow) as server:
        provider = make_provider(server_model(server, wire), "k")
        answer = provider.complete(
            request(first_word_s=0.6, silence_s=0.6), lambda words, thinking: heard.append(words)
        )
        provider.close()
    assert answer.text == "one two three four five six seven eight" == "".join(heard)
    assert answer.latency_s > 0.6 and answer.finish_reason == "stop" and answer.output_tokens > 0


@pytest.mark.parametrize("wire", WIRES)
def test_silence_in_the_middle_of_a_reply_is_told_as_that(wire: str):
    stuck = always(Answer(stall_after=2, stall_s=3.0))
    with ModelServer(lambda asked: "one two three four", fault=stuck) as server:
        provider = make_provider(server_model(server, wire), "k")
        with pytest.raises(
            ProviderTimeout, match=r"fell silent in the middle of its answer for 0\.3"
        ) as caught:
            provider.complete(request(silence_s=0.3))
        provider.close()
    assert caught.value.overdue


def test_comments_of_a_gateway_are_no_words():
    with ModelServer(fault=always(Answer(comments=True, hang_s=3.0))) as server:
        provider = make_provider(server_model(server), "k")
        with pytest.raises(ProviderTimeout, match=r"no word within 0\.4"):
            provider.complete(request(first_word_s=0.4))
        provider.close()


def test_a_server_that_does_not_stream_is_read_all_the_same():
    for wire in WIRES:
        with ModelServer(lambda asked: "whole", fault=always(Answer(in_one_piece=True))) as server:
            provider = make_provider(server_model(server, wire), "k")
            assert provider.complete(request()).text == "whole"
            provider.close()


def test_a_server_that_refuses_to_stream_is_asked_without():
    def fault(asked, good):
        if asked.fields.get("stream_options") or asked.fields.get("stream"):
            return Answer(status=400, error_text="stream is not supported for this model")
        return None

    with ModelServer(lambda asked: "whole", fault=fault) as server:
        provider = make_provider(server_model(server), "k")
        assert [provider.complete(request()).text for _ in range(2)] == ["whole", "whole"]
        provider.close()
        assert server.stats.calls == 4, "two refusals, once"


def test_whoever_listens_can_give_a_reply_up():
    def heard(words: str, thinking: bool) -> None:
        raise RunCancelled("Stopped.")

    with ModelServer(fault=always(Answer(hang_s=5.0))) as server:
        provider = make_provider(server_model(server), "k")
        begun = time.monotonic()
        with pytest.raises(RunCancelled):
            provider.complete(request(first_word_s=60.0), heard)
        assert time.monotonic() - begun < 3
        provider.close()


def test_a_server_that_answers_one_question_at_a_time_loses_no_cluster(tmp_path: Path):
    """Eight clusters, ten workers, and less patience than a queue of ten would need."""
    clusters = [cluster_of(str(n)) for n in range(8)]
    with (
        ModelServer(latency_s=0.2, at_a_time=1) as server,
        Bench(quick(server, boost="off", first_word_timeout_s=1.0), tmp_path) as bench,
    ):
        results = bench.all(clusters)
    assert [r.status for r in results] == ["done"] * 8
    assert [r.label for r in results] == [own_label(c) for c in clusters]
    assert server.stats.calls <= 32, "hardly a question is asked twice"


def test_a_server_nearby_gets_two_questions_at_once_at_first_and_more_as_it_answers(tmp_path: Path):
    seen = []

    def reply(asked):
        seen.append(server.stats.at_once)
        return "hello"

    with (
        ModelServer(reply, latency_s=0.05) as server,
        Bench(quick(server, boost="off"), tmp_path) as bench,
        ThreadPoolExecutor(10) as pool,
    ):
        list(pool.map(lambda n: bench.asker._answers_at_all(bench.params.annotator), range(1)))
        list(pool.map(bench.one, [cluster_of(str(n)) for n in range(10)]))
    assert max(seen[:3]) <= 3 < max(seen)


def config(folder: Path, url: str) -> RunConfig:
    lists = {"0": "MS4A1,CD79A,CD79B,CD19", "1": "CD3D,CD3E,CD2,IL7R", "2": "NKG7,GNLY,KLRD1,KLRF1"}
    table = folder / "lists.csv"
    pd.DataFrame({"cluster": lists.keys(), "marker_genes": lists.values()}).to_csv(table, index=False)
    return RunConfig(
        datasets=(DatasetSpec(name="lists", path=str(table), tissue="blood"),),
        annotation=AnnotationParams(
            annotator=AgentModel(provider="custom", model="stand-in", base_url=url), boost="off", merge=False
        ),
    )


def wait(run_id: str, root: Path, until, seconds: float = 90):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        view = runs.view_run(run_id, root)
        if until(view):
            return view
        time.sleep(0.1)
    raise AssertionError(f"still {view}")


def test_an_hour_asked_for_is_told_cancelled_and_gone_on_from_with_no_answer_asked_for_twice(tmp_path: Path):
    with ModelServer(fault=lambda asked, good: HOUR if asked.number > 3 else None) as server:
        run_id = runs.start_run(config(tmp_path, server.url), {}, tmp_path)
        paused = wait(run_id, tmp_path, lambda view: view.paused_until)
        assert paused.state == "running" and "rate limit is reached" in paused.paused_why
        assert "told to fail" in paused.paused_why, "the server's own words"
        asked = server.stats.calls
        time.sleep(1.0)
        assert server.stats.calls == asked, "nothing is asked in a pause"
        runs.cancel_run(run_id, tmp_path)
        assert wait(run_id, tmp_path, lambda view: view.state in runs.ENDED).state == "cancelled"
        layout = RunLayout(root=tmp_path / run_id)
        answered = [entry.key for entry in read_calls(layout.calls)]
        assert len(answered) == 3 and {fault.kind for fault in read_faults(layout.calls)} == {"RateLimited"}
        server.fault = None
        runs.resume_run(run_id, {}, tmp_path)
        ended = wait(run_id, tmp_path, lambda view: view.state in runs.ENDED)
        keys = [entry.key for entry in read_calls(layout.calls)]
    assert ended.state == "success" and not ended.paused_until
    assert len(keys) == len(set(keys)) and keys[:3] == answered


def test_the_command_line_says_until_when_it_waits(tmp_path: Path):
    config(tmp_path, "")
    with ModelServer(fault=always(HOUR)) as server:
        command = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "cassia_core",
                "annotate",
                str(tmp_path / "lists.csv"),
                "--tissue",
                "blood",
            ]
            + ["--species", "human", "--provider", "custom", "--base-url", server.url, "--model", "stand-in"]
            + ["--output-dir", str(tmp_path / "out"), "--quiet"],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        said = next(line for line in command.stderr if "Paused until" in line)
        runs.cancel_run(next((tmp_path / "out").glob("run_*")).name, tmp_path / "out")
        command.communicate(timeout=60)
    assert "It goes on by itself then" in said and command.returncode == 2
    assert server.stats.calls <= 2


def test_a_used_up_allowance_for_a_day_is_asked_once_and_not_a_hundred_times(tmp_path: Path):
    said = "Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free requests per day"
    with (
        ModelServer(fault=always(Answer(status=429, error_text=said))) as server,
        Bench(quick(server), tmp_path, stopped=lambda: bool(bench.pauses)) as bench,
    ):
        for cluster in "ab":
            with pytest.raises(RunCancelled):
                bench.one(cluster_of(cluster))
    assert server.stats.calls == 1
    assert "free-models-per-day" in bench.pauses[0][1] and bench.faults[0].said == said


def test_the_reset_that_a_gateway_quotes_is_waited_for():
    ahead = int((time.time() + 1800) * 1000)
    body = {
        "error": {
            "message": "Rate limit exceeded",
            "code": 429,
            "metadata": {"headers": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(ahead)}},
        }
    }
    with ModelServer(fault=always(Answer(status=429, body=body))) as server:
        provider = make_provider(server_model(server), "k")
        with pytest.raises(RateLimited) as caught:
            provider.complete(request())
        provider.close()
    assert caught.value.retry_after_s == pytest.approx(1800, abs=30)
