"""What a run will need, and where it stands in the queue."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path

from cassia_core.data.cells import file_inspection
from cassia_core.domain.config import OFFLINE, DatasetSpec, RunConfig
from cassia_core.errors import CassiaError, MissingKeyError
from cassia_core.llm.registry import require_key
from cassia_core.persons import Person, acting_as, is_shared
from cassia_core.runs.launcher import LEAST_MEMORY, WORKER, Work, launch_worker
from cassia_core.runs.layout import RunLayout
from cassia_core.runs.queue import tickets
from cassia_core.runs.queue.room import usable_cores
from cassia_core.runs.queue.turns import QueuePlace, Ticket
from cassia_core.runs.store import load_record
from cassia_core.services.sharing.lab_keys import keys_again

logger = logging.getLogger(__name__)

_SMALL_BYTES = 30_000_000
_UNPACKED = 10
"""Files that are small are not opened for an estimate: what they unpack to is little beside the libraries."""
_ASKING = 0.5
"""A run that asks models waits for their answers for most of its time."""
_FROM_SIDE_BY_SIDE = 3


def work_of(config: RunConfig) -> Work:
    """What a run will need, from the estimate that inspection makes of its files."""
    needs = sorted((_memory_of(spec) for spec in config.datasets), reverse=True)
    # From three files of cells on, as many are prepared at once as there are cores.
    together = usable_cores() if len(needs) >= _FROM_SIDE_BY_SIDE else 1
    asks = any(model.provider != OFFLINE for model in config.models())
    return Work(memory=LEAST_MEMORY + sum(needs[:together]), cores=_ASKING if asks else 1.0)


def _memory_of(spec: DatasetSpec) -> int:
    path = Path(spec.path)
    with suppress(OSError):
        size = path.stat().st_size
        if path.is_file() and size <= _SMALL_BYTES:
            return _UNPACKED * size
        with suppress(CassiaError):  # what is wrong with a file is for the run itself to say
            return file_inspection.inspect_file(path, spec.read).memory_bytes
    return 0


def place_in_queue(layout: RunLayout) -> QueuePlace | None:
    """Where a run stands; None when it does not wait."""
    return tickets.place_in_queue(layout.root)


def queue_in_words() -> str:
    """How many pieces of work are under way and wait on this machine."""
    alive = [ticket for ticket in tickets.all_tickets() if tickets.is_alive(ticket)]
    at_work = sum(ticket.started is not None for ticket in alive)
    return f"{at_work} at work, {len(alive) - at_work} waiting"


def take_up_again() -> tuple[str, ...]:
    """Start runs anew whose processes went with the server, each at its old place; on a shared server, where
    nobody may be there to resume them. Runs that had a key of a person wait for that person.

    Returns
    -------
    tuple of str
        Their run ids.
    """
    if not is_shared():
        return ()
    return tuple(t.about for t in tickets.take_dead() if _take_up(t))


def _take_up(ticket: Ticket) -> bool:
    layout = RunLayout(root=Path(ticket.about))
    if ticket.module[0] != WORKER or not ticket.person or not layout.config.exists():
        return False
    work = Work(memory=ticket.memory, cores=ticket.cores)
    try:
        with acting_as(Person(id=ticket.person)):
            keys = keys_again(layout, {})  # a lent key is here still; a person's own went with its process
            for model in load_record(layout).config.models():
                require_key(model, keys.get(model.provider))
            launch_worker(layout, keys, work, ticket.made)
    except MissingKeyError:
        return False
    except CassiaError:  # one that cannot be read is no reason to leave the others
        logger.exception("A run could not be taken up again")
        return False
    return True
