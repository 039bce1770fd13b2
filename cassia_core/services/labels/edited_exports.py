"""Files made from corrected labels: their names say "edited", and both labels are inside.

They are made when a person asks for them, as that takes seconds for many cells; a further correction removes
them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cassia_core.data.h5ad.edited_h5ad import EditedGroup, SetAside, write_edited_h5ad
from cassia_core.data.h5ad.labels import match_of
from cassia_core.data.view.view_store import Column, open_view
from cassia_core.domain.annotation import ClusterResult, Proposal
from cassia_core.domain.review import LabelEdit, standing
from cassia_core.errors import RunError
from cassia_core.knowledge.naming.lineages import family_of
from cassia_core.knowledge.naming.names import everyday_name
from cassia_core.report.html.report_clusters import EditedLabel
from cassia_core.report.html.report_material import read_material
from cassia_core.report.html.report_page import write_report
from cassia_core.report.tables import dataset_tables
from cassia_core.report.tables.safe_tables import write_csv, write_xlsx
from cassia_core.runs.edit_log import edit_lock, read_edits, remove_edited_files
from cassia_core.runs.layout import DatasetLayout, RunLayout
from cassia_core.runs.store import find_dataset, load_record
from cassia_core.services.labels import review
from cassia_core.services.labels.review import GroupedCells, ReviewedLabel
from cassia_core.services.runs.results import DatasetResults, load_results, output_files
from cassia_core.services.runs.runs import find_run, run_to_change

LARGEST_IN_A_BROWSER = 200_000_000
"""Bytes of a file that is handed over by the page; larger ones are fetched from the server's disk."""
_NOT_OF_A_PART: dict[str, Any] = {
    "markers": (),
    "turns": (),
    "iterations": 0,
    "input_tokens": 0,
    "output_tokens": 0,
    "cost_usd": None,
    "seconds": 0.0,
}
"""What was measured, said and paid for a cluster as a whole is not repeated for cells set aside from it."""


def to_make(run_id: str, root: Path | None = None) -> tuple[str, ...]:
    """Datasets of a run with corrections whose edited files are not there, or were made from earlier
    labels.
    """
    layout = find_run(run_id, root)
    there = {f.path for f in output_files(run_id, root)}
    names = []
    for index, spec in enumerate(load_record(layout).config.datasets):
        paths = layout.dataset(index, spec)
        if paths.outcome.exists() and standing(read_edits(paths)) and not there.issuperset(_expected(paths)):
            names.append(spec.name)
    return tuple(names)


def make(run_id: str, dataset: str, root: Path | None = None) -> tuple[Path, ...]:
    """Write the edited files from the corrections that stand.

    Returns
    -------
    tuple of Path
        The files written: table of labels, workbook, report, and the annotated cells where there are any;
        none
        without corrections, or when someone corrected a label meanwhile.

    Raises
    ------
    RunError
        When the run is not finished.
    """
    layout = run_to_change(run_id, root)
    spec, paths = find_dataset(layout, dataset)
    steps = read_edits(paths)
    if not standing(steps):
        return ()
    data = load_results(run_id, dataset, root)
    if data.outcome is None:
        raise RunError(
            "The edited files cannot be made yet.", "The run is still at work.", "Wait until it has finished."
        )
    groups = review.groups(run_id, dataset, root, rows=data.rows)
    cells = (
        review.grouped_cells(
            run_id, dataset, root, listed=review.labels(run_id, dataset, root, rows=data.rows)
        )
        if data.has_cells
        else None
    )
    table = labels_table(groups)
    write_csv(paths.edited_labels_csv, table)
    _write_tables(paths, data, groups, steps, table)
    if paths.annotated_h5ad.exists():
        _write_cells(paths, groups, cells, steps)
    _write_report(layout, paths, data, groups, cells)
    with edit_lock(paths):
        if read_edits(paths) != steps:
            remove_edited_files(paths)
            return ()
    return _expected(paths)


