"""Evidence for a label, of whichever engine: what the data and the knowledge base say of it, without any
model.

The formula stands in docs/EVIDENCE.md.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cassia_core.domain.annotation import Evidence, EvidenceItem
from cassia_core.domain.contrast import Contrast
from cassia_core.domain.markers import ClusterMarkers, ExpressionSource
from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.evidence.cited import check_cited
from cassia_core.knowledge.evidence.conflicts import find_conflicts, find_unexpected
from cassia_core.knowledge.evidence.evidence_score import Against, evidence_score
from cassia_core.knowledge.evidence.expected import weigh_expected
from cassia_core.knowledge.evidence.foreign_cells import find_strangers
from cassia_core.knowledge.evidence.label_problems import LabelFindings, name_problems
from cassia_core.knowledge.naming.labelled import read_label
from cassia_core.knowledge.naming.ontology import find_term
from cassia_core.knowledge.scoring.engine import Ranking, answer
from cassia_core.knowledge.scoring.list_scores import TELLING, Scores, score_types, species_key

READ_GENES = 50
"""Genes from the top of a list that are weighed."""


def weigh(
    label: str,
    markers: ClusterMarkers,
    setting: Setting,
    expression: ExpressionSource | None = None,
    cited: tuple[str, ...] = (),
    n_genes: int = READ_GENES,
    cells: Contrast | None = None,
) -> Evidence:
    """Weigh a label against the cluster's genes.

    Parameters
    ----------
    label
        Any label; the knowledge base's name, an alias, a Cell Ontology name or id.
    markers
        The cluster's ranked genes.
    setting
        Species, tissue, and the size of a small panel.
    expression
        Where measured values come from; None when only the list is known.
    cited
        Genes that the annotator leans on.
    cells
        What the cells say by contrast with the other clusters; None where only a list is known.

    Returns
    -------
    Evidence
        `known` False and `score` None when neither the knowledge base nor an ancestor in the ontology covers
        the
        label; cited genes are checked all the same, and the engine's own answer is the best alternative.
    """
    basis = expression.basis if expression is not None else "markers"
    cited_items, cited_problems = check_cited(cited, markers, species_key(setting.species), expression)
    labelled = read_label(label)
    scores = score_types(markers, setting, n_genes, cells=cells)
    ranking, share = answer(scores)
    if labelled is None:
        named = scores.profiles.column[ranking.named.entry.name] if ranking.entry else None
        return Evidence(
            label=label,
            basis=basis,
            term=find_term(label),
            known=False,
            items=cited_items,
            best_alternative=ranking.label if ranking.entry else "",
            problems=cited_problems,
            alternative_score=None if named is None else evidence_score(scores, share, named).value,
        )
    column = scores.profiles.column[labelled.entry.name]
    expected = weigh_expected(labelled.entry, markers, scores, setting, expression)
    conflicts = _conflicts(scores, share, column, markers, expression)
    against = Against(silent=expected.silent, silent_share=expected.silent_share, conflicts=conflicts)
    score = evidence_score(scores, share, column, against)
    rival = _rival(scores, share, column, ranking)
    rival_score = evidence_score(scores, share, rival).value
    findings = LabelFindings(
        label=label,
        expected=expected,
        conflicts=conflicts,
        score=score.value,
        rival_score=rival_score,
        alternative=scores.profiles.entries[rival].name,
        alternative_genes=_genes_for(scores, rival),
        n_genes=len(scores.genes),
        panel=setting.panel_genes,
    )
    unexpected = find_unexpected(scores, column, conflicts)
    items = (*expected.items, *_measured((*conflicts, *unexpected), markers, expression), *cited_items)
    return Evidence(
        label=label,
        basis=basis,
        score=score.value,
        kind=score.kind,
        terms=score.terms,
        term=find_term(label),
        items=items,
        best_alternative=findings.alternative,
        alternative_score=rival_score,
        problems=(*name_problems(findings), *cited_problems),
    )


def _measured(
    items: tuple[EvidenceItem, ...], markers: ClusterMarkers, expression: ExpressionSource | None
) -> tuple[EvidenceItem, ...]:
    """The items with what was measured of their genes, where they do not carry it yet."""
    missing = tuple(item.gene for item in items if item.measured is None)
    if expression is None or not missing:
        return items
    measured_of = dict(zip(missing, expression.measure(markers.cluster, missing), strict=True))
    return tuple(
        item if item.measured is not None else replace(item, measured=measured_of[item.gene])
        for item in items
    )


def _conflicts(
    scores: Scores,
    share: np.ndarray,
    column: int,
    markers: ClusterMarkers,
    expression: ExpressionSource | None,
) -> tuple[EvidenceItem, ...]:
    """Genes of exclusive lineages in the list, and those that only the cells show."""
    listed = find_conflicts(scores, share, column)
    lineage = scores.profiles.lineage_names[scores.profiles.lineage[column]]
    told = {item.gene for item in listed}
    seen = find_strangers(lineage, markers, scores.profiles.species, expression)
    return (*listed, *(item for item in seen if item.gene not in told))


def _rival(scores: Scores, share: np.ndarray, column: int, ranking: Ranking) -> int:
    """The engine's own answer where it differs from the label, else the rival that the cells find, else the
    likeliest
    type that is no relative of it.
    """
    profiles = scores.profiles
    # "T cell" is no alternative to "naive T cell": types above and below the label agree with it.
    family = {*profiles.subtree(column), *profiles.above(column)}
    named = profiles.column[ranking.named.entry.name]
    if named not in family:
        return named
    close = profiles.column.get(scores.cells.rival) if scores.cells is not None else None
    if close is not None and close not in family:
        return close
    outside = share.copy()
    outside[list(family)] = -1.0
    return int(outside.argmax())


def _genes_for(scores: Scores, t: int) -> tuple[str, ...]:
    gains = scores.gains(t)
    return tuple(scores.genes[i] for i in np.argsort(-gains, kind="stable")[:5] if gains[i] > TELLING)
