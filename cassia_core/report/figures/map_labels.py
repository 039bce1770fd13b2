"""Where the names of cell types stand on a printed map: near their cells, and never on each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import BboxBase

from cassia_core.report.figures.figure_page import Page

_STEPS = (0.0, 1.1, -1.1, 2.2, -2.2, 3.3, -3.3)
"""Lines up and down that a name may move to find room."""


def middle_of(xy: np.ndarray) -> np.ndarray:
    """The cell nearest to the median of `xy`, shape (n_cells, 2): a place that has cells, also for a split
    type.
    """
    return xy[np.argmin(((xy - np.median(xy, axis=0)) ** 2).sum(axis=1))]


def write_names(axes: Axes, places: Sequence[tuple[str, np.ndarray]], page: Page) -> list[str]:
    """Write names at their places, the first first. Returns those for which there was no room."""
    figure = axes.get_figure(root=True)
    assert figure is not None, "axes of a figure that is being drawn"
    figure.draw_without_rendering()
    to_pixels, back = axes.transData, axes.transData.inverted()
    taken: list[BboxBase] = []
    left_out: list[str] = []
    for name, xy in places:
        text = axes.text(
            float(xy[0]),
            float(xy[1]),
            page.words(name, 40),
            ha="center",
            va="center",
            zorder=5,
            bbox={"facecolor": "white", "alpha": 0.7, "linewidth": 0, "pad": 0.6},
        )  # so text stays text
        text.set_in_layout(False)
        box = text.get_window_extent()
        for step in _STEPS:
            moved = box.translated(0, step * box.height)
            if not any(moved.overlaps(other) for other in taken):
                x, y = back.transform(to_pixels.transform(xy) + (0, step * box.height))
                text.set_position((float(x), float(y)))
                taken.append(moved)
                break
        else:
            text.remove()
            left_out.append(name)
    return left_out
