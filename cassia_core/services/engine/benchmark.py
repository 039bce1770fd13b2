"""Benchmark: name every list of a table with any engine, and compare with gold labels by our published rule.

The rule (docs/EVIDENCE.md): lineages are compared through the Cell Ontology; finer agreement is counted
beside it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from cassia_core.agents import annotator
from cassia_core.agents.parse import read_proposal
from cassia_core.domain.annotation import Proposal
from cassia_core.domain.config import AgentModel
from cassia_core.domain.markers import ClusterMarkers, MarkerGene
from cassia_core.domain.tasks import AnnotateTask, Setting
from cassia_core.errors import CassiaError, InputError
from cassia_core.knowledge.evidence.weigh import weigh
from cassia_core.knowledge.naming.identity import identify
from cassia_core.knowledge.naming.label_distance import NEAR_STEPS
from cassia_core.knowledge.naming.lineages import lineage_of, lineage_of_term, lineages
from cassia_core.knowledge.naming.ontology import ancestors, find_term, parents, term_of
from cassia_core.knowledge.scoring.engine import UNKNOWN
from cassia_core.llm.protocol import ChatRequest, Provider
from cassia_core.llm.registry import make_provider

NEEDED = ("row_id", "markers")
WRITTEN = ("row_id", "prediction", "cl_id", "general", "detailed", "confidence", "status", "reason")
Row = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accuracy:
    """Percentages over the rows whose gold label has a lineage (`n`) or a Cell Ontology term (`n_terms`)."""

    n: int
    same_lineage: float
    near_lineage: float
    n_terms: int
    same_term: float
    mean_term: float
    labelled: float

    def lines(self) -> tuple[str, ...]:
        """The figures, a sentence each."""
        return (
            f"Same broad lineage: {self.same_lineage:.1f} % of {self.n} rows",
            f"Same or neighbouring lineage (half a point): {self.near_lineage:.1f} %",
            f"Same Cell Ontology term: {self.same_term:.1f} % of {self.n_terms} rows",
            f"Same term, or near in the ontology (half a point): {self.mean_term:.1f} %",
            f"Rows with a label: {self.labelled:.1f} %",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkResult:
    """Where the predictions are, how many rows there were and failed, and the accuracy where gold labels
    exist.
    """

    output: Path
    n_rows: int
    n_failed: int
    accuracy: Accuracy | None


def run_benchmark(
    table: Path,
    output: Path,
    *,
    model: AgentModel | None = None,
    key: str | None = None,
    n_genes: int = 50,
    max_workers: int = 6,
    provider: Provider | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> BenchmarkResult:
    """Name every row of `table` and write `output`.

    Parameters
    ----------
    table
        CSV with `row_id, markers` (comma-separated, best first) and, where known, `tissue, species`; with
        `gold_label` (and `cl_id`) the accuracy is computed.
    output
        CSV with `row_id, prediction, cl_id, general, detailed, confidence, status`, and the `reason` of a
        failed row.
    model, key
        Who answers; the offline engine when None.
    provider
        An open provider to use instead of opening one; the caller closes it.
    progress
        Called with rows done and rows in all.

    Raises
    ------
    InputError
        The table has no such columns, no rows, or a row id twice.
    ConfigError
        The model cannot be used.
    """
    rows = _read(table)
    model = model or AgentModel()
    opened = provider or make_provider(model, key)
    try:
        written = _name_all(rows, opened, model, n_genes, max_workers, progress)
    finally:
        if provider is None:
            opened.close()
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, WRITTEN)
        writer.writeheader()
        writer.writerows(written)
    return BenchmarkResult(
        output=output,
        n_rows=len(rows),
        n_failed=sum(r["status"] == "failed" for r in written),
        accuracy=measure_accuracy(rows, written),
    )


def measure_accuracy(gold: Sequence[Row], predicted: Sequence[Row]) -> Accuracy | None:
    """Accuracy by the published rule; None when no row has a usable gold label. A missing prediction scores
    0.
    """
    by_id = {row["row_id"]: row for row in predicted}
    lineage_points, term_points, labelled = [], [], 0
    for row in gold:
        answered = by_id.get(row["row_id"], {})
        labelled += bool(answered.get("prediction")) and answered.get("prediction") != UNKNOWN
        gold_id, cl_id = _gold_id(row), answered.get("cl_id", "")
        gold_lineage = lineage_of_term(gold_id) if gold_id else lineage_of(row.get("gold_label", ""))
        if gold_lineage:
            lineage_points.append(_lineage_points(gold_lineage, _lineage(answered)))
        if gold_id:
            term_points.append(_term_points(gold_id, cl_id))
    if not lineage_points:
        return None
    terms = term_points or [0.0]
    return Accuracy(
        n=len(lineage_points),
        same_lineage=_percent([p == 1 for p in lineage_points]),
        near_lineage=_percent(lineage_points),
        n_terms=len(term_points),
        same_term=_percent([p == 1 for p in terms]),
        mean_term=_percent(terms),
        labelled=100 * labelled / len(gold),
    )


def _read(table: Path) -> list[Row]:
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{table.name} cannot be read.", str(error), "Give a CSV file in UTF-8.") from error
    missing = [name for name in NEEDED if not rows or name not in rows[0]]
    if missing:
        raise InputError(
            f"{table.name} cannot be benchmarked.",
            f"It has no rows, or lacks {', '.join(missing)}.",
            "Give the columns row_id, tissue, species and markers.",
        )
    if len({row["row_id"] for row in rows}) != len(rows):
        raise InputError(
            f"{table.name} cannot be benchmarked.", "A row_id stands there twice.", "Number the rows anew."
        )
    return rows


def _name_all(
    rows: list[Row],
    provider: Provider,
    model: AgentModel,
    n_genes: int,
    max_workers: int,
    progress: Callable[[int, int], None] | None,
) -> list[Row]:
    done: list[Row] = []
    with ThreadPoolExecutor(max_workers=max_workers) as pool:
        for written in pool.map(lambda row: _name_row(row, provider, model, n_genes), rows):
            done.append(written)
            if progress is not None:
                progress(len(done), len(rows))
    return done


def _name_row(row: Row, provider: Provider, model: AgentModel, n_genes: int) -> Row:
    genes = [gene.strip() for gene in row["markers"].split(",") if gene.strip()]
    markers = ClusterMarkers(
        cluster=row["row_id"],
        genes=tuple(MarkerGene(gene=gene, rank=rank) for rank, gene in enumerate(genes, start=1)),
    )
    setting = Setting(species=row.get("species") or "human", tissue=row.get("tissue") or "")
    task = AnnotateTask(setting=setting, markers=markers, n_genes=n_genes)
    request = ChatRequest(
        messages=annotator.prompt(task).messages,
        model=model.model,
        agent="annotator",
        task=task,
        dataset="benchmark",
        cluster=row["row_id"],
        temperature=model.temperature,
        max_tokens=model.max_tokens,
        reasoning=model.reasoning,
    )
    try:
        proposal = read_proposal(provider.complete(request).text).value
    except CassiaError as error:
        return dict.fromkeys(WRITTEN, "") | {
            "row_id": row["row_id"],
            "status": "failed",
            "reason": str(error),
        }
    return _written(row["row_id"], proposal, markers, setting, n_genes)


def _written(row_id: str, proposal: Proposal, markers: ClusterMarkers, setting: Setting, n_genes: int) -> Row:
    term = identify(proposal.label)
    evidence = weigh(proposal.label, markers, setting, n_genes=n_genes)
    return {
        "row_id": row_id,
        "prediction": term.name if term and not term.nearest else proposal.label,
        "cl_id": term.cl_id if term else "",
        "general": proposal.general,
        "detailed": "; ".join(proposal.subtypes),
        "confidence": "" if evidence.score is None else f"{evidence.score:.1f}",
        "status": _status(proposal),
        "reason": "",
    }


def _gold_id(row: Row) -> str:
    first = next(iter((row.get("cl_id") or "").replace(",", " ").split()), "")
    term = term_of(first) or find_term(row.get("gold_label") or "")
    return term.cl_id if term else ""


def _lineage(row: Row) -> str:
    return lineage_of_term(row["cl_id"]) if row.get("cl_id") else lineage_of(row.get("prediction", ""))


def _lineage_points(gold: str, predicted: str) -> float:
    if gold == predicted:
        return 1.0
    return 0.5 if predicted in lineages()[gold].kin else 0.0


def _term_points(gold: str, predicted: str) -> float:
    """1 for the same term; half for an ancestor or descendant up to three steps away, or a shared direct
    parent.
    """
    if gold == predicted:
        return 1.0
    if not predicted:
        return 0.0
    if min(ancestors(gold).get(predicted, 99), ancestors(predicted).get(gold, 99)) <= NEAR_STEPS:
        return 0.5
    return 0.5 if {t.cl_id for t in parents(gold)} & {t.cl_id for t in parents(predicted)} else 0.0


def _percent(points: Sequence[float]) -> float:
    return 100 * sum(points) / len(points)


def _status(proposal: Proposal) -> str:
    if proposal.label == UNKNOWN:
        return "unknown"
    return "mixed" if proposal.mixed else "done"
