"""How many requests one provider gets at a time: fewer after it says "too many", more again as it answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ANSWERS_BEFORE_ONE_MORE = 30


class AdaptiveLimiter:
    """One per provider and run. Safe for use from several threads.

    After a 429 the number of requests at a time is halved and nothing is sent before the time the server
    asked
    for. Every answer gives a part of a slot back, up to one below the number that was refused; only after
    many
    answers is that number tried again.

    Parameters
    ----------
    most
        Requests at a time when the provider does not complain.
    tick_s
        How often a waiting thread looks whether the run was stopped.
    """

    def __init__(self, most: int, *, tick_s: float = 0.1) -> None:
        self._most, self._tick_s = most, tick_s
        self._limit = self._ceiling = float(most)
        self._answers_at_ceiling = 0
        self._at_work = 0
        self._not_before = 0.0
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
            if self._limit >= self._ceiling:
                self._answers_at_ceiling += 1
                if self._answers_at_ceiling >= ANSWERS_BEFORE_ONE_MORE:
                    self._ceiling, self._answers_at_ceiling = min(float(self._most), self._ceiling + 1.0), 0
            self._limit = min(self._ceiling, self._limit + 1.0 / self._limit)
            self._changed.notify()

    def refused(self, pause_s: float) -> bool:
        """The provider said "too many requests": halve, and send nothing for `pause_s` seconds.

        Returns
        -------
        bool
            Whether it is the first time.
        """
        with self._changed:
            first, self._ever_refused = not self._ever_refused, True
            now = time.monotonic()
            if now >= self._not_before:  # several refusals of one burst count once
                self._ceiling = max(1.0, (self._at_work or self.limit) - 1.0)
                self._limit, self._answers_at_ceiling = max(1.0, min(self._limit / 2, self._ceiling)), 0
            self._not_before = max(self._not_before, now + pause_s)
            return first
