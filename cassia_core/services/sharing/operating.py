"""What the operator of a shared server sees: people, work, disk, spending, faults; and how to end work."""

from __future__ import annotations

import logging
import shutil
import time
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from cassia_core import persons, settings
from cassia_core.errors import NotYours
from cassia_core.own_files import without_paths
from cassia_core.runs.queue import tickets
from cassia_core.runs.queue.turns import Ticket
from cassia_core.services.sharing.keeping import everybody
from cassia_core.services.sharing.lab_keys import spent_this_month
from cassia_core.services.sharing.limits import size_of

_MOST_FAULTS = 50
_faults: deque[tuple[str, str]] = deque(maxlen=_MOST_FAULTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonUse:
    """What one person uses; money and tokens are of the operator's keys, this month."""

    person: str
    runs: int
    n_bytes: int
    usd: float
    tokens: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkUnderWay:
    """A piece of work that waits or is at work. `seconds` since it was asked for, or since it began."""

    id: str
    person: str
    what: str
    at_work: bool
    seconds: float
    memory: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """The whole server. `faults`: time (UTC) and text of the last errors, newest first."""

    people: tuple[PersonUse, ...]
    work: tuple[WorkUnderWay, ...]
    disk_free: int
    memory_free: int
    faults: tuple[tuple[str, str], ...]


class FaultKeeper(logging.Handler):
    """Keeps the last errors of the server in memory, for the operator's page."""

    def __init__(self) -> None:
        super().__init__(level=logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one error: its first line, without folders."""
        text = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            text = f"{text}: {type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
        first = (text.splitlines() or [""])[0]
        _faults.appendleft((datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S"), without_paths(first)[:300]))


def server_state() -> ServerState:
    """The state of the server.

    Raises
    ------
    NotYours
        When the person who asks is no operator.
    """
    require_operator()
    spent = spent_this_month()
    home = settings.server_home()
    return ServerState(
        people=tuple(_use_of(person, spent.get(person.id, (0.0, 0.0))) for person in everybody()),
        work=tuple(_work_of(ticket) for ticket in tickets.all_tickets() if tickets.is_alive(ticket)),
        disk_free=shutil.disk_usage(home).free,
        memory_free=psutil.virtual_memory().available,
        faults=tuple(_faults),
    )


def end_work(ticket_id: str) -> None:
    """Stop a piece of work of anybody: a run keeps what is done, work beside a page ends at once.

    Raises
    ------
    NotYours
        When the person who asks is no operator.
    """
    require_operator()
    ticket = next((t for t in tickets.all_tickets() if t.id == ticket_id and tickets.is_alive(t)), None)
    if ticket is None:
        return
    if ticket.cancel:
        Path(ticket.cancel).touch()
    else:
        psutil.Process(ticket.pid).kill()


def require_operator() -> None:
    """Refuse everybody else. Raises `NotYours`."""
    if persons.signed_in().role != "operator":
        raise NotYours(
            "This page is for the operator.",
            "It shows what everybody does.",
            "Sign in with an account or a code of the operator.",
        )


def _use_of(person: persons.Person, spent: tuple[float, float]) -> PersonUse:
    return PersonUse(
        person=person.id,
        runs=len(list(settings.runs_of(person).glob("run_*"))),
        n_bytes=size_of(settings.home_of(person)),
        usd=spent[0],
        tokens=spent[1],
    )


def _work_of(ticket: Ticket) -> WorkUnderWay:
    since = ticket.made if ticket.started is None else ticket.started
    return WorkUnderWay(
        id=ticket.id,
        person=ticket.person,
        what="Run" if ticket.kind == "run" else "Beside a page",
        at_work=ticket.started is not None,
        seconds=max(0.0, time.time() - since),
        memory=ticket.memory,
    )
