"""The words of replies as they come, for the eye only: a file written over and over, and gone at the end."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from cassia_core.domain.conversation import AgentRole, Speaking

EVERY_S = 0.5
KEPT_CHARACTERS = 400
FORGOTTEN_S = 120.0


class LiveWords:
    """Collects words and writes them down twice a second at most. Safe for use from several threads.

    Parameters
    ----------
    path
        The file; its folder exists.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._speaking: dict[tuple[str, str], Speaking] = {}
        self._written_at = 0.0

    def add(self, dataset: str, cluster: str, agent: AgentRole, words: str, *, thinking: bool) -> None:
        """Add a piece of the reply of `agent` about a cluster; another agent's words begin anew."""
        with self._lock:
            now = time.time()
            known = self._speaking.get((dataset, cluster))
            if known is None or known.agent != agent or known.thinking != thinking:
                known = Speaking(dataset=dataset, cluster=cluster, agent=agent)
            known.text = (known.text + words)[-KEPT_CHARACTERS:]
            known.thinking, known.at = thinking, now
            self._speaking[(dataset, cluster)] = known
            # Words come hundreds of times a second, and pages look once or twice.
            if now - self._written_at >= EVERY_S:
                self._written_at = now
                self._write(now)

    def _write(self, now: float) -> None:
        # Whoever has said nothing for so long has finished or failed, which the events tell.
        self._speaking = {k: s for k, s in self._speaking.items() if now - s.at < FORGOTTEN_S}
        part = self._path.with_suffix(".part")
        with suppress(OSError):  # for the eye only: a full disk is told where it matters
            part.write_text(json.dumps([asdict(s) for s in self._speaking.values()]), encoding="utf-8")
            part.replace(self._path)


def read_live_words(path: Path) -> tuple[Speaking, ...]:
    """Replies under way; none when nobody speaks."""
    try:
        return tuple(Speaking(**entry) for entry in json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return ()
