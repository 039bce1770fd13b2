"""Finished calls on disk, and their answers found again."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cassia_core.domain.usage import CallRecord
from cassia_core.errors import RunError
from cassia_core.runs.call_log import CallLog, LoggedCall, read_calls


def call(key: str, reply: str = "hello", cluster: str = "0", cost: float | None = None) -> LoggedCall:
    record = CallRecord(
        at="2026-01-01T00:00:00Z",
        provider="custom",
        model="m",
        agent="annotator",
        dataset="d",
        cluster=cluster,
        attempt=1,
        input_tokens=10,
        output_tokens=5,
        latency_s=0.1,
        cost_usd=cost,
    )
    return LoggedCall(key=key, call=record, reply=reply)


def test_a_call_comes_back_as_it_was_written(tmp_path: Path):
    log = CallLog(tmp_path / "calls.jsonl")
    log.add(call("k", "naïve \u2028 T\ncell \U0001f9ec"))
    log.close()
    assert list(read_calls(tmp_path / "calls.jsonl")) == [call("k", "naïve \u2028 T\ncell \U0001f9ec")]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(), st.text())
def test_any_reply_and_cluster_name_survive(tmp_path: Path, reply: str, cluster: str):
    path = tmp_path / "any.jsonl"
    path.unlink(missing_ok=True)
    log = CallLog(path)
    log.add(call("k", reply, cluster))
    log.close()
    assert list(read_calls(path)) == [call("k", reply, cluster)]


def test_answers_are_given_once_each_in_their_order_per_process(tmp_path: Path):
    log = CallLog(tmp_path / "calls.jsonl")
    log.add(call("k", "one"))
    log.add(call("k", "two"))
    assert log.take("k") is None, "this process made those calls itself"
    log.close()
    again = CallLog(tmp_path / "calls.jsonl")
    assert [again.take("k").reply, again.take("k").reply] == ["one", "two"]
    assert again.take("k") is None and again.take("other") is None
    again.close()


def test_a_rejected_answer_is_not_given_again_but_a_later_one_is(tmp_path: Path):
    log = CallLog(tmp_path / "calls.jsonl")
    log.add(call("k", "bad"))
    log.reject(["k"])
    log.add(call("k", "good"))
    log.close()
    again = CallLog(tmp_path / "calls.jsonl")
    assert again.take("k").reply == "good"
    assert again.spent().calls == 2, "a rejected answer was paid all the same"
    again.close()


def test_earlier_logs_are_read_and_not_written(tmp_path: Path):
    old = CallLog(tmp_path / "old.jsonl")
    old.add(call("k"))
    old.close()
    before = (tmp_path / "old.jsonl").read_bytes()
    log = CallLog(tmp_path / "new.jsonl", earlier=(tmp_path / "old.jsonl",))
    assert log.take("k").reply == "hello"
    log.add(call("j"))
    assert log.spent().calls == 1
    log.close()
    assert (tmp_path / "old.jsonl").read_bytes() == before


def test_calls_of_many_threads_are_whole_lines(tmp_path: Path):
    log = CallLog(tmp_path / "calls.jsonl")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: log.add(call(str(n), "x" * 5000)), range(64)))
    log.close()
    lines = (tmp_path / "calls.jsonl").read_text().splitlines()
    assert sorted(json.loads(line)["key"] for line in lines) == sorted(map(str, range(64)))


def test_the_cost_so_far_keeps_unknown_prices_apart(tmp_path: Path):
    log = CallLog(tmp_path / "calls.jsonl")
    log.add(call("a", cost=0.25))
    log.add(call("b", cost=None))
    spent = log.spent()
    log.close()
    assert (spent.calls, spent.cost_usd, spent.unpriced_calls, spent.total_tokens) == (2, 0.25, 1, 30)


def test_a_damaged_line_is_said_with_its_number(tmp_path: Path):
    log = CallLog(tmp_path / "calls.jsonl")
    log.add(call("k"))
    log.close()
    with (tmp_path / "calls.jsonl").open("ab") as file:
        file.write(b"\x00\x00\n")
    with pytest.raises(RunError, match="Line 2"):
        CallLog(tmp_path / "calls.jsonl")


def test_no_file_means_no_calls(tmp_path: Path):
    assert list(read_calls(tmp_path / "none.jsonl")) == []
