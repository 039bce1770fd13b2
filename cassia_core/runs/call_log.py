"""`calls.jsonl`: every finished model call, on disk before the next one begins."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from cassia_core.domain.usage import CallFault, CallRecord, Usage
from cassia_core.errors import RunError
from cassia_core.runs.codec import after_torn_part, cut_torn_end


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedCall:
    """One finished call with its reply. `key` is the fingerprint of the request that it answers; `replayed`
    says that another run paid for it, `from_thinking` that the reply stood in the field for reasoning.
    """

    key: str
    call: CallRecord
    reply: str
    finish_reason: str = "stop"
    finish_said: str = ""
    from_thinking: bool = False
    replayed: bool = False


class CallLog:
    """Append finished calls, and find the answer of a request that was asked before.

    A request asked several times has several answers, in the order they came. `earlier` names logs of other
    runs whose answers may be used too (replay); they are only read. Safe for use from several threads.

    Parameters
    ----------
    path
        The run's own log; created when missing. A last line that a killed worker left half written is cut
        off.
    earlier
        Logs to read besides.

    Raises
    ------
    RunError
        When a line is damaged.
    """

    def __init__(self, path: Path, earlier: Iterable[Path] = ()) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Before anything is appended: the next answer would be glued to a torn one, and both be lost.
        cut_torn_end(path)
        self._lock = threading.Lock()
        self._answers: dict[str, list[LoggedCall]] = {}
        self._given: dict[str, int] = {}
        self._path = path
        for source in (*earlier, path):
            for entry in read_calls(source):
                self._answers.setdefault(entry.key, []).append(replace(entry, replayed=source != path))
            # A rejected answer is taken out, so the resumed run asks again instead of failing on it again;
            # only the first, for a later answer to the same request was given after the rejection.
            for key in _rejected(source):
                self._answers.get(key, [])[:1] = []
        self.had_answers = bool(self._answers)
        self._file = path.open("a", encoding="utf-8")
        self._disk = threading.Lock()
        self._written = self._synced = 0

    def take(self, key: str) -> LoggedCall | None:
        """The next answer on record for `key` that this process has not used yet, else None."""
        with self._lock:
            given = self._given.get(key, 0)
            answers = self._answers.get(key, [])
            if given >= len(answers):
                return None
            # Equal requests are answered in the order in which they were answered first: with a temperature
            # above 0 the same question has several true answers.
            self._given[key] = given + 1
            return answers[given]

    def add(self, entry: LoggedCall) -> None:
        """Write one finished call through to the disk."""
        line = {
            "key": entry.key,
            **asdict(entry.call),
            "finish_reason": entry.finish_reason,
            **({"from_thinking": True} if entry.from_thinking else {}),
            **({"finish_said": entry.finish_said} if entry.finish_said else {}),
            "reply": entry.reply,
        }
        with self._lock:
            self._answers.setdefault(entry.key, []).append(entry)
            # An answer of this very run is given already; it must not be handed out a second time.
            self._given[entry.key] = self._given.get(entry.key, 0) + 1
            # The disk is waited for outside the lock: other threads go on writing while one waits.
            number = self._write(line)
        self._sync(number)

    def reject(self, keys: Iterable[str]) -> None:
        """Note that the answers of `keys` led nowhere: another process asks anew instead of using them."""
        number = 0
        with self._lock:
            for key in keys:
                number = self._write({"rejected": key})
        self._sync(number)

    def fail(self, fault: CallFault) -> None:
        """Write down a call that failed, with what the server said."""
        with self._lock:
            self._write({"failed": asdict(fault)})

    def spent(self) -> Usage:
        """What this run's own calls have cost so far."""
        usage = Usage()
        for entry in read_calls(self._path):
            usage = usage.plus(entry.call)
        return usage

    def close(self) -> None:
        with self._lock:
            self._file.close()

    def _write(self, line: Mapping[str, object]) -> int:
        """Hand a line to the system; its number says how far to wait for the disk."""
        self._file.write(json.dumps(line, ensure_ascii=True) + "\n")
        self._file.flush()
        self._written += 1
        return self._written

    def _sync(self, number: int) -> None:
        """Wait until line `number` is on the disk. Lines of several threads go there together."""
        # One wait for all lines written so far: whoever comes next mostly finds its line safe already. A paid
        # answer is never told of before it is on disk.
        with self._disk:
            if self._synced >= number:
                return
            with self._lock:
                upto = self._written
            os.fsync(self._file.fileno())
            self._synced = upto


def read_calls(path: Path) -> Iterator[LoggedCall]:
    """The finished calls of a log, oldest first; none when there is no such file."""
    names = [field.name for field in fields(CallRecord)]
    for line in _lines(path):
        if "key" in line:
            yield LoggedCall(
                key=line["key"],
                # Fields that came later are missing in older runs and unknown ones in newer: both are read.
                call=CallRecord(**{n: line[n] for n in names if n in line}),
                reply=line["reply"],
                finish_reason=line["finish_reason"],
                finish_said=line.get("finish_said", ""),
                from_thinking=line.get("from_thinking", False),
            )


def read_faults(path: Path) -> Iterator[CallFault]:
    """The calls of a log that failed, oldest first; none when there is no such file."""
    return (CallFault(**line["failed"]) for line in _lines(path) if "failed" in line)


def _rejected(path: Path) -> Iterator[str]:
    return (line["rejected"] for line in _lines(path) if "rejected" in line)


def _lines(path: Path) -> Iterator[dict]:
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            # The last line may be under way in another process: it is read when it is whole.
            if line.endswith(b"\n"):
                yield _parsed(line, number, path)


def _parsed(line: bytes, number: int, path: Path) -> dict:
    try:
        return json.loads(after_torn_part(line))
    except ValueError as error:
        raise RunError(
            f"Line {number} of the run's record of calls is damaged.",
            f"{path} holds no JSON there.",
            "Take that line out of the file to go on without that answer.",
            details=str(error),
        ) from error
