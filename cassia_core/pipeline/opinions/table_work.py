"""Score or group the labels of a table that stands alone, of this program or of another: no run is needed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from cassia_core.agents import parse
from cassia_core.data.tables.marker_expression import MarkerExpression
from cassia_core.domain.annotation import ClusterResult, MergedLabels, Proposal, QualityScore
from cassia_core.domain.config import AnnotationParams
from cassia_core.domain.markers import ClusterMarkers, MarkerGene
from cassia_core.domain.tasks import ScoreTask, Setting
from cassia_core.domain.usage import CallRecord
from cassia_core.errors import CassiaError
from cassia_core.knowledge.evidence.weigh import weigh
from cassia_core.llm.registry import open_providers
from cassia_core.pipeline.annotation.conversation import Conversation
from cassia_core.pipeline.annotation.merge import merge_labels
from cassia_core.pipeline.annotation.model_calls import Asker
from cassia_core.runs.call_log import CallLog

_UNKNOWN = float("nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledRow:
    """One row of such a table: a cluster, its label and its marker genes, best first."""

    cluster: str
    proposal: Proposal | None
    genes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """A score, or why there is none."""

    score: QualityScore | None = None
    reason: str = ""


def score_rows(
    rows: Sequence[LabelledRow], setting: Setting, params: AnnotationParams, keys: Mapping[str, str]
) -> tuple[tuple[Scored, ...], tuple[CallRecord, ...]]:
    """A score for every row, in their order, and the calls that were paid. A row without a label or genes has
    none, nor has one whose reply cannot be read.
    """
    expression = MarkerExpression(_frame(rows), setting.species)
    with _asking(params, keys) as (asker, calls), ThreadPoolExecutor(params.max_workers) as pool:
        scored = pool.map(lambda row: _score(row, setting, expression, asker), rows)
        return tuple(scored), tuple(calls)


def merge_rows(
    rows: Sequence[LabelledRow],
    setting: Setting,
    params: AnnotationParams,
    keys: Mapping[str, str],
    *,
    batch_size: int,
    note: str = "",
) -> tuple[dict[str, MergedLabels], tuple[str, ...]]:
    """Three groupings by cluster id, asked for `batch_size` clusters at a time; and what a person should
    know.
    """
    results = [
        ClusterResult(cluster=row.cluster, status="done", proposal=row.proposal)
        for row in rows
        if row.proposal is not None
    ]
    notices: list[str] = []
    merged: dict[str, MergedLabels] = {}
    with _asking(params, keys) as (asker, _):
        for part in _batches(results, batch_size):
            told = merge_labels(
                part,
                setting=setting,
                params=params,
                asker=asker,
                dataset="",
                notice=notices.append,
                note=note,
            )
            merged |= {row.cluster: row.merged for row in told if row.merged is not None}
    return merged, tuple(notices)


def _batches(results: Sequence[ClusterResult], size: int) -> Iterator[tuple[ClusterResult, ...]]:
    return (tuple(results[at : at + size]) for at in range(0, len(results), size))


@contextmanager
def _asking(params: AnnotationParams, keys: Mapping[str, str]) -> Iterator[tuple[Asker, list[CallRecord]]]:
    models = tuple(dict.fromkeys(params.model_of(role) for role in ("annotator", "scorer", "merger")))
    providers = open_providers(models, keys)
    calls: list[CallRecord] = []
    with tempfile.TemporaryDirectory() as folder:
        log = CallLog(Path(folder) / "calls.jsonl")
        try:
            yield Asker(providers, params, log, calls.append, lambda: False), calls
        finally:
            log.close()
            for provider in set(providers.values()):
                provider.close()


def _score(row: LabelledRow, setting: Setting, expression: MarkerExpression, asker: Asker) -> Scored:
    if row.proposal is None or not row.genes:
        return Scored(reason="It has no label." if row.proposal is None else "It has no marker genes.")
    markers = ClusterMarkers(
        cluster=row.cluster,
        genes=tuple(MarkerGene(gene=gene, rank=rank) for rank, gene in enumerate(row.genes, 1)),
    )
    n_genes = len(row.genes)
    evidence = weigh(row.proposal.label, markers, setting, expression, row.proposal.key_genes, n_genes, None)
    task = ScoreTask(
        setting=setting, markers=markers, proposal=row.proposal, evidence=evidence, n_genes=n_genes
    )
    talk = Conversation(asker, lambda event: None, "", row.cluster)
    try:
        return Scored(score=talk.ask_twice("scorer", task, parse.read_score))
    except CassiaError as error:
        return Scored(reason=str(error))


def _frame(rows: Sequence[LabelledRow]) -> pd.DataFrame:
    """All genes of all rows; a list has no statistics."""
    genes = [(row.cluster, gene) for row in rows for gene in row.genes]
    frame = pd.DataFrame(genes, columns=["cluster", "gene"])
    return frame.assign(
        **dict.fromkeys(("log2fc", "score", "pval", "pval_adj", "pct_in", "pct_out"), _UNKNOWN)
    )
