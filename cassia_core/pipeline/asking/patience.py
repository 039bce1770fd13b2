"""How long one question is asked again and again before it is given up."""

from __future__ import annotations

from tenacity import RetryCallState, wait_random_exponential

from cassia_core.errors import ProviderError, RateLimited

LONGEST_WAIT_S = 300.0
STRETCH = 2.0


class Patience:
    """Counts what speaks against one question. Used by one thread.

    "Too many requests" says nothing against it, nor does a wait in a queue that moves: both are waited out.

    Parameters
    ----------
    max_retries
        Faults after which it is asked again; with 0 nothing is.
    unit_s
        Unit of the waits between tries, seconds.
    """

    def __init__(self, max_retries: int, unit_s: float) -> None:
        self._max_retries, self._unit_s = max_retries, unit_s
        self._faults = 0
        self.stretch = 1.0
        """By how much more time the first word may take: more after each wait in a queue."""

    def queued(self) -> None:
        """The question waited in a queue that moved: give it more time, and do not count it as a fault."""
        self.stretch *= STRETCH
        self._faults -= 1

    def give_up(self, state: RetryCallState) -> bool:
        """Whether the last fault was one too many."""
        if self._max_retries and isinstance(_error(state), RateLimited):
            return False
        self._faults += 1
        return self._faults > self._max_retries

    def wait(self, state: RetryCallState) -> float:
        """Seconds until the next try: the server's wish, else growing and random; the limiter makes all wait
        together where it was asked for fewer requests.
        """
        error = _error(state)
        if isinstance(error, RateLimited):
            return 0.0
        asked = getattr(error, "retry_after_s", None)
        jittered = wait_random_exponential(multiplier=self._unit_s, max=60 * self._unit_s)(state)
        return min(asked, LONGEST_WAIT_S) + 0.1 * jittered if asked is not None else jittered


def worth_a_retry(error: BaseException) -> bool:
    """Whether the same question may be answered the next time."""
    return isinstance(error, ProviderError) and error.retryable


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
