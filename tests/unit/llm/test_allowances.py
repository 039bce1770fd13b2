"""When a server may be asked again, in whichever way it says so; on a clock that stands still."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from cassia_core.llm.problems import allowances
from cassia_core.llm.problems.allowances import is_allowance, retry_after_s, wait_of
from cassia_core.llm.problems.server_words import ServerWords

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Stopped(datetime):
    """A clock that stands at `NOW`."""

    @classmethod
    def now(cls, tz=None):
        return NOW


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowances, "datetime", Stopped)
    monkeypatch.setattr(allowances, "time", SimpleNamespace(time=NOW.timestamp))


def wait(text: str = "", body: object = None, **headers: str) -> float | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return wait_of(ServerWords(status=429, text=text, body=body, headers=named))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "Sun, 01 Mar 2026 12:01:30 GMT"}, 90.0),
        ({"retry-after": "Sun, 01 Mar 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1e15"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({}, None),
    ],
)
def test_the_header_is_seconds_milliseconds_or_a_date(headers, seconds):
    assert retry_after_s(headers) == seconds
    assert wait_of(ServerWords(status=429, headers=headers)) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Please try again in 20s.", 20.0),
        ("Please try again in 7m12s.", 432.0),
        ("Please try again in 1h 2 minutes", 3720.0),
        ("Please retry after 350ms", 0.35),
        ("available again in 250 milliseconds", 0.25),
        ("Your quota resets in 2 days", 172_800.0),
        ("wait and try again in 1.5 sec", 1.5),
        ("You will regain access on 2026-03-01 at 13:00 UTC.", 3600.0),
        ("Your limit resets 2026-03-02", 43_200.0),
        ("The account was made on 2020-01-01. Access comes back 2026-03-01T12:10:00Z", 600.0),
        ("The account was made on 2020-01-01.", None),
        ("Too many requests.", None),
    ],
)
def test_a_time_in_words_is_read(text, seconds):
    assert wait(text) == (seconds and pytest.approx(seconds))


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ({"error": {"details": [{"@type": "RetryInfo", "retryDelay": "34s"}]}}, 34.0),
        ({"error": {"metadata": {"retry_after_seconds": 12}}}, 12.0),
        ([{"retry_after": 3.5}], 3.5),
        ({"retryDelay": "soon"}, None),
        ({"retryDelay": -4}, None),
    ],
)
def test_a_delay_in_the_body_is_read_at_any_depth(body, seconds):
    assert wait(body=body) == seconds


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [
        ("30", 30.0),
        ("6m0s", 360.0),
        (str(int(NOW.timestamp()) + 45), 45.0),
        (str(int(NOW.timestamp()) - 45), 0.0),
        (str(int((NOW.timestamp() + 90) * 1000)), 90.0),
        (str(int((NOW.timestamp() - 90) * 1000)), 0.0),
        ((NOW + timedelta(minutes=2)).isoformat(), 120.0),
        ((NOW + timedelta(minutes=2)).replace(tzinfo=None).isoformat(), 120.0),
        ("1000000000", 1e9),
        ("never", None),
    ],
)
def test_the_reset_of_a_spent_limit_is_waited_for_in_whatever_unit(reset, seconds):
    assert wait(**{"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": reset}) == seconds
    quoted = {"metadata": {"headers": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}}}
    assert wait(body=quoted) == seconds


@pytest.mark.parametrize(("left", "seconds"), [("0", 30.0), ("1", None), ("0.5", None), ("none", 30.0)])
def test_a_limit_with_something_left_is_not_what_refused(left, seconds):
    assert wait(**{"x-ratelimit-remaining": left, "x-ratelimit-reset": "30"}) == seconds


def test_other_headers_and_limits_say_nothing():
    assert wait(**{"x-ratelimit-limit": "30", "x-reset": "40", "ratelimit": "50"}) is None


def test_the_longest_of_several_wishes_holds_and_words_only_where_there_is_no_other():
    many = {"retry-after": "2", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "30"}
    assert wait("try again in 500s", **many) == 30.0
    assert wait("try again in 500s", body={"retryDelay": "60s"}, **many) == 60.0


@pytest.mark.parametrize(
    ("text", "long"),
    [
        ("free-models-per-day", True),
        ("requests per day (RPD)", True),
        ("You have reached your weekly limit", True),
        ("Limit reached for the month", True),
        ("1000 requests/day", True),
        ("requests per minute (RPM)", False),
        ("Too many requests", False),
    ],
)
def test_limits_of_a_day_and_longer_are_told_from_those_of_a_minute(text, long):
    assert is_allowance(ServerWords(status=429, text=text)) is long
