"""Which models have answered the small question in this session, so that no run of it asks them again.

A session is the process that starts runs (the server of the pages, a script, the command line), for an hour.
What is kept stays in its memory: the question is put again with another key, and after a restart.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from cassia_core.domain.config import OFFLINE, AgentModel, RunConfig
from cassia_core.pipeline.asking.answered_models import AnsweredFile
from cassia_core.runs.layout import RunLayout

KEPT_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A run of this session, or models that were asked at once, with the keys that were used."""

    at: float
    keys: Mapping[str, str]
    run: RunLayout | None = None
    models: tuple[AgentModel, ...] = ()

    def answered(self) -> tuple[AgentModel, ...]:
        return AnsweredFile(self.run.answered).read() if self.run else self.models


_session: list[_Source] = []


def note_answer(model: AgentModel, key: str | None) -> None:
    """Remember that a model has just answered the connection test."""
    _session.append(_Source(at=time.monotonic(), keys={model.provider: key or ""}, models=(model,)))


def hand_on(layout: RunLayout, config: RunConfig, keys: Mapping[str, str]) -> None:
    """Tell a run, before its worker begins, which of its models have answered in this session, and remember
    the run: what answers in it is known to the next.
    """
    since = time.monotonic() - KEPT_S
    _session[:] = [source for source in _session if source.at > since]
    wanted = [model for model in config.models() if model.provider != OFFLINE]
    AnsweredFile(layout.answered).add(model for model in wanted if _has_answered(model, keys))
    if wanted:
        _session.append(_Source(at=time.monotonic(), keys=dict(keys), run=layout))


def _has_answered(model: AgentModel, keys: Mapping[str, str]) -> bool:
    key = keys.get(model.provider, "")
    return any(
        source.keys.get(model.provider, "") == key and model in source.answered() for source in _session
    )
