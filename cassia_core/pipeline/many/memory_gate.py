"""How many datasets may be in memory at once: a gate that lets them in while their estimates fit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class MemoryGate:
    """Lets work in while the sum of its estimates stays below `limit_bytes`; safe for many threads.

    What is larger than the limit by itself is let in when nothing else is in: whoever reads it refuses it,
    with a reason.
    """

    def __init__(self, limit_bytes: int, places: int) -> None:
        self._limit, self._places = limit_bytes, places
        self._taken, self._inside = 0, 0
        self._changed = threading.Condition()

    @contextmanager
    def inside(self, n_bytes: int) -> Iterator[None]:
        """Wait for a place and for room, and hold both."""
        with self._changed:
            self._changed.wait_for(lambda: self._fits(n_bytes))
            self._taken += n_bytes
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._taken -= n_bytes
                self._inside -= 1
                self._changed.notify_all()

    def _fits(self, n_bytes: int) -> bool:
        if self._inside >= self._places:
            return False
        return self._inside == 0 or self._taken + n_bytes <= self._limit
