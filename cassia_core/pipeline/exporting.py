"""Write everything that people take home of a dataset and of a run; all of it can be rebuilt from
`.cassia/`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

import anndata as ad

from cassia_core.data.h5ad.labels import write_labels
from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.domain.outcome import DatasetOutcome
from cassia_core.errors import CassiaError
from cassia_core.knowledge.naming.lineages import family_of
from cassia_core.knowledge.naming.names import everyday_name
from cassia_core.pipeline.context import RunContext
from cassia_core.pipeline.prepared import Prepared
from cassia_core.report.html.report_material import read_material
from cassia_core.report.html.report_page import write_report
from cassia_core.report.tables import dataset_tables, dataset_texts, run_tables
from cassia_core.report.tables.safe_tables import write_csv, write_xlsx
from cassia_core.runs.call_log import read_calls
from cassia_core.runs.codec import write_text
from cassia_core.runs.layout import DatasetLayout, RunLayout
from cassia_core.runs.store import load_clusters, load_record
from cassia_core.version import __version__

LARGEST_COMPRESSED = 50_000_000
"""Stored values above which an h5ad is written uncompressed: gzip would take minutes."""


def write_dataset(
    context: RunContext,
    spec: DatasetSpec,
    layout: DatasetLayout,
    prepared: Prepared,
    results: tuple[ClusterResult, ...],
    outcome: DatasetOutcome,
) -> None:
    """Write all files of one dataset."""
    layout.folder.mkdir(parents=True, exist_ok=True)
    write_tables(layout, spec, prepared, results)
    write_text(layout.conversations_json, dataset_texts.conversations_json(results))
    write_text(layout.annotation_txt, dataset_texts.annotation_text(results, spec))
    write_text(layout.summary_txt, dataset_texts.dataset_summary_text(spec, outcome, prepared.findings))
    if prepared.adata is not None:
        _write_h5ad(context, spec, layout, prepared, results)
    write_report(
        layout.report_html,
        spec=spec,
        rows=results,
        record=load_record(context.layout),
        findings=prepared.findings,
        outcome=outcome,
        families={r.label: family_of(r.label) for r in results if r.label},
        material=read_material(context.layout, layout, spec, results, prepared.findings),
    )


def write_tables(
    layout: DatasetLayout, spec: DatasetSpec, prepared: Prepared, results: Sequence[ClusterResult]
) -> None:
    """The CSV files and the workbook of one dataset."""
    summary = dataset_tables.summary_table(results, spec)
    scored = dataset_tables.scored_table(results)
    markers = dataset_tables.markers_table(prepared.table)
    write_csv(layout.summary_csv, summary)
    write_csv(layout.scored_csv, scored)
    write_csv(layout.full_csv, dataset_tables.full_table(results, spec))
    write_csv(layout.markers_csv, markers)
    write_xlsx(layout.output("_tables.xlsx"), {"Summary": summary, "Scores": scored, "Markers": markers})


def _write_h5ad(
    context: RunContext,
    spec: DatasetSpec,
    layout: DatasetLayout,
    prepared: Prepared,
    results: tuple[ClusterResult, ...],
) -> None:
    adata = prepared.adata
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
    write_labels(adata, prepared.cluster_key, results, provenance, everyday_name=everyday_name)
    save_h5ad(adata, layout)


def save_h5ad(adata: ad.AnnData, layout: DatasetLayout) -> None:
    """Write the annotated file, whole or not at all."""
    part = layout.annotated_h5ad.with_name(f".{layout.annotated_h5ad.name}.part")
    stored = getattr(adata.X, "nnz", adata.X.size if adata.X is not None else 0)
    adata.write_h5ad(part, compression="gzip" if stored <= LARGEST_COMPRESSED else None)
    os.replace(part, layout.annotated_h5ad)


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
    """How many replies of the run were read after which repair, from the checkpoints of its clusters."""
    found: Counter[str] = Counter()
    for number, spec in enumerate(config.datasets):
        for row in load_clusters(layout.dataset(number, spec)):
            found.update(repair for turn in row.turns for repair in turn.repairs)
    return found


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
            outcomes, usage, len(config.datasets), elapsed_s, config.replay_from, _repairs(layout, config)
        ),
    )
    write_text(layout.token_tracking, run_tables.token_tracking(calls, config.replay_from))
