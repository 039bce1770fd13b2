"""Results to make reports of, without a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cassia_core.domain.annotation import (
    ClusterResult,
    Evidence,
    EvidenceItem,
    OntologyTerm,
    Proposal,
    QualityScore,
)
from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.domain.conversation import Turn
from cassia_core.domain.markers import ClusterMarkers, GeneMeasurement, MarkerGene, MarkerTable
from cassia_core.domain.outcome import DatasetOutcome
from cassia_core.domain.usage import CallRecord
from cassia_core.report.html.marker_dots import MarkerDots
from cassia_core.report.html.report_map import MapOfCells
from cassia_core.report.html.report_material import Material
from cassia_core.report.html.report_page import render_report, write_report
from cassia_core.report.html.samples_chart import SampleCounts
from cassia_core.runs.store import RunRecord


def a_row(
    cluster: str, label: str = "B cell", *, light: str | None = "high", gene: str = "CD79A", **changes
) -> ClusterResult:
    """A labelled cluster of 10 cells with one supporting gene and two turns."""
    measured = GeneMeasurement(gene=gene, status="measured_here", pct_in=0.9, pct_out=0.1, log2fc=3.2)
    evidence = Evidence(
        label=label,
        basis="cells",
        score=80.0,
        items=(
            EvidenceItem(gene=gene, kind="supporting", measured=measured),
            EvidenceItem(gene="SDC1", kind="not_measured", text="SDC1 is expected and was not measured."),
        ),
    )
    content = {
        "cluster": cluster,
        "status": "done",
        "n_cells": 10,
        "markers": (gene, "CD74"),
        "evidence": evidence,
        "proposal": Proposal(general=label, subtypes=(label,)),
        "score": QualityScore(value=85.0, model="m"),
        "light": light,
        "light_reason": "The genes speak clearly for the label.",
        "provider": "openai",
        "model": "m",
        "detailed_term": OntologyTerm(cl_id="CL:0000236", name=label),
        "cost_usd": 0.01,
        "input_tokens": 10,
        "turns": (
            Turn(role="annotator", attempt=1, model="m", text=f"{gene} says so, HLA-DRA too."),
            Turn(role="checks", attempt=1, text="Nothing against it.", outcome="passed"),
        ),
    }
    return ClusterResult(**(content | changes))


def a_failed_row(cluster: str, reason: str = "The model did not answer.") -> ClusterResult:
    return ClusterResult(cluster=cluster, status="failed", reason=reason, n_cells=5, markers=("CD74",))


def a_call(role: str = "annotator", model: str = "m", cost: float | None = 0.01) -> CallRecord:
    return CallRecord(
        at="",
        provider="openai",
        model=model,
        agent=role,
        dataset="x",
        cluster="0",
        attempt=1,
        input_tokens=100,
        output_tokens=20,
        latency_s=1.0,
        cost_usd=cost,
    )


def material_of(
    rows: tuple[ClusterResult, ...],
    n_cells: int = 200,
    *,
    samples: tuple[str, ...] = ("first", "second"),
    **changes,
) -> Material:
    """A map, dots, samples and markers for every row."""
    clusters = tuple(r.cluster for r in rows)
    genes = tuple(dict.fromkeys(r.markers[0] for r in rows))
    table = MarkerTable(
        clusters=tuple(
            ClusterMarkers(
                cluster=r.cluster,
                n_cells=r.n_cells,
                genes=tuple(
                    MarkerGene(gene=g, rank=i, log2fc=3.0, pct_in=0.9, pct_out=0.1)
                    for i, g in enumerate(r.markers, start=1)
                ),
            )
            for r in rows
        )
    )
    rng = np.random.default_rng(0)
    content = {
        "markers": table,
        "measured": frozenset(genes) | {"CD74", "HLA-DRA"},
        "calls": (a_call(),),
        "map": MapOfCells(
            name="X_umap",
            xy=rng.normal(size=(n_cells, 2)),
            codes=np.arange(n_cells) % len(rows),
            clusters=clusters,
        ),
        "dots": MarkerDots(
            clusters=clusters,
            genes=genes,
            mean=rng.random((len(rows), len(genes))),
            share=rng.random((len(rows), len(genes))),
        ),
        "samples": SampleCounts(
            column="sample", samples=samples, clusters=clusters, cells=np.full((len(samples), len(rows)), 5)
        ),
    }
    return Material(**(content | changes))


def report_of(rows: tuple[ClusterResult, ...], path: Path | None = None, **changes) -> str:
    """The report's text; written to `path` where one is given."""
    spec = changes.pop("spec", DatasetSpec(name="blood cells", path="x.h5ad", tissue="blood"))
    content = {
        "spec": spec,
        "rows": rows,
        "findings": None,
        "families": {},
        "record": RunRecord(config=RunConfig(datasets=(spec,)), created_at="2026-11-21T10:00:00+00:00"),
        "outcome": DatasetOutcome(
            dataset="x",
            tissue="blood",
            file_path="x",
            n_clusters=len(rows),
            n_cells=sum(r.n_cells or 0 for r in rows) or None,
        ),
    }
    if path is not None:
        write_report(path, **(content | changes))
        return path.read_text(encoding="utf-8")
    return render_report(**(content | changes))
