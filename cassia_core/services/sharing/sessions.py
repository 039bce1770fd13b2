"""Who stays signed in: a random token in a cookie, and on disk only its hash."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

from cassia_core import settings
from cassia_core.persons import Person
from cassia_core.runs.codec import write_text
from cassia_core.services.sharing.class_codes import still_holds

COOKIE = "cassia_session"
LASTS_S = 7 * 24 * 3600.0
_TICKET_S = 60.0
_tickets: dict[str, tuple[str, float]] = {}


def begin_session(person: Person) -> str:
    """Remember that somebody signed in; gives the token that says so."""
    token = secrets.token_urlsafe(32)
    path = _file(token)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps({"person": asdict(person), "until": time.time() + LASTS_S}))
    return token


def person_of_session(token: str) -> Person | None:
    """Who signed in with this token; None when it is over, forged, or the person's code was taken back."""
    if not token or len(token) > 200:
        return None
    path = _file(token)
    try:
        person, until = _read(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return person if time.time() < until and still_holds(person) else None


def end_session(token: str) -> None:
    """Sign out."""
    _file(token).unlink(missing_ok=True)


def ticket_for(token: str) -> str:
    """A word that the browser may change for its cookie, once and soon: so no script ever sees the token."""
    now = time.monotonic()
    for old in [t for t, (_, until) in _tickets.items() if until < now]:
        _tickets.pop(old, None)
    ticket = secrets.token_urlsafe(24)
    _tickets[ticket] = (token, now + _TICKET_S)
    return ticket


def token_for(ticket: str) -> str | None:
    """The token behind a ticket; None when it was used, is too old, or never was."""
    token, until = _tickets.pop(ticket, ("", 0.0))
    return token if token and time.monotonic() < until else None


@lru_cache(maxsize=1024)
def _read(path: Path, changed_ns: int) -> tuple[Person, float]:
    held = json.loads(path.read_text(encoding="utf-8"))
    return Person(**held["person"]), float(held["until"])


def _file(token: str) -> Path:
    return settings.office_root() / "sessions" / f"{hashlib.sha256(token.encode()).hexdigest()}.json"
