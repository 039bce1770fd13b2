"""What is inside a cluster, for pages: sentences, values of the genes that decided, and the split by
kinds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cassia_core.data.view.reading_columns import READING
from cassia_core.data.view.view_store import View
from cassia_core.domain.annotation import ClusterResult
from cassia_core.domain.review import LabelEdit
from cassia_core.knowledge.cells.words import how_read, inside_sentences, several
from cassia_core.services.labels.review import grouped_cells, set_aside
from cassia_core.services.runs.results import load_results

MOST_VALUES = 1_500
"""Cells whose values a violin is drawn from; of more, an even sample."""
SPLIT_REASON = "Split by what is inside the cluster"


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneInKinds:
    """Log-normalised values of one gene in each of two groups of cells, float32."""

    gene: str
    groups: tuple[tuple[str, np.ndarray], ...]


def notes_on(row: ClusterResult) -> tuple[str, ...]:
    """What to say of a cluster beside its label and its light: kinds, few cells, samples."""
    return inside_sentences(row)


def how_it_was_read(row: ClusterResult) -> str:
    """How the reading of the cells came about, in two sentences; "" where they were not read."""
    return how_read(row.inside) if row.inside is not None else ""


def deciding_values(view: View, row: ClusterResult) -> tuple[GeneInKinds, ...]:
    """Values of the genes that decided: in the two largest kinds or, with one kind, in the cluster and
    elsewhere.
    """
    if row.inside is None or READING not in {c.name for c in view.columns()}:
        return ()
    groups = _two_groups(view, row)
    return tuple(
        GeneInKinds(gene=gene, groups=tuple((name, values[cells]) for name, cells in groups))
        for gene in row.inside.deciding
        for values in (view.gene(gene),)
    )


def _two_groups(view: View, row: ClusterResult) -> list[tuple[str, np.ndarray]]:
    here = _in_cluster(view, row.cluster)
    kinds = row.inside.kinds if row.inside else ()
    if len(kinds) < 2:
        return [("this cluster", _some(here)), ("all other cells", _some(~here))]
    return [(several(k.label), _some(here & _read_as(view, k.label))) for k in kinds[:2]]


def _in_cluster(view: View, cluster: str) -> np.ndarray:
    column = view.column(view.cluster_key)
    return np.asarray(column.codes == column.categories.index(cluster))


def _read_as(view: View, label: str) -> np.ndarray:
    column = view.column(READING)
    return np.asarray(column.codes == column.categories.index(label))


def _some(mask: np.ndarray) -> np.ndarray:
    cells = np.flatnonzero(mask)
    return cells[np.linspace(0, len(cells) - 1, min(len(cells), MOST_VALUES)).astype(int)]


def can_be_split(row: ClusterResult) -> bool:
    """Whether a second kind is large enough to stand by itself."""
    return row.inside is not None and row.inside.mixed


def split_by_kinds(
    run_id: str, dataset: str, clusters: Sequence[str] = (), *, by: str = "", root: Path | None = None
) -> tuple[LabelEdit, ...]:
    """Set every kind but the largest aside from its cluster, each as a correction that can be undone.

    Parameters
    ----------
    clusters
        Exact ids; () takes all clusters that hold a second kind of at least 15 cells and 10 %.

    Returns
    -------
    tuple of LabelEdit
        The steps taken: one for each kind set aside. Cells that a person set aside before are left where they
        are.
    """
    data = load_results(run_id, dataset, root)
    if not data.has_cells:
        return ()
    chosen = [r for r in data.rows if can_be_split(r) and (not clusters or r.cluster in clusters)]
    steps = []
    for row in chosen:
        grouped = grouped_cells(run_id, dataset, root)
        aside = np.array([bool(g.group) for g in grouped.groups] + [True])[grouped.codes]
        for kind in row.inside.kinds[1:] if row.inside else ():
            cells = np.flatnonzero(
                _in_cluster(data.view, row.cluster) & _read_as(data.view, kind.label) & ~aside
            )
            if len(cells):
                step = set_aside(
                    run_id, dataset, cells, label=kind.label, reason=SPLIT_REASON, by=by, root=root
                )
                steps.append(step)
    return tuple(steps)
