"""What every step of a run needs at hand."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from cassia_core.domain.config import RunConfig
from cassia_core.domain.events import Event
from cassia_core.errors import RunCancelled
from cassia_core.pipeline.annotation.model_calls import Asker
from cassia_core.runs.event_log import EventLog
from cassia_core.runs.layout import RunLayout


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """One run under way. `pool` holds the requests in flight of the whole run; `asker` is None without
    agents.
    """

    layout: RunLayout
    config: RunConfig
    log: EventLog
    pool: ThreadPoolExecutor
    asker: Asker | None = None

    def emit(self, event: Event) -> None:
        self.log.emit(event)

    def cancelled(self) -> bool:
        """Whether a person asked to stop."""
        return self.layout.cancel.exists()

    def stop_if_cancelled(self) -> None:
        """Raise `RunCancelled` when a person asked to stop."""
        if self.cancelled():
            raise RunCancelled(
                "The run was cancelled.",
                "You asked to stop it.",
                "Resume it whenever you like; what is done is kept.",
            )
