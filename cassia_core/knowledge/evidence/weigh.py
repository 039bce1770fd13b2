"""Evidence for a label, of whichever engine: what the data and the knowledge base say of it, without any
model.

The formula stands in docs/EVIDENCE.md.
"""

from __future__ import annotations

import math

import numpy as np

from cassia_core.domain.annotation import Evidence, EvidenceItem
from cassia_core.domain.markers import ClusterMarkers, ExpressionSource
from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.evidence.cited import check_cited
from cassia_core.knowledge.evidence.conflicts import find_conflicts, find_unexpected
from cassia_core.knowledge.evidence.expected import weigh_expected
from cassia_core.knowledge.evidence.foreign_cells import find_strangers
from cassia_core.knowledge.evidence.label_problems import Findings, name_problems
from cassia_core.knowledge.naming.labelled import read_label
from cassia_core.knowledge.naming.ontology import find_term
from cassia_core.knowledge.scoring.engine import Ranking, answer
from cassia_core.knowledge.scoring.list_scores import DEFAULTS, TELLING, Scores, score_types, species_key

READ_GENES = 50
"""Genes from the top of a list that are weighed."""
SUPPORT_SCALE = 10.0
KIND_SHARE = 0.35
SILENT_COST, SILENT_FREE = 0.5, 0.4
CONFLICT_COST = 0.6


def weigh(
    label: str,
    markers: ClusterMarkers,
    setting: Setting,
    expression: ExpressionSource | None = None,
    cited: tuple[str, ...] = (),
    n_genes: int = READ_GENES,
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
    scores = score_types(markers, setting, n_genes)
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
            alternative_score=None if named is None else _score(scores, share, named, 0.0, 0.0),
        )
    column = scores.profiles.column[labelled.entry.name]
    expected = weigh_expected(labelled.entry, markers, scores, setting, expression)
    conflicts = _conflicts(scores, share, column, markers, expression)
    score = _score(scores, share, column, expected.silent_share, sum(item.weight for item in conflicts))
    rival = _rival(scores, share, column, ranking)
    rival_score = _score(scores, share, rival, 0.0, 0.0)
    findings = Findings(
        label=label,
        expected=expected,
        conflicts=conflicts,
        score=score,
        rival_score=rival_score,
        alternative=scores.profiles.entries[rival].name,
        alternative_genes=_genes_for(scores, rival),
        n_genes=len(scores.genes),
        panel=setting.panel_genes,
    )
    items = (*expected.items, *conflicts, *find_unexpected(scores, column, conflicts), *cited_items)
    return Evidence(
        label=label,
        basis=basis,
        score=score,
        term=find_term(label),
        items=items,
        best_alternative=findings.alternative,
        alternative_score=rival_score,
        problems=(*name_problems(findings), *cited_problems),
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


def _score(scores: Scores, share: np.ndarray, column: int, silent_share: float, against: float) -> float:
    """0 to 100 by the formula of docs/EVIDENCE.md.

    A label speaks through its best descendant: a broad label is right when any of its kinds is. Types above
    the
    label are neither for nor against it.
    """
    profiles = scores.profiles
    own, above = profiles.subtree(column), profiles.above(column)
    best = max(own, key=lambda t: (float(share[t]), -t))
    support = 1 - math.exp(-max(scores.support(best, DEFAULTS), 0.0) / SUPPORT_SCALE)
    related = np.zeros(len(share), dtype=bool)
    related[[*own, *above]] = True
    kinds = related.copy()
    kinds[above] = False
    lineage = float(share[kinds | (profiles.lineage == profiles.lineage[column])].sum())
    rivals = float(share[(profiles.lineage == profiles.lineage[column]) & ~related].sum())
    own_share = float(share[kinds].sum())
    kind = own_share / (own_share + rivals) if own_share + rivals > 0 else 0.0
    silent = SILENT_COST * max(0.0, silent_share - SILENT_FREE) / (1 - SILENT_FREE)
    conflict = CONFLICT_COST * against / (against + max(float(scores.llr[best]), 1.0)) if against else 0.0
    value = support * lineage * (1 - KIND_SHARE + KIND_SHARE * kind) * (1 - silent) * (1 - conflict)
    return round(100 * value, 1)


def _rival(scores: Scores, share: np.ndarray, column: int, ranking: Ranking) -> int:
    """The engine's own answer where it differs from the label, else the likeliest type that is no relative of
    it.
    """
    profiles = scores.profiles
    family = {*profiles.subtree(column), *profiles.above(column)}
    named = profiles.column[ranking.named.entry.name]
    if named not in family:
        return named
    outside = share.copy()
    outside[list(family)] = -1.0
    return int(outside.argmax())


def _genes_for(scores: Scores, t: int) -> tuple[str, ...]:
    gains = scores.gains(t)
    return tuple(scores.genes[i] for i in np.argsort(-gains, kind="stable")[:5] if gains[i] > TELLING)
