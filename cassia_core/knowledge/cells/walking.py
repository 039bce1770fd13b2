"""The way down the tree of types: on to a kind as long as it is clear, and how likely each kind is."""

from __future__ import annotations

from functools import cache

import numpy as np

from cassia_core.knowledge.cells.contrast import SETTINGS, place_in_range
from cassia_core.knowledge.cells.decisive import Decisive, load_decisive, may_be_both
from cassia_core.knowledge.cells.groups import Reference
from cassia_core.knowledge.naming.lineages import abstract_types
from cassia_core.knowledge.scoring.profiles import Profiles, load_profiles

GO = 0.7
"""Evidence from which a kind can be named ..."""
AHEAD = 0.8
"""... if it is that far ahead of the next one that excludes it ..."""
AHEAD_PART = 0.12
"""... and this part of its evidence more: strong evidence for two siblings at once settles neither."""
GO_ABSTRACT = -0.5
"""Evidence from which a kind is named below a type that merely orders the tree."""
DAMPED = 0.75
"""A type speaks through its best kind with this part of that one's evidence ..."""
RAISED = 1.5
"""... and at most this much above its own."""
PRIOR_SHARE = 0.6
"""Part of the tissue's prior that counts between siblings."""
STRONG, TELLING = 4.0, 1.5
"""A gene of this weight is all but exclusive to a kind and counts twice; one of that weight tells it and
counts once.
"""
LEAST_GENES = 3.0
"""Measured genes, so counted and by their trust, that a kind needs to be named."""
HALF_MEASURED = 0.15
"""Part of a kind's decisive genes that must be measured for its evidence to count half."""
UNDECIDED = -0.5
"""Evidence of a kind for which nothing decisive was measured."""
NO_RIVAL = -1.0
"""Evidence of the rival of a kind that has none."""
UNDEFINED = 0.5
"""At most so likely is a kind of which no gene that defines it was measured: nobody has looked."""
SOFT = 0.8
"""Evidence beyond what is needed by which the odds of a kind grow by a factor of e."""


class KindWalk:
    """K groups on their way down.

    Parameters
    ----------
    evidence
        Evidence for each type against its siblings, shape (K, T).
    reference
        What was measured.
    prior
        Log prior of each type in the tissue, shape (T,).

    Attributes
    ----------
    measured
        Part of each type's decisive genes that the data hold, shape (T,).
    value
        Evidence of each type, or of its best kind, as weighed for the next step, shape (K, T).
    """

    def __init__(self, evidence: np.ndarray, reference: Reference, prior: np.ndarray) -> None:
        self.profiles: Profiles = load_profiles(reference.species)
        self._decisive: Decisive = load_decisive(reference.species)
        speaks = np.maximum(self._decisive.weights[reference.rows], 0.0)
        self.measured = speaks.sum(axis=0) / np.maximum(self._decisive.total, 1e-6)
        self.defined = self._decisive.can_be_defined(reference.rows)
        self.nameable = ~self._decisive.cross_cutting & self.defined
        top = reference.overall.high[None]
        _, trust = place_in_range(top, np.array([1000.0]), reference.overall, SETTINGS.floor, SETTINGS)
        self.value = self._values(
            evidence, trust[0] @ ((speaks >= TELLING) + 1.0 * (speaks >= STRONG)), prior
        )

    def _values(self, evidence: np.ndarray, genes: np.ndarray, prior: np.ndarray) -> np.ndarray:
        counts = self.measured / (self.measured + HALF_MEASURED)
        own = np.where(evidence > 0, evidence * counts, evidence)
        value = np.where(genes >= LEAST_GENES, own, np.minimum(own, UNDECIDED))
        for t in bottom_up(self.profiles.species):
            for child in self.profiles.children[t]:
                if self.nameable[child]:
                    through = np.where(value[:, child] > 0, DAMPED * value[:, child], value[:, child])
                    value[:, t] = np.maximum(value[:, t], np.minimum(through, value[:, t] + RAISED))
        return value + PRIOR_SHARE * _among_siblings(self.profiles, prior)

    def down(self, starts: np.ndarray) -> np.ndarray:
        """The deepest type that is clear below each group's start, shape (K,)."""
        here = starts.copy()
        moving = np.ones(len(starts), dtype=bool)
        while moving.any():
            for node in np.unique(here[moving]):
                at = np.flatnonzero(moving & (here == node))
                children = self.children(int(node))
                if not children:
                    moving[at] = False
                    continue
                beyond = self._beyond(int(node), children)[at]
                best = beyond.argmax(axis=1)
                on = beyond[np.arange(len(at)), best] >= 0
                here[at[on]] = np.array(children)[best[on]]
                moving[at] = on
        return here

    def shares(self) -> np.ndarray:
        """How likely each type is if its lineage is right, shape (K, T): the product of the steps from the
        lineage's
        top."""
        shares = np.ones_like(self.value)
        lineage = self.profiles.lineage
        for node in reversed(bottom_up(self.profiles.species)):
            children = [c for c in self.profiles.children[node] if lineage[c] == lineage[node]]
            if children:
                odds = 1.0 / (1.0 + np.exp(-np.clip(self._beyond(node, children) / SOFT, -20.0, 20.0)))
                most = np.where(self.defined[children], 1.0, UNDEFINED)
                shares[:, children] = shares[:, [node]] * np.minimum(odds, most)
        return shares

    def children(self, node: int) -> list[int]:
        """The kinds of a type that can be named here."""
        return [c for c in self.profiles.children[node] if self.nameable[c]]

    def rivals(self, t: int) -> list[int]:
        """The siblings of a type that exclude it and can be named here."""
        parent = int(self.profiles.parent[t])
        siblings = self.children(parent) if parent >= 0 else []
        return [c for c in siblings if c != t and not may_be_both(self.profiles.species, t, c)]

    def _beyond(self, node: int, children: list[int]) -> np.ndarray:
        """By how much each child exceeds what is needed to go on to it, shape (K, n_children)."""
        go = GO_ABSTRACT if self.profiles.entries[node].name in abstract_types() else GO
        beyond = np.empty((len(self.value), len(children)))
        for j, child in enumerate(children):
            own, rivals = self.value[:, child], self.rivals(child)
            rival = self.value[:, rivals].max(axis=1) if rivals else NO_RIVAL
            lead = own - rival - AHEAD - AHEAD_PART * np.maximum(own, 0.0)
            beyond[:, j] = np.minimum(own - go, lead)
        return beyond


@cache
def bottom_up(species: str) -> tuple[int, ...]:
    """All types, every one before its parent."""
    profiles = load_profiles(species)
    order = [int(t) for t in np.flatnonzero(profiles.parent < 0)]
    for t in order:
        order.extend(profiles.children[t])
    return tuple(reversed(order))


def _among_siblings(profiles: Profiles, prior: np.ndarray) -> np.ndarray:
    """The prior of each type less that of its likeliest sibling."""
    best = np.full(len(prior) + 1, -np.inf)
    np.maximum.at(best, profiles.parent, prior)
    return prior - best[profiles.parent]
