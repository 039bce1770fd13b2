"""Write everything that people take home of a dataset and of a run; all of it can be rebuilt from
`.cassia/`.
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import anndata as ad
import pandas as pd

from cassia_core.data.h5ad.labels import write_labels
from cassia_core.data.h5ad.relabelling import rewrite_labels
from cassia_core.data.h5ad.saving import save_cells
from cassia_core.domain import events as ev
from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.domain.findings import Findings
from cassia_core.domain.markers import MarkerTable
from cassia_core.domain.outcome import DatasetOutcome, DatasetStatus
from cassia_core.errors import CassiaError
from cassia_core.knowledge.naming.lineages import family_of
from cassia_core.knowledge.naming.names import everyday_name
from cassia_core.pipeline.annotation.merge import merger_repairs
from cassia_core.pipeline.context import RunContext
from cassia_core.pipeline.prepared import Prepared
from cassia_core.report.html.report_material import read_material
from cassia_core.report.html.report_page import write_report
from cassia_core.report.tables import dataset_tables, dataset_texts, run_tables
from cassia_core.report.tables.safe_tables import write_csv, write_xlsx
from cassia_core.runs.call_log import read_calls, read_faults
from cassia_core.runs.codec import read_json, write_json, write_text
from cassia_core.runs.layout import DatasetLayout, RunLayout
from cassia_core.runs.store import load_clusters, load_record
from cassia_core.version import __version__

logger = logging.getLogger(__name__)

LARGEST_COMPRESSED = 50_000_000
"""Stored values above which an h5ad is written uncompressed: gzip would take minutes."""


def write_dataset(
    context: RunContext,
    spec: DatasetSpec,
    layout: DatasetLayout,
    prepared: Prepared,
    results: tuple[ClusterResult, ...],
    outcome: DatasetOutcome,
) -> DatasetOutcome:
    """Write all files of one dataset, each by itself: one that cannot be written takes no other with it.

    Returns the outcome, which names what is missing; a success becomes "partial" where something is.
    """
    layout.folder.mkdir(parents=True, exist_ok=True)
    problems: list[str] = []
    renamed: list[str] = []
    for path, write in _tables(layout, spec, prepared.table, results).items():
        _attempt(path, write, problems)
    if prepared.read_cells is not None:
        read_cells = prepared.read_cells

        def write_cells() -> None:
            own_columns, left_out = _write_h5ad(context, spec, layout, prepared, read_cells(), results)
            renamed.extend(
                f"The file's own column {old} is kept as {new}." for old, new in own_columns.items()
            )
            problems.extend(f"{layout.annotated_h5ad.name}: {sentence}" for sentence in left_out)

        _attempt(layout.annotated_h5ad, write_cells, problems)
        prepared = _telling(context, spec, layout, prepared, renamed)
    ended = with_problems(outcome, problems)
    _attempt(
        layout.report_html,
        lambda: _write_report(context.layout, spec, layout, prepared.findings, results, ended),
        problems,
    )
    ended = with_problems(outcome, problems)
    text = dataset_texts.dataset_summary_text(spec, ended, prepared.findings)
    _attempt(layout.summary_txt, lambda: write_text(layout.summary_txt, text), problems)
    for problem in problems:
        context.emit(ev.Notice(dataset=spec.name, text=problem))
    return with_problems(outcome, problems)


def write_dataset_again(
    run: RunLayout, spec: DatasetSpec, layout: DatasetLayout, results: tuple[ClusterResult, ...]
) -> tuple[str, ...]:
    """Write the files of a finished dataset anew from what is known of its clusters by now; of the annotated
    cells, only what is said of them.

    Returns what could not be written, a sentence each.
    """
    problems: list[str] = []
    table, findings = read_json(layout.marker_table, MarkerTable), read_json(layout.findings, Findings)
    outcome = read_json(layout.outcome, DatasetOutcome)
    for path, write in _tables(layout, spec, table, results).items():
        _attempt(path, write, problems)
    if layout.annotated_h5ad.exists():
        path = layout.annotated_h5ad
        _attempt(path, lambda: rewrite_labels(path, results, everyday_name=everyday_name), problems)
    _attempt(
        layout.report_html, lambda: _write_report(run, spec, layout, findings, results, outcome), problems
    )
    return tuple(problems)


def _telling(
    context: RunContext, spec: DatasetSpec, layout: DatasetLayout, prepared: Prepared, renamed: Sequence[str]
) -> Prepared:
    """Say on the page Run, in summary and report which columns of the file have another name now."""
    new = [sentence for sentence in renamed if sentence not in prepared.findings.done]
    for sentence in new:
        context.emit(ev.Notice(dataset=spec.name, text=f"{layout.annotated_h5ad.name}: {sentence}"))
    if not new:
        return prepared
    findings = replace(prepared.findings, done=(*prepared.findings.done, *new))
    write_json(layout.findings, findings)
    return replace(prepared, findings=findings)


def with_problems(outcome: DatasetOutcome, problems: Sequence[str]) -> DatasetOutcome:
    """The outcome with what could not be written; a dataset that has all its labels is then partly done."""
    if not problems:
        return outcome
    status: DatasetStatus = "partial" if outcome.status == "success" else outcome.status
    remedy = "Everything else is written. Resume the run to write these again; no call is paid twice."
    return replace(outcome, status=status, error=" ".join([outcome.error, *problems, remedy]).strip())


def _attempt(path: Path, write: Callable[[], None], problems: list[str]) -> None:
    """Write one file; where that fails, note which one and why."""
    try:
        write()
    except Exception as error:  # each file stands by itself, whatever goes wrong with another
        logger.exception("%s could not be written", path.name)
        reason = getattr(error, "strerror", None) or str(error).split("\n")[0][:200] or type(error).__name__
        problems.append(f"{path.name} could not be written: {reason}.")


def _tables(
    layout: DatasetLayout, spec: DatasetSpec, table: MarkerTable, results: tuple[ClusterResult, ...]
) -> dict[Path, Callable[[], None]]:
    """The tables and texts of one dataset, each with what writes it."""

    def csv_of(path: Path, rows: Callable[[], pd.DataFrame]) -> Callable[[], None]:
        return lambda: write_csv(path, rows())

    def summary() -> pd.DataFrame:
        return dataset_tables.summary_table(results, spec)

    def scored() -> pd.DataFrame:
        return dataset_tables.scored_table(results)

    def markers() -> pd.DataFrame:
        return dataset_tables.markers_table(table)

    workbook = layout.output("_tables.xlsx")
    return {
        layout.summary_csv: csv_of(layout.summary_csv, summary),
        layout.scored_csv: csv_of(layout.scored_csv, scored),
        layout.full_csv: csv_of(layout.full_csv, lambda: dataset_tables.full_table(results, spec)),
        layout.markers_csv: csv_of(layout.markers_csv, markers),
        workbook: lambda: write_xlsx(
            workbook, {"Summary": summary(), "Scores": scored(), "Markers": markers()}
        ),
        layout.conversations_json: lambda: write_text(
            layout.conversations_json, dataset_texts.conversations_json(results)
        ),
        layout.annotation_txt: lambda: write_text(
            layout.annotation_txt, dataset_texts.annotation_text(results, spec)
        ),
    }


def _write_report(
    run: RunLayout,
    spec: DatasetSpec,
    layout: DatasetLayout,
    findings: Findings,
    results: tuple[ClusterResult, ...],
    outcome: DatasetOutcome,
) -> None:
    write_report(
        layout.report_html,
        spec=spec,
        rows=results,
        record=load_record(run),
        findings=findings,
        outcome=outcome,
        families={r.label: family_of(r.label) for r in results if r.label},
        material=read_material(run, layout, spec, results, findings),
    )


def _write_h5ad(
    context: RunContext,
    spec: DatasetSpec,
    layout: DatasetLayout,
    prepared: Prepared,
    adata: ad.AnnData,
    results: tuple[ClusterResult, ...],
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Write the annotated cells; gives the columns kept under another name, and what had to be left out."""
    annotation = context.config.annotation
    provenance = {
        "software": f"CASSIA Workbench {__version__}",
        "run": context.layout.root.name,
        "tissue": spec.tissue,
        "species": spec.species,
        "input": spec.path,
        "input_sha256": spec.sha256,
        "expression": prepared.findings.expression,
        "provider": annotation.annotator.provider if annotation else "",
        "model": annotation.annotator.model if annotation else "",
    }
    renamed = write_labels(adata, prepared.cluster_key, results, provenance, everyday_name=everyday_name)
    return renamed, save_h5ad(adata, layout, prepared.add_values)


