"""Groups of cells as numbers, and the range of every gene over the groups they are compared with."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

import numpy as np

from cassia_core.genes.families import quiet_kind
from cassia_core.knowledge.content.states import state_genes
from cassia_core.knowledge.content.symbols import current
from cassia_core.knowledge.scoring.profiles import load_profiles

LEAST_CELLS = 10
"""Groups of fewer cells do not stretch the range of a gene, unless there are not two larger ones."""
LOW_QUANTILE = 0.25
"""A gene's low end: below it lies a quarter of the groups, so that one group with leaked RNA does not
raise it.
"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupProfiles:
    """K groups of cells over G genes.

    Attributes
    ----------
    groups
        Names of the groups, K of them.
    genes
        Symbols as in the data, G of them.
    sizes
        Cells of each group, shape (K,).
    means
        Means of values after log1p of normalised counts (natural logarithm), shape (K, G), float32.
    fractions
        Fractions (0 to 1) of cells with a value above 0, shape (K, G); None where they are not known.
    """

    groups: tuple[str, ...]
    genes: tuple[str, ...]
    sizes: np.ndarray
    means: np.ndarray
    fractions: np.ndarray | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GeneRange:
    """Low and high end of the means of each telling gene over some groups, shape (n_telling,)."""

    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """What groups are compared with: the range of every telling gene over all clusters, and within each
    lineage.

    Attributes
    ----------
    species
        "human" or "mouse", as the knowledge base reads it.
    columns
        Positions in `genes` of the data of the telling genes: those that some type lists and that are not
        genes of
        states, ribosomes or mitochondria.
    rows
        The same genes as rows of the knowledge base's matrices.
    overall
        Ranges over all clusters.
    within
        Ranges over the clusters of one lineage, by the lineage's index; only lineages of two clusters and
        more.
    """

    species: str
    genes: tuple[str, ...]
    columns: np.ndarray
    rows: np.ndarray
    overall: GeneRange
    within: dict[int, GeneRange] = field(default_factory=dict)

    def telling(self, means: np.ndarray) -> np.ndarray:
        """The telling genes' columns of a matrix over the data's genes, float32."""
        return np.ascontiguousarray(means[:, self.columns], dtype=np.float32)


@cache
def telling_genes(genes: tuple[str, ...], species: str) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the genes that can speak for a type, and their rows in the knowledge base's matrices."""
    profiles, of_states = load_profiles(species), state_genes(species)
    nothing = len(profiles.gain) - 1
    telling = [
        (i, row)
        for i, gene in enumerate(genes)
        if (row := profiles.own_row(gene)) != nothing
        and current(gene, species) not in of_states
        and not quiet_kind(gene, species)
    ]
    columns = np.array([i for i, _ in telling], dtype=np.intp)
    return columns, np.array([row for _, row in telling], dtype=np.intp)


def range_of(means: np.ndarray, sizes: np.ndarray, quantile: float) -> GeneRange:
    """Range of each gene over groups; the low end is a quantile of the groups, 0 for the lowest of all."""
    large = sizes >= LEAST_CELLS
    used = means[large] if large.sum() >= 2 else means
    return GeneRange(low=np.quantile(used, quantile, axis=0).astype(np.float32), high=used.max(axis=0))
