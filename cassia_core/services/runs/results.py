"""Read models for pages and report: everything comes from the run directory."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cassia_core import settings
from cassia_core.data.view.view_store import View, open_view
from cassia_core.domain.annotation import ClusterResult, Light
from cassia_core.domain.config import DatasetSpec
from cassia_core.domain.findings import Findings
from cassia_core.domain.markers import MarkerTable
from cassia_core.domain.outcome import DatasetOutcome
from cassia_core.errors import RunNotFound
from cassia_core.knowledge.evidence.agreeing import with_agreement
from cassia_core.knowledge.naming.lineages import family_of
from cassia_core.knowledge.naming.names import everyday_name
from cassia_core.look.palette import palette_for
from cassia_core.runs.codec import read_json, read_kept
from cassia_core.runs.layout import DatasetLayout, RunLayout
from cassia_core.runs.opinion_log import read_opinions
from cassia_core.runs.store import find_dataset, load_cluster, load_record, may_change
from cassia_core.services.runs.runs import find_run

_EDITED_LABELS = {
    "_edited_annotated.h5ad": "Corrected labels on cells (h5ad)",
    "_edited_labels.csv": "Corrected labels (CSV)",
    "_edited_tables.xlsx": "Corrected tables (Excel)",
    "_edited_report.html": "Report with corrected labels (HTML)",
}
_LABELS = {
    "_annotated.h5ad": "Annotated cells (h5ad)",
    "_markers.csv": "Marker genes (CSV)",
    "_summary.csv": "Summary table (CSV)",
    "_scored.csv": "Labels with scores (CSV)",
    "_full.csv": "Full table with conversations (CSV)",
    "_tables.xlsx": "All tables (Excel)",
    "_conversations.json": "Conversations (JSON)",
    "_report.html": "Report (HTML)",
    "_seurat.zip": "Cells for Seurat (folder with an R script, zip)",
    "_vitessce.zip": "Cells for Vitessce (zarr, zip)",
    "_cellxgene.h5ad": "Cells for CELLxGENE (h5ad)",
    "_annotation.txt": "Annotation as text",
    "_summary.txt": "Processing log",
}
_RUN_LABELS = {
    "batch_summary.csv": "Datasets of this run (CSV)",
    "batch_summary.txt": "Summary of this run (text)",
    "token_tracking.json": "Calls, tokens and cost (JSON)",
}
_LIGHT_ORDER: dict[Light | None, int] = {"look": 0, None: 1, "medium": 2, "high": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetResults:
    """Everything a page shows of one dataset. `stored_view` is None for a marker table, or before cells are
    clustered.
    """

    run_id: str
    spec: DatasetSpec
    rows: tuple[ClusterResult, ...]
    markers: MarkerTable | None = None
    stored_view: View | None = None
    findings: Findings | None = None
    outcome: DatasetOutcome | None = None

    @property
    def has_cells(self) -> bool:
        """Whether there are clustered cells to show: not of a marker table, nor before they are clustered."""
        return self.stored_view is not None

    @property
    def view(self) -> View:
        """The cells of this dataset; ask `has_cells` first where a marker table may stand.

        Raises
        ------
        RunNotFound
            When there are none.
        """
        if self.stored_view is None:
            raise RunNotFound(
                f"There are no cells of {self.spec.name} to show.",
                "It is a table of markers, or its cells are not clustered yet.",
                "Open a run of cells, or resume this one.",
            )
        return self.stored_view

    def row(self, cluster: str) -> ClusterResult | None:
        return next((r for r in self.rows if r.cluster == cluster), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFile:
    """A file a person can take home. `dataset` is "" for files of the whole run; `edited`: made from
    corrections.
    """

    path: Path
    label: str
    dataset: str = ""
    edited: bool = False


def load_results(run_id: str, dataset: str, root: Path | None = None) -> DatasetResults:
    """Results of one dataset as far as they are on disk, a row per cluster in the marker table's order.

    Raises
    ------
    RunNotFound
        When the run has no such dataset.
    """
    layout = find_run(run_id, root)
    spec, paths = find_dataset(layout, dataset)
    table = read_kept(paths.marker_table, MarkerTable) if paths.marker_table.exists() else None
    return DatasetResults(
        run_id=run_id,
        spec=spec,
        rows=saved_rows(paths, table),
        markers=table,
        stored_view=open_view(paths.view) if paths.view.is_dir() else None,
        findings=read_kept(paths.findings, Findings) if paths.findings.exists() else None,
        outcome=read_json(paths.outcome, DatasetOutcome) if paths.outcome.exists() else None,
    )


def has_map(run_id: str, dataset: str, root: Path | None = None) -> bool:
    """Whether the cells of a dataset have their places on a map already."""
    return find_dataset(find_run(run_id, root), dataset)[1].view.is_dir()


def saved_rows(paths: DatasetLayout, table: MarkerTable | None) -> tuple[ClusterResult, ...]:
    """Checkpoints of all clusters of `table`, with what further opinions say; those not reached yet are left
    out.
    """
    if table is None:
        return ()
    results = (load_cluster(paths, c.cluster) for c in table.clusters)
    return with_agreement([r for r in results if r is not None], read_opinions(paths))


def look_first(rows: Sequence[ClusterResult]) -> tuple[ClusterResult, ...]:
    """Rows with the doubtful ones first: failed, to look at, medium, high; weaker evidence first within
    each.
    """
    return tuple(sorted(rows, key=_doubt))


def _doubt(row: ClusterResult) -> tuple:
    evidence = row.evidence.score if row.evidence and row.evidence.score is not None else -1.0
    skipped, failed = row.status == "skipped", row.status == "failed"
    return (skipped, not failed, row.status != "needs_review", _LIGHT_ORDER[row.light], evidence)


def label_colours(labels: Sequence[str], theme: Literal["light", "dark"]) -> dict[str, str]:
    """A colour per label by lineage family, the same for the same set of labels.

    Labels of one everyday name have one colour, which also stands under that name.
    """
    names = {label: everyday_name(label) for label in labels}
    colours = palette_for(
        tuple(names.values()), theme, {name: family_of(label) for label, name in names.items()}
    )
    return {**colours, **{label: colours[name] for label, name in names.items()}}


def output_files(run_id: str, root: Path | None = None) -> tuple[OutputFile, ...]:
    """All files of a run that a person can take home: those made from corrections, of the whole run, of each
    dataset.
    """
    layout = find_run(run_id, root)
    edited, own = (
        [],
        [OutputFile(path=layout.root / name, label=label) for name, label in _RUN_LABELS.items()],
    )
    for index, spec in enumerate(load_record(layout).config.datasets):
        paths = layout.dataset(index, spec)
        finished = paths.outcome.stat().st_mtime_ns if paths.outcome.exists() else 0
        edited += [
            OutputFile(path=paths.output(ending), label=label, dataset=spec.name, edited=True)
            for ending, label in _EDITED_LABELS.items()
            if _changed(paths.output(ending)) >= finished
        ]
        own += [
            OutputFile(path=paths.output(ending), label=label, dataset=spec.name)
            for ending, label in _LABELS.items()
        ]
    return tuple(f for f in (*edited, *own) if f.path.is_file())


def _changed(path: Path) -> int:
    """When a file was written (ns); -1 when it is not there. An edited file older than the results is out of
    date.
    """
    return path.stat().st_mtime_ns if path.is_file() else -1


def zip_run(run_id: str, root: Path | None = None) -> Path:
    """All output files of a run in one zip (kept in the run's private folder, rebuilt when the files have
    changed).
    """
    layout = find_run(run_id, root)
    return pack_files(layout, output_files(run_id, root), layout.root.name)


def pack_files(layout: RunLayout, files: Sequence[OutputFile], name: str) -> Path:
    """These files of a run as the zip of that name, with the folders that they lie in."""
    target = _zip_place(layout, f"{name}.zip")
    if (
        target.exists()
        and _packed(target) == {f.path.relative_to(layout.root.parent).as_posix() for f in files}
        and all(f.path.stat().st_mtime_ns <= target.stat().st_mtime_ns for f in files)
    ):
        return target
    part = target.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in files:
            archive.write(file.path, Path(layout.root.name) / file.path.relative_to(layout.root))
    part.replace(target)
    return target


def _zip_place(layout: RunLayout, name: str) -> Path:
    """In the run's private folder; of a run that may only be read, among what can be made again."""
    if may_change(layout):
        return layout.private / name
    folder = settings.cache_root() / "zips"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def _packed(archive: Path) -> set[str]:
    with zipfile.ZipFile(archive) as packed:
        return set(packed.namelist())
