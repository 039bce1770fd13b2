"""The dot plot of a report: the markers behind the labels, clusters by genes, as numbers to draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cassia_core.data.view.cluster_statistics import ClusterStatistics
from cassia_core.domain.annotation import ClusterResult
from cassia_core.knowledge.evidence.label_genes import genes_behind_labels
from cassia_core.look.palette import EXPRESSION, Theme

STEPS = 12
"""Shades of the scale of expression."""
MOST_CLUSTERS = 60
SMALLEST_SHARE = 0.01
"""Dots of fewer cells than this would be specks and are left out."""
_CELL, _ROOM = 16, 15
_LETTER, _GENE_LETTER = 6.6, 6.2
"""Mean width of a letter of the names, in pixels at 13 and 12 pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerDots:
    """`mean` (of log-normalised values) and `share` (0 to 1 of the cells) have shape (n_clusters,
    n_genes).
    """

    clusters: tuple[str, ...]
    genes: tuple[str, ...]
    mean: np.ndarray
    share: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One dot of the drawing; `step` is its shade, 0 to `STEPS` - 1."""

    x: float
    y: float
    r: float
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DotDrawing:
    """Everything of the plot in pixels. `rows` and `columns` are (text, place); `highest` is the mean of the
    last shade.
    """

    width: int
    height: int
    left: int
    top: int
    rows: tuple[tuple[str, float], ...]
    columns: tuple[tuple[str, float], ...]
    dots: tuple[Dot, ...]
    highest: float
    left_out: int
    """Clusters of the run that are not drawn because there are too many."""


def marker_dots(
    statistics: ClusterStatistics, rows: Sequence[ClusterResult], species: str
) -> MarkerDots | None:
    """Values of the genes behind the labels of the largest clusters; None when no such gene was measured."""
    tested = {cluster: at for at, cluster in enumerate(statistics.clusters)}
    shown = [r for r in rows if r.cluster in tested]
    if len(shown) > MOST_CLUSTERS:
        largest = {r.cluster for r in sorted(shown, key=lambda r: -(r.n_cells or 0))[:MOST_CLUSTERS]}
        shown = [r for r in shown if r.cluster in largest]
    place = {gene: at for at, gene in enumerate(statistics.genes)}
    genes = [g for g in genes_behind_labels(shown, species) if g in place]
    if not genes:
        return None
    at = np.ix_([tested[r.cluster] for r in shown], [place[g] for g in genes])
    return MarkerDots(
        clusters=tuple(r.cluster for r in shown),
        genes=tuple(genes),
        mean=np.asarray(statistics.mean_in)[at],
        share=np.asarray(statistics.pct_in)[at],
    )


def drawing(dots: MarkerDots, names: Mapping[str, str], n_clusters: int) -> DotDrawing:
    """Places of all dots and names.

    Parameters
    ----------
    names
        Cluster to the name of its row; a cluster without one (its cells were set aside) keeps its id.
    n_clusters
        Clusters of the run.
    """
    rows = [names.get(c, c) for c in dots.clusters]
    left = int(min(300, _LETTER * max(map(len, rows)) + 14))
    top = int(min(150, _GENE_LETTER * max(map(len, dots.genes)) + 12))
    highest = float(np.nanmax(dots.mean)) or 1.0
    drawn = [
        Dot(
            x=left + _CELL * (j + 0.5),
            y=top + _ROOM * (i + 0.5),
            r=round(0.47 * _ROOM * float(np.sqrt(share)), 2),
            step=min(STEPS - 1, int(STEPS * max(0.0, float(dots.mean[i, j])) / highest)),
        )
        for (i, j), share in np.ndenumerate(dots.share)
        if share >= SMALLEST_SHARE
    ]
    return DotDrawing(
        width=left + _CELL * len(dots.genes) + 4,
        height=top + _ROOM * len(rows) + 4,
        left=left,
        top=top,
        rows=tuple((name, top + _ROOM * (i + 0.5)) for i, name in enumerate(rows)),
        columns=tuple((gene, left + _CELL * (j + 0.5)) for j, gene in enumerate(dots.genes)),
        dots=tuple(drawn),
        highest=highest,
        left_out=n_clusters - len(rows),
    )


def shades(theme: Theme) -> tuple[str, ...]:
    """The scale of expression in `STEPS` shades."""
    stops = np.array([[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in EXPRESSION[theme]], dtype=float)
    at = np.linspace(0, len(stops) - 1, STEPS)
    mixed = np.column_stack([np.interp(at, range(len(stops)), stops[:, k]) for k in range(3)])
    return tuple(f"#{round(r):02X}{round(g):02X}{round(b):02X}" for r, g, b in mixed)
