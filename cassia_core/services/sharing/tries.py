"""Wrong codes are limited: whoever guesses is made to wait long before a guess could be right."""

from __future__ import annotations

import threading
import time
from collections import deque

from cassia_core.errors import LimitReached

WINDOW_S = 600.0
MOST_OF_ONE, MOST_OF_ALL = 20, 200
"""Wrong codes in ten minutes: of one address, and together. A class of thirty behind one address in which
every second person mistypes stays below the first; 73 bits of a code leave 200 guesses nowhere."""


class Tries:
    """Wrong codes of the last minutes, kept in the memory of the server."""

    def __init__(self) -> None:
        self._wrong: deque[tuple[float, str]] = deque()
        self._lock = threading.Lock()

    def require_allowed(self, address: str) -> None:
        """Refuse before anything is compared.

        Raises
        ------
        LimitReached
            When too many codes were wrong.
        """
        with self._lock:
            self._forget_old()
            of_one = sum(who == address for _, who in self._wrong)
            if of_one < MOST_OF_ONE and len(self._wrong) < MOST_OF_ALL:
                return
        raise LimitReached(
            "Too many wrong codes.",
            "Codes cannot be tried one after the other.",
            f"Wait {WINDOW_S / 60:.0f} minutes, look at your code again, or ask your teacher for a new one.",
        )

    def note_wrong(self, address: str) -> None:
        """Count one wrong code."""
        with self._lock:
            self._wrong.append((time.monotonic(), address))

    def _forget_old(self) -> None:
        oldest = time.monotonic() - WINDOW_S
        while self._wrong and self._wrong[0][0] < oldest:
            self._wrong.popleft()
