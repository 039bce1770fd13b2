"""Which genes set a type apart from its siblings: the knowledge base read as contrasts, one matrix per
species.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.naming.lineages import cross_cutting_types
from cassia_core.knowledge.naming.ontology import ancestors
from cassia_core.knowledge.scoring.profiles import Profiles, load_profiles

MASSES = (0.5, 2.0, 6.0)
"""What a marker of weight 1, 2, 3 counts between siblings: steeper than in lists, broad genes tell
siblings apart badly.
"""
SIBLINGS_SHARE = 1.5
"""Times the siblings' mean mass that is taken off: a gene that several siblings list tells none of them
apart.
"""
FEWEST_SIBLINGS = 3
PARENTS_SHARE = 0.35
"""Part of the parent's own mass that is taken off: what marks the parent says less of which child it is."""
ABSENT_MASS = 1.5
"""Mass of a gene whose presence speaks against a type."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decisive:
    """`weights[g, t]`: how much gene g speaks for type t against its siblings (below 0: against it); genes by
    rows of
    the knowledge base's matrices. `total[t]` is the sum of the positive ones."""

    profiles: Profiles
    weights: np.ndarray
    total: np.ndarray
    cross_cutting: np.ndarray
    """(T,) bool: types such as "naive T cell" that cut across their siblings."""
    defining: tuple[tuple[int, ...], ...]
    """Rows of the genes that define each type, () where any of its markers will do."""

    def can_be_defined(self, rows: np.ndarray) -> np.ndarray:
        """(T,) bool: whether one of the genes that define each type was measured (`rows`)."""
        measured = set(rows.tolist())
        return np.array([not genes or not measured.isdisjoint(genes) for genes in self.defining])


@cache
def load_decisive(species: str) -> Decisive:
    """The contrasts of one species, computed once."""
    kb, profiles = load_knowledge(), load_profiles(species)
    shape = (len(profiles.gain), len(profiles.entries))
    own = np.zeros(shape, dtype=np.float32)
    absent = np.zeros(shape, dtype=bool)
    for t, entry in enumerate(profiles.entries):
        for marker in kb.markers_of(entry, species):
            own[profiles.rows[marker.gene], t] = MASSES[int(marker.weight) - 1]
        for gene in kb.absent_of(entry, species):
            absent[profiles.rows[gene], t] = True
    crossing = np.array([entry.name in cross_cutting_types() for entry in profiles.entries])
    weights = np.zeros(shape, dtype=np.float32)
    for t in range(shape[1]):
        parent = int(profiles.parent[t])
        siblings = [c for c in profiles.children[parent] if c != t and not crossing[c]] if parent >= 0 else []
        shared = SIBLINGS_SHARE * own[:, siblings].sum(axis=1) / max(FEWEST_SIBLINGS, len(siblings))
        above = PARENTS_SHARE * own[:, parent] if parent >= 0 else 0.0
        weights[:, t] = np.maximum(0.0, own[:, t] - shared - above)
        weights[:, t] -= ABSENT_MASS * (absent[:, t] & (own[:, t] == 0))
    return Decisive(
        profiles=profiles,
        weights=weights,
        total=np.maximum(weights, 0.0).sum(axis=0),
        cross_cutting=crossing,
        defining=tuple(
            tuple(profiles.rows[g] for g in kb.defining_of(e, species) if g in profiles.rows)
            for e in profiles.entries
        ),
    )


@cache
def may_be_both(species: str, one: int, other: int) -> bool:
    """Whether a cell can be of both types (columns): some type of the knowledge base is a kind of both in
    the ontology.
    """
    ids = _above(species)
    first, second = (load_profiles(species).entries[t].cl_id for t in (one, other))
    return bool(first and second) and any(first in above and second in above for above in ids)


@cache
def _above(species: str) -> tuple[frozenset[str], ...]:
    return tuple(
        frozenset({entry.cl_id, *ancestors(entry.cl_id)})
        for entry in load_profiles(species).entries
        if entry.cl_id
    )
