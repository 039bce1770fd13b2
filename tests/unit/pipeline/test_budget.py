"""A limit is never passed, and no call is refused that would fit."""

from __future__ import annotations

import threading

import pytest

from cassia_core.errors import BudgetExceeded
from cassia_core.pipeline.annotation.budget import Budget, Need


def go_on() -> None:
    """The run was not stopped."""


def need(tokens: int = 100, usd: float | None = None) -> Need:
    return Need(tokens=tokens, cost_usd=usd)


def test_without_a_limit_everything_fits():
    budget = Budget(None, None)
    budget.reserve(need(10**9, 10**6), go_on)
    assert not budget.limited


def test_the_call_that_could_exceed_the_limit_is_refused_before_it_is_made():
    budget = Budget(250, None)
    for _ in range(2):
        budget.reserve(need(), go_on)
        budget.settle(need(), 100, None)
    with pytest.raises(BudgetExceeded, match="200 of at most 250 tokens"):
        budget.reserve(need(), go_on)


def test_what_a_call_did_not_use_is_free_again():
    budget = Budget(250, None)
    for _ in range(15):
        budget.reserve(need(), go_on)
        budget.settle(need(), 10, None)
    assert budget.limited


def test_a_call_waits_for_those_under_way_before_it_is_refused():
    budget = Budget(150, None)
    budget.reserve(need(), go_on)
    threading.Timer(0.05, budget.settle, (need(), 10, None)).start()
    budget.reserve(need(), go_on)


def test_dollars_are_limited_like_tokens():
    budget = Budget(None, 0.10, spent_usd=0.07)
    budget.reserve(need(usd=0.02), go_on)
    budget.settle(need(usd=0.02), 5, 0.02)
    with pytest.raises(BudgetExceeded, match=r"\$0\.0900 of at most \$0\.1000"):
        budget.reserve(need(usd=0.02), go_on)


def test_a_waiting_call_gives_up_when_the_run_is_stopped():
    budget = Budget(150, None)
    budget.reserve(need(), go_on)

    def stop() -> None:
        raise KeyError("stopped")

    with pytest.raises(KeyError):
        budget.reserve(need(), stop)


@pytest.mark.parametrize(("spent", "fits"), [(50, True), (51, False)])
def test_a_call_that_just_reaches_the_limit_in_tokens_is_made(spent, fits):
    budget = Budget(150, None, spent_tokens=spent)
    assert budget.limited
    if fits:
        budget.reserve(need(100), go_on)
    else:
        with pytest.raises(BudgetExceeded, match=f"{spent} of at most 150 tokens; the next"):
            budget.reserve(need(100), go_on)


@pytest.mark.parametrize(("spent", "fits"), [(0.5, True), (0.51, False)])
def test_a_call_that_just_reaches_the_limit_in_dollars_is_made(spent, fits):
    budget = Budget(None, 1.0, spent_usd=spent)
    if fits:
        budget.reserve(need(usd=0.5), go_on)
    else:
        with pytest.raises(BudgetExceeded):
            budget.reserve(need(usd=0.5), go_on)


def test_both_limits_hold_at_once_and_are_both_named():
    budget = Budget(1000, 1.0)
    budget.reserve(need(400, 0.4), go_on)
    budget.settle(need(400, 0.4), 400, 0.9)
    with pytest.raises(
        BudgetExceeded, match=r"400 of at most 1,000 tokens and \$0\.9000 of at most \$1\.0000"
    ):
        budget.reserve(need(100, 0.2), go_on)


def test_reservations_under_way_count_in_both_currencies():
    stopped = RuntimeError("stopped")

    def stop() -> None:
        raise stopped

    for budget, asked in ((Budget(250, None), need(100)), (Budget(None, 0.25), need(1, 0.1))):
        budget.reserve(asked, go_on)
        budget.reserve(asked, go_on)
        with pytest.raises(RuntimeError):
            budget.reserve(asked, stop)
