"""The limit in tokens or dollars, checked before each call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from cassia_core.errors import BudgetExceeded


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """The most that one call can cost. `cost_usd` is None when the price is not known."""

    tokens: int
    cost_usd: float | None


class Budget:
    """Reserve what a call may cost at most before it is made; settle what it did cost after.

    While calls are under way a new one that would not fit waits for them: they mostly cost less than the
    most.

    Parameters
    ----------
    max_tokens, max_cost_usd
        Limits for the whole run; None for no limit.
    spent_tokens, spent_usd
        What the run has cost before (resume).
    """

    def __init__(
        self,
        max_tokens: int | None,
        max_cost_usd: float | None,
        *,
        spent_tokens: int = 0,
        spent_usd: float = 0.0,
    ) -> None:
        self._max_tokens, self._max_cost_usd = max_tokens, max_cost_usd
        self._tokens, self._usd = spent_tokens, spent_usd
        self._open: list[Need] = []
        self._changed = threading.Condition()

    @property
    def limited(self) -> bool:
        return self._max_tokens is not None or self._max_cost_usd is not None

    def reserve(self, need: Need, check_stop: Callable[[], None]) -> None:
        """Set `need` aside.

        Raises
        ------
        BudgetExceeded
            When the call could exceed a limit even after all others have been settled.
        """
        with self._changed:
            while self.limited and not self._fits(need):
                if not self._open:
                    raise self._exceeded()
                # Not until notified only: a cancelled run must be noticed while no call ends.
                self._changed.wait(timeout=0.2)
                check_stop()
            self._open.append(need)

    def settle(self, need: Need, tokens: int, cost_usd: float | None) -> None:
        """Replace a reservation by what the call did cost (zero for a call that failed)."""
        with self._changed:
            # Equal needs are interchangeable, so it does not matter which of them is taken away.
            self._open.remove(need)
            self._tokens += tokens
            self._usd += cost_usd or 0.0
            self._changed.notify_all()

    def _fits(self, need: Need) -> bool:
        tokens = self._tokens + sum(n.tokens for n in self._open) + need.tokens
        # A limit in dollars is refused at the start where a price is unknown, so None never hides a cost
        # here.
        usd = self._usd + sum(n.cost_usd or 0.0 for n in self._open) + (need.cost_usd or 0.0)
        return (self._max_tokens is None or tokens <= self._max_tokens) and (
            self._max_cost_usd is None or usd <= self._max_cost_usd
        )

    def _exceeded(self) -> BudgetExceeded:
        limits = []
        if self._max_tokens is not None:
            limits.append(f"{self._tokens:,} of at most {self._max_tokens:,} tokens")
        if self._max_cost_usd is not None:
            limits.append(f"${self._usd:.4f} of at most ${self._max_cost_usd:.4f}")
        return BudgetExceeded(
            BudgetExceeded.WHAT,
            f"Used so far: {' and '.join(limits)}; the next call could exceed it.",
            "What is done is kept. Go on with a higher limit; what is paid is not paid again.",
        )
