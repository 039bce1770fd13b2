"""How values spread in groups: kernel densities, quartiles, and the outlines of violins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

GRID_POINTS = 32
_BINS = 128
_HALF_WIDTH, _HALF_HEIGHT = 0.45, 0.42


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The spread of one gene's log-normalised values in every group, from all cells.

    `grid`, shape (GRID_POINTS,), begins at `low`; `top` is the highest value; `density`, shape (n_groups,
    GRID_POINTS),
    is 1 at the widest point of each group and 0 outside its values; `quartiles`, shape (n_groups, 3); `mean`,
    `share`
    (0 to 1, of cells above 0) and `n_cells`, shape (n_groups,).
    """

    gene: str
    groups: tuple[str, ...]
    low: float
    top: float
    grid: np.ndarray
    density: np.ndarray
    quartiles: np.ndarray
    mean: np.ndarray
    share: np.ndarray
    n_cells: np.ndarray


def spread_of(gene: str, groups: Sequence[str], values: Sequence[np.ndarray]) -> Spread:
    """Describe one gene.

    Parameters
    ----------
    values
        Log-normalised values of each group, at least one cell each.
    """
    low = min(0.0, *(float(part.min()) for part in values))
    top = max(float(part.max()) for part in values)
    grid = np.linspace(low, top if top > low else low + 1.0, GRID_POINTS)
    return Spread(
        gene=gene,
        groups=tuple(groups),
        low=low,
        top=top,
        grid=grid,
        density=np.stack([_density(part, grid) for part in values]),
        quartiles=np.stack([np.percentile(part, (25, 50, 75)) for part in values]),
        mean=np.array([part.mean(dtype=np.float64) for part in values]),
        share=np.array([np.count_nonzero(part > 0) / len(part) for part in values]),
        n_cells=np.array([len(part) for part in values]),
    )


def outlines(spread: Spread, column: int) -> list[np.ndarray]:
    """A closed outline per group, shape (n_points, 2): values run to the right within the gene's column
    (centre
    `column`, width 0.9), the violin stands around the group's row (0, 1, ...)."""
    x = place_of(spread, column, spread.grid)
    outlines_of_groups = []
    for row, density in enumerate(spread.density):
        inside = np.flatnonzero(density > 0)
        part = slice(inside[0], inside[-1] + 1) if len(inside) else slice(0, 0)
        height = _HALF_HEIGHT * density[part]
        outlines_of_groups.append(
            np.column_stack(
                [
                    np.concatenate([x[part], x[part][::-1]]),
                    np.concatenate([row - height, (row + height)[::-1]]),
                ]
            )
        )
    return outlines_of_groups


def place_of(spread: Spread, column: int, values: np.ndarray) -> np.ndarray:
    """Where values stand within the gene's column."""
    length = spread.grid[-1] - spread.grid[0]
    return column - _HALF_WIDTH + 2 * _HALF_WIDTH * (values - spread.grid[0]) / length


def _density(values: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """A Gaussian kernel estimate at `grid`, from values counted into fine bins; its highest point is 1.

    Bandwidth: Scott's rule (standard deviation times n to the power of -1/5), at least half a step of the
    grid.
    """
    counts, edges = np.histogram(values, bins=_BINS, range=(grid[0], grid[-1]))
    step = grid[1] - grid[0]
    bandwidth = max(float(values.std(dtype=np.float64)) * len(values) ** -0.2, step / 2)
    filled = np.flatnonzero(counts)
    centres = (edges[filled] + edges[filled + 1]) / 2
    density = np.exp(-0.5 * ((grid[:, None] - centres) / bandwidth) ** 2) @ counts[filled]
    density[(grid < values.min() - step) | (grid > values.max() + step)] = 0.0
    highest = density.max()
    return density / highest if highest > 0 else density
