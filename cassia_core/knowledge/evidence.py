"""Evidence for a label, of whichever engine: what the data and the knowledge base say of it, without any model.

The formula stands in docs/EVIDENCE.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from cassia_core.domain.annotation import Evidence, EvidenceItem
from cassia_core.domain.markers import ClusterMarkers, ExpressionSource
from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.cited import check_cited
from cassia_core.knowledge.expected import Expected, weigh_expected
from cassia_core.knowledge.labelled import Labelled, read_label
from cassia_core.knowledge.lineages import exclusive
from cassia_core.knowledge.ontology import find_term
from cassia_core.knowledge.problems import Findings, name_problems
from cassia_core.knowledge.scoring import DEFAULTS, TELLING, Scores, score_types

READ_GENES = 50
"""Genes from the top of a list that are weighed."""
SUPPORT_SCALE = 8.0
RIVAL_SCALE = 2.5
TYPE_SHARE = 0.35
SILENT_COST, CONFLICT_COST = 0.5, 0.6
CLEAR_GAIN = 1.2
CONFLICT_GENES = 2
UNEXPECTED_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """How well types explain the list: the label, its best rival anywhere, and its best rival of another lineage."""

    label: float
    column: int
    rival: int
    rival_llr: float
    outsider: int
    outsider_llr: float


def weigh(label: str, markers: ClusterMarkers, setting: Setting, expression: ExpressionSource | None = None,
          cited: tuple[str, ...] = (), n_genes: int = READ_GENES) -> Evidence:
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
        `known` False and `score` None when neither the knowledge base nor an ancestor in the ontology covers the
        label; cited genes are checked all the same.
    """
    basis = expression.basis if expression is not None else "markers"
    cited_items, cited_problems = check_cited(cited, markers, n_genes, setting.species, expression)
    labelled = read_label(label)
    scores = score_types(markers, setting, n_genes)
    if labelled is None:
        return Evidence(label=label, basis=basis, term=find_term(label), known=False, items=cited_items,
                        problems=cited_problems)
    fit = _fit(labelled, scores)
    expected = weigh_expected(labelled.entry, markers, scores, setting, expression)
    conflicts = _conflicts(labelled, scores, fit)
    score = _score(fit, expected, conflicts, scores)
    rival = fit.outsider if fit.outsider_llr > fit.label else fit.rival
    rival_name = scores.profiles.entries[rival].name
    rival_score = _score(_swapped(fit, rival, scores), expected, (), scores)
    better = max(fit.rival_llr, fit.outsider_llr) > max(fit.label, 0.0)
    findings = Findings(label=label, entry=labelled.entry, expected=expected, conflicts=conflicts, better=better,
                        alternative=rival_name, alternative_genes=_genes_for(scores, rival), score=score,
                        n_genes=len(scores.genes), panel=setting.panel_genes)
    items = (*expected.items, *conflicts, *_unexpected(scores, labelled, conflicts), *cited_items)
    return Evidence(label=label, basis=basis, score=score, term=find_term(label), items=items,
                    best_alternative=rival_name, alternative_score=rival_score,
                    problems=(*name_problems(findings), *cited_problems))


def _fit(labelled: Labelled, scores: Scores) -> _Fit:
    """The label speaks through its best descendant: a broad label is right when any of its kinds is."""
    profiles = scores.profiles
    column = profiles.column[labelled.entry.name]
    own = _subtree(profiles.children, column)
    above = _above(profiles.parent, column)
    fit = scores.llr + scores.prior
    related = np.zeros(len(profiles.entries), dtype=bool)
    related[[*own, *above]] = True
    best_own = max(own, key=lambda t: (float(fit[t]), -t))
    rival = int(np.where(related, -np.inf, fit).argmax())
    same_lineage = profiles.lineage == profiles.lineage[column]
    outsider = int(np.where(related | same_lineage, -np.inf, fit).argmax())
    return _Fit(label=float(fit[best_own]), column=best_own, rival=rival, rival_llr=float(fit[rival]),
                outsider=outsider, outsider_llr=float(fit[outsider]))


def _swapped(fit: _Fit, rival: int, scores: Scores) -> _Fit:
    """The same comparison seen from the rival."""
    value = float((scores.llr + scores.prior)[rival])
    same = scores.profiles.lineage[rival] == scores.profiles.lineage[fit.column]
    outsider = fit.outsider_llr if same else fit.label
    return replace(fit, label=value, column=rival, rival_llr=max(fit.label, fit.rival_llr if rival != fit.rival else
                                                                 fit.label), outsider_llr=outsider)


