"""How long the limiter leaves a provider alone, refusal by refusal, on a clock that the test moves."""

from __future__ import annotations

from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from cassia_core.llm import limiter as module
from cassia_core.llm.limiter import AdaptiveLimiter

BEGUN = 1000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """`now` is moved by hand; `spread` holds the bounds that waits are spread by, `factor` is taken."""
    clock = SimpleNamespace(now=BEGUN, spread=set(), factor=1.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))

    def uniform(low: float, high: float) -> float:
        clock.spread.add((low, high))
        return clock.factor

    monkeypatch.setattr(module, "random", SimpleNamespace(uniform=uniform))
    return clock


def refuse_again(limiter: AdaptiveLimiter, clock: SimpleNamespace, times: int, wait_s: float | None = None):
    """So many refusals, each after the pause that the one before asked for; the pauses."""
    pauses = []
    for _ in range(times):
        pauses.append(limiter.refused(wait_s))
        clock.now += pauses[-1]
    return pauses


def test_a_limit_without_a_time_is_tried_quickly_thirty_times_and_slowly_afterwards(clock):
    assert refuse_again(AdaptiveLimiter(4), clock, 32) == [1.0] * 30 + [4.0, 4.0]
    assert clock.spread == {(0.75, 1.25)}


def test_waits_without_a_time_are_spread_at_random(clock):
    clock.factor = 1.25
    assert AdaptiveLimiter(4, unit_s=2.0).refused(None) == 2.5


def test_waits_scale_with_the_unit(clock):
    assert refuse_again(AdaptiveLimiter(4, unit_s=0.5), clock, 31) == [0.5] * 30 + [2.0]


def test_a_time_that_the_server_names_is_believed_sixty_times(clock):
    assert refuse_again(AdaptiveLimiter(4), clock, 62, 1.5) == [1.5] * 60 + [4.0, 4.0]


def test_a_longer_named_time_is_kept_to_also_when_it_is_not_believed_any_more(clock):
    limiter = AdaptiveLimiter(4)
    refuse_again(limiter, clock, 60, 1.0)
    assert limiter.refused(9.0) == 9.0


def test_what_refuses_everything_for_minutes_is_left_alone_longer_and_longer(clock):
    limiter = AdaptiveLimiter(4)
    assert limiter.refused(None) == 1.0
    clock.now = BEGUN + 150.0
    assert limiter.refused(None) == 1.0, "still a limit for a minute"
    clock.now = BEGUN + 151.5
    pauses = refuse_again(limiter, clock, 7)
    assert pauses == [300.0, 600.0, 1200.0, 2400.0, 3600.0, 3600.0, 3600.0]


def test_long_pauses_scale_with_the_unit_and_heed_a_longer_named_time(clock):
    limiter = AdaptiveLimiter(4, unit_s=2.0)
    refuse_again(limiter, clock, 61, 1.0)
    clock.now = BEGUN + 301.0
    assert limiter.refused(500.0) == 600.0
    clock.now += 600.0
    assert limiter.refused(5000.0) == 5000.0


def test_after_a_day_of_refusals_there_is_no_hope(clock):
    limiter = AdaptiveLimiter(4)
    limiter.refused(None)
    clock.now = BEGUN + 86_400.0
    assert limiter.refused(None) is not None
    clock.now = BEGUN + 86_401.0
    assert limiter.refused(None) is None


def test_an_answer_makes_the_next_refusal_the_first_one(clock):
    limiter = AdaptiveLimiter(4)
    refuse_again(limiter, clock, 40)
    clock.now = BEGUN + 400.0
    assert limiter.ever_answered is False
    limiter.answered()
    assert limiter.ever_answered is True
    assert refuse_again(limiter, clock, 31) == [1.0] * 30 + [4.0]


@pytest.mark.parametrize(
    ("named", "pause"), [(None, 3600.0), (299.0, 3600.0), (300.0, 300.0), (900.0, 900.0)]
)
def test_a_used_up_allowance_is_left_alone_for_an_hour_unless_a_long_time_is_named(clock, named, pause):
    assert AdaptiveLimiter(4).refused(named, allowance=True) == pause


