"""From fine clusters to as many as the cells carry: what is read alike, and what no marker parts, is
joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cassia_core.domain.inside import LEAST_SECOND_SHARE
from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.cells.groups import Reference
from cassia_core.knowledge.cells.kinds import (
    LEAST_KIND,
    Judge,
    Kinds,
    Part,
    PartReader,
    Tree,
    kinds_of,
    settle,
)


def joined_clusters(
    trees: Sequence[Tree], genes: tuple[str, ...], setting: Setting, reference: Reference
) -> list[np.ndarray]:
    """The cluster of every group of every fine cluster, as numbers from 0, largest cluster first.

    A fine cluster of two kinds is parted first; then all parts are joined that are read as the same type, or
    as types
    that do not exclude each other, unless markers part them.

    Parameters
    ----------
    trees
        Groups of like cells, one tree per fine cluster; their means are over `genes`.
    """
    kinds_of_trees = kinds_of(trees, genes, setting, reference)
    parts: list[Part] = []
    of_part = []
    for tree_at, kinds in enumerate(kinds_of_trees):
        for part in _large(kinds):
            # Where each part came from, for joined parts are of several fine clusters and cells keep their
            # places.
            of_part.append((tree_at, part.groups))
            parts.append(replace(part, groups=(len(of_part) - 1,)))
    judge = Judge(reference, stages_apart=True, markers_part=True)
    settled = settle([parts], PartReader(genes, setting, reference, judge))[0]
    codes = [np.zeros(len(tree.sizes), dtype=np.intp) for tree in trees]
    # The largest is cluster 0, as Leiden names its own.
    for number, cluster in enumerate(sorted(settled, key=lambda p: -p.size)):
        for at in cluster.groups:
            tree_at, groups = of_part[at]
            codes[tree_at][list(groups)] = number
    return codes


def _large(kinds: Kinds) -> tuple[Part, ...]:
    """The kinds of a fine cluster that become parts of their own; smaller ones stay with the largest."""
    total = sum(part.size for part in kinds.parts)
    # A handful of other cells in a fine cluster are rather contaminants than a cluster; they stay with it.
    large = [p for p in kinds.parts[1:] if p.size >= max(LEAST_KIND, LEAST_SECOND_SHARE * total)]
    rest = [p for p in kinds.parts if not any(p is k for k in large)]
    if len(rest) == 1:
        return (*rest, *large)
    size = sum(p.size for p in rest)
    means = np.average([p.means for p in rest], axis=0, weights=[p.size for p in rest])
    groups = tuple(g for p in rest for g in p.groups)
    return (replace(rest[0], groups=groups, size=size, means=means.astype(np.float32)), *large)
