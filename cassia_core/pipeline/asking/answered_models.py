"""Models that have answered the small question before a run: kept in the run, and handed on in a session."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cassia_core.domain.config import AgentModel
from cassia_core.errors import CassiaError
from cassia_core.runs.codec import read_json, write_json


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredModels:
    """Models that answered in the form asked for; no key is kept with them."""

    models: tuple[AgentModel, ...] = ()


class AnsweredFile:
    """The file of one run with them. Safe for use from several threads."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()

    def read(self) -> tuple[AgentModel, ...]:
        """Those on record; none where the file is not there or cannot be read."""
        with suppress(CassiaError, OSError):
            if self._path.exists():
                return read_json(self._path, AnsweredModels).models
        return ()

    def add(self, models: Iterable[AgentModel]) -> None:
        """Note further ones. A folder that takes no file costs the note, nothing else."""
        with self._lock, suppress(OSError):
            known = dict.fromkeys((*self.read(), *models))
            if known:
                write_json(self._path, AnsweredModels(models=tuple(known)))
