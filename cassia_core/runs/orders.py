"""What a person asks of a run: stop it, or single datasets of it; pause it; take up some datasets only.

Orders are small files beside the record. Whoever gives one need not know the worker, and the worker looks at
them between two questions and two datasets.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from cassia_core.runs.codec import write_text
from cassia_core.runs.layout import RunLayout


def stop_datasets(layout: RunLayout, datasets: Collection[str]) -> None:
    """Ask the worker to leave these datasets; the others go on."""
    with layout.stopped_datasets.open("a", encoding="utf-8") as file:
        file.writelines(f"{name}\n" for name in datasets)


def stopped_datasets(layout: RunLayout) -> frozenset[str]:
    """Datasets that a person asked to stop by themselves."""
    return _names(layout.stopped_datasets) or frozenset()


def take_up_only(layout: RunLayout, datasets: Collection[str]) -> None:
    """Let the next worker take up these datasets and leave the others as they are; none named: all."""
    if datasets:
        write_text(layout.taken_up, "".join(f"{name}\n" for name in datasets))
    else:
        layout.taken_up.unlink(missing_ok=True)


def is_taken_up(layout: RunLayout, dataset: str) -> bool:
    """Whether the worker is to work on this dataset."""
    named = _names(layout.taken_up)
    return named is None or dataset in named


def forget_stops(layout: RunLayout) -> None:
    """Before a new worker begins: what was asked of the last one is no order to this one."""
    for path in (layout.cancel, layout.pause, layout.stopped_datasets):
        path.unlink(missing_ok=True)


def _names(path: Path) -> frozenset[str] | None:
    try:
        return frozenset(path.read_text(encoding="utf-8").splitlines())
    except FileNotFoundError:
        return None
