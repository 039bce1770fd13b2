"""How many requests one provider gets at a time, and when: fewer after it says "too many" or falls behind,
more again as it answers, none while it wants to be left alone.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ANSWERS_BEFORE_ONE_MORE = 30
QUICK_TRIES, QUICK_WAIT, SLOW_WAIT = 30, 1.0, 4.0
"""Units between two tries while a limit may be one for a minute: for the first so many, and after them."""
NAMED_TRIES = 60
"""So often a wait that the server named is believed, one after the other without an answer."""
MINUTE_LIMITS = 150.0
"""Units after which a limit that refuses everything is no limit for a minute."""
LONG_PAUSES = (300.0, 600.0, 1200.0, 2400.0, 3600.0)
"""Units of the pauses after that, one after the other; the last one again and again."""
HOPE = 86_400.0
"""Units after which it is given up: limits for a day have passed by then."""


class AdaptiveLimiter:
    """One per provider and run. Safe for use from several threads.

    After a 429 the number of requests at a time is halved and nothing is sent before the time the server
    asked for; where it named none, tries come few and far between. Every answer gives a part of a slot back,
    up to one below the number that was refused; only after many answers is that number tried again.

    Parameters
    ----------
    most
        Requests at a time when the provider does not complain.
    first
        Requests at a time at the beginning, doubled by each round of answers; None: `most`.
    unit_s
        Unit of waits that the server did not name, seconds.
    tick_s
        How often a waiting thread looks whether the run was stopped.
    """

    def __init__(
        self, most: int, *, first: int | None = None, unit_s: float = 1.0, tick_s: float = 0.1
    ) -> None:
        self._most, self._unit_s, self._tick_s = most, unit_s, tick_s
        self._ceiling = float(most)
        self._limit = float(min(first or most, most))
        # Like TCP: one more for every answer doubles the number in each round trip, until the first refusal.
        self._doubling = self._limit < most
        self._answers_at_ceiling = 0
        self._at_work = 0
        self._not_before = 0.0
        self._refused_since: float | None = None
        self._refusals = self._long_pauses = 0
        self._answered_at = 0.0
        self.ever_answered = self._ever_refused = False
        self._changed = threading.Condition()

    @property
    def limit(self) -> int:
        """Requests at a time as of now."""
        return max(1, int(self._limit))

    @contextmanager
    def slot(self, check_stop: Callable[[], None]) -> Iterator[None]:
        """Wait for a turn and hold it. `check_stop` may raise while waiting."""
        with self._changed:
            while True:
                check_stop()
                pause = self._not_before - time.monotonic()
                if self._at_work < self.limit and pause <= 0:
                    break
                # Woken at least every tick, so that a cancelled run does not sit out a long pause.
                self._changed.wait(timeout=min(self._tick_s, pause) if pause > 0 else self._tick_s)
            self._at_work += 1
        try:
            yield
        finally:
            with self._changed:
                self._at_work -= 1
                self._changed.notify()

    def answered(self) -> None:
        """The provider answered: allow a little more."""
        with self._changed:
            self.ever_answered = True
            self._answered_at = time.monotonic()
            self._refused_since, self._refusals, self._long_pauses = None, 0, 0
            if self._limit >= self._ceiling:
                self._answers_at_ceiling += 1
                # The server's limit may have been someone else's load: it is tried again after many good
                # answers.
                if self._answers_at_ceiling >= ANSWERS_BEFORE_ONE_MORE:
                    self._ceiling, self._answers_at_ceiling = min(float(self._most), self._ceiling + 1.0), 0
            # After a refusal one more per round trip: the limit is felt for, not jumped at.
            self._limit = min(self._ceiling, self._limit + (1.0 if self._doubling else 1.0 / self._limit))
            self._changed.notify()

    def refused(self, wait_s: float | None, *, allowance: bool = False) -> float | None:
        """The provider said "too many requests": halve, and send nothing for a while.

        Parameters
        ----------
        wait_s
            Seconds that the provider wishes; None when it named none.
        allowance
            Whether an allowance for a day or longer is used up.

        Returns
        -------
        float or None
            Seconds until the next request; None when it has refused everything for a day.
        """
        with self._changed:
            now = time.monotonic()
            if now >= self._not_before:  # several refusals of one burst count once
                self._refusals += 1
                self._fewer()
            if self._refused_since is None:
                self._refused_since = now
            # Nothing has come through for so long that waiting is no help any more: the caller gives up.
            if now - self._refused_since > HOPE * self._unit_s:
                return None
            if now < self._not_before and wait_s is None:
                return self._not_before - now
            pause = self._pause(wait_s, allowance, now - self._refused_since)
            self._not_before = max(self._not_before, now + pause)
            return self._not_before - now

    def first_refusal(self) -> bool:
        """Whether this is the first time that somebody asks, after a refusal."""
        with self._changed:
            first, self._ever_refused = not self._ever_refused, True
            return first

    def overdue(self, since: float) -> bool:
        """A word did not come in time: ask for less at a time.

        Parameters
        ----------
        since
            When the request was sent (monotonic clock).

        Returns
        -------
        bool
            Whether others were answered meanwhile: then the request waited in a queue.
        """
        with self._changed:
            self._fewer()
            return self._answered_at > since

    def _fewer(self) -> None:
        self._doubling = False
        # What was at work when the refusal came is more than the server takes.
        self._ceiling = max(1.0, (self._at_work or self.limit) - 1.0)
        self._limit, self._answers_at_ceiling = max(1.0, min(self._limit / 2, self._ceiling)), 0

    def _pause(self, wait_s: float | None, allowance: bool, refused_for: float) -> float:
        """Seconds until the next try: the server's wish, and longer where that has led nowhere."""
        # A used-up allowance comes back by the hour or day; the few seconds that some servers name are for
        # bursts.
        if allowance and (wait_s or 0.0) < LONG_PAUSES[0]:
            return LONG_PAUSES[-1] * self._unit_s
        # The server's own word is kept to, the first times; one that names a second again and again does not
        # mean it.
        if wait_s is not None and self._refusals <= NAMED_TRIES:
            return wait_s
        if refused_for <= MINUTE_LIMITS * self._unit_s:
            # Spread at random, so that requests refused together do not come back together.
            unnamed = QUICK_WAIT if self._refusals <= QUICK_TRIES else SLOW_WAIT
            return max(wait_s or 0.0, unnamed * random.uniform(0.75, 1.25) * self._unit_s)
        long = LONG_PAUSES[min(self._long_pauses, len(LONG_PAUSES) - 1)] * self._unit_s
        self._long_pauses += 1
        return max(long, wait_s or 0.0)
