"""Cells read by small groups: the kinds inside every cluster, and fine clusters joined again.

What the groups are is asked of a `CellReader`; this file makes the groups and takes the answers back to the
cells.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from scipy import sparse

from cassia_core.data.clustering.cell_groups import CellGroups
from cassia_core.data.clustering.expression_matrix import Expression
from cassia_core.data.clustering.micro_groups import MicroGroups, micro_groups
from cassia_core.data.view.reading_columns import READING, READING_SCORE
from cassia_core.domain.inside import ClusterInside

LEAST_TELLING = 60
"""Genes known to the reader from which cells are read."""
MOST_VARIABLE = 800
"""Genes of the largest variance by mean that are looked at beside the telling ones."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupedCluster:
    """Small groups of one cluster: cells of each (n_groups,), means over the telling genes (n_groups,
    n_genes), and
    the steps that join them, (n_groups - 1, 2)."""

    sizes: np.ndarray
    means: np.ndarray
    joins: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClusterKinds:
    """What a reader says of one cluster: `of_group` points into `inside.kinds`, `confidence` (0 to 1) per
    group.
    """

    inside: ClusterInside
    of_group: np.ndarray
    confidence: np.ndarray


class CellReader(Protocol):
    """Who knows what groups of cells are."""

    def telling(self, genes: tuple[str, ...]) -> np.ndarray:
        """Columns of the genes that tell kinds of cells apart."""
        ...

    def kinds(self, clusters: list[GroupedCluster], genes: tuple[str, ...]) -> list[ClusterKinds]:
        """The kinds in each cluster; `genes` are the telling ones."""
        ...

    def join(self, clusters: list[GroupedCluster], genes: tuple[str, ...]) -> list[np.ndarray]:
        """The joined cluster of every group of every fine cluster, numbers from 0, largest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReadCells:
    """`inside` by cluster; `names` (n_cells,) the kind of each cell, None where its cluster was not read."""

    inside: dict[str, ClusterInside]
    names: np.ndarray
    scores: np.ndarray

    def write_to(self, obs: pd.DataFrame) -> None:
        obs[READING] = pd.Categorical(self.names)
        obs[READING_SCORE] = self.scores


def read_cells(expression: Expression, groups: CellGroups, reader: CellReader, seed: int) -> ReadCells:
    """Read the cells of all tested clusters."""
    found_in = _values_for(expression, reader)
    values, genes = found_in.values, found_in.genes
    tested = [groups.ids.index(c) for c in groups.tested()]
    cells = [np.flatnonzero(groups.codes == code) for code in tested]
    micro = _small_groups(found_in, cells, seed)
    kinds_of_cells = reader.kinds(_profiles(values, cells, micro), genes)
    names = np.full(values.shape[0], None, dtype=object)
    scores = np.full(values.shape[0], np.nan, dtype=np.float32)
    for at, own, kinds in zip(cells, micro, kinds_of_cells, strict=True):
        labels = np.array([kind.label for kind in kinds.inside.kinds], dtype=object)
        names[at] = labels[kinds.of_group[own.codes]]
        scores[at] = kinds.confidence[own.codes]
    inside = {groups.ids[code]: kinds.inside for code, kinds in zip(tested, kinds_of_cells, strict=True)}
    return ReadCells(inside=inside, names=names, scores=scores)


def join_clusters(expression: Expression, fine: np.ndarray, reader: CellReader, seed: int) -> np.ndarray:
    """Cluster of every cell from fine ones (n_cells,): ids as strings, "0" the largest.

    Fine clusters are joined by what their cells are; a joined cluster that is then read as several kinds is
    parted by
    them, for what was too rare in each fine cluster may be seen in all of them together.
    """
    found_in = _values_for(expression, reader)
    values, genes = found_in.values, found_in.genes
    cells = _cells_of(fine)
    micro = _small_groups(found_in, cells, seed)
    joined = _at_cells(len(fine), cells, micro, reader.join(_profiles(values, cells, micro), genes))
    cells = _cells_of(joined)
    micro = _small_groups(found_in, cells, seed)
    parted = _numbered(_parts(kinds) for kinds in reader.kinds(_profiles(values, cells, micro), genes))
    numbers = _at_cells(len(fine), cells, micro, parted)
    _, codes, sizes = np.unique(numbers, return_inverse=True, return_counts=True)
    rank = np.empty(len(sizes), dtype=np.intp)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return rank[codes].astype(str).astype(object)


def _cells_of(names: np.ndarray) -> list[np.ndarray]:
    _, codes = np.unique(names, return_inverse=True)
    return [np.flatnonzero(codes == code) for code in range(codes.max() + 1)]


def _at_cells(
    n_cells: int, cells: list[np.ndarray], micro: list[MicroGroups], numbers: Iterable[np.ndarray]
) -> np.ndarray:
    """Numbers of the groups of every cluster taken to their cells, shape (n_cells,)."""
    group_of_cell = np.zeros(n_cells, dtype=np.intp)
    for at, own, of_group in zip(cells, micro, numbers, strict=True):
        group_of_cell[at] = of_group[own.codes]
    return group_of_cell


def _parts(kinds: ClusterKinds) -> np.ndarray:
    """Kind of each group; kinds too small to make a cluster mixed are counted with the largest."""
    large = np.array([k == 0 or kinds.inside.is_large(k) for k in range(len(kinds.inside.kinds))])
    return np.where(large[kinds.of_group], kinds.of_group, 0)


def _numbered(parts: Iterable[np.ndarray]) -> list[np.ndarray]:
    """The same numbers, no two clusters having one in common."""
    numbered, used = [], 0
    for numbers in parts:
        numbered.append(numbers + used)
        used += int(numbers.max()) + 1
    return numbered


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Values:
    """Log-normalised values over the genes that matter.

    `telling` (bool per column) are those of the reader; the others vary most beyond them, so that kinds which
    the reader does not know stay apart too.
    """

    values: sparse.csr_matrix
    genes: tuple[str, ...]
    telling: np.ndarray


def can_be_read(expression: Expression, reader: CellReader) -> bool:
    """Whether enough genes are known to the reader."""
    return len(reader.telling(expression.genes)) >= LEAST_TELLING


def _values_for(expression: Expression, reader: CellReader) -> _Values:
    known = np.zeros(len(expression.genes), dtype=bool)
    known[reader.telling(expression.genes)] = True
    # Of the genes that the reader does not know only the most variable are looked at: a matrix of all genes
    # would not fit beside the first for a million cells.
    moments = expression.moments
    spread = np.where(moments.log_mean > 0, moments.log_var / np.maximum(moments.log_mean, 1e-9), 0.0)
    variable = np.zeros_like(known)
    variable[np.argsort(-spread, kind="stable")[:MOST_VARIABLE]] = True
    columns = np.flatnonzero(known | variable)
    return _Values(
        values=expression.values[:, columns],
        genes=tuple(expression.genes[c] for c in columns),
        telling=known[columns],
    )


def _small_groups(values: _Values, cells: list[np.ndarray], seed: int) -> list[MicroGroups]:
    # Groups are made by the genes that tell types apart; by all variable ones, states such as the cell cycle
    # would split groups instead.
    known = values.values[:, np.flatnonzero(values.telling)]
    return [micro_groups(known[at], seed) for at in cells]


def _profiles(
    values: sparse.csr_matrix, cells: list[np.ndarray], micro: list[MicroGroups]
) -> list[GroupedCluster]:
    return [
        GroupedCluster(sizes=sizes, means=means, joins=own.joins)
        for at, own in zip(cells, micro, strict=True)
        for sizes, means in (_means(values[at], own),)
    ]


def _means(values: sparse.csr_matrix, groups: MicroGroups) -> tuple[np.ndarray, np.ndarray]:
    # A product with a membership matrix: sums of all groups in one pass over the stored values.
    n_cells = values.shape[0]
    member = sparse.csr_matrix(
        (np.ones(n_cells, dtype=np.float32), (groups.codes, np.arange(n_cells))), (groups.n_groups, n_cells)
    )
    sizes = np.bincount(groups.codes, minlength=groups.n_groups).astype(np.float64)
    return sizes, np.asarray((member @ values).todense(), dtype=np.float32) / sizes[:, None].astype(
        np.float32
    )
