"""Correct labels: accept, rename, set to unknown, give several clusters one label, set chosen cells aside;
with history
and undo.

The run's own record is never changed. Corrections are a list beside it; exports made from them carry "edited"
in
their names and both labels inside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from cassia_core.data.cells.chosen_cells import load_chosen_cells, save_chosen_cells
from cassia_core.data.view.view_store import View, open_view
from cassia_core.domain.annotation import ClusterResult, OntologyTerm
from cassia_core.domain.review import (
    UNKNOWN_LABEL,
    EditAction,
    LabelEdit,
    accepted,
    names_given,
    set_aside_ids,
    standing,
)
from cassia_core.errors import ConfigError, RunError
from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.naming import ontology
from cassia_core.knowledge.naming.identity import identify
from cassia_core.knowledge.naming.names import shown_name
from cassia_core.runs.edit_log import append_edit, read_edits
from cassia_core.runs.layout import DatasetLayout
from cassia_core.runs.store import find_dataset
from cassia_core.services.runs.results import load_results
from cassia_core.services.runs.runs import find_run, run_to_change


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedLabel:
    """The standing label of a cluster, or of cells set aside from it: the person's where there is one, else
    the run's.

    `term` is the label's, or where the run gave the label, the nearest one above it. `group` is "" for a
    cluster and the id of the cells set aside else. `edit` is the step that gave the label, or the one that
    accepted it; `accepted` says whether a person accepted it as it stands. `n_cells` is None where there are
    no cells; cells set aside do not count for their cluster.
    """

    cluster: str
    label: str
    term: OntologyTerm | None = None
    original: str = ""
    original_term: OntologyTerm | None = None
    edit: LabelEdit | None = None
    accepted: bool = False
    group: str = ""
    n_cells: int | None = None

    @property
    def id(self) -> str:
        return self.group or self.cluster

    @property
    def short(self) -> str:
        """What a screen writes: the everyday name of the label, a person's own words as typed; "" without a
        label.
        """
        return shown_name(self.label, own_words=self.edited)

    @property
    def cl_id(self) -> str:
        """Id of `term`, "" without one."""
        return self.term.cl_id if self.term else ""

    @property
    def original_cl_id(self) -> str:
        """Id of `original_term`, "" without one."""
        return self.original_term.cl_id if self.original_term else ""

    @property
    def edited(self) -> bool:
        return self.edit is not None and self.edit.action != "accept"

    @property
    def reason(self) -> str:
        return self.edit.reason if self.edit else ""

    @property
    def at(self) -> str:
        return self.edit.at if self.edit else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedCells:
    """The group of every cell: `codes`, shape (n_cells,), int32, point into `groups`, -1 for a cell of no
    cluster.

    `groups` are the clusters in the order of the view, then what was set aside from them.
    """

    codes: np.ndarray
    groups: tuple[ReviewedLabel, ...]


def history(run_id: str, dataset: str, root: Path | None = None) -> tuple[LabelEdit, ...]:
    """Every step ever taken, undone ones included, oldest first."""
    return read_edits(_paths(run_id, dataset, root))


def labels(
    run_id: str, dataset: str, root: Path | None = None, *, rows: Sequence[ClusterResult] | None = None
) -> tuple[ReviewedLabel, ...]:
    """The standing label of every cluster, in the order of the results.

    `rows`: these results, where they are at hand; read when None, a file per cluster.
    """
    results = load_results(run_id, dataset, root).rows if rows is None else rows
    return _labels(results, history(run_id, dataset, root))


def groups(
    run_id: str, dataset: str, root: Path | None = None, *, rows: Sequence[ClusterResult] | None = None
) -> tuple[ReviewedLabel, ...]:
    """Every cluster in the order of the results, each followed by the cells set aside from it, with their
    numbers.

    `rows` as in `labels`.
    """
    paths = _paths(run_id, dataset, root)
    listed = labels(run_id, dataset, root, rows=rows)
    if not paths.view.is_dir():
        return listed
    grouped = _grouped(paths, listed)
    sizes = np.bincount(grouped.codes[grouped.codes >= 0], minlength=len(grouped.groups)).tolist()
    counted = {g.id: replace(g, n_cells=n) for g, n in zip(grouped.groups, sizes, strict=True)}
    aside = [g for g in counted.values() if g.group and g.n_cells]
    return tuple(
        g
        for label in listed
        for g in (counted.get(label.cluster, label), *(a for a in aside if a.cluster == label.cluster))
    )


def grouped_cells(
    run_id: str, dataset: str, root: Path | None = None, *, listed: Iterable[ReviewedLabel] | None = None
) -> GroupedCells:
    """The group of every cell, in the order of the view.

    Parameters
    ----------
    listed
        The standing labels of the clusters, where they are at hand; read when None.

    Raises
    ------
    RunNotFound
        When the run has no cells.
    RunError
        When cells that were set aside are not those of this dataset.
    """
    return _grouped(
        _paths(run_id, dataset, root), labels(run_id, dataset, root) if listed is None else listed
    )


def cell_labels(
    run_id: str, dataset: str, root: Path | None = None, *, listed: Iterable[ReviewedLabel] | None = None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """The standing label of every cell: the clusters' labels, overlaid by what was set aside, in order.

    Parameters as `grouped_cells`.

    Returns
    -------
    tuple of ndarray and tuple of str
        Codes, shape (n_cells,), int32, into the distinct labels; -1 for a cell without a label.

    Raises
    ------
    RunNotFound, RunError
        See `grouped_cells`.
    """
    grouped = grouped_cells(run_id, dataset, root, listed=listed)
    names = tuple(dict.fromkeys(g.label for g in grouped.groups if g.label))
    codes = [names.index(g.label) if g.label else -1 for g in grouped.groups]
    return np.array([*codes, -1], dtype=np.int32)[grouped.codes], names


def cell_names(
    run_id: str, dataset: str, root: Path | None = None, *, listed: Iterable[ReviewedLabel] | None = None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """What screens write of every cell: the same as `cell_labels`, by the labels' everyday names.

    Labels that share an everyday name are one. Parameters, returns and errors as `cell_labels`.
    """
    grouped = grouped_cells(run_id, dataset, root, listed=listed)
    names = names_of_groups(grouped.groups)
    distinct = tuple(dict.fromkeys(name for name in names if name))
    codes = [distinct.index(name) if name else -1 for name in names]
    return np.array([*codes, -1], dtype=np.int32)[grouped.codes], distinct


def names_of_groups(groups: Sequence[ReviewedLabel]) -> tuple[str, ...]:
    """What plots call every group: its everyday name; names that differ in capitals only are one, as first
    written; "" without a label.
    """
    first = {g.short.casefold(): g.short for g in reversed(groups)}
    return tuple(first[g.short.casefold()] for g in groups)


def apply_edit(
    run_id: str,
    dataset: str,
    clusters: tuple[str, ...],
    action: EditAction,
    *,
    label: str = "",
    reason: str = "",
    by: str = "",
    root: Path | None = None,
) -> LabelEdit:
    """Note one step about whole clusters. The Cell Ontology id of a new label is looked up, never invented.

    Parameters
    ----------
    clusters
        Exact cluster ids; several with "rename" get one label.
    action
        "accept", "rename" (needs `label`) or "unknown".
    by
        Who says so, as they call themselves; may be "".

    Raises
    ------
    ConfigError
        When a cluster is not in the results, or a new label is empty.
    """
    standing_labels = {r.cluster: r.label for r in labels(run_id, dataset, root)}
    unknown = [c for c in clusters if c not in standing_labels]
    if unknown or not clusters:
        named = ", ".join(unknown) or "chosen"
        raise ConfigError(
            f"There is no cluster {named}.",
            "Cluster names are matched exactly.",
            "Choose clusters from the table.",
        )
    new = {"rename": label.strip(), "unknown": UNKNOWN_LABEL}.get(action, "")
    if action == "rename" and not new:
        raise ConfigError("The new label is empty.", "Nothing was typed.", "Type or choose a cell type.")
    return append_edit(
        _paths_to_change(run_id, dataset, root),
        LabelEdit(
            seq=0,
            at="",
            action=action,
            clusters=clusters,
            label=new,
            cl_id=_cl_id(new),
            reason=reason.strip(),
            by=by.strip(),
            before=tuple(standing_labels[c] for c in clusters),
        ),
    )


def set_aside(
    run_id: str,
    dataset: str,
    cells: np.ndarray | Sequence[int],
    *,
    label: str = UNKNOWN_LABEL,
    reason: str = "",
    by: str = "",
    root: Path | None = None,
) -> LabelEdit:
    """Give chosen cells, of one or several clusters, a label of their own, whatever their clusters are
    called.

    Parameters
    ----------
    cells
        Positions in the view; cells of no cluster among them are left out.

    Raises
    ------
    ConfigError
        When no cell of a cluster is among them, or the label is empty.
    RunNotFound
        When the run has no cells.
    """
    paths = _paths_to_change(run_id, dataset, root)
    view, grouped = open_view(paths.view), grouped_cells(run_id, dataset, root)
    chosen = np.unique(np.asarray(cells, dtype=np.int64))
    if len(chosen) and not 0 <= chosen[0] <= chosen[-1] < view.n_cells:
        raise ConfigError(
            "These cells are not in the data.", f"There are {view.n_cells:,} cells.", "Choose them again."
        )
    # Cells of no cluster have no label that could be corrected.
    chosen = chosen[grouped.codes[chosen] >= 0]
    if not len(chosen):
        raise ConfigError(
            "No cells are chosen.", "None of them is in a cluster.", "Draw around cells on the map."
        )
    if not label.strip():
        raise ConfigError("The new label is empty.", "Nothing was typed.", "Type or choose a cell type.")
    before: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    for code, n in zip(*np.unique(grouped.codes[chosen], return_counts=True), strict=True):
        group = grouped.groups[code]
        before.setdefault(group.cluster, []).append(group.label)
        counts[group.cluster] = counts.get(group.cluster, 0) + int(n)
    return append_edit(
        paths,
        LabelEdit(
            seq=0,
            at="",
            action="split",
            clusters=tuple(counts),
            n_cells=tuple(counts.values()),
            label=label.strip(),
            cl_id=_cl_id(label.strip()),
            reason=reason.strip(),
            by=by.strip(),
            before=tuple(", ".join(dict.fromkeys(names)) for names in before.values()),
            cells=save_chosen_cells(paths.chosen_cells, view, chosen),
        ),
    )


def undo(run_id: str, dataset: str, root: Path | None = None, *, seq: int | None = None) -> LabelEdit | None:
    """Take back a standing step, the last one when `seq` is None; steps after it stay.

    Returns the note of it, or None when there is nothing to take back.

    Raises
    ------
    ConfigError
        When the step `seq` does not stand.
    """
    paths = _paths_to_change(run_id, dataset, root)
    left = standing(read_edits(paths))
    if seq is None and not left:
        return None
    chosen = left[-1] if seq is None else next((e for e in left if e.seq == seq), None)
    if chosen is None:
        raise ConfigError(
            "This step cannot be taken back.", "It was taken back before.", "Look at the history again."
        )
    return append_edit(
        paths, LabelEdit(seq=0, at="", action="undo", clusters=chosen.clusters, undoes=chosen.seq)
    )


def search_labels(text: str, limit: int = 12) -> tuple[OntologyTerm, ...]:
    """Cell Ontology terms that fit what was typed, best first."""
    return ontology.search(text, limit)


def _cl_id(label: str) -> str:
    term = ontology.find_term(label) if label and label != UNKNOWN_LABEL else None
    return term.cl_id if term else ""


def _paths(run_id: str, dataset: str, root: Path | None) -> DatasetLayout:
    return find_dataset(find_run(run_id, root), dataset)[1]


def _paths_to_change(run_id: str, dataset: str, root: Path | None) -> DatasetLayout:
    return find_dataset(run_to_change(run_id, root), dataset)[1]


def _labels(rows: Sequence[ClusterResult], edits: Sequence[LabelEdit]) -> tuple[ReviewedLabel, ...]:
    named, agreed = names_given(edits), accepted(edits)
    return tuple(_reviewed(row, named.get(row.cluster), agreed.get(row.cluster)) for row in rows)


def _reviewed(row: ClusterResult, named: LabelEdit | None, agreed: LabelEdit | None) -> ReviewedLabel:
    own_term = row.detailed_term or identify(row.label)
    label = named.label if named else row.label
    if agreed and label != dict(zip(agreed.clusters, agreed.before, strict=True))[row.cluster]:
        agreed = None  # another label was accepted: the step that gave it was taken back since
    return ReviewedLabel(
        cluster=row.cluster,
        label=label,
        term=_term_of(named) if named else own_term,
        original=row.label,
        original_term=own_term,
        edit=named or agreed,
        accepted=agreed is not None,
        n_cells=row.n_cells,
    )


def _term_of(edit: LabelEdit) -> OntologyTerm | None:
    """The term that was looked up when a person gave a label; where there was none, the nearest one above a
    type of the knowledge base; None for a person's own words.
    """
    if not edit.cl_id:
        return identify(edit.label) if load_knowledge().get(edit.label) else None
    return ontology.term_of(edit.cl_id) or OntologyTerm(cl_id=edit.cl_id, name=edit.label)


def _grouped(paths: DatasetLayout, listed: Iterable[ReviewedLabel]) -> GroupedCells:
    """Cells by cluster, and those of standing splits by group; a later split takes cells over from an earlier
    one.
    """
    edits = read_edits(paths)
    view = open_view(paths.view)
    clusters = view.column(view.cluster_key).categories
    by_cluster = {label.cluster: label for label in listed}
    known = [by_cluster.get(c) or ReviewedLabel(cluster=c, label="") for c in clusters]
    splits = tuple(e for e in standing(edits) if e.action == "split")
    ids = set_aside_ids(edits, clusters)
    aside = [
        replace(
            by_cluster.get(c) or ReviewedLabel(cluster=c, label=""),
            label=edit.label,
            term=_term_of(edit),
            edit=edit,
            accepted=False,
            group=ids[edit.seq, c],
        )
        for edit in splits
        for c in edit.clusters
    ]
    # A resumed run may cluster anew and put another view in the place: what was kept is then not taken.
    stamp = (paths.view / "view.json").stat().st_mtime_ns
    return GroupedCells(
        codes=_codes(paths, stamp, tuple((e.cells, e.clusters) for e in splits)), groups=(*known, *aside)
    )


@lru_cache(maxsize=4)
def _codes(paths: DatasetLayout, stamp: int, splits: tuple[tuple[str, tuple[str, ...]], ...]) -> np.ndarray:
    """Group of every cell; `stamp` changes with the view."""
    view: View = open_view(paths.view)
    column = view.column(view.cluster_key)
    # A copy, for the clusters' own codes are shared by all who look.
    codes = column.codes.astype(np.int32)
    next_code = len(column.categories)
    for name, clusters in splits:
        cells = load_chosen_cells(paths.chosen_cells(name), view)
        code_of = {cluster: next_code + i for i, cluster in enumerate(clusters)}
        of_cluster = np.array([code_of.get(c, -1) for c in column.categories] + [-1], dtype=np.int32)
        codes[cells] = of_cluster[column.codes[cells]]
        next_code += len(clusters)
        # Positions are only good for the very cells they were chosen among; of others a label would be wrong.
        if (codes[cells] < 0).any():
            raise RunError(
                "The cells of a correction are not those of this dataset.",
                "They are in other clusters than when they were chosen.",
                "Undo that correction, and choose the cells again.",
                details=name,
            )
    # Handed to everybody who asks: a page that wrote into it would change the cells of all others.
    codes.flags.writeable = False
    return codes
