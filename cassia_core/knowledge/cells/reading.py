"""From evidence to a name for every group: first the lineage, then on to a kind as long as the contrast
is clear.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.cells.contrast import (
    SETTINGS,
    CellSettings,
    KindEvidence,
    kind_evidence,
    place_in_range,
    type_evidence,
)
from cassia_core.knowledge.cells.decisive import Decisive, load_decisive, may_be_both
from cassia_core.knowledge.cells.groups import LOW_QUANTILE, GroupProfiles, Reference, range_of, telling_genes
from cassia_core.knowledge.content.entries import CellTypeEntry
from cassia_core.knowledge.naming.lineages import abstract_types
from cassia_core.knowledge.scoring.list_scores import DEFAULTS, species_key, tissue_prior
from cassia_core.knowledge.scoring.profiles import Profiles, load_profiles

LIST_SHARE = 1.0
CELL_SHARE = 2.0
"""Times that the evidence of a list and of the cells enters the posterior of the types."""
GO = 0.5
"""Evidence from which a kind can be named ..."""
AHEAD = 0.6
"""... if it is that far ahead of the next one that excludes it."""
DAMPED = 0.75
"""A type speaks through its best kind with this part of that one's evidence."""
PRIOR_SHARE = 0.35
"""Part of the tissue's prior that counts between siblings."""
LEAST_TELLING = 1.5
"""Genes that must tell a kind, by their trust, for it to be named."""
HALF_MEASURED = 0.1
"""Part of a kind's decisive genes that must be measured for its evidence to count half."""
GO_ABSTRACT = -0.5
"""Evidence from which a kind is named below a type that merely orders the tree."""
UNDECIDED = -0.5
"""Evidence of a kind for which nothing decisive was measured."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupReadings:
    """What K groups are, over the T types and L lineages of the knowledge base.

    Attributes
    ----------
    named
        (K,) index of the type named, as deep as the contrast carries.
    lineage
        (K,) index of the likeliest lineage; `lineage_share` (K, L) the posterior of each.
    clear
        (K,) how clear the least clear step below the lineage was (evidence, or lead over the next sibling).
    type_evidence
        (K, T) evidence for a type against all others.
    kind_evidence
        (K, T) evidence for a type against its siblings; above `GO` it is clear, if `AHEAD` of the next.
    confidence
        (K,) 0 to 1: the lineage's posterior, lowered where the last step was a close one.
    measured
        (T,) part of each type's decisive genes that the data hold.
    """

    profiles: Profiles
    groups: tuple[str, ...]
    named: np.ndarray
    lineage: np.ndarray
    lineage_share: np.ndarray
    clear: np.ndarray
    type_evidence: np.ndarray
    kind_evidence: np.ndarray
    among_kin: np.ndarray
    confidence: np.ndarray
    measured: np.ndarray

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the T types."""
        return tuple(entry.name for entry in self.profiles.entries)

    @property
    def lineage_names(self) -> tuple[str, ...]:
        return self.profiles.lineage_names

    def entry(self, k: int) -> CellTypeEntry:
        """The type that group `k` is named."""
        return self.profiles.entries[int(self.named[k])]

    def label(self, k: int) -> str:
        return self.entry(k).name


def reference_of(clusters: GroupProfiles, setting: Setting, list_llr: np.ndarray | None = None) -> Reference:
    """Ranges of the genes over clusters, over all of them and within each lineage.

    Parameters
    ----------
    clusters
        The clusters, at least two.
    list_llr
        Log-likelihood ratios of the clusters' marker lists, shape (K, T); they help to tell the lineages.
    """
    species = species_key(setting.species)
    columns, rows = telling_genes(clusters.genes, species)
    means = np.ascontiguousarray(clusters.means[:, columns], dtype=np.float32)
    alone = Reference(
        species=species,
        genes=clusters.genes,
        columns=columns,
        rows=rows,
        overall=range_of(means, clusters.sizes, LOW_QUANTILE),
    )
    evidence = type_evidence(means, clusters.sizes, alone)
    lineage = _lineage_shares(load_profiles(species), _posterior(evidence, setting, list_llr)).argmax(axis=1)
    kin = {int(i): np.flatnonzero(lineage == i) for i in np.unique(lineage)}
    within = {i: range_of(means[at], clusters.sizes[at], 0.0) for i, at in kin.items() if len(at) > 1}
    return replace(alone, within=within)


def read_groups(
    groups: GroupProfiles,
    setting: Setting,
    reference: Reference | None = None,
    list_llr: np.ndarray | None = None,
    settings: CellSettings = SETTINGS,
) -> GroupReadings:
    """Read what groups of cells are.

    Parameters
    ----------
    groups
        Any number of groups; their genes are those of the reference, in the same order.
    setting
        Species and tissue.
    reference
        What they are compared with (`reference_of` the clusters); None compares the groups with each other.
    list_llr
        Log-likelihood ratios of their marker lists, shape (K, T), where they have any.

    Returns
    -------
    GroupReadings
        Deterministic. Every group is named; whether a name holds is said by `confidence`.
    """
    reference = reference or reference_of(groups, setting, list_llr)
    profiles, decisive = load_profiles(reference.species), load_decisive(reference.species)
    means = reference.telling(groups.means)
    types = type_evidence(means, groups.sizes, reference, settings)
    posterior = _posterior(types, setting, list_llr)
    shares = _lineage_shares(profiles, posterior)
    lineage = shares.argmax(axis=1)
    kinds = kind_evidence(means, groups.sizes, reference, lineage, settings)
    prior = tissue_prior(reference.species, setting.tissue, DEFAULTS)
    walk = _Walk(profiles, decisive, kinds, reference, prior - prior.max())
    named, clear = walk.down(_starts(profiles, posterior, lineage))
    top = shares[np.arange(len(lineage)), lineage]
    return GroupReadings(
        profiles=profiles,
        groups=groups.groups,
        named=named,
        lineage=lineage,
        lineage_share=shares,
        clear=clear,
        type_evidence=types,
        kind_evidence=kinds.total,
        among_kin=kinds.among_kin,
        confidence=top * (1.0 - 0.5 * np.exp(-clear)),
        measured=walk.measured,
    )


