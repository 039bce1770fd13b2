"""Power loss in the middle of a line: the line is cut off, what follows is readable, nothing else is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from cassia_core.domain.events import RunFinished, RunStarted
from cassia_core.domain.usage import CallRecord
from cassia_core.errors import RunError
from cassia_core.runs.call_log import CallLog, LoggedCall, read_calls
from cassia_core.runs.event_log import EventLog, read_events

TORN = (b'{"kind":"run_fin', b'{"kind":"run_fin\n', b"\x00" * 40, b"{}{", b'{"a":1}{"b"\n')


def events_of(path: Path) -> list[str]:
    return [type(event).__name__ for event in read_events(path)]


def started(path: Path) -> None:
    log = EventLog(path)
    log.emit(RunStarted(datasets=("a",), pid=1))
    log.close()


@pytest.mark.parametrize("torn", TORN)
def test_a_torn_event_is_cut_off_before_the_next_is_written(tmp_path: Path, torn: bytes):
    path = tmp_path / "events.jsonl"
    started(path)
    whole = path.read_bytes()
    path.write_bytes(whole + torn)
    log = EventLog(path)
    log.emit(RunFinished(status="success"))
    log.close()
    assert path.read_bytes().startswith(whole)
    assert events_of(path) == ["RunStarted", "RunFinished"]
    assert [event.seq for event in read_events(path)] == [1, 2]


def test_an_event_that_an_earlier_version_wrote_behind_a_torn_one_is_read(tmp_path: Path):
    path = tmp_path / "events.jsonl"
    started(path)
    other = tmp_path / "other.jsonl"
    started(other)
    path.write_bytes(path.read_bytes() + b'{"kind":"clus' + other.read_bytes())
    assert events_of(path) == ["RunStarted", "RunStarted"]


def test_a_damaged_line_in_the_middle_is_still_said(tmp_path: Path):
    path = tmp_path / "events.jsonl"
    started(path)
    path.write_bytes(b"no event\n" + path.read_bytes())
    with pytest.raises(RunError, match="Line 1"):
        events_of(path)


@pytest.mark.parametrize("torn", TORN)
def test_a_torn_call_is_cut_off_before_the_next_is_written(tmp_path: Path, torn: bytes):
    path = tmp_path / "calls.jsonl"
    entry = LoggedCall(key="k", call=a_call(), reply="{}")
    log = CallLog(path)
    log.add(entry)
    log.close()
    path.write_bytes(path.read_bytes() + torn)
    log = CallLog(path)
    log.add(entry)
    log.close()
    assert [call.key for call in read_calls(path)] == ["k", "k"]


def a_call() -> CallRecord:
    return CallRecord(
        at="2026-01-01T00:00:00Z",
        provider="custom",
        model="m",
        agent="annotator",
        dataset="d",
        cluster="0",
        attempt=1,
        input_tokens=1,
        output_tokens=1,
        latency_s=0.1,
    )
