"""Genes of a list that speak against a label: those of an exclusive lineage, and strong ones it leaves
unexplained.
"""

from __future__ import annotations

import numpy as np

from cassia_core.domain.annotation import EvidenceItem
from cassia_core.knowledge.naming.lineages import exclusive
from cassia_core.knowledge.scoring.list_scores import Scores
from cassia_core.knowledge.scoring.mixtures import joint_llr

CLEAR_GAIN, EXPLAINED_GAIN = 1.5, 0.3
LEAST_GENES = 3
LEAST_IMPROVEMENT = 5.0
"""The list must read better by this as a mixture with the other lineage: single stray genes are no conflict.
"""
UNEXPECTED_GAIN, UNEXPECTED_SHOWN, NEAR_TOP = 2.5, 5, 20


def find_conflicts(scores: Scores, share: np.ndarray, column: int) -> tuple[EvidenceItem, ...]:
    """Genes that clearly mark a lineage which excludes the label's."""
    profiles = scores.profiles
    own = profiles.subtree(column)
    # The most likely type below the label speaks for it: a label may name a class whose members differ.
    best_own = max(own, key=lambda t: (float(share[t]), -t))
    own_gain = profiles.gain[scores.rows][:, own].max(axis=1, initial=0.0)
    by_gene: dict[int, EvidenceItem] = {}
    for t in _strangers(scores, column):
        gains = profiles.gain[scores.rows, t]
        genes = [
            i for i in range(len(scores.genes)) if gains[i] > CLEAR_GAIN and own_gain[i] < EXPLAINED_GAIN
        ]
        # Two types always explain a list better than one; only a clear gain means that both are there.
        alone = max(
            float(scores.llr[best_own]), float(scores.llr[t]) if scores.llr[best_own] > 0 else -np.inf
        )
        if len(genes) < LEAST_GENES or joint_llr(scores, best_own, t) - alone < LEAST_IMPROVEMENT:
            continue
        for i in genes:
            by_gene.setdefault(i, _conflict(scores, i, t, float(gains[i] * scores.weights[i])))
    return tuple(by_gene[i] for i in sorted(by_gene))


def find_unexpected(
    scores: Scores, column: int, conflicts: tuple[EvidenceItem, ...]
) -> tuple[EvidenceItem, ...]:
    """Strong genes near the top that neither the label nor its relatives explain, and another type does."""
    profiles, told = scores.profiles, {item.gene for item in conflicts}
    family = [*profiles.subtree(column), *profiles.above(column)]
    own_gain = profiles.gain[scores.rows][:, family].max(axis=1, initial=0.0)
    items = []
    for i, gene in enumerate(scores.genes[:NEAR_TOP]):
        gains = profiles.gain[scores.rows[i]]
        t = int(gains.argmax())
        if gene in told or own_gain[i] > EXPLAINED_GAIN or gains[t] < UNEXPECTED_GAIN:
            continue
        name = profiles.entries[t].name
        items.append(
            EvidenceItem(
                gene=gene,
                kind="unexpected",
                weight=round(float(gains[t] * scores.weights[i]), 2),
                points_to=name,
                text=f"{gene} is not expected here; it is known from {name}.",
            )
        )
    return tuple(items[:UNEXPECTED_SHOWN])


def _strangers(scores: Scores, column: int) -> list[int]:
    """The best type of every lineage that excludes the label's, best first."""
    profiles = scores.profiles
    own = profiles.lineage_names[profiles.lineage[column]]
    fit = scores.llr + scores.prior
    # The best type of each other lineage, and at most six: the weaker ones of a lineage would say the same
    # genes again.
    tops = [
        int(np.where(profiles.lineage == i, fit, -np.inf).argmax())
        for i, name in enumerate(profiles.lineage_names)
        if exclusive(own, name)
    ]
    return sorted(tops, key=lambda t: -float(fit[t]))[:6]


def _conflict(scores: Scores, i: int, t: int, weight: float) -> EvidenceItem:
    gene, name = scores.genes[i], scores.profiles.entries[t].name
    return EvidenceItem(
        gene=gene,
        kind="conflicting",
        weight=round(weight, 2),
        points_to=name,
        text=f"{gene} marks {name}, another lineage.",
    )
