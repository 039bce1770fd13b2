"""Who starts next: rules without any file or process."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from types import MappingProxyType
from typing import Literal

Kind = Literal["run", "side"]
NOBODY: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A piece of work that waits for its turn, or is at it.

    `made` and `started` are seconds since 1970, `started` None while it waits. `memory` is what it may need,
    in bytes; `cores` how much of the machine it keeps busy. `about` is the folder that it fills, and `cancel`
    the file by which a person stops it. `keys` says whether it was given a key, which its process alone has.
    """

    id: str
    kind: Kind
    made: float
    pid: int
    pid_started: float
    about: str
    module: tuple[str, ...]
    cancel: str = ""
    person: str = ""
    memory: int = 0
    cores: float = 1.0
    keys: bool = False
    started: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What the machine has: runs and work beside pages that may be done at once, and bytes still free."""

    runs: float
    side: float
    memory: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePlace:
    """Where a run stands: `ahead` others start before it; `starts_in` is None where nothing is known yet."""

    ahead: int
    starts_in: float | None


def waiting_in_order(
    tickets: Sequence[Ticket], kind: Kind, served: Mapping[str, float] = NOBODY
) -> list[Ticket]:
    """Those that wait, fairly: everybody's first piece of work before anybody's second, then whoever was
    served longest ago (`served`: person to time), then by time.
    """
    line = sorted((t for t in tickets if t.kind == kind), key=lambda t: (t.started is None, t.made))
    turn: dict[str, int] = {}
    ranked = []
    for ticket in line:
        # Work under way counts: who has something running waits behind those who have nothing.
        turn[ticket.person] = turn.get(ticket.person, 0) + 1
        if ticket.started is None:
            rank = (turn[ticket.person], served.get(ticket.person, 0.0), ticket.made, ticket.id)
            ranked.append((rank, ticket))
    return [ticket for _, ticket in sorted(ranked, key=lambda entry: entry[0])]


def may_start(tickets: Sequence[Ticket], room: Room, served: Mapping[str, float] = NOBODY) -> list[Ticket]:
    """Those whose turn it is now, in order. Nobody overtakes one that waits for memory, so large work comes
    to its turn; where nothing is under way the next one starts, whatever it needs.
    """
    free, at_work = room.memory, any(t.started is not None for t in tickets)
    turns: list[Ticket] = []
    lanes: tuple[tuple[Kind, float], ...] = (("side", room.side), ("run", room.runs))
    for kind, slots in lanes:
        busy = sum(t.cores for t in tickets if t.kind == kind and t.started is not None)
        for ticket in waiting_in_order(tickets, kind, served):
            alone = not at_work and not turns
            if not alone and (busy + ticket.cores > slots or ticket.memory > free):
                break
            turns.append(ticket)
            busy += ticket.cores
            free -= ticket.memory
    return turns


def place_of(
    ticket: Ticket,
    tickets: Sequence[Ticket],
    room: Room,
    took: Sequence[float],
    now: float,
    served: Mapping[str, float] = NOBODY,
) -> QueuePlace:
    """Place and expected start of one that waits, from how long earlier work of its kind took."""
    line = waiting_in_order(tickets, ticket.kind, served)
    ahead = next((n for n, t in enumerate(line) if t.id == ticket.id), 0)
    if not took:
        return QueuePlace(ahead=ahead, starts_in=None)
    usual = median(took)
    slots = max(1, int(room.runs if ticket.kind == "run" else room.side))
    ends = [
        max(0.0, t.started + usual - now) for t in tickets if t.kind == ticket.kind and t.started is not None
    ]
    ends = sorted([*ends, *[0.0] * (slots - len(ends))])[-slots:]
    heapq.heapify(ends)
    for _ in range(ahead):
        heapq.heappush(ends, heapq.heappop(ends) + usual)
    return QueuePlace(ahead=ahead, starts_in=ends[0])
