"""Correct labels: accept, rename, set to unknown, give several clusters one label; with history and undo.

The run's own record is never changed. Corrections are a list beside it; exports made from them carry "edited" in
their names and both labels inside.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from cassia_core.domain.annotation import ClusterResult, OntologyTerm
from cassia_core.domain.review import UNKNOWN_LABEL, EditAction, LabelEdit, current_edits, standing
from cassia_core.errors import ConfigError
from cassia_core.knowledge import ontology
from cassia_core.runs.codec import from_json, to_json
from cassia_core.runs.event_log import utc_now
from cassia_core.runs.layout import DatasetLayout
from cassia_core.services.results import dataset_layout, load_results
from cassia_core.services.runs import find_run


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedLabel:
    """The label of a cluster as it stands: the person's where there is one, else the run's."""

    cluster: str
    label: str
    cl_id: str = ""
    original: str = ""
    edit: LabelEdit | None = None

    @property
    def edited(self) -> bool:
        return self.edit is not None and self.edit.action != "accept"


def history(run_id: str, dataset: str, root: Path | None = None) -> tuple[LabelEdit, ...]:
    """Every step ever taken, undone ones included, oldest first."""
    return _read(_paths(run_id, dataset, root))


def labels(run_id: str, dataset: str, root: Path | None = None) -> tuple[ReviewedLabel, ...]:
    """The standing label of every cluster, in the order of the results."""
    rows = load_results(run_id, dataset, root).rows
    edits = current_edits(history(run_id, dataset, root))
    return tuple(_reviewed(row, edits.get(row.cluster)) for row in rows)


def _reviewed(row: ClusterResult, edit: LabelEdit | None) -> ReviewedLabel:
    own_id = row.detailed_term.cl_id if row.detailed_term else ""
    if edit is None or edit.action == "accept":
        return ReviewedLabel(cluster=row.cluster, label=row.label, cl_id=own_id, original=row.label, edit=edit)
    return ReviewedLabel(cluster=row.cluster, label=edit.label, cl_id=edit.cl_id, original=row.label, edit=edit)


def apply_edit(run_id: str, dataset: str, clusters: tuple[str, ...], action: EditAction, *, label: str = "",
               reason: str = "", root: Path | None = None) -> LabelEdit:
    """Note one step. The Cell Ontology id of a new label is looked up, never invented.

    Parameters
    ----------
    clusters
        Exact cluster ids; several with "rename" get one label.
    action
        "accept", "rename" (needs `label`) or "unknown".

    Raises
    ------
    ConfigError
        When a cluster is not in the results, or a new label is empty.
    """
    standing_labels = {r.cluster: r.label for r in labels(run_id, dataset, root)}
    unknown = [c for c in clusters if c not in standing_labels]
    if unknown or not clusters:
        named = ", ".join(unknown) or "chosen"
        raise ConfigError(f"There is no cluster {named}.", "Cluster names are matched exactly.",
                          "Choose clusters from the table.")
    new = {"rename": label.strip(), "unknown": UNKNOWN_LABEL}.get(action, "")
    if action == "rename" and not new:
        raise ConfigError("The new label is empty.", "Nothing was typed.", "Type or choose a cell type.")
    term = ontology.find_term(new) if action == "rename" else None
    return _append(_paths(run_id, dataset, root), LabelEdit(
        seq=0, at="", action=action, clusters=clusters, label=new, cl_id=term.cl_id if term else "",
        reason=reason.strip(), before=tuple(standing_labels[c] for c in clusters)))


def undo(run_id: str, dataset: str, root: Path | None = None) -> LabelEdit | None:
    """Take back the last standing step. Returns the note of it, or None when there is nothing to take back."""
    paths = _paths(run_id, dataset, root)
    left = standing(_read(paths))
    if not left:
        return None
    last = left[-1]
    return _append(paths, LabelEdit(seq=0, at="", action="undo", clusters=last.clusters, undoes=last.seq))


def search_labels(text: str, limit: int = 12) -> tuple[OntologyTerm, ...]:
    """Cell Ontology terms that fit what was typed, best first."""
    return ontology.search(text, limit)


def _paths(run_id: str, dataset: str, root: Path | None) -> DatasetLayout:
    return dataset_layout(find_run(run_id, root), dataset)[1]


def _read(paths: DatasetLayout) -> tuple[LabelEdit, ...]:
    if not paths.edits.exists():
        return ()
    lines = paths.edits.read_text(encoding="utf-8").splitlines()
    return tuple(from_json(line, LabelEdit) for line in lines if line.strip())


def _append(paths: DatasetLayout, edit: LabelEdit) -> LabelEdit:
    numbered = replace(edit, seq=len(_read(paths)) + 1, at=utc_now())
    with paths.edits.open("a", encoding="utf-8") as file:
        file.write(to_json(numbered) + "\n")
    return numbered
