"""Look into the files of a batch beside the page: what is known is given at once, the rest follows.

A page is drawn again with every click. Files are opened once per change, by one thread, in the order of the
rows; a rerun only asks what is known by now.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from cassia_core import persons
from cassia_core.domain.config import ReadOptions
from cassia_core.domain.findings import Findings
from cassia_core.errors import CassiaError, InputError
from cassia_core.services.batches.manifest_rows import ManifestRow
from cassia_core.services.batches.manifests import answers_read
from cassia_core.services.intake import intake

MOST_KEPT = 2048
_Key = tuple[str, str, int, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """What was seen in the file of a row: findings, or why there are none."""

    findings: Findings | None = None
    problem: CassiaError | None = None

    @property
    def open_questions(self) -> int:
        """Questions that only a person can answer."""
        return sum(not question.suggested for question in self.findings.questions) if self.findings else 0


_looks: OrderedDict[_Key, Future[Inspected]] = OrderedDict()
_lock = threading.Lock()
_pool = ThreadPoolExecutor(1, thread_name_prefix="inspect")


def inspected(rows: Iterable[ManifestRow]) -> tuple[Inspected | None, ...]:
    """What is known of the file of each row; None where it is still to be looked into, which is begun."""
    return tuple(_known(row) for row in rows)


def _known(row: ManifestRow) -> Inspected | None:
    asking = persons.current()
    key = (asking.id if asking else "", *_key(row))
    with _lock:
        look = _looks.get(key)
        if look is None:
            look = _looks[key] = _pool.submit(_look, row, asking)
        _looks.move_to_end(key)
        while len(_looks) > MOST_KEPT:
            _looks.popitem(last=False)[1].cancel()
    return look.result() if look.done() and not look.cancelled() else None


def _key(row: ManifestRow) -> tuple[str, int, tuple[tuple[str, str], ...]]:
    """A file is another one when it has changed, or is to be read another way."""
    said = {**row.answers, "cluster_column": row.cluster_column}
    return str(row.path), _changed_ns(row.path), tuple(sorted(said.items()))


def _changed_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _look(row: ManifestRow, asking: persons.Person | None) -> Inspected:
    """Look in the name of the person whose page it is: the thread itself is nobody's."""
    with persons.acting_as(asking) if asking else nullcontext():
        return _looked(row)


def _looked(row: ManifestRow) -> Inspected:
    try:
        if not row.path.exists():
            raise InputError(
                f"There is no file {row.path.name}.",
                "It was moved, the name is misspelled, or it was named in a manifest and not uploaded.",
                "Upload it as well, or correct the manifest. If you start all the same, it is reported as "
                "failed and the others are done.",
            )
        answers = {**row.answers, "cluster_column": row.cluster_column}
        return Inspected(
            findings=intake.inspect_file(row.path, answers_read(answers, row.path, ReadOptions()))
        )
    except CassiaError as error:
        return Inspected(problem=error)