def corrected_cells_name(run_id: str, dataset: str, root: Path | None = None) -> str:
    """Name of the file of corrected cells; "" where the run has none, or one too large for a browser."""
    _, paths = find_dataset(find_run(run_id, root), dataset)
    annotated = paths.annotated_h5ad
    fits = annotated.exists() and annotated.stat().st_size <= LARGEST_IN_A_BROWSER
    return paths.edited_h5ad.name if fits else ""


def corrected_cells(run_id: str, dataset: str, root: Path | None = None) -> bytes:
    """The annotated cells with the corrections that stand, made first where they are not there yet.

    Raises
    ------
    RunError
        When the run is not finished, or someone corrected a label meanwhile.
    """
    _, paths = find_dataset(find_run(run_id, root), dataset)
    if not paths.edited_h5ad.exists():
        make(run_id, dataset, root)
    if not paths.edited_h5ad.exists():
        raise RunError(
            "The corrected cells were not written.",
            "A label was corrected while they were made.",
            "Ask for them again.",
        )
    return paths.edited_h5ad.read_bytes()


def _expected(paths: DatasetLayout) -> tuple[Path, ...]:
    return tuple(p for p in paths.edited_files if p != paths.edited_h5ad or paths.annotated_h5ad.exists())


def labels_table(groups: Sequence[ReviewedLabel]) -> pd.DataFrame:
    """A row per cluster and per group of cells set aside, with the label that stands and the run's own."""
    return pd.DataFrame(
        [
            {
                "cluster": item.id,
                "part_of": item.cluster if item.group else "",
                "n_cells": item.n_cells,
                "cell_type": item.label,
                "cell_type_short": everyday_name(item.label),
                "cl_id": item.cl_id,
                "cl_match": match_of(item.term),
                "cell_type_before": item.original,
                "cl_id_before": item.original_cl_id,
                "edited": item.edited,
                "accepted": item.accepted,
                "action": item.edit.action if item.edit else "",
                "reason": item.reason,
                "by": item.edit.by if item.edit else "",
                "at": item.at,
            }
            for item in groups
        ],
        dtype=object,
    )


def history_table(steps: Sequence[LabelEdit]) -> pd.DataFrame:
    """Every step as it was taken, undone ones too."""
    standing_now = {e.seq for e in standing(steps)}
    return pd.DataFrame(
        [
            {
                "step": e.seq,
                "at": e.at,
                "by": e.by,
                "action": e.action,
                "clusters": ", ".join(e.clusters),
                "n_cells": sum(e.n_cells) if e.n_cells else None,
                "before": ", ".join(e.before),
                "label": e.label,
                "cl_id": e.cl_id,
                "reason": e.reason,
                "takes_back_step": e.undoes,
                "stands": e.seq in standing_now,
            }
            for e in steps
        ],
        dtype=object,
    )


def _write_tables(
    paths: DatasetLayout,
    data: DatasetResults,
    groups: Sequence[ReviewedLabel],
    steps: Sequence[LabelEdit],
    table: pd.DataFrame,
) -> None:
    rows = edited_rows(data.rows, groups)
    sheets = {
        "Labels": table,
        "Corrections": history_table(steps),
        "Summary": dataset_tables.summary_table(rows, data.spec),
        "Scores": dataset_tables.scored_table(rows),
    }
    if data.markers:
        sheets["Markers"] = dataset_tables.markers_table(data.markers)
    write_xlsx(paths.edited_tables_xlsx, sheets)


def edited_rows(rows: Sequence[ClusterResult], groups: Sequence[ReviewedLabel]) -> tuple[ClusterResult, ...]:
    """Results with the standing labels, a row per group. Where a person named the cells, what the run
    measured and
    said of its own label is left out: it does not speak for the new one."""
    by_cluster = {row.cluster: row for row in rows}
    return tuple(
        _named_by_person(by_cluster[g.cluster], g)
        if g.edited
        else replace(by_cluster[g.cluster], n_cells=g.n_cells)
        for g in groups
    )


