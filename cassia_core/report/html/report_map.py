"""The map of a report: a picture for printing and for readers without scripts, and points for the interactive
one.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cassia_core.data.view.view_store import Column, View

MOST_POINTS = 40_000
"""Cells of the interactive map; six bytes each, so that the report stays small enough for a mail."""
MOST_LABELS = 25
_SCALE = 65_535
PICTURE_POINTS = 100_000
"""Cells of the picture; more take long to draw and do not change what is seen at its size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOfCells:
    """Coordinates, shape (n_cells, 2), and the cluster of every cell as a code into `clusters` (-1: none)."""

    name: str
    xy: np.ndarray
    codes: np.ndarray
    clusters: tuple[str, ...]

    @property
    def axis(self) -> str:
        """What the map is called, such as "UMAP"."""
        return self.name.removeprefix("X_").upper()


def map_from_view(view: View, clusters: Column) -> MapOfCells | None:
    """The first map of a dataset's view with its cells in `clusters`; None when it has none."""
    if not view.embeddings():
        return None
    name = view.embeddings()[0]
    xy = view.embedding(name)
    placed = np.isfinite(xy).all(axis=1)
    if not placed.any():
        return None
    return MapOfCells(name=name, xy=xy[placed], codes=clusters.codes[placed], clusters=clusters.categories)


def map_picture(cells: MapOfCells, type_of: Mapping[str, str], colours: Mapping[str, str]) -> str:
    """The labelled map as a PNG data URI, on white.

    Parameters
    ----------
    type_of
        Cluster to its type; cells of other clusters are grey.
    colours
        Type to colour.
    """
    from cassia_core.report.figures.figure_page import (
        Page,  # matplotlib, a second to load: only where there is a map
    )
    from cassia_core.report.figures.figures import map_of_categories

    names = list(dict.fromkeys(type_of.values()))
    place = {name: at for at, name in enumerate(names)}
    types = np.array([place.get(type_of.get(c, ""), -1) for c in cells.clusters] + [-1])[cells.codes]
    few = np.random.default_rng(0).permutation(len(cells.xy))[:PICTURE_POINTS]
    picture = map_of_categories(
        cells.xy[few],
        types[few],
        names,
        [colours[n] for n in names],
        Page(fmt="png", width_mm=170, font_pt=8, dpi=150),
        axis=cells.axis,
        beside=len(names) > MOST_LABELS,
    )
    return "data:image/png;base64," + base64.b64encode(picture).decode()


def points_for_canvas(cells: MapOfCells, parts: Sequence[tuple[str, int, str]]) -> dict[str, object]:
    """What the interactive map needs: at most `MOST_POINTS` cells, an even random sample.

    Parameters
    ----------
    parts
        (cluster, number of its type, id of its section in the report), in the order of the report.
    """
    at = {cluster: number for number, (cluster, _, _) in enumerate(parts)}
    of_code = np.array([at.get(c, len(parts)) for c in cells.clusters] + [len(parts)])
    chosen = np.random.default_rng(0).permutation(len(cells.xy))[:MOST_POINTS]
    xy, which = cells.xy[chosen], of_code[cells.codes[chosen]]
    low, span = xy.min(axis=0), float(np.ptp(xy, axis=0).max()) or 1.0
    scaled = np.round(_SCALE * (xy - low) / span)  # one scale for both axes: distances keep their shape
    return {
        "x": _packed(scaled[:, 0]),
        "y": _packed(scaled[:, 1].max() - scaled[:, 1]),
        "cluster": _packed(which),
        "width": int(scaled[:, 0].max()),
        "height": int(scaled[:, 1].max()),
        "names": [cluster for cluster, _, _ in parts],
        "types": [kind for _, kind, _ in parts],
        "anchors": [anchor for _, _, anchor in parts],
        "shown": len(chosen),
        "total": len(cells.xy),
    }


def _packed(values: np.ndarray) -> str:
    return base64.b64encode(values.astype("<u2").tobytes()).decode()
