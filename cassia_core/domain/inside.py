"""What is inside a cluster: kinds of cells, and samples."""

from __future__ import annotations

from dataclasses import dataclass, field

LEAST_SECOND = 15
LEAST_SECOND_SHARE = 0.1
"""Cells, and part of the cluster, from which a second kind makes it a mixed one."""
FEW_CELLS = 50
"""Below this many cells a cluster carries a note: means, fold changes and shares of so few are rough."""
BLURRED = 0.2
"""Part of the neighbourhoods of a cluster's cells that lies in clusters of types excluding its own, from
which its border
is blurred: some of its cells may be of those types."""
LEAST_BORDER = 0.02
"""Borders of a smaller part are not kept."""
CONFIDENT_CELLS = 20
"""Fewest cells of a cluster that is named with high confidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindInside:
    """One kind of cells in a cluster. `confidence` (0 to 1) is the mean over its groups of cells."""

    label: str
    n_cells: int
    confidence: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterInside:
    """What the cells of a cluster are, read by small groups of like cells; kinds are in order of size.

    `deciding` are the genes (at most four) that tell the two largest kinds apart, or, where there is one kind
    only,
    its type from the next; `rival` names that next type.
    """

    kinds: tuple[KindInside, ...]
    deciding: tuple[str, ...] = ()
    rival: str = ""

    @property
    def n_cells(self) -> int:
        return sum(kind.n_cells for kind in self.kinds)

    @property
    def mixed(self) -> bool:
        """Whether a second kind is too large for one label to stand for all."""
        return any(self.is_large(k) for k in range(1, len(self.kinds)))

    def is_large(self, k: int) -> bool:
        """Whether kind `k` (from 0) has the cells and the part of the cluster of a kind of its own."""
        n_cells = self.kinds[k].n_cells
        return n_cells >= LEAST_SECOND and n_cells >= LEAST_SECOND_SHARE * self.n_cells


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleShare:
    """Cells of one sample in a cluster; `expected` (0 to 1) is the sample's part of all cells."""

    sample: str
    n_cells: int
    expected: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSamples:
    """Where the cells of a cluster come from, largest sample first.

    `apart` (0 to 1) is the share of cells that would have to come from other samples for the cluster to be
    mixed as
    chance mixes all cells; `by_chance` is what chance gives for a cluster of that size. `like` names clusters
    of the
    same label that hold the other samples.
    """

    column: str
    shares: tuple[SampleShare, ...]
    apart: float
    by_chance: float
    like: tuple[str, ...] = ()

    @property
    def one_sample(self) -> bool:
        """Whether nearly all cells come from one sample, and far more than chance gives."""
        total = sum(s.n_cells for s in self.shares)
        first = self.shares[0]
        return bool(
            total
            and first.n_cells >= ONE_SAMPLE * total
            and self.apart >= max(LEAST_APART, 3.0 * self.by_chance)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Border:
    """Part (0 to 1) of the neighbourhoods of a cluster's cells that lies in another cluster."""

    cluster: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetInside:
    """What was found in the clusters of one dataset, by cluster id.

    `borders` are known where the clusters were computed from neighbours of the cells.
    """

    kinds: dict[str, ClusterInside] = field(default_factory=dict)
    samples: dict[str, ClusterSamples] = field(default_factory=dict)
    borders: dict[str, tuple[Border, ...]] = field(default_factory=dict)


ONE_SAMPLE = 0.85
LEAST_APART = 0.25
