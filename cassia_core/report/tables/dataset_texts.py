"""The plain texts and the JSON of one dataset."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from cassia_core.domain.annotation import ClusterResult, Evidence, names_a_type
from cassia_core.domain.config import OFFLINE, DatasetSpec
from cassia_core.domain.findings import Findings
from cassia_core.domain.outcome import DatasetOutcome
from cassia_core.knowledge.cells.words import few_cells, kinds_in_words, samples_in_words
from cassia_core.knowledge.evidence.telling import read_evidence
from cassia_core.knowledge.naming.names import everyday_name
from cassia_core.look.wording import LIGHT_WORDS, NO_LABEL
from cassia_core.report.tables.dataset_tables import conversation_text

OFFLINE_NOTE = (
    "Answered by the built-in offline engine: a look-up in a marker knowledge base, not a language model."
)


def annotation_text(rows: Sequence[ClusterResult], spec: DatasetSpec) -> str:
    """`_annotation.txt`: every cluster with label, confidence, reason and evidence, to be read by people."""
    lines = [f"Annotation of {spec.name}", f"Tissue: {spec.tissue}. Species: {spec.species}."]
    if any(r.provider == OFFLINE for r in rows):
        lines.append(OFFLINE_NOTE)
    for row in rows:
        lines += [
            "",
            f"Cluster {row.cluster}: {everyday_name(row.label) or NO_LABEL.lower()} ({_light(row)})",
            *_details(row, spec.species, [r.label for r in rows if r.label]),
        ]
    return "\n".join(lines) + "\n"


def _details(row: ClusterResult, species: str, labels: Sequence[str]) -> list[str]:
    lines = [f"  Status: {row.status}" + (f". {row.reason}" if row.reason else "")]
    if row.proposal:
        lines.append(f"  Label in full: {row.label}")
        lines.append(f"  General type: {row.proposal.general}")
        if len(row.proposal.subtypes) > 1:
            lines.append(f"  Also possible: {', '.join(row.proposal.subtypes[1:])}")
        if row.proposal.mixed:
            lines.append(f"  May be mixed: {', '.join(row.proposal.mixed)}")
    if row.detailed_term:
        nearest = "nearest " if row.detailed_term.nearest else ""
        lines.append(f"  Cell Ontology: {nearest}{row.detailed_term.cl_id} ({row.detailed_term.name})")
    if row.light_reason:
        lines.append(f"  Confidence: {row.light_reason}")
    if row.inside:
        lines.append(
            f"  Inside: it {kinds_in_words(row.inside)}; decided by "
            f"{', '.join(row.inside.deciding) or 'no gene'}"
        )
    if row.samples:
        lines.append(f"  Samples: {samples_in_words(row.cluster, row.samples)}")
    if note := few_cells(row.n_cells):
        lines.append(f"  Note: {note}")
    if row.evidence:
        lines += _evidence_lines(row.evidence, species, labels)
    if row.score:
        lines.append(
            f"  Score of {row.score.model or row.model}: {row.score.value:g} of 100. {row.score.reasoning}"
        )
    lines.append(f"  Markers: {', '.join(row.markers[:20])}")
    return lines


def _evidence_lines(evidence: Evidence, species: str, labels: Sequence[str]) -> list[str]:
    genes: dict[str, list[str]] = {}
    reading = read_evidence(evidence, species, labels)
    for line in reading.lines:
        genes.setdefault(reading.head(line.part), []).append(line.item.gene)
    lines = [f"  {head}: {', '.join(listed)}" for head, listed in genes.items()]
    unknown = (
        "the label is not known to the knowledge base" if names_a_type(evidence.label) else "no type to weigh"
    )
    score = unknown if evidence.score is None else f"{evidence.score:.0f} of 100"
    return [f"  Evidence ({'cells' if evidence.basis == 'cells' else 'marker list'}): {score}", *lines]


def conversations_json(rows: Sequence[ClusterResult]) -> str:
    """`_conversations.json`: every turn of every cluster, by cluster id, with prompts, tokens and times."""
    content = {row.cluster: _conversation(row) for row in rows}
    return json.dumps(content, ensure_ascii=False, indent=1)


def _conversation(row: ClusterResult) -> dict:
    turns = [asdict(t) for t in row.turns]

    def of(*roles: str) -> list[dict]:
        return [t for t in turns if t["role"] in roles]

    return {
        "status": row.status,
        "reason": row.reason,
        "label": row.label,
        "label_short": everyday_name(row.label),
        "annotations": of("annotator"),
        "checks": of("checks"),
        "validations": of("validator"),
        "formatting": of("formatter"),
        "scoring": of("scorer"),
        "boost": of("booster"),
        "turns": turns,
        "evidence": asdict(row.evidence) if row.evidence else None,
        "boost_result": asdict(row.boost) if row.boost else None,
        "text": conversation_text(row),
    }


def dataset_summary_text(spec: DatasetSpec, outcome: DatasetOutcome, findings: Findings | None) -> str:
    """`_summary.txt`: what was done to this dataset, and how it ended."""
    lines = [
        f"{spec.name}",
        f"Input: {spec.path}",
        f"SHA-256 of the input: {spec.sha256 or 'not read'}",
        f"Tissue: {spec.tissue}. Species: {spec.species}.",
        f"Status: {outcome.status}",
    ]
    if outcome.error:
        lines.append(f"Problem: {outcome.error}")
    if findings:
        lines += [
            "",
            "What we found",
            *(f"  {f.topic}: {f.value}" + (f" ({f.remark})" if f.remark else "") for f in findings.found),
        ]
        lines += [
            "",
            "What we did to the data (the file itself was not changed)",
            *(f"  {d}" for d in findings.done),
        ]
    lines += [
        "",
        "Times",
        f"  Reading, clustering, markers: {_seconds(outcome.preprocessing_time)}",
        f"  Annotation: {_seconds(outcome.annotation_time)}",
        f"  Clusters: {outcome.n_clusters}",
    ]
    return "\n".join(lines) + "\n"


def _seconds(value: float | None) -> str:
    return "not reached" if value is None else f"{value:.1f} s"


def _light(row: ClusterResult) -> str:
    return (LIGHT_WORDS[row.light] if row.light else NO_LABEL).lower()
