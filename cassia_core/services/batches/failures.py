"""Datasets of a run that failed or lack answers, with reasons; and doing these once more, and no others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cassia_core.domain.progress import DatasetView
from cassia_core.errors import RunError
from cassia_core.services.runs import runs

FAILED = ("failed", "partial")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A dataset that did not end well. `clusters` counts those without an answer."""

    dataset: str
    status: str
    reason: str
    clusters: int = 0


def failures_of(run_id: str, root: Path | None = None) -> tuple[Failure, ...]:
    """Datasets that failed or lack answers, in the order of the run; those that were cancelled are none."""
    return tuple(
        Failure(
            dataset=view.name,
            status=view.status,
            reason=_reason(view),
            clusters=sum(tile.state == "failed" for tile in view.tiles),
        )
        for view in runs.view_run(run_id, root).datasets
        if view.status in FAILED
    )


def to_retry(run_id: str, root: Path | None = None) -> tuple[str, ...]:
    """Names of the datasets that `retry` takes up.

    Raises
    ------
    RunError
        There are none.
    """
    names = tuple(failure.dataset for failure in failures_of(run_id, root))
    if not names:
        raise RunError(
            "No dataset of this run failed.",
            "All that have ended have their labels.",
            "Resume the run without --failed where it was stopped before its end.",
        )
    return names


def retry(run_id: str, keys: Mapping[str, str] | None = None, root: Path | None = None) -> None:
    """Do the datasets once more that failed or lack answers, and leave the others as they are.

    Raises
    ------
    RunError
        There are none.
    RunLocked, MissingKeyError
        See `runs.resume_run`.
    """
    runs.resume_run(run_id, keys, root, datasets=to_retry(run_id, root))


def _reason(view: DatasetView) -> str:
    told = next((tile.reason for tile in view.tiles if tile.state == "failed" and tile.reason), "")
    return view.error or told or "No reason is known."