def save_h5ad(
    adata: ad.AnnData, layout: DatasetLayout, add_values: Callable[[Path], None] | None = None
) -> tuple[str, ...]:
    """Write the annotated file, whole or not at all; gives what had to be left out of it.

    `add_values` adds the matrices where `adata` has none.
    """
    part = layout.annotated_h5ad.with_name(f".{layout.annotated_h5ad.name}.part")
    stored = getattr(adata.X, "nnz", adata.X.size if adata.X is not None else 0)
    try:
        left_out = save_cells(adata, part, compression="gzip" if stored <= LARGEST_COMPRESSED else None)
        if add_values is not None:
            add_values(part)
        os.replace(part, layout.annotated_h5ad)
    finally:
        part.unlink(missing_ok=True)
    return left_out


def write_failure(layout: DatasetLayout, spec: DatasetSpec, error: CassiaError) -> None:
    """Leave a note in the folder of a dataset that could not be finished."""
    lines = [
        spec.name,
        f"Input: {spec.path}",
        "Status: failed",
        "",
        f"What happened: {error.what}",
        f"Why: {error.why}",
        f"What to do: {error.remedy}",
    ]
    write_text(layout.summary_txt, "\n".join(lines) + "\n")


def _repairs(layout: RunLayout, config: RunConfig) -> Counter[str]:
    """How many replies of the run were read after which repair, from the checkpoints of its clusters; the
    merger's belong to none of them and are read again.
    """
    repairs: Counter[str] = Counter(merger_repairs(read_calls(layout.calls)))
    for number, spec in enumerate(config.datasets):
        for row in load_clusters(layout.dataset(number, spec)):
            repairs.update(repair for turn in row.turns for repair in turn.repairs)
    return repairs


def write_batch(
    layout: RunLayout, config: RunConfig, outcomes: tuple[DatasetOutcome, ...], elapsed_s: float
) -> None:
    """Write the three files of the whole run, as far as it has come."""
    calls = [entry.call for entry in read_calls(layout.calls)]
    usage = run_tables.usage_of(calls)
    write_csv(layout.batch_summary_csv, run_tables.batch_table(outcomes))
    write_text(
        layout.batch_summary_txt,
        run_tables.batch_text(
            outcomes,
            usage,
            len(config.datasets),
            elapsed_s,
            config.replay_from,
            _repairs(layout, config),
            sum(1 for _ in read_faults(layout.calls)),
        ),
    )
    write_text(layout.token_tracking, run_tables.token_tracking(calls, config.replay_from))
