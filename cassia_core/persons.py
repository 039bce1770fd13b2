"""Who asks. Personal mode: one person, to whom everything belongs. Shared mode: whoever has signed in.

The app tells us who that is (`ask_with`); a worker is told by its environment (`CASSIA_PERSON`). Nothing of a
page decides it: every service that opens a folder asks here, and where nobody is known it is refused.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

from cassia_core.errors import ConfigError, NotSignedIn

Role = Literal["person", "teacher", "operator"]
MODES = ("personal", "shared")
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who signed in. `id` names the folder; `name` is "" where codes are used; `group` is the
    class.
    """

    id: str
    name: str = ""
    role: Role = "person"
    group: str = ""

    def __post_init__(self) -> None:
        # The id becomes the name of a folder: nothing in it may lead elsewhere.
        if not _ID.fullmatch(self.id):
            raise ConfigError(
                "This is no name of a person.",
                "Names have small letters, digits and dashes.",
                "Ask the operator.",
            )


_acting: ContextVar[Person | None] = ContextVar("acting_person", default=None)
_ways: list[Callable[[], Person | None]] = []


def is_shared() -> bool:
    """Whether several people use this server (`CASSIA_MODE=shared`).

    Raises
    ------
    ConfigError
        When the mode is none that we know: a misspelled "shared" must not open everything to everybody.
    """
    mode = os.environ.get("CASSIA_MODE", "").strip().lower() or "personal"
    if mode not in MODES:
        raise ConfigError(
            f"CASSIA_MODE is {mode!r}, which means nothing.",
            "It decides whether people are told apart.",
            'Set it to "personal" or "shared".',
        )
    return mode == "shared"


def ask_with(way: Callable[[], Person | None]) -> None:
    """Let `way` say who asks from now on; the app does this once. The last one that was given counts."""
    _ways[:] = [way]


@contextmanager
def acting_as(person: Person) -> Iterator[None]:
    """Do something in the name of a person, whoever asks: for what the server does by itself."""
    token = _acting.set(person)
    try:
        yield
    finally:
        _acting.reset(token)


def current() -> Person | None:
    """Who asks; None when nobody has signed in, and in personal mode."""
    if not is_shared():
        return None
    acting = _acting.get()
    if acting is not None:
        return acting
    if _ways:
        return _ways[0]()
    named = os.environ.get("CASSIA_PERSON", "")
    return Person(id=named) if named else None


def signed_in() -> Person:
    """Who asks.

    Raises
    ------
    NotSignedIn
        When nobody has.
    """
    person = current()
    if person is None:
        raise NotSignedIn(
            "You are not signed in.",
            "Several people use this server, and each has a workspace of their own.",
            "Sign in and try again. On the command line of the server, CASSIA_PERSON names whose workspace.",
        )
    return person