def _posterior(evidence: np.ndarray, setting: Setting, list_llr: np.ndarray | None) -> np.ndarray:
    species = species_key(setting.species)
    llr = CELL_SHARE * evidence
    if list_llr is not None:
        llr = llr + LIST_SHARE * list_llr
    logs = llr / DEFAULTS.temperature + tissue_prior(species, setting.tissue, DEFAULTS)
    powers = np.exp(logs - logs.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _lineage_shares(profiles: Profiles, posterior: np.ndarray) -> np.ndarray:
    shares = np.zeros((len(posterior), len(profiles.lineage_names)))
    for i in range(shares.shape[1]):
        shares[:, i] = posterior[:, profiles.lineage == i].sum(axis=1)
    return shares


def _bottom_up(profiles: Profiles) -> list[int]:
    order = [int(t) for t in np.flatnonzero(profiles.parent < 0)]
    for t in order:
        order.extend(profiles.children[t])
    return order[::-1]


def _starts(profiles: Profiles, posterior: np.ndarray, lineage: np.ndarray) -> np.ndarray:
    """Where each walk begins: the top of the lineage, or the umbrella over it when the lineage does not
    stand out.
    """
    below = posterior.copy()
    for t in _bottom_up(profiles):
        if profiles.parent[t] >= 0:
            below[:, profiles.parent[t]] += below[:, t]
    starts = np.zeros(len(lineage), dtype=np.intp)
    for i in np.unique(lineage):
        tops = [
            int(t)
            for t in np.flatnonzero(profiles.lineage == i)
            if profiles.parent[t] < 0 or profiles.lineage[profiles.parent[t]] != i
        ]
        at = np.flatnonzero(lineage == i)
        starts[at] = np.array(tops)[below[np.ix_(at, tops)].argmax(axis=1)]
    umbrella = profiles.parent[starts]
    rows = np.arange(len(starts))
    own = np.stack([posterior[k, profiles.lineage == lineage[k]].sum() for k in rows]) if len(rows) else rows
    vague = (umbrella >= 0) & (own < DEFAULTS.stand_out * below[rows, np.maximum(umbrella, 0)])
    return np.where(vague, umbrella, starts)


class _Walk:
    """The way down the tree for all groups at once."""

    def __init__(
        self,
        profiles: Profiles,
        decisive: Decisive,
        kinds: KindEvidence,
        reference: Reference,
        prior: np.ndarray,
    ) -> None:
        self.profiles, self.decisive, self.kinds, self.prior = profiles, decisive, kinds, prior
        speaks = np.maximum(decisive.weights[reference.rows], 0.0)
        self.measured = speaks.sum(axis=0) / np.maximum(decisive.total, 1e-6)
        _, trust = place_in_range(
            reference.overall.high[None], np.array([1000.0]), reference.overall, SETTINGS.floor, SETTINGS
        )
        self.telling = trust[0] @ (speaks >= 1.5)
        self.nameable = ~decisive.cross_cutting & decisive.can_be_defined(reference.rows)
        self.value = self._values()

    def _values(self) -> np.ndarray:
        """Evidence of every type or, damped, of its best kind, with the tissue's prior."""
        own = self.kinds.total
        own = np.where(own > 0, own * self.measured / (self.measured + HALF_MEASURED), own)
        value = np.where(self.telling >= LEAST_TELLING, own, np.minimum(own, UNDECIDED))
        for t in _bottom_up(self.profiles):
            for child in self.profiles.children[t]:
                if self.nameable[child]:
                    through = np.where(value[:, child] > 0, DAMPED * value[:, child], value[:, child])
                    value[:, t] = np.maximum(value[:, t], np.minimum(through, value[:, t] + 1.5))
        return value + PRIOR_SHARE * self.prior

    def down(self, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        here, clear = starts.copy(), np.full(len(starts), 9.0)
        moving = np.ones(len(starts), dtype=bool)
        while moving.any():
            for node in np.unique(here[moving]):
                at = np.flatnonzero(moving & (here == node))
                moved, lead = self._step(int(node), at)
                moving[at] = moved >= 0
                on = moved >= 0
                here[at[on]] = moved[on]
                clear[at[on]] = np.minimum(clear[at[on]], lead[on])
        return here, clear

    def _step(self, node: int, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The child that each group goes on to, -1 where it stays, and how clearly."""
        children = [c for c in self.profiles.children[node] if self.nameable[c]]
        go = GO_ABSTRACT if self.profiles.entries[node].name in abstract_types() else GO
        moved, lead = np.full(len(at), -1), np.zeros(len(at))
        if not children:
            return moved, lead
        values = self.value[np.ix_(at, children)]
        best = values.argmax(axis=1)
        for j in np.unique(best):
            rows = np.flatnonzero(best == j)
            excluded = [
                i
                for i, c in enumerate(children)
                if i != j and not may_be_both(self.profiles.species, children[j], c)
            ]
            rival = values[np.ix_(rows, excluded)].max(axis=1) if excluded else np.full(len(rows), -1.0)
            ahead = values[rows, j] - rival
            clear = (values[rows, j] >= go) & (ahead >= AHEAD)
            moved[rows[clear]] = children[j]
            lead[rows] = np.minimum(values[rows, j], ahead)
        return moved, lead
