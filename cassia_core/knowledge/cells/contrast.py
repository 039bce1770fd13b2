"""Evidence for every type in every group, from where the group stands in the range of each gene.

A gene stands somewhere between its low end (0) and its high end (1) over the groups. Listed genes that stand
high speak
for a type, those that stand low although they range widely speak against it, and genes that range nowhere, or
that were
not measured, say nothing. docs/EVIDENCE.md tells the formula.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cassia_core.knowledge.cells.decisive import load_decisive
from cassia_core.knowledge.cells.groups import GeneRange, Reference
from cassia_core.knowledge.scoring.profiles import load_profiles


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSettings:
    """Constants of the contrast, found by measurement (`python -m tests.bench.cells --constants`)."""

    floor: float = 0.12
    """Range (natural logarithm) that counts half in a group without noise."""
    floor_types: float = 0.25
    """The same where a type is held against all others: small differences between unlike cells say little."""
    noise: float = 1.0
    """Standard errors of a group's mean that are added to the floor."""
    middle: float = 0.4
    """Place in a gene's range where it speaks neither for nor against a sibling."""
    middle_types: float = 0.35
    alike: float = 0.6
    """Groups of one lineage whose lowest mean of a gene is this part of their highest do not differ in it
    ...
    """
    unlike: float = 0.1
    """... and from this part down they differ wholly."""
    silence: float = 0.6
    """What a listed gene at the low end says against a sibling, where one at the high end says 1 for it."""
    least_gain: float = 0.3
    """Genes that say less than this in a list are left out."""
    growth: float = 0.5
    """Evidence grows with the number of genes to the power of this, for they are not independent."""
    growth_types: float = 0.6
    scale: float = 3.0
    scale_types: float = 4.0
    few: float = 1.0
    """Mass of genes added to the denominator: a single gene proves little."""
    few_types: float = 2.0


SETTINGS = CellSettings()


def place_in_range(
    means: np.ndarray, sizes: np.ndarray, over: GeneRange, floor: float, settings: CellSettings
) -> tuple[np.ndarray, np.ndarray]:
    """Where each group stands in each gene's range (0 low, 1 high), and how much the range can be trusted (0
    to 1).

    The standard error of a mean of log-normalised values is taken from a variance of 1.5 times the mean, at
    most 1.5,
    which is what counts of droplets show.
    """
    width = np.maximum(over.high - over.low, 0.0)
    error = np.sqrt(np.minimum(1.5 * np.maximum(means, 0.0) + 0.02, 1.5) / sizes[:, None])
    blur = width + floor + settings.noise * error
    return np.clip((means - over.low) / np.maximum(width, 1e-6), 0.0, 1.0), width / blur


def type_evidence(
    means: np.ndarray, sizes: np.ndarray, reference: Reference, settings: CellSettings = SETTINGS
) -> np.ndarray:
    """Evidence for each type against all others, shape (K, T); `means` over the telling genes, shape (K,
    n_telling).
    """
    place, trust = place_in_range(means, sizes, reference.overall, settings.floor_types, settings)
    gain = load_profiles(reference.species).gain[reference.rows]
    speaks = np.where(gain > settings.least_gain, gain, 0.0)
    mass = trust @ speaks
    growth = np.maximum(mass / 2.0, 0.1) ** settings.growth_types
    said = ((place - settings.middle_types) * trust) @ speaks + (place * trust) @ np.minimum(gain, 0.0)
    return settings.scale_types * growth * said / (mass + settings.few_types)


def kind_evidence(
    means: np.ndarray,
    sizes: np.ndarray,
    reference: Reference,
    lineages: np.ndarray,
    settings: CellSettings = SETTINGS,
) -> np.ndarray:
    """Evidence for each type against its siblings, shape (K, T).

    Parameters
    ----------
    lineages
        Index of the lineage of each group, shape (K,): its contrasts are taken within that lineage where the
        reference
        has two clusters of it and the gene ranges there, and over all clusters elsewhere.
    """
    decisive = load_decisive(reference.species)
    evidence = np.zeros((len(means), len(decisive.total)), dtype=np.float32)
    weights = decisive.weights[reference.rows]
    for lineage in np.unique(lineages):
        chosen = np.flatnonzero(lineages == lineage)
        place, trust = placed(means[chosen], sizes[chosen], reference, int(lineage), settings)
        evidence[chosen] = _said(place, trust, weights, settings)
    return evidence


def placed(
    means: np.ndarray,
    sizes: np.ndarray,
    reference: Reference,
    lineage: int,
    settings: CellSettings = SETTINGS,
) -> tuple[np.ndarray, np.ndarray]:
    """Place and trust of each telling gene in groups of one lineage, shape (K, n_telling) both.

    Genes that differ within the lineage are placed among its clusters, the others among all clusters.
    """
    place, trust = place_in_range(means, sizes, reference.overall, settings.floor, settings)
    kin = reference.within.get(lineage)
    if kin is not None:
        near, near_trust = place_in_range(means, sizes, kin, settings.floor, settings)
        ratio = kin.low / np.maximum(kin.high, 1e-6)
        apart = near_trust * np.clip((settings.alike - ratio) / (settings.alike - settings.unlike), 0.0, 1.0)
        place = (1.0 - apart) * place + apart * near
        trust = np.maximum(trust, apart)
    return place, trust


def votes(place: np.ndarray, settings: CellSettings = SETTINGS) -> np.ndarray:
    """What a listed gene at a place in its range says for a type: 1 at the high end, `-silence` at the
    low end.
    """
    above = place - settings.middle
    return np.where(above < 0, above * (settings.silence / settings.middle), above / (1.0 - settings.middle))


def _said(place: np.ndarray, trust: np.ndarray, weights: np.ndarray, settings: CellSettings) -> np.ndarray:
    speaks = np.maximum(weights, 0.0)
    mass = trust @ speaks
    said = (votes(place, settings) * trust) @ speaks + (place * trust) @ np.minimum(weights, 0.0)
    growth = np.maximum(mass / 2.2, 0.1) ** settings.growth
    return settings.scale * growth * said / (mass + settings.few)
