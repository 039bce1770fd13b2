"""One small question to each model before the run's own: what stands in the way of all is told at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from cassia_core.domain.config import AgentModel

TICK_S = 0.1


class FirstQuestions:
    """Which models are being asked their first question. Safe for use from several threads."""

    def __init__(self) -> None:
        self._asked: dict[AgentModel, threading.Event] = {}

    def start(self, models: tuple[AgentModel, ...], ask: Callable[[AgentModel], None]) -> None:
        """Ask all `models` at once, each in a thread of its own; `ask` raises nothing."""
        for model in models:
            self._asked[model] = threading.Event()
            threading.Thread(target=self._ask, args=(model, ask), name="first question", daemon=True).start()

    def wait_for(self, model: AgentModel, check_stop: Callable[[], None]) -> None:
        """Wait until `model` has been asked, if it is being asked. `check_stop` may raise."""
        asked = self._asked.get(model)
        while asked is not None and not asked.wait(TICK_S):
            check_stop()

    def _ask(self, model: AgentModel, ask: Callable[[AgentModel], None]) -> None:
        try:
            ask(model)
        finally:
            self._asked[model].set()
