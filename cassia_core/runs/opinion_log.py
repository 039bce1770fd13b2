"""`opinions.jsonl`: the further opinions of one dataset, appended and never changed; and the jobs that ask
for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock

from cassia_core.domain.conversation import Turn
from cassia_core.domain.opinions.opinion import Opinion
from cassia_core.domain.opinions.request import OpinionProgress, OpinionRequest
from cassia_core.runs.codec import cut_torn_end, from_json, is_json, read_json, to_json, write_json
from cassia_core.runs.layout import DatasetLayout, RunLayout


def read_opinions(paths: DatasetLayout) -> tuple[Opinion, ...]:
    """Every opinion on clusters of a dataset, oldest first; none in runs of earlier versions. A last line
    that is still being written is left out.

    Raises
    ------
    RunError
        When a whole line is damaged.
    """
    if not paths.opinions.exists():
        return ()
    whole = paths.opinions.read_bytes().split(b"\n")[:-1]
    if whole and not is_json(whole[-1]):  # half of it, or zeros, after a power loss
        whole = whole[:-1]
    return tuple(from_json(line, Opinion) for line in whole if line.strip())


def append_opinion(paths: DatasetLayout, opinion: Opinion, turns: Iterable[Turn] = ()) -> None:
    """Note an opinion; its conversation goes first, so that a noted opinion always has one."""
    said = tuple(turns)
    if said:
        write_json(paths.opinion_turns(opinion.id), said, tuple[Turn, ...])
    paths.private.mkdir(parents=True, exist_ok=True)
    with FileLock(paths.opinions.with_suffix(".lock")):
        cut_torn_end(paths.opinions)
        with paths.opinions.open("a", encoding="utf-8") as file:
            file.write(to_json(opinion) + "\n")


def read_turns(paths: DatasetLayout, opinion_id: str) -> tuple[Turn, ...]:
    """The conversation of an opinion; empty where none was kept."""
    path = paths.opinion_turns(opinion_id)
    return read_json(path, tuple[Turn, ...]) if path.exists() else ()


def save_request(layout: RunLayout, request: OpinionRequest) -> None:
    """Write down what a job was asked, once."""
    write_json(layout.opinion_job(request.id).request, request)


def read_request(layout: RunLayout, job: str) -> OpinionRequest:
    """What a job was asked. Raises `RunError` when there is no such job."""
    return read_json(layout.opinion_job(job).request, OpinionRequest)


def save_progress(layout: RunLayout, job: str, progress: OpinionProgress) -> None:
    """Say how far a job is."""
    write_json(layout.opinion_job(job).progress, progress)


def read_progress(layout: RunLayout, job: str) -> OpinionProgress:
    """How far a job is; its process takes a moment to start."""
    path = layout.opinion_job(job).progress
    return read_json(path, OpinionProgress) if path.exists() else OpinionProgress()


def job_ids(layout: RunLayout) -> tuple[str, ...]:
    """The jobs of a run, oldest first."""
    return tuple(sorted(p.name for p in _folders(layout.opinion_jobs) if (p / "request.json").is_file()))


def _folders(root: Path) -> list[Path]:
    return [p for p in root.iterdir() if p.is_dir()] if root.is_dir() else []
