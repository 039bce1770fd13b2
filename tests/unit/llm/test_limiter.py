"""The limiter gives way to a provider that complains, and comes back."""

from __future__ import annotations

import threading
import time

import pytest

from cassia_core.errors import RunCancelled
from cassia_core.llm.limiter import AdaptiveLimiter


def go_on() -> None:
    """The run was not stopped."""


def test_refusals_halve_the_requests_at_a_time_and_answers_restore_them():
    limiter = AdaptiveLimiter(8)
    limiter.refused(0.0)
    assert limiter.limit == 4
    for _ in range(200):
        limiter.answered()
    assert limiter.limit == 8


def test_a_number_that_was_refused_is_not_tried_again_at_once():
    limiter = AdaptiveLimiter(8)
    limiter.refused(0.0)
    for _ in range(20):
        limiter.answered()
    assert limiter.limit == 7


def test_the_refusals_of_one_burst_count_once():
    limiter = AdaptiveLimiter(16)
    for _ in range(10):
        limiter.refused(5.0)
    assert limiter.limit == 8


def test_at_least_one_request_is_always_let_through():
    limiter = AdaptiveLimiter(2)
    for _ in range(10):
        limiter.refused(0.0)
    with limiter.slot(go_on):
        assert limiter.limit == 1


def test_nothing_is_sent_before_the_time_the_server_asked_for():
    limiter = AdaptiveLimiter(4)
    limiter.refused(0.15)
    begun = time.monotonic()
    with limiter.slot(go_on):
        assert time.monotonic() - begun >= 0.14


def test_waiting_ends_when_the_run_is_stopped():
    limiter = AdaptiveLimiter(1, tick_s=0.01)
    stopped = threading.Event()

    def check() -> None:
        if stopped.is_set():
            raise RunCancelled("Stopped.")

    with limiter.slot(go_on):
        threading.Timer(0.05, stopped.set).start()
        with pytest.raises(RunCancelled), limiter.slot(check):
            pass
