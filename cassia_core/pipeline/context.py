"""What every step of a run needs at hand."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from cassia_core.domain.config import RunConfig
from cassia_core.domain.events import Event
from cassia_core.errors import RunCancelled
from cassia_core.pipeline.annotation.model_calls import PAUSE_LOOK_S, Asker
from cassia_core.runs.event_log import EventLog
from cassia_core.runs.layout import RunLayout
from cassia_core.runs.orders import is_taken_up, stopped_datasets


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """One run under way. `pool` holds the requests in flight of the whole run; `asker` is None without
    agents. `dataset` is the one that is worked on, "" for the run as a whole.
    """

    layout: RunLayout
    config: RunConfig
    log: EventLog
    pool: ThreadPoolExecutor
    asker: Asker | None = None
    dataset: str = ""

    def of_dataset(self, name: str) -> RunContext:
        """The same for one dataset, which a person may stop by itself."""
        asker = self.asker.stopped_too(lambda: name in stopped_datasets(self.layout)) if self.asker else None
        return replace(self, dataset=name, asker=asker)

    def emit(self, event: Event) -> None:
        self.log.emit(event)

    def cancelled(self) -> bool:
        """Whether a person asked to stop the run, or this dataset of it."""
        return self.layout.cancel.exists() or (
            bool(self.dataset) and self.dataset in stopped_datasets(self.layout)
        )

    def takes_up(self, dataset: str) -> bool:
        """Whether this worker is to work on a dataset."""
        return is_taken_up(self.layout, dataset)

    def wait_while_paused(self) -> None:
        """Let a person's pause pass; a stop ends it."""
        while self.layout.pause.exists() and not self.cancelled():
            time.sleep(PAUSE_LOOK_S)

    def stop_if_cancelled(self) -> None:
        """Raise `RunCancelled` when a person asked to stop."""
        if self.cancelled():
            raise RunCancelled(
                "The run was cancelled.",
                "You asked to stop it.",
                "Resume it whenever you like; what is done is kept.",
            )
