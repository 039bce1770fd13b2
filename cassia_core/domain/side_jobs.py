"""What processes beside a page are asked and answer: a preview of clusters on a sample, quality of the
cells.
"""

from __future__ import annotations

from dataclasses import dataclass

from cassia_core.domain.config import DatasetSpec, ReadOptions
from cassia_core.domain.events import Stage

PREVIEW_CELLS = 2_500
"""Most cells of a preview: clusters and map within seconds (our choice; see docs/guide/clustering.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRequest:
    """What to preview. `n_cells` is the number of cells in the file."""

    spec: DatasetSpec
    n_cells: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewCluster:
    """One cluster of the sample, with its best marker genes (none where it could not be tested)."""

    cluster: str
    n_cells: int
    genes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleMixing:
    """How samples are mixed among neighbouring cells: 1 as chance mixes them, 0 not at all.

    `before` without Harmony, `after` with it.
    """

    column: str
    n_samples: int
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewFindings:
    """What a preview found.

    `n_run` counts the cells that a run would start from, `n_drawn` those that were drawn for the preview,
    `n_removed`
    those of them that the limits set aside. `map_name` is the entry of `obsm` that is shown.
    """

    n_run: int
    n_drawn: int
    n_removed: int
    clusters: tuple[PreviewCluster, ...]
    resolution: float
    n_neighbors: int
    n_pcs: int
    map_name: str
    notices: tuple[str, ...] = ()
    samples: SampleMixing | None = None
    how: str = ""
    """How the clusters came about."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewProgress:
    """How far a preview is: the step under way (None while its process starts) and the share of all that is
    done.
    """

    stage: Stage | None = None
    fraction: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityRequest:
    """A file whose cells are to be measured."""

    path: str
    read: ReadOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class SideProblem:
    """Why a process beside the page could not do its work: the sentences of an error."""

    what: str
    why: str = ""
    remedy: str = ""
    details: str = ""
