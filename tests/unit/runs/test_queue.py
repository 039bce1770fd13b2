"""Whose turn it is: fair, in order, within cores and memory; freed at once; the same after a restart."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from pathlib import Path

import psutil
import pytest

from cassia_core.runs.queue import room, tickets, waiting
from cassia_core.runs.queue.turns import Room, Ticket, may_start, place_of, waiting_in_order

ROOT = Path(__file__).resolve().parents[3]
GB = 1_000_000_000
PLENTY = Room(runs=2, side=1, memory=100 * GB)


def ticket(name: str, made: float = 0, *, person: str = "a", started: float | None = None, **more) -> Ticket:
    known = {"kind": "run", "pid": 1, "pid_started": 0, "about": name, "module": ("m",), "memory": GB}
    return Ticket(id=name, made=made, person=person, started=started, **{**known, **more})


def names(found) -> list[str]:
    return [t.id for t in found]


def test_everybody_s_first_comes_before_anybody_s_second():
    line = [ticket(f"a{n}", n) for n in range(4)] + [
        ticket("b0", 10, person="b"),
        ticket("c0", 11, person="c"),
    ]
    assert names(waiting_in_order(line, "run")) == ["a0", "b0", "c0", "a1", "a2", "a3"]
    at_work = [ticket("a9", -1, started=1.0), *line]
    assert names(waiting_in_order(at_work, "run")) == ["b0", "c0", "a0", "a1", "a2", "a3"]


def test_as_many_start_as_there_are_cores_and_work_beside_pages_has_a_place_of_its_own():
    line = [
        ticket("r1", 1),
        ticket("r2", 2),
        ticket("r3", 3),
        ticket("s1", 4, kind="side"),
        ticket("s2", 5, kind="side"),
    ]
    assert names(may_start(line, PLENTY)) == ["s1", "r1", "r2"]
    asks = [ticket(f"m{n}", n, cores=0.5) for n in range(9)]
    assert len(may_start(asks, PLENTY)) == 4, "models answer elsewhere"


def test_memory_holds_back_and_nobody_overtakes_what_waits_for_it():
    small = Room(runs=4, side=1, memory=3 * GB)
    line = [ticket("at_work", started=1.0), ticket("large", 1, memory=4 * GB), ticket("small", 2)]
    assert may_start(line, small) == []
    assert names(may_start(line[1:], small)) == ["large"], "alone, it starts whatever it needs"


def test_place_and_expected_start_come_from_what_earlier_work_took():
    line = [
        ticket("x", started=100.0),
        ticket("y", started=104.0),
        ticket("p", 1),
        ticket("q", 2),
        ticket("r", 3),
    ]
    place = place_of(line[4], line, PLENTY, [10.0, 10.0, 30.0], now=105.0)
    assert (place.ahead, place.starts_in) == (2, 15.0)
    assert place_of(line[2], line, PLENTY, [10.0], now=105.0).starts_in == 5.0
    assert place_of(line[2], line, PLENTY, [], now=105.0).starts_in is None, "no number is invented"


def test_a_limit_of_a_container_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(room, "_CONTROL", tmp_path)
    (tmp_path / "cpu.max").write_text("max 100000")
    free = room.usable_cores()
    (tmp_path / "cpu.max").write_text("100000 100000")
    assert room.usable_cores() == 1 <= free
    (tmp_path / "memory.max").write_text(str(2 * GB))
    (tmp_path / "memory.current").write_text(str(GB))
    assert room.room_now([]).memory == int(0.85 * GB)
    promised = ticket("x", started=1.0, memory=2 * GB, pid=2**30)
    assert room.room_now([promised]).memory == int(0.85 * GB) - 2 * GB
    (tmp_path / "memory.max").write_text("max")
    assert room.room_now([]).memory > 0


class Work:
    """A process that waits for its turn and then begins."""

    def __init__(self, folder: Path, person: str = "a", keys: str = "") -> None:
        folder.mkdir()
        self.folder, self.id = folder, uuid.uuid4().hex
        module = ["tests.queue_sleeper", str(folder)]
        command = [waiting.__name__, str(tickets.queue_file()), self.id, str(folder / "cancel"), *module]
        self.process = subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, stdin=subprocess.PIPE)
        tickets.put(
            ticket(
                self.id,
                time.time(),
                person=person,
                pid=self.process.pid,
                pid_started=psutil.Process(self.process.pid).create_time(),
                about=str(folder),
                module=tuple(module),
            )
        )
        self.process.stdin.write(keys.encode())
        self.process.stdin.close()

    @property
    def began(self) -> bool:
        return (self.folder / "began").exists()

    def end(self) -> None:
        (self.folder / "end").touch()


def until(condition, timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)


@pytest.fixture
def one_at_a_time(monkeypatch: pytest.MonkeyPatch, home: Path):
    monkeypatch.setenv("CASSIA_RUNS_AT_ONCE", "1")
    started: list[Work] = []
    yield lambda *given, **more: started.append(Work(*given, **more)) or started[-1]
    for work in started:
        work.process.kill()
        work.process.wait()


def test_work_waits_is_freed_by_its_end_by_a_kill_and_by_a_cancel(one_at_a_time, tmp_path: Path):
    first = one_at_a_time(tmp_path / "first", keys='{"openai": "canary-key"}')
    until(lambda: first.began)
    assert (first.folder / "began").read_text() == '{"openai": "canary-key"}'
    second, third = one_at_a_time(tmp_path / "second"), one_at_a_time(tmp_path / "third", person="b")
    fourth = one_at_a_time(tmp_path / "fourth", person="c")
    assert tickets.place_in_queue(third.folder).ahead == 0, "the first person already has one at work"
    assert tickets.place_in_queue(second.folder).ahead == 2
    first.end()
    until(lambda: third.began)
    assert not second.began and not fourth.began and first.process.wait(30) == 0
    third.process.kill()
    until(lambda: fourth.began)
    (second.folder / "cancel").touch()
    until(lambda: second.began)  # told at once, without a turn, so that its worker can note the end
    assert tickets.place_in_queue(second.folder) is None
    fourth.end()
    second.end()
    until(lambda: tickets.all_tickets() == [])
    everything = "".join(p.read_text() for p in tickets.queue_file().parent.iterdir())
    assert "canary-key" not in everything


def test_processes_that_are_gone_give_back_their_places_and_can_be_taken_up(one_at_a_time, tmp_path: Path):
    first, second = one_at_a_time(tmp_path / "first"), one_at_a_time(tmp_path / "second", person="b")
    until(lambda: first.began)
    for work in (second, first):
        work.process.kill()
        work.process.wait()
    assert [t.about for t in tickets.take_dead()] == [str(first.folder), str(second.folder)]
    assert tickets.all_tickets() == []
