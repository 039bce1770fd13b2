"""What else a cluster could be: other types, each weighed against the same genes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cassia_core.data.view.cell_expression import CellExpression
from cassia_core.domain.annotation import ClusterResult, Evidence, OntologyTerm, names_a_type
from cassia_core.domain.markers import ClusterMarkers, ExpressionSource
from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.evidence.weigh import weigh
from cassia_core.knowledge.naming.identity import identify
from cassia_core.knowledge.naming.labels import normal_form
from cassia_core.knowledge.naming.names import everyday_name
from cassia_core.knowledge.scoring.engine import rank_types
from cassia_core.pipeline.annotation.annotating import setting_of
from cassia_core.services.runs.results import DatasetResults
from cassia_core.services.runs.runs import load_config

MOST = 5
SHOWN_GENES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One other type. `said_by` is "model" for the annotator's own runner-ups and "genes" for those that the
    knowledge base finds; `score` is its evidence (0 to 100), None when the knowledge base does not know it.
    """

    label: str
    short: str
    term: OntologyTerm | None
    said_by: str
    score: float | None
    supporting: tuple[str, ...]
    against: tuple[str, ...]


def alternatives(
    data: DatasetResults, cluster: str, label: str, root: Path | None = None
) -> tuple[Alternative, ...]:
    """Other types than `label` for a cluster, best evidence first; none for a cluster without markers."""
    row = data.row(cluster)
    markers = next((c for c in data.markers.clusters if c.cluster == cluster), None) if data.markers else None
    if row is None or markers is None or not markers.genes:
        return ()
    setting = setting_of(load_config(data.run_id, root), data.spec, data.findings)
    expression = _expression(data, cluster)
    known = {normal_form(label)}
    others: list[Alternative] = []
    for name, said_by in _names(row, markers, setting):
        if normal_form(name) not in known and len(others) < MOST:
            known.add(normal_form(name))
            others.append(_weighed(name, said_by, row, markers, setting, expression))
    return tuple(sorted(others, key=lambda a: -1.0 if a.score is None else a.score, reverse=True))


def evidence_for(data: DatasetResults, cluster: str, label: str, root: Path | None = None) -> Evidence | None:
    """What the genes of a cluster say of a label that a person gave, by the rules for the run's own; None
    without markers.
    """
    row = data.row(cluster)
    markers = next((c for c in data.markers.clusters if c.cluster == cluster), None) if data.markers else None
    if row is None or markers is None or not markers.genes:
        return None
    setting = setting_of(load_config(data.run_id, root), data.spec, data.findings)
    return weigh(label, markers, setting, _expression(data, cluster), cells=row.contrast)


def _names(row: ClusterResult, markers: ClusterMarkers, setting: Setting) -> list[tuple[str, str]]:
    """The annotator's runner-ups, then what the genes speak for, most likely first."""
    said = [*row.proposal.subtypes[1:], *row.proposal.mixed] if row.proposal else []
    ranking = rank_types(markers, setting, cells=row.contrast)
    by_genes = [row.evidence.best_alternative] if row.evidence else []
    by_genes += [ranking.label, ranking.runner_up.entry.name, *(c.entry.name for c in ranking.candidates)]
    names = [(n, "model") for n in said] + [(n, "genes") for n in by_genes]
    return [(name, said_by) for name, said_by in names if names_a_type(name)]


def _weighed(
    name: str,
    said_by: str,
    row: ClusterResult,
    markers: ClusterMarkers,
    setting: Setting,
    expression: ExpressionSource | None,
) -> Alternative:
    evidence = weigh(name, markers, setting, expression, cells=row.contrast)
    return Alternative(
        label=name,
        short=everyday_name(name),
        term=identify(name),
        said_by=said_by,
        score=evidence.score,
        supporting=evidence.genes("supporting")[:SHOWN_GENES],
        against=evidence.genes("conflicting")[:SHOWN_GENES],
    )


def _expression(data: DatasetResults, cluster: str) -> ExpressionSource | None:
    statistics = data.view.statistics() if data.has_cells else None
    if statistics is None or cluster not in statistics.clusters:
        return None
    return CellExpression(statistics, data.findings.species if data.findings else "")
