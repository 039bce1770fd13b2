"""Codes for a class: made by the operator, shown once, kept as hashes, taken back with the class."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from cassia_core import settings
from cassia_core.domain.config import check
from cassia_core.errors import ConfigError, NotSignedIn
from cassia_core.persons import Person, Role
from cassia_core.runs.office.shared_file import change_shared, read_shared
from cassia_core.services.sharing.tries import Tries

LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
"""No letter that is read as another one: no I, L, O, U, no 0 and 1."""
_PARTS, _PART = 3, 5
"""Fifteen letters of thirty: 73 bits, read aloud in three parts."""
MOST_PEOPLE = 500
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
tries = Tries()


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeCode:
    """A new code: whose it is, and its text, which is shown now and never again."""

    person: str
    role: Role
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassInfo:
    """A class with its number of codes for people, and when it was made (ISO 8601)."""

    name: str
    people: int
    made_at: str


def create_class(name: str, people: int, role: Role = "person") -> tuple[MadeCode, ...]:
    """Make codes for a class; a class of people gets one for its teacher, too.

    Parameters
    ----------
    name
        Small letters, digits and dashes: it becomes part of the names of folders.
    role
        What the codes open: "person", "teacher" or "operator".

    Raises
    ------
    ConfigError
        When the name cannot be used or is taken, or the number is none.
    """
    check(bool(_NAME.fullmatch(name)), "name", name, "small letters, digits and dashes, at most 31")
    check(1 <= people <= MOST_PEOPLE, "people", people, f"a number from 1 to {MOST_PEOPLE}")
    seats: list[tuple[str, Role]] = [(f"{name}-{n:02d}", role) for n in range(1, people + 1)]
    if role == "person":
        seats.append((f"{name}-teacher", "teacher"))
    made = tuple(MadeCode(person=person, role=what, code=_new_code()) for person, what in seats)

    def change(held: dict[str, Any]) -> None:
        if name in held.setdefault("classes", {}):
            raise ConfigError(
                f"There is a class {name} already.",
                "Its codes cannot be shown again.",
                "Choose another name, or revoke it first.",
            )
        salt = bytes.fromhex(held.setdefault("salt", secrets.token_hex(16)))
        held["classes"][name] = {
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "codes": {m.person: {"hash": _hash(m.code, salt), "role": m.role} for m in made},
        }

    change_shared(_file(), change)
    return made


def list_classes() -> tuple[ClassInfo, ...]:
    """All classes, by name."""
    known = read_shared(_file()).get("classes", {})
    return tuple(
        ClassInfo(name=name, people=len(entry["codes"]), made_at=entry["made_at"])
        for name, entry in sorted(known.items())
    )


def revoke_class(name: str) -> None:
    """Close all codes of a class, and end what was signed in with them; workspaces stay.

    Raises
    ------
    ConfigError
        When there is no such class.
    """

    def change(held: dict[str, Any]) -> None:
        if held.get("classes", {}).pop(name, None) is None:
            raise ConfigError(
                f"There is no class {name}.", "Names are matched exactly.", "See `cassia class list`."
            )

    change_shared(_file(), change)


def person_of_code(code: str, address: str = "") -> Person:
    """Who has this code.

    Parameters
    ----------
    address
        Where the try comes from; wrong ones are counted for each address, and together.

    Raises
    ------
    LimitReached
        When too many codes were wrong; nothing is compared then.
    NotSignedIn
        When nobody has it.
    """
    tries.require_allowed(address)
    held = _read()
    given = _hash(_tidy(code), bytes.fromhex(held.get("salt", "")))
    person = None
    # Every code is compared, in constant time: how long it takes tells nothing about any of them.
    for name, entry in held.get("classes", {}).items():
        for seat, known in entry["codes"].items():
            if hmac.compare_digest(given, known["hash"]):
                person = Person(id=seat, role=known["role"], group=name)
    if person is None:
        tries.note_wrong(address)
        raise NotSignedIn(
            "This code opens nothing.",
            "It is mistyped, or was taken back.",
            "Type it again as it was given to you.",
        )
    return person


def still_holds(person: Person) -> bool:
    """Whether the class of somebody who signed in with a code still has that code."""
    return person.id in _read().get("classes", {}).get(person.group, {}).get("codes", {})


def _new_code() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(_PARTS * _PART))


def in_parts(code: str) -> str:
    """A code as people read it: "ABCDE-FGHJK-MNPQR"."""
    return "-".join(code[at : at + _PART] for at in range(0, len(code), _PART))


def _tidy(code: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", code[:100].upper())


def _hash(code: str, salt: bytes) -> str:
    # A code is 73 random bits and no password of a person: a slow hash would only make guessing us slow.
    return hmac.new(salt, code.encode(), hashlib.sha256).hexdigest()


def _read() -> dict[str, Any]:
    path = _file()
    try:
        return _known(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return {}


@lru_cache(maxsize=2)
# Every service asks whether a code still holds: the file is read once per change.
def _known(path: Path, changed_ns: int) -> dict[str, Any]:
    return read_shared(path)


def _file() -> Path:
    return settings.office_root() / "classes.json"
