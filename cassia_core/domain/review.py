"""Corrections that people make, as an append-only list with undo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

EditAction = Literal["accept", "rename", "unknown", "split", "undo"]
UNKNOWN_LABEL = "Unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelEdit:
    """One step of a person. Renaming several clusters to one label is one step, and is undone as one.

    `seq` counts up from 1 within a dataset; `at` is UTC in ISO 8601; `by` is the name that the person gave,
    or "";
    `before` holds the labels that the clusters had. For "split" (chosen cells are set aside under a label of
    their
    own) `cells` names the stored choice and `n_cells` counts the cells taken out of each of `clusters`. For
    "undo",
    `undoes` is the `seq` of the step taken back.
    """

    seq: int
    at: str
    action: EditAction
    clusters: tuple[str, ...] = ()
    label: str = ""
    cl_id: str = ""
    reason: str = ""
    by: str = ""
    before: tuple[str, ...] = ()
    n_cells: tuple[int, ...] = ()
    cells: str = ""
    undoes: int | None = None


def standing(edits: Iterable[LabelEdit]) -> tuple[LabelEdit, ...]:
    """The steps that were not taken back, in order."""
    listed = tuple(edits)
    undone = {e.undoes for e in listed if e.action == "undo"}
    return tuple(e for e in listed if e.action != "undo" and e.seq not in undone)


def names_given(edits: Iterable[LabelEdit]) -> dict[str, LabelEdit]:
    """The last standing step that named each cluster, for those that have one."""
    return {
        cluster: edit
        for edit in standing(edits)
        if edit.action in ("rename", "unknown")
        for cluster in edit.clusters
    }


def accepted(edits: Iterable[LabelEdit]) -> dict[str, LabelEdit]:
    """The step that accepted the standing label of each cluster, for those that have one."""
    last = {cluster: edit for edit in standing(edits) if edit.action != "split" for cluster in edit.clusters}
    return {cluster: edit for cluster, edit in last.items() if edit.action == "accept"}


def set_aside_ids(edits: Iterable[LabelEdit], taken: Collection[str]) -> dict[tuple[int, str], str]:
    """Id of what each split took out of each cluster, by (`seq`, cluster), such as "3 (set aside 1)".

    A number is never given twice, also after an undo; `taken` are ids of clusters, which no group may have.
    """
    numbers: Counter[str] = Counter()
    ids = {}
    for edit in edits:
        for cluster in edit.clusters if edit.action == "split" else ():
            numbers[cluster] += 1
            while (name := f"{cluster} (set aside {numbers[cluster]})") in taken:
                numbers[cluster] += 1
            ids[edit.seq, cluster] = name
    return ids
