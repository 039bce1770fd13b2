"""Which group each cell is of: found by Leiden, or the file's own; the same for all cells and for a sketch
of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import anndata as ad
import numpy as np
import pandas as pd

from cassia_core.data.clustering.cell_groups import CellGroups
from cassia_core.data.clustering.cell_space import CellSpace
from cassia_core.data.clustering.clustering_steps import Steps
from cassia_core.data.clustering.expression_matrix import Expression
from cassia_core.data.clustering.mixing import sample_column, samples_in_clusters
from cassia_core.data.clustering.reading_cells import CellReader, can_be_read, join_clusters
from cassia_core.data.clustering.resolution import FALL_BACK, suggest_resolution
from cassia_core.data.clustering.samples import samples_of
from cassia_core.data.h5ad.own_columns import keep_as_original
from cassia_core.data.kernels.leiden import leiden_clusters
from cassia_core.data.tables.cluster_names import as_cluster_names, named_like_missing
from cassia_core.data.tables.select_markers import UNASSIGNED
from cassia_core.domain.config import FINE, ClusteringParams, DatasetSpec
from cassia_core.domain.findings import Findings
from cassia_core.domain.inside import ClusterSamples
from cassia_core.errors import AnnDataError

COMPUTED_KEY = "leiden"
"""Column of the clusters that we compute."""
FINE_RESOLUTION = 2.0
"""Resolution of the fine clusters that are joined again (docs/guide/clustering.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeidenGroups:
    """`names` (n_cells,) of the clusters, how they came about in words, and the note for `uns`."""

    names: np.ndarray
    summary: str
    note: dict[str, object]


def leiden_groups(
    space: CellSpace,
    expression: Expression | None,
    params: ClusteringParams,
    reader: CellReader | None,
    steps: Steps,
) -> LeidenGroups:
    """Clusters of the cells of a space; fine ones are joined again where a reader can read the cells."""
    resolution, how = _resolution(space, expression, params, reader, steps)
    names = leiden_clusters(space.graph.connectivities, resolution, params.seed, steps.check)
    n_fine = len(np.unique(names))
    summary = f"{n_fine} clusters at resolution {resolution:g}{how}"
    if params.resolution == FINE and expression and (reading := reader_for(expression, reader)):
        names = join_clusters(expression, names, reading, params.seed)
        summary = _joined_in_words(n_fine, len(np.unique(names)), resolution)
        steps.notice(f"{summary}.")
    note: dict[str, object] = {
        "method": "leiden",
        "chosen": _chosen_by(params.resolution),
        "reason": summary,
        "resolution": resolution,
        "n_neighbors": space.graph.n_neighbors,
        "n_pcs": space.components.shape[1],
        "seed": params.seed,
    }
    return LeidenGroups(names=names, summary=summary, note=note)


def reader_for(expression: Expression, reader: CellReader | None) -> CellReader | None:
    """What reads these cells; None where too few of their genes are known to it."""
    return reader if reader and can_be_read(expression, reader) else None


def _resolution(
    space: CellSpace,
    expression: Expression | None,
    params: ClusteringParams,
    reader: CellReader | None,
    steps: Steps,
) -> tuple[float, str]:
    """The resolution of Leiden, and what to say of it beyond its value."""
    asked = params.resolution
    if asked is None:
        suggestion = suggest_resolution(space.graph.connectivities, params.seed, steps.reporter("leiden"))
        steps.notice(f"Resolution {suggestion.resolution} was chosen: {suggestion.reason}.")
        return suggestion.resolution, f" ({suggestion.reason})"
    if asked != FINE:
        return float(asked), ""
    if expression is not None and reader_for(expression, reader):
        return FINE_RESOLUTION, ""
    reason = "too few genes are known to the knowledge base to read the cells and join fine clusters"
    steps.notice(f"Resolution {FALL_BACK} was used: {reason}.")
    return FALL_BACK, f" ({reason})"


def _joined_in_words(n_fine: int, n_joined: int, resolution: float) -> str:
    return (
        f"{n_joined} clusters: {n_fine} fine ones (resolution {resolution:g}) were parted where they held "
        f"two kinds, "
        "then joined where their cells are read alike and no markers part them"
    )


def _chosen_by(resolution: float | str | None) -> str:
    """How the resolution was chosen, as the h5ad file says it."""
    if resolution is None:
        return "suggested"
    return "fine" if resolution == FINE else "fixed"


def own_groups(obs: pd.DataFrame, column: str, min_cells: int, steps: Steps) -> CellGroups:
    """The clusters of a column of the file.

    Raises
    ------
    AnnDataError
        When there is no such column.
    """
    if column not in obs:
        there = ", ".join(map(str, obs.columns[:12])) or "none"
        raise AnnDataError(
            f"The file has no column {column}.",
            f"Its columns are: {there}.",
            "Choose one of these, or let the clusters be computed.",
        )
    groups = CellGroups.of(as_cluster_names(obs[column]), min_cells)
    if UNASSIGNED in groups.ids:
        missing = groups.sizes[groups.ids.index(UNASSIGNED)]
        steps.notice(
            f"{missing:,} cells have no value in {column}; they are listed as {UNASSIGNED} and get no label."
        )
    for name in named_like_missing(groups.ids):
        steps.notice(f'The cluster called "{name}" in {column} is taken as a name, not as a missing value.')
    return groups


def store_clusters(obs: pd.DataFrame, groups: CellGroups, key: str, steps: Steps, *, computed: bool) -> None:
    """Write the clusters into `obs[key]` and tell of them; a column of the file in the place of `computed`
    ones stays under another name.
    """
    if key in obs and computed:
        free_name = keep_as_original(obs, key)
        steps.notice(f"The file's own column {key} is kept as {free_name}.")
    obs[key] = groups.categorical()
    steps.clusters_found(groups.ids, groups.sizes)


def samples_by_cluster(
    cells: ad.AnnData, findings: Findings, spec: DatasetSpec, groups: CellGroups
) -> dict[str, ClusterSamples]:
    """Where the cells of every cluster come from; none where no column names the samples."""
    column = (
        spec.clustering.batch_column
        or spec.qc.sample_column
        or sample_column(findings.obs_columns, cells.obs)
    )
    return {} if column is None else samples_in_clusters(column, samples_of(cells, column), groups)


def refusal_of(
    groups: CellGroups, params: ClusteringParams, *, has_values: bool = True
) -> AnnDataError | None:
    """Why no markers can be computed, with a remedy; None where they can."""
    if not has_values:
        return AnnDataError(
            "Markers cannot be computed.",
            "The file holds scaled values only, and a test on scaled values gives no fold changes.",
            "Add counts or log-normalised values to the file, for example as .raw or as a layer.",
        )
    if not groups.tested():
        if len(groups.ids) == 1:
            remedy = (
                "Choose a higher resolution."
                if params.cluster_column is None or params.subset_clusters
                else "Choose another column, or let the clusters be computed."
            )
            return AnnDataError(
                "Markers cannot be computed.",
                "There is only one cluster, so there is nothing to compare it with.",
                remedy,
            )
        return AnnDataError(
            "Markers cannot be computed.",
            "No cluster has enough cells to be compared with the rest.",
            "Choose a lower resolution or another column.",
        )
    return None
