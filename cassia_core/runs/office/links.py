"""Links by which one person lets others read a run, in shared mode.

Whoever has the link may read; nobody may write through it. On disk there is only a hash of it: who reads our
folder cannot use it. The owner takes it back by removing that entry.
"""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path

from cassia_core import persons, settings
from cassia_core.runs.office.shared_file import change_shared, read_shared

PREFIX = "link_"


def is_link(run_id: str) -> bool:
    """Whether what stands in the place of a run's id is a link to somebody's run."""
    return run_id.startswith(PREFIX)


def make_link(run_id: str) -> str:
    """A new link to a run of the person who asks; one that was made before no longer opens it."""
    owner = persons.signed_in().id
    link = PREFIX + secrets.token_urlsafe(24)

    def change(known: dict) -> None:
        _forget(known, owner, run_id)
        known[_hash(link)] = {"owner": owner, "run": run_id}

    change_shared(_file(), change)
    return link


def has_link(run_id: str) -> bool:
    """Whether others can read a run of the person who asks."""
    owner = persons.signed_in().id
    return any(entry == {"owner": owner, "run": run_id} for entry in read_shared(_file()).values())


def take_back(run_id: str) -> None:
    """Close the link to a run of the person who asks."""
    owner = persons.signed_in().id
    change_shared(_file(), lambda known: _forget(known, owner, run_id))


def linked_run(link: str) -> tuple[Path, str] | None:
    """The folder of runs and the run's id behind a link; None where it opens nothing."""
    if not persons.is_shared() or not is_link(link):
        return None
    persons.signed_in()
    entry = read_shared(_file()).get(_hash(link))
    if entry is None:
        return None
    return settings.runs_of(persons.Person(id=entry["owner"])), entry["run"]


def _forget(known: dict, owner: str, run_id: str) -> None:
    for name in [n for n, entry in known.items() if entry == {"owner": owner, "run": run_id}]:
        del known[name]


def _hash(link: str) -> str:
    return hashlib.sha256(link.encode()).hexdigest()


def _file() -> Path:
    return settings.office_root() / "links.json"
