"""The map of a report: a picture for reading and printing, and points for the small interactive one."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cassia_core.data.view_store import View

MOST_POINTS = 6000
MOST_LABELS = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class MapOfCells:
    """Coordinates, shape (n_cells, 2), and the cluster of every cell as a code into `clusters` (-1: none)."""

    name: str
    xy: np.ndarray
    codes: np.ndarray
    clusters: tuple[str, ...]


def map_from_view(view: View) -> MapOfCells | None:
    """The first map of a dataset's view; None when it has none."""
    if not view.embeddings():
        return None
    name = view.embeddings()[0]
    xy, column = view.embedding(name), view.column(view.cluster_key)
    placed = np.isfinite(xy).all(axis=1)
    return MapOfCells(name=name, xy=xy[placed], codes=column.codes[placed], clusters=column.categories)


def map_picture(cells: MapOfCells, labels: Mapping[str, str], colours: Mapping[str, str]) -> str:
    """The labelled map as a PNG data URI."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # a second to load: only where there is a map
    from matplotlib.figure import Figure
    from matplotlib.patheffects import withStroke

    figure = Figure(figsize=(7.2, 5.2), dpi=110, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.02, 0.05, 0.96, 0.93))
    axes.set_axis_off()
    size = float(np.clip(30000 / max(1, len(cells.xy)), 0.3, 14))
    for label in dict.fromkeys(labels.values()):
        members = np.isin(cells.codes, [i for i, c in enumerate(cells.clusters) if labels.get(c) == label])
        if not members.any():
            continue
        axes.scatter(*cells.xy[members].T, s=size, c=colours[label], linewidths=0, rasterized=True)
        if len(set(labels.values())) <= MOST_LABELS:
            x, y = np.median(cells.xy[members], axis=0)
            axes.text(x, y, _plain(label), fontsize=9, ha="center", va="center", color="#16262D",
                      path_effects=[withStroke(linewidth=3, foreground="white")])
    figure.text(0.02, 0.01, f"{cells.name.removeprefix('X_').upper()} 1 →", fontsize=8, color="#51646C")
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def points_for_canvas(cells: MapOfCells, labels: Mapping[str, str], colours: Mapping[str, str]) -> dict[str, object]:
    """At most `MOST_POINTS` cells (an even random sample), coordinates in thousandths of the frame."""
    chosen = np.random.default_rng(0).permutation(len(cells.xy))[:MOST_POINTS]
    xy = cells.xy[chosen]
    low, span = xy.min(axis=0), np.ptp(xy, axis=0)
    scaled = np.round(1000 * (xy - low) / np.where(span == 0, 1, span)).astype(int)
    return {"x": scaled[:, 0].tolist(), "y": (1000 - scaled[:, 1]).tolist(), "cluster": cells.codes[chosen].tolist(),
            "names": list(cells.clusters), "labels": [labels.get(c, "") for c in cells.clusters],
            "colours": [colours.get(labels.get(c, ""), "#8A979D") for c in cells.clusters],
            "shown": len(chosen), "total": len(cells.xy)}


def _plain(text: str) -> str:
    """Text that matplotlib shows as it is: a dollar sign would start a formula."""
    return text.replace("$", r"\$")
