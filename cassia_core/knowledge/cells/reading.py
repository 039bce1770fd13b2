"""From evidence to a name for every group: first the lineage, then on to a kind as long as the contrast
is clear.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.cells.contrast import SETTINGS, CellSettings, kind_evidence, type_evidence
from cassia_core.knowledge.cells.groups import LOW_QUANTILE, GroupProfiles, Reference, range_of, telling_genes
from cassia_core.knowledge.cells.walking import KindWalk, bottom_up
from cassia_core.knowledge.content.entries import CellTypeEntry
from cassia_core.knowledge.scoring.list_scores import CELL_SHARE, DEFAULTS, species_key, tissue_prior
from cassia_core.knowledge.scoring.profiles import Profiles, load_profiles

AT_ONCE = 1500
"""Groups that are read in one go, so that thousands of them take a few hundred MB."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupReadings:
    """What K groups are, over the T types and L lineages of the knowledge base.

    Attributes
    ----------
    named
        (K,) index of the type named, as deep as the contrast carries.
    lineage
        (K,) index of the likeliest lineage; `lineage_share` (K, L) the posterior of each.
    type_evidence
        (K, T) evidence for a type against all others.
    kind_evidence
        (K, T) evidence for a type against its siblings; `value` the same as weighed for the steps down the
        tree.
    kind_share
        (K, T) how likely a type is if the top of its tree is right.
    confidence
        (K,) 0 to 1: the lineage's posterior times the likelihood of the kind named.
    measured
        (T,) part of each type's decisive genes that the data hold.
    """

    profiles: Profiles
    groups: tuple[str, ...]
    named: np.ndarray
    lineage: np.ndarray
    lineage_share: np.ndarray
    type_evidence: np.ndarray
    kind_evidence: np.ndarray
    value: np.ndarray
    kind_share: np.ndarray
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
    # Two readings of the range of a gene: over all clusters it tells lineages apart, within the clusters of
    # one lineage it tells its kinds apart, where the first one is blunt.
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
        Deterministic, and for each group the same whatever other groups are read with it against a reference.
        Every
        group is named; whether a name holds is said by `confidence`.
    """
    reference = reference or reference_of(groups, setting, list_llr)
    parts = [
        _read(groups, slice(at, at + AT_ONCE), setting, reference, list_llr, settings)
        # A part of the groups at a time: evidence is groups by types, and would not fit for all groups of a
        # million cells.
        for at in range(0, max(1, len(groups.sizes)), AT_ONCE)
    ]
    if len(parts) == 1:
        return parts[0]
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in _PER_GROUP
    }
    return replace(parts[0], groups=groups.groups, **joined)


_PER_GROUP = (
    "named",
    "lineage",
    "lineage_share",
    "type_evidence",
    "kind_evidence",
    "value",
    "kind_share",
    "confidence",
)


def _read(
    groups: GroupProfiles,
    part: slice,
    setting: Setting,
    reference: Reference,
    list_llr: np.ndarray | None,
    settings: CellSettings,
) -> GroupReadings:
    profiles = load_profiles(reference.species)
    means, sizes = reference.telling(groups.means[part]), groups.sizes[part].astype(np.float32)
    types = type_evidence(means, sizes, reference, settings)
    posterior = _posterior(types, setting, None if list_llr is None else list_llr[part])
    lineage_share = _lineage_shares(profiles, posterior)
    lineage = lineage_share.argmax(axis=1)
    kinds = kind_evidence(means, sizes, reference, lineage, settings)
    walk = KindWalk(kinds, reference, tissue_prior(reference.species, setting.tissue, DEFAULTS))
    named = walk.down(_starts(profiles, posterior, lineage))
    kind_share = walk.shares()
    at = np.arange(len(lineage))
    return GroupReadings(
        profiles=profiles,
        groups=groups.groups[part],
        named=named,
        lineage=lineage,
        lineage_share=lineage_share,
        type_evidence=types,
        kind_evidence=kinds,
        value=walk.value,
        kind_share=kind_share,
        confidence=lineage_share[at, lineage] * kind_share[at, named],
        measured=walk.measured,
    )


def _posterior(evidence: np.ndarray, setting: Setting, list_llr: np.ndarray | None) -> np.ndarray:
    llr = CELL_SHARE * evidence if list_llr is None else CELL_SHARE * evidence + list_llr
    # As for lists: genes are no independent witnesses, so certainty is taken back before shares are made.
    logs = llr / DEFAULTS.temperature + tissue_prior(species_key(setting.species), setting.tissue, DEFAULTS)
    # The largest is taken off first, or the exponential would overflow.
    powers = np.exp(logs - logs.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _lineage_shares(profiles: Profiles, posterior: np.ndarray) -> np.ndarray:
    belongs = np.eye(len(profiles.lineage_names))[profiles.lineage]
    return posterior @ belongs


def _starts(profiles: Profiles, posterior: np.ndarray, lineage: np.ndarray) -> np.ndarray:
    """Where each walk begins: the top of the lineage, or the umbrella over it when that does not stand
    out below it.
    """
    below = posterior.copy()
    # Children before their parents: each share then climbs to the top in one pass.
    for t in bottom_up(profiles.species):
        if profiles.parent[t] >= 0:
            below[:, profiles.parent[t]] += below[:, t]
    starts = np.zeros(len(lineage), dtype=np.intp)
    own = _lineage_shares(profiles, posterior)[np.arange(len(lineage)), lineage]
    for i in np.unique(lineage):
        tops = np.array(
            [
                t
                for t in np.flatnonzero(profiles.lineage == i)
                if profiles.parent[t] < 0 or profiles.lineage[profiles.parent[t]] != i
            ]
        )
        at = np.flatnonzero(lineage == i)
        starts[at] = tops[below[np.ix_(at, tops)].argmax(axis=1)]
    umbrella = profiles.parent[starts]
    share = below[np.arange(len(starts)), np.maximum(umbrella, 0)]
    # A lineage must stand out below its roof; else reading begins at the roof and says less.
    return np.where((umbrella >= 0) & (own < DEFAULTS.stand_out * share), umbrella, starts)
