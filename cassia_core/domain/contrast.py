"""What the cells of a cluster say of its type by contrast with the other clusters: measured, no model
asked.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidingGene:
    """One gene that speaks for a type here by being high, or against one by being silent.

    `points_to` is the type that the gene marks; `high` tells whether it stands high here. `mean_in` is the
    mean of
    log-normalised values in the cluster, `lowest` and `highest` the ends of its range over the clusters it
    was compared
    with, `pct_in` the fraction (0 to 1) of the cluster's cells that express it.
    """

    gene: str
    points_to: str
    high: bool
    mean_in: float
    lowest: float
    highest: float
    pct_in: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeReading:
    """One type in the light of the cells: `evidence` against all other types, `kind` how likely (0 to 1) it
    is if the
    top of its tree is right."""

    name: str
    evidence: float
    kind: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """What one cluster is by contrast with the other clusters of its data.

    Attributes
    ----------
    named, lineage
        The type, as deep as the contrast carries, and its broad lineage.
    confidence
        0 to 1: how likely the name holds as it is.
    rival
        The type that comes closest and excludes the one named; "" when none is to be told from it.
    genes
        The genes that decided, most telling first: those that are high for the type named, then those of the
        rival that
        are silent.
    measured, known
        How many of the genes that tell this type from its siblings the data hold, and how many are known.
    stopped
        Why no finer kind is named; "" where there is none.
    types
        All types that come into question; others have less evidence than any of these.
    """

    named: str
    lineage: str
    confidence: float
    rival: str = ""
    genes: tuple[DecidingGene, ...] = ()
    measured: int = 0
    known: int = 0
    stopped: str = ""
    types: tuple[TypeReading, ...] = ()

    def type_reading(self, name: str) -> TypeReading | None:
        """The reading of one type; None for a type that does not come into question."""
        return next((t for t in self.types if t.name == name), None)
