"""The tickets of this machine: one file that everybody who waits changes under a lock."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psutil

from cassia_core import settings
from cassia_core.runs.office.shared_file import change_shared, read_shared
from cassia_core.runs.queue.room import room_now
from cassia_core.runs.queue.turns import Kind, QueuePlace, Ticket, may_start, place_of

_REMEMBERED = 30
"""How long so many pieces of work took says how long the next one will."""


_REMEMBERED_S = 24 * 3600.0


def queue_file() -> Path:
    """A file per machine: a home may lie on a disk that several machines share."""
    return settings.server_home() / "queue" / f"{platform.node() or 'here'}.json"


def put(ticket: Ticket, file: Path | None = None) -> None:
    """Take a place in the queue."""
    _change(lambda held, known: _keep(held, [*known, ticket]), file)


def leave(ticket_id: str, file: Path | None = None) -> None:
    """Give the place, or what was used, to the next one; what took its time is remembered."""

    def change(held: dict[str, Any], known: list[Ticket]) -> None:
        for ticket in known:
            if ticket.id == ticket_id and ticket.started is not None:
                took = held.setdefault("took", {}).setdefault(ticket.kind, [])
                took[:] = [*took, time.time() - ticket.started][-_REMEMBERED:]
        _keep(held, [t for t in known if t.id != ticket_id])

    _change(change, file)


def try_to_start(ticket_id: str, file: Path | None = None) -> bool:
    """Begin, when it is this one's turn. The look before the lock costs those who wait next to nothing."""
    seen = read_shared(file or queue_file())
    if not _is_turn(ticket_id, [t for t in _tickets(seen) if is_alive(t)], _served(seen)):
        return False

    def change(held: dict[str, Any], known: list[Ticket]) -> bool:
        alive = [t for t in known if is_alive(t)]
        turn = _is_turn(ticket_id, alive, _served(held))
        now = time.time()
        if turn:
            recent = {who: at for who, at in _served(held).items() if now - at < _REMEMBERED_S}
            held["served"] = recent | {t.person: now for t in alive if t.id == ticket_id}
        _keep(held, [replace(t, started=now) if turn and t.id == ticket_id else t for t in alive])
        return turn

    return _change(change, file)


def _is_turn(ticket_id: str, tickets: list[Ticket], served: dict[str, float]) -> bool:
    if all(t.id != ticket_id for t in tickets):
        return True  # the file was lost or cleared: nobody waits for ever
    return any(t.id == ticket_id for t in may_start(tickets, room_now(tickets), served))


def all_tickets(file: Path | None = None) -> list[Ticket]:
    """Those that wait and those at work, also of processes that are gone."""
    return _tickets(read_shared(file or queue_file()))


def place_in_queue(about: Path) -> QueuePlace | None:
    """Place of the work that fills a folder; None when it does not wait."""
    held = read_shared(queue_file())
    tickets = [t for t in _tickets(held) if is_alive(t)]
    ticket = next((t for t in tickets if t.about == str(about) and t.started is None), None)
    if ticket is None:
        return None
    took = _took(held, ticket.kind)
    return place_of(ticket, tickets, room_now(tickets), took, time.time(), _served(held))


def take_dead() -> list[Ticket]:
    """Tickets of processes that are gone, oldest first; they are out of the queue then."""

    def change(held: dict[str, Any], known: list[Ticket]) -> list[Ticket]:
        _keep(held, [t for t in known if is_alive(t)])
        return sorted((t for t in known if not is_alive(t)), key=lambda t: t.made)

    return _change(change, None)


def is_alive(ticket: Ticket) -> bool:
    """Whether the process of a ticket is there; a number used again for another process is not."""
    try:
        process = psutil.Process(ticket.pid)
        return (
            process.status() != psutil.STATUS_ZOMBIE and abs(process.create_time() - ticket.pid_started) < 1.0
        )
    except psutil.Error:
        return False


def _change(change: Callable[[dict[str, Any], list[Ticket]], Any], file: Path | None) -> Any:
    return change_shared(file or queue_file(), lambda held: change(held, _tickets(held)))


def _tickets(held: dict[str, Any]) -> list[Ticket]:
    return [Ticket(**{**entry, "module": tuple(entry["module"])}) for entry in held.get("tickets", ())]


def _keep(held: dict[str, Any], tickets: Iterable[Ticket]) -> None:
    held["tickets"] = [asdict(ticket) for ticket in tickets]


def _served(held: dict[str, Any]) -> dict[str, float]:
    return held.get("served", {})


def _took(held: dict[str, Any], kind: Kind) -> list[float]:
    return held.get("took", {}).get(kind, [])