def _named_by_person(row: ClusterResult, item: ReviewedLabel) -> ClusterResult:
    said = f"Label corrected by hand on {item.at[:10]}; the run said {item.original or 'nothing'}."
    return replace(
        row,
        cluster=item.id,
        n_cells=item.n_cells,
        status="done",
        reason=f"{said} {item.reason}".strip(),
        proposal=Proposal(general=item.label),
        verdict=None,
        evidence=None,
        score=None,
        agreement=None,
        light=None,
        light_reason="",
        merged=None,
        boost=None,
        general_term=None,
        detailed_term=item.term,
        **(_NOT_OF_A_PART if item.group else {}),
    )


def _write_cells(
    paths: DatasetLayout,
    groups: Sequence[ReviewedLabel],
    cells: GroupedCells | None,
    steps: Sequence[LabelEdit],
) -> None:
    aside = (
        {g.id: np.flatnonzero(cells.codes == code) for code, g in enumerate(cells.groups) if g.group}
        if cells
        else {}
    )
    digest = open_view(paths.view).names_digest() if aside else ""
    write_edited_h5ad(
        paths.annotated_h5ad,
        paths.edited_h5ad,
        [_edited_group(g) for g in groups],
        steps=json.dumps(
            [{k: v for k, v in asdict(e).items() if k != "cells"} for e in steps], ensure_ascii=False
        ),
        set_aside=SetAside(cells=aside, names_digest=digest),
    )


def _edited_group(group: ReviewedLabel) -> EditedGroup:
    return EditedGroup(
        id=group.id,
        label=group.label,
        short=everyday_name(group.label),
        cl_id=group.cl_id,
        match=match_of(group.term),
        edited=group.edited,
    )


def _write_report(
    layout: RunLayout,
    paths: DatasetLayout,
    data: DatasetResults,
    groups: Sequence[ReviewedLabel],
    cells: GroupedCells | None,
) -> None:
    """The report with a row per group; rows keep what the run said, the corrected labels stand beside it."""
    where = (
        Column(kind="categorical", categories=tuple(g.id for g in cells.groups), stored=cells.codes)
        if cells
        else None
    )
    assert data.outcome is not None, "asked before the files are made"
    material = read_material(layout, paths, data.spec, data.rows, data.findings, where)
    by_cluster = {row.cluster: row for row in data.rows}
    edits = {
        g.id: EditedLabel(
            label=g.label, cl_id=g.cl_id, original=g.original, reason=g.reason, at=g.at, aside=bool(g.group)
        )
        for g in groups
        if g.edited
    }
    write_report(
        paths.edited_report_html,
        spec=data.spec,
        record=load_record(layout),
        findings=data.findings,
        outcome=data.outcome,
        rows=[_as_the_run_left(by_cluster[g.cluster], g) for g in groups],
        families={name: family_of(name) for g in groups for name in (g.label, g.original) if name},
        material=material,
        edits=edits,
        accepted=frozenset(g.id for g in groups if g.accepted),
        notes=_notes(groups),
    )


def _as_the_run_left(row: ClusterResult, item: ReviewedLabel) -> ClusterResult:
    if not item.group:
        return replace(row, n_cells=item.n_cells)
    return replace(
        row,
        cluster=item.id,
        n_cells=item.n_cells,
        reason=f"Set aside by hand from cluster {row.cluster}.",
        proposal=None,
        evidence=None,
        score=None,
        agreement=None,
        light=None,
        light_reason="",
        verdict=None,
        boost=None,
        **_NOT_OF_A_PART,
    )


def _notes(groups: Sequence[ReviewedLabel]) -> tuple[str, ...]:
    """What corrections there are besides new labels of clusters, as sentences."""
    aside = [
        f"{g.n_cells:,} cells of cluster {g.cluster} were set aside by hand as {g.label} on {g.at[:10]}"
        f"{f': {g.reason}' if g.reason else ''}."
        for g in groups
        if g.group
    ]
    agreed = [g.cluster for g in groups if g.accepted]
    return (*aside, *([f"Accepted by hand as they stand: {', '.join(agreed)}."] if agreed else []))