def _score(fit: _Fit, expected: Expected, conflicts: tuple[EvidenceItem, ...], scores: Scores) -> float:
    """0 to 100 by the formula of docs/EVIDENCE.md."""
    support = 1 - math.exp(-max(scores.support(fit.column, DEFAULTS), 0.0) / SUPPORT_SCALE)
    lineage = _logistic((fit.label - fit.outsider_llr) / RIVAL_SCALE)
    kind = _logistic((fit.label - fit.rival_llr) / RIVAL_SCALE)
    silent = SILENT_COST * max(0.0, expected.silent_share - 0.4) / 0.6
    against = sum(item.weight for item in conflicts)
    conflict = CONFLICT_COST * against / (against + max(fit.label, 1.0)) if against else 0.0
    value = support * lineage * (1 - TYPE_SHARE + TYPE_SHARE * kind) * (1 - silent) * (1 - conflict)
    return round(100 * value, 1)


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, value))))


def _conflicts(labelled: Labelled, scores: Scores, fit: _Fit) -> tuple[EvidenceItem, ...]:
    """Genes of the list that clearly mark a lineage which excludes the label's; single stray genes do not count."""
    profiles = scores.profiles
    own = profiles.lineage_names[profiles.lineage[profiles.column[labelled.entry.name]]]
    for_label = profiles.gain[np.ix_(scores.rows, _subtree(profiles.children, profiles.column[labelled.entry.name]))]
    own_gain = for_label.max(axis=1, initial=0.0)
    order = np.argsort(-scores.llr, kind="stable")
    strangers = [int(t) for t in order[:40] if scores.llr[t] > -np.inf
                 and exclusive(own, profiles.lineage_names[profiles.lineage[t]])]
    found: dict[int, tuple[int, float]] = {}
    seen: set[int] = set()
    for t in strangers:
        if int(profiles.lineage[t]) in seen:
            continue
        seen.add(int(profiles.lineage[t]))
        gains = profiles.gain[scores.rows, t]
        genes = [i for i in range(len(scores.genes)) if gains[i] > CLEAR_GAIN and own_gain[i] < 0.3]
        if len(genes) < max(CONFLICT_GENES, math.ceil(0.06 * len(scores.genes))):
            continue
        for i in genes:
            found.setdefault(i, (t, float(gains[i] * scores.weights[i])))
    return tuple(_conflict(scores, i, t, weight) for i, (t, weight) in sorted(found.items()))


def _conflict(scores: Scores, i: int, t: int, weight: float) -> EvidenceItem:
    name = scores.profiles.entries[t].name
    gene = scores.genes[i]
    return EvidenceItem(gene=gene, kind="conflicting", weight=round(weight, 2), points_to=name,
                        text=f"{gene} marks {name}, another lineage.")


def _unexpected(scores: Scores, labelled: Labelled, conflicts: tuple[EvidenceItem, ...]) -> tuple[EvidenceItem, ...]:
    """Strong genes near the top that the label does not explain and another type does."""
    profiles, told = scores.profiles, {item.gene for item in conflicts}
    family = [*_subtree(profiles.children, profiles.column[labelled.entry.name]),
              *_above(profiles.parent, profiles.column[labelled.entry.name])]
    own_gain = profiles.gain[np.ix_(scores.rows, family)].max(axis=1, initial=0.0)
    items = []
    for i, gene in enumerate(scores.genes[:20]):
        gains = profiles.gain[scores.rows[i]]
        t = int(gains.argmax())
        if gene in told or own_gain[i] > 0.3 or gains[t] < 2.0:
            continue
        name = profiles.entries[t].name
        items.append(EvidenceItem(gene=gene, kind="unexpected", weight=round(float(gains[t] * scores.weights[i]), 2),
                                  points_to=name, text=f"{gene} is not expected here; it is known from {name}."))
    return tuple(items[:UNEXPECTED_SHOWN])


def _genes_for(scores: Scores, t: int) -> tuple[str, ...]:
    gains = scores.gains(t)
    return tuple(scores.genes[i] for i in np.argsort(-gains, kind="stable")[:5] if gains[i] > TELLING)


def _subtree(children: tuple[tuple[int, ...], ...], t: int) -> list[int]:
    nodes = [t]
    for node in nodes:
        nodes.extend(children[node])
    return nodes


def _above(parent: np.ndarray, t: int) -> list[int]:
    nodes = []
    while parent[t] >= 0:
        t = int(parent[t])
        nodes.append(t)
    return nodes
