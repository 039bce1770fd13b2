"""What lists show of a run, kept beside it, so that a list of hundreds need not read their whole records
again.

A digest is derived: it holds what the run's own files say, with the sizes and times these files had. When one
of
them has changed, or the digest is missing, it is made anew.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from cassia_core.domain.outcome import RunSummary, Spending
from cassia_core.domain.progress import RunView
from cassia_core.domain.usage import Usage
from cassia_core.errors import CassiaError
from cassia_core.runs.call_log import read_calls
from cassia_core.runs.codec import read_json, write_json
from cassia_core.runs.layout import RunLayout
from cassia_core.runs.store import load_record, may_change
from cassia_core.version import __version__

AT_WORK = ("queued", "running")
_FORM = 2
"""Counts up when what a digest holds changes its meaning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDigest:
    """`stamp` names the state of the run's files that this was read from."""

    stamp: str
    summary: RunSummary
    spent: tuple[Spending, ...] | None = None
    """None while the run is at work, and when its record of calls cannot be read."""


def digest_of(layout: RunLayout, view: Callable[[], RunView]) -> RunDigest:
    """The digest of a run: the one on disk where it still holds, else a new one, kept once nobody is at work.

    Parameters
    ----------
    layout
        The run.
    view
        Reads its progress; called only when there is no digest that holds.

    Raises
    ------
    RunError
        When the run's record cannot be read.
    """
    stamp = stamp_of(layout)
    saved = _kept(layout.digest)
    if saved is not None and saved.stamp == stamp:
        return saved
    made = RunDigest(stamp=stamp, summary=_summary(layout, view))
    # Of a run at work everything changes by the second: a summary of it is out of date when it is written.
    if made.summary.state in AT_WORK:
        return made
    with suppress(CassiaError):  # a damaged record of calls is no reason not to list the run
        made = replace(made, spent=spending(layout))
    if may_change(layout):
        with suppress(OSError):  # nor is a folder that can only be read
            write_json(layout.digest, made)
    return made


def spending(layout: RunLayout) -> tuple[Spending, ...]:
    """What the run's own calls have cost so far, by minute, dataset and model, in order of time.

    Raises
    ------
    RunError
        When the record of calls is damaged.
    """
    sums: dict[tuple[str, str, str, str], Usage] = {}
    for entry in read_calls(layout.calls):
        call = entry.call
        # By the minute: a chart over days needs no more, and a run of thousands of calls becomes a few lines.
        at = (call.at[:16], call.dataset, call.provider, call.model)
        sums[at] = sums.get(at, Usage()).plus(call)
    return tuple(
        Spending(minute=minute, dataset=dataset, provider=provider, model=model, usage=usage)
        for (minute, dataset, provider, model), usage in sorted(sums.items())
    )


def _summary(layout: RunLayout, read_view: Callable[[], RunView]) -> RunSummary:
    record = load_record(layout)
    view, config = read_view(), record.config
    annotator = config.annotation.annotator if config.annotation else None
    tiles = [t for d in view.datasets for t in d.tiles]
    return RunSummary(
        run_id=layout.root.name,
        title=config.title,
        state=view.state,
        created_at=record.created_at,
        ended_at=view.finished_at,
        tissues=tuple(dict.fromkeys(d.tissue for d in config.datasets)),
        species=tuple(dict.fromkeys(d.species for d in config.datasets)),
        datasets=tuple(d.name for d in config.datasets),
        provider=annotator.provider if annotator else "",
        model=annotator.model if annotator else "",
        n_clusters=len(tiles),
        finished_clusters=sum(d.finished_clusters for d in view.datasets),
        labelled_clusters=sum(d.labelled_clusters for d in view.datasets),
        to_look_at=sum(d.to_look_at for d in view.datasets),
        total_tokens=view.usage.total_tokens,
        cost_usd=None if view.usage.unpriced_calls else view.usage.cost_usd,
        parent_run=config.part_of.run if config.part_of else config.parent_run,
        parent_title=config.part_of.title if config.part_of else "",
        is_part=config.part_of is not None,
    )


def stamp_of(layout: RunLayout) -> str:
    """Names the state of a run's files; another one means that something has changed."""
    # A digest is good as long as none of these has changed; nothing has to say that it is out of date.
    files = (layout.config, layout.events, layout.calls, layout.worker)
    return " ".join([f"{_FORM}/{__version__}/{layout.root.name}", *map(_state_of, files)])


def _state_of(path: Path) -> str:
    try:
        stat = path.stat()
    except OSError:
        return "-"
    return f"{stat.st_size}/{stat.st_mtime_ns}"


def _kept(path: Path) -> RunDigest | None:
    try:
        return _read(path, path.stat().st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=4096)
def _read(path: Path, changed_ns: int) -> RunDigest | None:
    try:
        return read_json(path, RunDigest)
    except CassiaError:  # damaged, or of another version: it is made anew
        return None