def test_a_second_refusal_of_one_burst_waits_for_the_rest_of_the_pause(clock):
    limiter = AdaptiveLimiter(8)
    assert limiter.refused(5.0) == 5.0
    clock.now += 2.0
    assert limiter.refused(None) == 3.0
    assert limiter.refused(2.0) == 3.0, "a pause is never made shorter"
    assert limiter.refused(10.0) == 10.0
    assert limiter.limit == 4, "one burst halves once"
    clock.now += 10.0
    limiter.refused(5.0)
    assert limiter.limit == 2, "at the end of the pause a refusal counts again"


def test_what_was_at_work_when_it_was_refused_is_more_than_the_server_takes(clock):
    limiter = AdaptiveLimiter(16)
    with ExitStack() as slots:
        for _ in range(4):
            slots.enter_context(limiter.slot(lambda: None))
        limiter.refused(0.0)
        assert limiter.limit == 3


def test_each_round_of_answers_doubles_the_requests_until_the_first_refusal(clock):
    limiter = AdaptiveLimiter(16, first=2)
    assert limiter.limit == 2
    for expected in (4, 8, 16, 16):
        for _ in range(limiter.limit):
            limiter.answered()
        assert limiter.limit == expected
    limiter.refused(0.0)
    assert limiter.limit == 8
    for _ in range(8):
        limiter.answered()
    assert limiter.limit == 8, "a part of a slot for each answer, not a slot"
    limiter.answered()
    assert limiter.limit == 9


def test_the_refused_number_is_tried_again_after_thirty_answers_at_the_one_below(clock):
    limiter = AdaptiveLimiter(3)
    limiter.refused(0.0)
    assert limiter.limit == 1
    limiter.answered()
    limiter.answered()
    assert limiter.limit == 2
    answers = 0
    while limiter.limit < 3:
        limiter.answered()
        answers += 1
    assert answers == 31, "thirty at two, of which the last gives half a slot, and one for the other half"


def test_the_next_number_takes_thirty_answers_again(clock):
    limiter = AdaptiveLimiter(4)
    limiter.refused(0.0)
    limiter.refused(0.0)
    assert limiter.limit == 1
    answers = []
    for wanted in (2, 3, 4):
        answers.append(0)
        while limiter.limit < wanted:
            limiter.answered()
            answers[-1] += 1
    # From the thirtieth on a slot grows back in parts: the whole, about a half, about a third an answer.
    assert answers == [30, 32, 33]


def test_from_one_at_a_time_a_further_refusal_takes_nothing_away(clock):
    limiter = AdaptiveLimiter(4)
    for _ in range(4):
        limiter.refused(0.0)
    for _ in range(29):
        limiter.answered()
    assert limiter.limit == 1
    limiter.answered()
    assert limiter.limit == 2


class Looked(Exception):
    """Ends a wait in a test."""


def waits_of(limiter: AdaptiveLimiter, monkeypatch: pytest.MonkeyPatch) -> float:
    """How long a thread that wants a slot sleeps before it looks again."""

    def wait(timeout: float) -> None:
        raise Looked(timeout)

    monkeypatch.setattr(limiter._changed, "wait", wait, raising=False)
    with pytest.raises(Looked) as looked, limiter.slot(lambda: None):
        pass
    return looked.value.args[0]


@pytest.mark.parametrize(("pause", "sleep"), [(5.0, 0.1), (0.03, 0.03)])
def test_who_waits_looks_ten_times_a_second_whether_the_run_was_stopped(clock, monkeypatch, pause, sleep):
    limiter = AdaptiveLimiter(4)
    limiter.refused(pause)
    assert waits_of(limiter, monkeypatch) == pytest.approx(sleep)


def test_a_slot_that_was_given_back_is_one_slot(clock, monkeypatch):
    limiter = AdaptiveLimiter(1)
    for _ in range(3):
        with limiter.slot(lambda: None):
            pass
    with limiter.slot(lambda: None):
        assert waits_of(limiter, monkeypatch) == pytest.approx(0.1)


def test_a_silent_provider_gets_fewer_and_whether_it_has_answered_since_is_told(clock):
    limiter = AdaptiveLimiter(8)
    limiter.answered()
    assert limiter.overdue(BEGUN - 1.0) is True
    assert limiter.limit == 4
    assert limiter.overdue(BEGUN) is False
    assert limiter.overdue(BEGUN + 1.0) is False


def test_only_the_first_refusal_is_the_first(clock):
    limiter = AdaptiveLimiter(8)
    assert [limiter.first_refusal() for _ in range(3)] == [True, False, False]
