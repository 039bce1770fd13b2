"""Corrections that people make, as an append-only list with undo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

EditAction = Literal["accept", "rename", "unknown", "undo"]
UNKNOWN_LABEL = "Unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelEdit:
    """One step of a person. Renaming several clusters to one label is one step, and is undone as one.

    `seq` counts up from 1 within a dataset; `at` is UTC in ISO 8601; `before` holds the labels that the clusters
    had. For "undo", `undoes` is the `seq` of the step taken back.
    """

    seq: int
    at: str
    action: EditAction
    clusters: tuple[str, ...] = ()
    label: str = ""
    cl_id: str = ""
    reason: str = ""
    before: tuple[str, ...] = ()
    undoes: int | None = None


def standing(edits: Iterable[LabelEdit]) -> tuple[LabelEdit, ...]:
    """The steps that were not taken back, in order."""
    listed = tuple(edits)
    undone = {e.undoes for e in listed if e.action == "undo"}
    return tuple(e for e in listed if e.action != "undo" and e.seq not in undone)


def current_edits(edits: Iterable[LabelEdit]) -> dict[str, LabelEdit]:
    """The last standing step of each cluster that has one."""
    return {cluster: edit for edit in standing(edits) for cluster in edit.clusters}
