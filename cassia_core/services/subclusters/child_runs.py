"""Runs that look inside clusters of another: which there are, what they found, and their labels in the
parent.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from cassia_core import settings
from cassia_core.domain.annotation import names_a_type
from cassia_core.domain.config import PartOf
from cassia_core.domain.events import RunState
from cassia_core.domain.review import LabelEdit
from cassia_core.errors import CassiaError, RunError, RunNotFound
from cassia_core.runs import store
from cassia_core.runs.layout import RunLayout
from cassia_core.services.labels import review
from cassia_core.services.runs import results, runs


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelCount:
    """What a child run found under one label: how many cells, over all its clusters of that label."""

    label: str
    n_cells: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildRun:
    """A run that looks into clusters of another. `parts` are its labels, corrections included, largest
    first.
    """

    run_id: str
    dataset: str
    title: str
    clusters: tuple[str, ...]
    state: RunState
    created_at: str
    n_clusters: int = 0
    parts: tuple[LabelCount, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """Where the cells of a run come from. `there` is False when that run was deleted, moved or archived."""

    part: PartOf
    there: bool


def use_labels(run_id: str, *, by: str = "", root: Path | None = None) -> tuple[LabelEdit, ...]:
    """Give the cells of each part of a child run its label in the parent, one correction per label.

    Labels are those that stand in the child, corrections included. Cells to which the child gives no name
    keep theirs,
    and so do cells that already have the label.

    Parameters
    ----------
    by
        Who says so, as they call themselves.

    Returns
    -------
    tuple of LabelEdit
        The corrections made in the parent; none when nothing would change.

    Raises
    ------
    RunError
        When the run looks into no other run, or the parent does not hold its cells.
    RunNotFound
        When the parent is gone, or the child has no cells.
    """
    config = runs.load_config(run_id, root)
    part = config.part_of
    if part is None:
        raise RunError(
            "These labels belong to no other run.",
            "The run was not started from a cluster of another.",
            "Choose a run that looks inside a cluster.",
        )
    runs.find_run(part.run, root)
    name = config.datasets[0].name
    here, there = (review.cell_labels(*run, root) for run in ((run_id, name), (part.run, part.dataset)))
    # By the cells' names and never by their order: a run on a part may have set cells aside.
    place = _places(run_id, name, part, root)
    before = np.array([*there[1], ""], dtype=object)[there[0][place]]
    edits = []
    for code, label in enumerate(here[1]):
        # Cells that are called so already need no correction: a second use of the labels then changes
        # nothing.
        cells = place[(here[0] == code) & (before != label)]
        if names_a_type(label) and len(cells):
            edits.append(
                review.set_aside(
                    part.run,
                    part.dataset,
                    cells,
                    label=label,
                    by=by,
                    root=root,
                    reason=f"Found by looking inside, in {run_id}",
                )
            )
    return tuple(edits)


def _places(run_id: str, dataset: str, part: PartOf, root: Path | None) -> np.ndarray:
    """Where the parent has the cells of the child, by name: shape (n_cells,), positions in the parent's
    view.
    """
    child, parent = (
        results.load_results(*run, root).view for run in ((run_id, dataset), (part.run, part.dataset))
    )
    at = {cell: i for i, cell in enumerate(parent.cell_ids())}
    places = [at.get(cell, -1) for cell in child.cell_ids()]
    if -1 in places:
        raise RunError(
            "The parent does not hold these cells.",
            f"{places.count(-1)} names are not among its cells.",
            "Start again from a cluster of the parent.",
        )
    return np.array(places, dtype=np.int64)


def parent_of(run_id: str, root: Path | None = None) -> Parent | None:
    """Where the cells of a run come from; None when it looks into no other run."""
    part = runs.load_config(run_id, root).part_of
    if part is None:
        return None
    try:
        runs.find_run(part.run, root)
    except RunNotFound:
        return Parent(part=part, there=False)
    return Parent(part=part, there=True)


def children_of(run_id: str, dataset: str, root: Path | None = None) -> tuple[ChildRun, ...]:
    """Runs that look into clusters of `dataset` of this run, newest first; one that cannot be read is left
    out.
    """
    runs.find_run(run_id, root)
    folder = root or settings.runs_root()
    children = []
    for child in store.run_ids(folder):
        part = _part_of(RunLayout(root=folder / child).config)
        if part is not None and (part.run, part.dataset) == (run_id, dataset):
            children.append(_child(child, part, folder))
    return tuple(children)


@lru_cache(maxsize=4096)
def _part_of(record: Path) -> PartOf | None:
    """From a run's record, which is written once and never changed."""
    try:
        return store.load_record(RunLayout(root=record.parents[1])).config.part_of
    except CassiaError:  # a damaged run has a line of its own in the list of runs
        return None


def _child(run_id: str, part: PartOf, root: Path) -> ChildRun:
    record = store.load_record(runs.find_run(run_id, root))
    name = record.config.datasets[0].name
    groups = review.groups(run_id, name, root)
    cells: dict[str, int] = {}
    for group in groups:
        if names_a_type(group.label):
            cells[group.label] = cells.get(group.label, 0) + (group.n_cells or 0)
    largest_first = sorted(cells.items(), key=lambda entry: (-entry[1], entry[0]))
    return ChildRun(
        run_id=run_id,
        dataset=name,
        title=record.config.title,
        clusters=part.clusters,
        state=runs.view_run(run_id, root).state,
        created_at=record.created_at,
        n_clusters=len({group.cluster for group in groups}),
        parts=tuple(LabelCount(label=label, n_cells=n) for label, n in largest_first),
    )
