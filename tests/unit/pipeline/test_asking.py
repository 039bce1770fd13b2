"""The way to the models: logged, retried, within the budget, stopped at once."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cassia_core.domain.config import AgentModel
from cassia_core.domain.tasks import AnnotateTask, FormatTask
from cassia_core.errors import (
    AuthError,
    BudgetExceeded,
    ConfigError,
    Overloaded,
    ProviderError,
    QuotaError,
    RateLimited,
    ReplyError,
    ReplyFiltered,
    RunCancelled,
)
from cassia_core.llm.limiter import AdaptiveLimiter
from cassia_core.llm.protocol import ChatResponse
from cassia_core.runs.call_log import read_calls
from tests.annotating import HUMAN_BLOOD, Bench, Scripted, cluster_of, scripted_bench

PRICED = AgentModel(provider="openai", model="gpt-4o")
WHOSE = {"dataset": "data", "cluster": "0", "attempt": 1}


def task(text: str = "x") -> FormatTask:
    return FormatTask(setting=HUMAN_BLOOD, text=text)


def ask(bench: Bench, text: str = "x", **changes: object):
    return bench.asker.ask("formatter", task(text), **{**WHOSE, **changes})


def limited(wait_s: float) -> RateLimited:
    error = RateLimited("Too many.")
    error.retry_after_s = wait_s
    return error


def test_a_finished_call_is_on_disk_when_the_answer_is_returned(tmp_path: Path):
    with scripted_bench(tmp_path, Scripted(formatter="hello")) as bench:
        reply = ask(bench)
        lines = [json.loads(line) for line in (tmp_path / "calls.jsonl").read_text().splitlines()]
    assert [line["reply"] for line in lines] == ["hello"] == [reply.text]
    assert lines[0]["cluster"] == "0" and lines[0]["agent"] == "formatter" and lines[0]["input_tokens"] == 100
    assert [c.output_tokens for c in bench.calls] == [50]


def test_a_repeated_request_is_answered_from_the_log_without_a_call(tmp_path: Path):
    provider = Scripted(formatter=["first", "second"])
    with scripted_bench(tmp_path, provider) as bench:
        assert [ask(bench).text, ask(bench).text] == ["first", "second"]
    again = Scripted(formatter="never")
    with scripted_bench(tmp_path, again) as bench:
        assert [ask(bench).text, ask(bench).text] == ["first", "second"]
        assert again.requests == [] and bench.calls == []
        assert ask(bench).text == "never"


def test_another_cluster_with_the_same_task_is_another_question(tmp_path: Path):
    with scripted_bench(tmp_path, Scripted(formatter=["first", "second"])) as bench:
        ask(bench)
    with scripted_bench(tmp_path, Scripted(formatter="fresh")) as bench:
        assert ask(bench, cluster="1").text == "fresh"


def test_discarded_answers_are_asked_anew_by_the_next_process(tmp_path: Path):
    with scripted_bench(tmp_path, Scripted(formatter="bad")) as bench:
        bench.asker.discard((ask(bench).key,))
    with scripted_bench(tmp_path, Scripted(formatter="good")) as bench:
        assert ask(bench).text == "good"


def test_a_half_written_line_of_a_killed_worker_is_dropped(tmp_path: Path):
    with scripted_bench(tmp_path, Scripted(formatter="kept")) as bench:
        ask(bench)
    path = tmp_path / "calls.jsonl"
    path.write_bytes(path.read_bytes() + b'{"key": "half')
    with scripted_bench(tmp_path, Scripted(formatter="new")) as bench:
        assert ask(bench).text == "kept"
        assert ask(bench, "other").text == "new"
    assert [entry.reply for entry in read_calls(path)] == ["kept", "new"]


def test_passing_faults_are_retried(tmp_path: Path):
    provider = Scripted(formatter=[Overloaded("Down."), limited(0.01), "there"])
    with scripted_bench(tmp_path, provider) as bench:
        assert ask(bench).text == "there"
    assert len(provider.requests) == 3
    assert len(bench.notices) == 1 and "more slowly" in bench.notices[0]


def test_retries_are_bounded_and_the_last_error_is_raised(tmp_path: Path):
    provider = Scripted(formatter=Overloaded("Down."))
    with scripted_bench(tmp_path, provider, max_retries=2) as bench, pytest.raises(Overloaded):
        ask(bench)
    assert len(provider.requests) == 3


def test_a_wait_of_an_hour_pauses_the_run_says_until_when_and_asks_nothing_meanwhile(tmp_path: Path):
    cancelled = threading.Event()
    provider = Scripted(formatter=limited(3600))
    with scripted_bench(tmp_path, provider, stopped=cancelled.is_set) as bench:
        threading.Timer(0.5, cancelled.set).start()
        with pytest.raises(RunCancelled):
            ask(bench)
    assert len(provider.requests) == 1
    [(until, why)] = bench.pauses
    left = datetime.fromisoformat(until) - datetime.now(UTC)
    assert 3590 < left.total_seconds() <= 3600 and why.startswith("Too many.")


def test_a_pause_ends_by_itself_and_the_question_is_answered(tmp_path: Path):
    provider = Scripted(formatter=[limited(1.5), "there"])
    with scripted_bench(tmp_path, provider) as bench:
        assert ask(bench).text == "there"
    assert len(provider.requests) == 2
    assert [bool(until) for until, _ in bench.pauses] == [True, False]


def test_a_wait_of_days_ends_the_run_and_says_when_to_resume(tmp_path: Path):
    provider = Scripted(formatter=limited(20 * 86_400))
    with scripted_bench(tmp_path, provider) as bench:
        for text in "ab":
            with pytest.raises(QuotaError, match="may be asked again on"):
                ask(bench, text)
    assert len(provider.requests) == 1


def test_a_limit_that_refuses_everything_is_asked_ever_more_seldom(tmp_path: Path):
    """A used-up allowance for a day that says nothing of itself: a few dozen requests a day, not hundreds."""
    clock = [0.0]
    limiter = AdaptiveLimiter(6)
    asked = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cassia_core.llm.limiter.time.monotonic", lambda: clock[0])
        while (pause := limiter.refused(None)) is not None:
            asked += 1
            clock[0] += pause + 0.001
    assert 60 < asked < 100
    assert clock[0] > 86_400


def test_faults_that_a_repeat_does_not_mend_are_not_retried(tmp_path: Path):
    provider = Scripted(formatter=ProviderError("No."))
    with scripted_bench(tmp_path, provider) as bench, pytest.raises(ProviderError):
        ask(bench)
    assert len(provider.requests) == 1


@pytest.mark.parametrize("kind", [AuthError, QuotaError])
def test_a_refused_key_or_an_empty_account_stops_every_later_call(tmp_path: Path, kind: type):
    provider = Scripted(formatter=[kind("Stop."), "never"])
    with scripted_bench(tmp_path, provider) as bench:
        for text in "abc":
            with pytest.raises(kind):
                ask(bench, text)
        assert isinstance(bench.asker.stopped_by, kind)
    assert len(provider.requests) == 1


def test_a_server_that_never_answered_is_not_tried_for_every_cluster(tmp_path: Path):
    provider = Scripted(formatter=Overloaded("Not there."))
    with scripted_bench(tmp_path, provider, max_retries=1) as bench:
        for text in "abcdef":
            with pytest.raises(Overloaded):
                ask(bench, text)
    assert len(provider.requests) == 3 * 2
    answered_once = Scripted(formatter=["x", Overloaded("Down now.")])
    with scripted_bench(tmp_path / "b", answered_once, max_retries=0) as bench:
        ask(bench)
        for text in "abcdef":
            with pytest.raises(Overloaded):
                ask(bench, text)
    assert len(answered_once.requests) == 7


def test_a_cancelled_run_makes_no_further_call(tmp_path: Path):
    provider = Scripted(formatter="x")
    with scripted_bench(tmp_path, provider, stopped=lambda: True) as bench, pytest.raises(RunCancelled):
        ask(bench)
    assert provider.requests == []


def test_a_wait_between_retries_ends_when_the_run_is_cancelled(tmp_path: Path):
    cancelled = threading.Event()
    provider = Scripted(formatter=limited(60))
    with scripted_bench(tmp_path, provider, stopped=cancelled.is_set) as bench:
        threading.Timer(0.2, cancelled.set).start()
        begun = time.monotonic()
        with pytest.raises(RunCancelled):
            ask(bench)
    assert time.monotonic() - begun < 10


def test_an_empty_answer_is_asked_for_again_a_few_times(tmp_path: Path):
    provider = Scripted(formatter=["", "  ", "there"])
    with scripted_bench(tmp_path, provider) as bench:
        assert ask(bench).text == "there"
    silent = Scripted(formatter="")
    with scripted_bench(tmp_path / "b", silent) as bench, pytest.raises(ReplyError):
        ask(bench)
    assert len(silent.requests) == 3


def test_a_withheld_answer_is_an_error_and_never_an_empty_label(tmp_path: Path):
    provider = Scripted(formatter=ChatResponse(text="", finish_reason="filtered"))
    with scripted_bench(tmp_path, provider) as bench, pytest.raises(ReplyFiltered):
        ask(bench)


def test_a_cut_off_answer_is_asked_for_with_more_room(tmp_path: Path):
    provider = Scripted(formatter=[ChatResponse(text="half", finish_reason="length"), "whole"])
    with scripted_bench(
        tmp_path,
        provider,
        annotator=AgentModel(provider="custom", model="m", base_url="http://localhost:9", max_tokens=50),
    ) as bench:
        assert ask(bench).text == "whole"
    assert [r.max_tokens for r in provider.requests] == [50, 16384]


def test_tokens_are_never_spent_beyond_the_limit(tmp_path: Path):
    provider = Scripted(formatter="x")
    with scripted_bench(tmp_path, provider, max_tokens_total=10_000, max_workers=8) as bench:

        def one(number: int) -> bool:
            try:
                ask(bench, f"text {number}")
            except BudgetExceeded:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            done = sum(pool.map(one, range(100)))
        assert isinstance(bench.asker.stopped_by, BudgetExceeded)
    spent = sum(c.input_tokens + c.output_tokens for c in bench.calls)
    assert len(provider.requests) == done > 20
    assert spent <= 10_000


def test_a_limit_counts_what_the_run_has_cost_before(tmp_path: Path):
    with scripted_bench(tmp_path, Scripted(formatter="x"), max_tokens_total=6000) as bench:
        ask(bench)
    with scripted_bench(tmp_path, Scripted(formatter="x"), max_tokens_total=4400) as bench:
        assert ask(bench).text == "x", "answered from the log: costs nothing"
        with pytest.raises(BudgetExceeded, match="150 of at most 4,400 tokens"):
            ask(bench, "new")


def test_a_limit_in_dollars_needs_a_known_price(tmp_path: Path):
    with (
        pytest.raises(ConfigError, match="price is not known"),
        scripted_bench(tmp_path, Scripted(), max_cost_usd=1.0),
    ):
        pass


def test_dollars_are_never_spent_beyond_the_limit(tmp_path: Path):
    provider = Scripted(formatter="x")
    with scripted_bench(tmp_path, provider, annotator=PRICED, max_cost_usd=0.05) as bench:
        while bench.asker.stopped_by is None:
            with contextlib.suppress(BudgetExceeded):
                ask(bench, f"text {len(provider.requests)}")
    assert 0 < sum(c.cost_usd for c in bench.calls) <= 0.05


def test_an_unknown_price_is_unknown(tmp_path: Path):
    with scripted_bench(tmp_path, Scripted(formatter="x")) as bench:
        assert ask(bench).turn.cost_usd is None
    assert bench.calls[0].cost_usd is None


def test_requests_in_flight_are_bounded_over_all_roles(tmp_path: Path):
    at_once, most, lock = [0], [0], threading.Lock()

    def slow(_request) -> str:
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        time.sleep(0.01)
        with lock:
            at_once[0] -= 1
        return "x"

    provider = Scripted(formatter=slow, annotator=slow)
    with scripted_bench(tmp_path, provider, max_workers=3) as bench:

        def one(number: int) -> None:
            annotate = AnnotateTask(setting=HUMAN_BLOOD, markers=cluster_of(str(number)))
            if number % 2:
                ask(bench, str(number))
            else:
                bench.asker.ask("annotator", annotate, **WHOSE)

        with ThreadPoolExecutor(12) as pool:
            list(pool.map(one, range(24)))
    assert most[0] == 3


def test_an_earlier_run_can_be_replayed_without_a_provider(tmp_path: Path):
    with scripted_bench(tmp_path / "old", Scripted(formatter="recorded")) as bench:
        ask(bench)
    nobody = Scripted(formatter=ProviderError("There is no network."))
    with scripted_bench(tmp_path / "new", nobody, earlier=(tmp_path / "old" / "calls.jsonl",)) as bench:
        assert ask(bench).text == "recorded"
        with pytest.raises(ProviderError):
            ask(bench, "something else")
    assert bench.calls == []


def test_the_temperature_and_the_reply_length_are_the_models(tmp_path: Path):
    model = replace(PRICED, temperature=0.2, max_tokens=300, reasoning="low")
    provider = Scripted(formatter="x")
    with scripted_bench(tmp_path, provider, annotator=model) as bench:
        ask(bench)
    sent = provider.requests[0]
    assert (sent.temperature, sent.max_tokens, sent.reasoning, sent.model) == (0.2, 300, "low", "gpt-4o")
