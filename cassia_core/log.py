"""Logging of worker and server: plain lines, with anything that looks like a key taken out."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

_KEY_SHAPES = re.compile(
    r"\b(?:sk|pk|key|or|gsk)[-_][A-Za-z0-9_\-]{8,}|\bAIza[A-Za-z0-9_\-]{20,}"
    r"|(?i:bearer)\s+[A-Za-z0-9._\-]{8,}"
)
HIDDEN = "[key hidden]"


class KeyFilter(logging.Filter):
    """Replace known keys, and whatever has the shape of one, before a record is written."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = tuple(s for s in secrets if s)

    def hide(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return _KEY_SHAPES.sub(HIDDEN, text)

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self.hide(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = self.hide(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True


def start_log(secrets: Iterable[str] = (), level: int = logging.INFO) -> None:
    """Send log lines of this process to standard error, without keys."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(KeyFilter(secrets))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "httpx2", "httpcore", "httpcore2", "openai", "anthropic", "numba", "matplotlib"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
