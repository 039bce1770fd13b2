"""How many kinds of cells a cluster holds: groups of like cells are joined until only unlike kinds stand
apart.

Two groups are apart when they are read as types that exclude each other *and* genes that tell these two types
apart
differ between the groups, more than chance gives. Neither is enough alone: small groups are misread now and
then, and
cells of one kind differ in genes that tell of size, stress or cell cycle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

import numpy as np

from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.cells.contrast import SETTINGS, place_in_range
from cassia_core.knowledge.cells.excluding import exclude, without_stage
from cassia_core.knowledge.cells.groups import GroupProfiles, Reference
from cassia_core.knowledge.cells.reading import read_groups
from cassia_core.knowledge.scoring.profiles import Profiles, load_profiles

LEAST_KIND = 15
"""Cells from which a kind is said; what is smaller is counted with the kind it is most like."""
TELLING = 1.0
"""Difference of what a gene says for two types from which it tells them apart."""
LEAST_DIFFERENCE = 0.35
"""Difference of means (natural logarithm) that counts."""
LEAST_Z = 4.0
"""Standard errors that the difference must be, and ..."""
LEAST_GENES = 3
"""... genes of which it must hold, both directions together."""
STRONG = 4.0
"""A gene that says as much tells two types almost alone and counts twice (CD8A, CD8B of T cells)."""
LEAST_BELOW = 8
"""Genes, so counted, from which a broad reading ("T cell") is apart from a kind of it: a whole programme."""
CONTRADICTION = 0.5
"""Genes that say the opposite, as a part of those that support, up to which two groups count as apart."""
PARTING_DIFFERENCE, PARTING_Z, PARTING_GENES = 1.0, 6.0, 4
"""Genes on either side, their difference (natural logarithm) and its standard errors, from which two clusters
stay
apart although they are read alike."""


_LIKELIEST = 40
"""Types, the likeliest first, among which a rival is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tree:
    """Groups of one cluster and how they are joined: `joins` (n_groups - 1, 2) as in `MicroGroups`."""

    sizes: np.ndarray
    means: np.ndarray
    joins: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kinds:
    """Kinds of one cluster, largest first.

    Attributes
    ----------
    parts
        The kinds; `groups` of each are numbers of the tree's groups.
    confidence
        Confidence (0 to 1) of the reading of each group by itself, shape (n_groups,).
    deciding
        Columns of at most four genes that tell the first two kinds apart or, where there is one kind, its
        type from
        the likeliest type that excludes it.
    """

    parts: tuple[Part, ...]
    confidence: np.ndarray
    deciding: np.ndarray
    rival: int = -1
    """Where there is one kind: the type that `deciding` tells it from, -1 where there is none."""

    def of_group(self) -> np.ndarray:
        """Kind of each group, shape (n_groups,)."""
        codes = np.zeros(len(self.confidence), dtype=np.intp)
        for rank, part in enumerate(self.parts):
            codes[list(part.groups)] = rank
        return codes


def kinds_of(
    trees: Sequence[Tree],
    genes: tuple[str, ...],
    setting: Setting,
    reference: Reference,
    *,
    stages_apart: bool = False,
) -> list[Kinds]:
    """The kinds in each of several clusters.

    Parameters
    ----------
    trees
        Groups of like cells, one tree per cluster; their means are over `genes`.
    genes
        Symbols as in the data.
    reference
        What the groups are compared with, see `reference_groups`.
    stages_apart
        Whether stages of one kind (naive, memory, effector) count as kinds of their own.
    """
    nodes = [_nodes(tree) for tree in trees]
    read = PartReader(genes, setting, reference, Judge(reference, stages_apart=stages_apart))
    # All nodes of all trees in one reading: read one by one, most of the time would go into overheads.
    flat = read([part for own in nodes for part in own])
    ends = np.cumsum([len(own) for own in nodes])
    by_tree = [flat[end - len(own) : end] for own, end in zip(nodes, ends, strict=True)]
    settled = settle([_parts(tree, own, read.judge) for tree, own in zip(trees, by_tree, strict=True)], read)
    return [
        _kinds(own[: len(tree.sizes)], parts, read.judge)
        for tree, own, parts in zip(trees, by_tree, settled, strict=True)
    ]


def settle(held: Sequence[Sequence[Part]], read: PartReader) -> list[list[Part]]:
    """Join the parts of each list until all that are left are apart; every joined part is read again.

    In a round each part joins at most one other, the one that is nearest to it as it is to that one.
    """
    left = [list(parts) for parts in held]
    while True:
        pairs = [(k, i, j) for k, parts in enumerate(left) for i, j in _next_joins(parts, read.judge)]
        if not pairs:
            return left
        joined = read([_together(left[k][i], left[k][j]) for k, i, j in pairs])
        # Pairs of a round share no part (each other's nearest), so all of them are joined at once.
        gone = {(k, at) for k, i, j in pairs for at in (i, j)}
        left = [[p for i, p in enumerate(parts) if (k, i) not in gone] for k, parts in enumerate(left)]
        for (k, _, _), part in zip(pairs, joined, strict=True):
            left[k].append(part)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Some groups of one cluster taken together; `type` is -1 until they are read."""

    groups: tuple[int, ...]
    size: float
    means: np.ndarray
    type: int = -1
    confidence: float = 0.0
    evidence: np.ndarray = field(default_factory=lambda: np.zeros(0))
    """Evidence for every type against all others, shape (n_types,)."""


class PartReader:
    """Names the types of parts, many at a time."""

    def __init__(self, genes: tuple[str, ...], setting: Setting, reference: Reference, judge: Judge) -> None:
        self.genes, self.setting, self.reference, self.judge = genes, setting, reference, judge

    def __call__(self, parts: Sequence[Part]) -> list[Part]:
        groups = GroupProfiles(
            groups=tuple(map(str, range(len(parts)))),
            genes=self.genes,
            sizes=np.array([p.size for p in parts]),
            means=np.stack([p.means for p in parts]),
        )
        readings = read_groups(groups, self.setting, self.reference)
        return [
            replace(
                part,
                type=int(readings.named[k]),
                confidence=float(readings.confidence[k]),
                evidence=readings.type_evidence[k],
            )
            for k, part in enumerate(parts)
        ]


def _together(one: Part, other: Part) -> Part:
    size = one.size + other.size
    return Part(
        groups=(*one.groups, *other.groups),
        size=size,
        means=((one.size * one.means + other.size * other.means) / size).astype(np.float32),
    )


def _nodes(tree: Tree) -> list[Part]:
    """The groups and all that they are joined to, in the order of the tree's nodes."""
    nodes = [Part(groups=(i,), size=n, means=tree.means[i]) for i, n in enumerate(tree.sizes)]
    for a, b in tree.joins:
        nodes.append(_together(nodes[a], nodes[b]))
    return nodes


class Judge:
    """Whether two groups are of different kinds."""

    def __init__(self, reference: Reference, *, stages_apart: bool, markers_part: bool = False) -> None:
        self.reference, self.columns = reference, reference.columns
        self.profiles: Profiles = load_profiles(reference.species)
        self.gain = self.profiles.gain[reference.rows]
        self.stages_apart, self.markers_part = stages_apart, markers_part
        self.species = self.profiles.species

    def exclude(self, one: int, other: int) -> bool:
        """Whether a cell cannot be of both types."""
        if one < 0 or other < 0:
            return False
        if not self.stages_apart:
            one, other = without_stage(self.species, one), without_stage(self.species, other)
        return exclude(self.species, one, other)

    def telling(self, one: int, other: int) -> np.ndarray:
        """What each telling gene says for the first type and against the second, shape (n_telling,)."""
        return self.gain[:, one] - self.gain[:, other]

    def deciding(self, a: Part, b: Part, most: int = 4) -> np.ndarray:
        """The genes (columns) that tell two parts apart best, the best of either side in turn."""
        support, _ = self.differing(a, b)
        says = self.telling(a.type, b.type)
        # A gene decides by how far it differs and by how much it says; what it says is cut, or one famous
        # marker would decide alone.
        strength = np.where(
            support, np.abs(a.means - b.means)[self.columns] * np.minimum(np.abs(says), 4.0), 0.0
        )
        sides = [np.flatnonzero(support & (says > 0)), np.flatnonzero(support & (says < 0))]
        ranked = [side[np.argsort(-strength[side], kind="stable")] for side in sides]
        # Genes of both sides turn about: a difference is shown from both ends.
        turns = [g for pair in zip_longest(*(r.tolist() for r in ranked)) for g in pair if g is not None]
        return self.columns[np.array(turns[:most], dtype=np.intp)]

    def rival(self, part: Part) -> int:
        """The likeliest type that excludes the one that a part is read as; -1 where none can be told from
        it.
        """
        order = np.argsort(-part.evidence, kind="stable")[:_LIKELIEST] if part.type >= 0 else ()
        return next((int(t) for t in order if self.exclude(part.type, int(t))), -1)

    def speaking(self, part: Part, rival: int, most: int = 4) -> np.ndarray:
        """The genes (columns) that speak most for the type of a part and against its rival: high here,
        and telling.
        """
        place, trust = place_in_range(
            part.means[None, self.columns],
            np.array([part.size]),
            self.reference.overall,
            SETTINGS.floor_types,
            SETTINGS,
        )
        strength = place[0] * trust[0] * np.maximum(self.telling(part.type, rival), 0.0)
        order = np.argsort(-strength, kind="stable")[:most]
        return self.columns[order[strength[order] > 0]]

    def apart(self, a: Part, b: Part) -> bool:
        """Whether two parts are of different kinds, by their types and by genes that tell these apart."""
        if self.parted_by_markers(a, b):
            return True
        if self.exclude(a.type, b.type):
            return self._told_apart(a, b, LEAST_GENES)
        broad, narrow = (a, b) if a.type in self._above(b.type) else (b, a)
        if broad.type not in self._above(narrow.type):
            return False
        # What is read as "T cell" beside CD4 T cells may be CD8 T cells of which too little is seen to tell.
        other = self._kind_beside(broad, narrow)
        return other >= 0 and self._told_apart(replace(broad, type=other), narrow, LEAST_BELOW)

    def _above(self, t: int) -> tuple[int, ...]:
        return tuple(self.profiles.above(t)) if t >= 0 else ()

    def _kind_beside(self, broad: Part, narrow: Part) -> int:
        """The likeliest kind of a broad reading that the other part cannot be; -1 where there is none."""
        order = np.argsort(-broad.evidence, kind="stable")[:_LIKELIEST]
        return next(
            (
                int(t)
                for t in order
                if broad.type in self._above(int(t)) and self.exclude(int(t), narrow.type)
            ),
            -1,
        )

    def _told_apart(self, a: Part, b: Part, least: int) -> bool:
        """Whether at least so many genes that tell the two types apart differ so, and few the other way."""
        support, against = self.differing(a, b)
        strong = np.abs(self.telling(a.type, b.type)) >= STRONG
        # Genes that differ the wrong way speak of noise or of another difference: then the two stay together.
        return bool(
            support.sum() + (support & strong).sum() >= least
            and against.sum() <= CONTRADICTION * support.sum()
        )

    def parted_by_markers(self, a: Part, b: Part) -> bool:
        """Whether so many genes are far higher in either that the two are not one, whatever they are read
        as.
        """
        if not self.markers_part:
            return False
        difference = a.means - b.means
        clear = (np.abs(difference) >= PARTING_DIFFERENCE) & (np.abs(self._z(a, b)) >= PARTING_Z)
        return bool(
            # Both must have genes of their own: one-sided differences come from depth and from dying cells.
            min(int((clear & (difference > 0)).sum()), int((clear & (difference < 0)).sum())) >= PARTING_GENES
        )

    def _z(self, a: Part, b: Part) -> np.ndarray:
        """Difference of the means in standard errors, see `place_in_range` for the variance."""
        mean = (a.means * a.size + b.means * b.size) / (a.size + b.size)
        # The variance of log values grows with the mean and levels off: close enough for a threshold, and
        # known without going back to the cells.
        spread = np.minimum(1.5 * np.maximum(mean, 0.0) + 0.02, 1.5)
        return (a.means - b.means) / np.sqrt(spread * (1.0 / a.size + 1.0 / b.size))

    def differing(self, a: Part, b: Part) -> tuple[np.ndarray, np.ndarray]:
        """Genes that tell the two types apart and differ so between the parts, and those that differ the
        other way.
        """
        says = self.telling(a.type, b.type)
        difference = (a.means - b.means)[self.columns]
        z = self._z(a, b)[self.columns]
        clear = (np.abs(z) >= LEAST_Z) & (np.abs(difference) >= LEAST_DIFFERENCE) & (np.abs(says) >= TELLING)
        same = np.sign(says) == np.sign(difference)
        return clear & same, clear & ~same


def _parts(tree: Tree, nodes: Sequence[Part], judge: Judge) -> list[Part]:
    """What the tree joins without meeting two kinds."""
    n = len(tree.sizes)
    held: list[list[Part]] = [[node] for node in nodes[:n]]
    for step, (a, b) in enumerate(tree.joins):
        one, other = held[a], held[b]
        # From the leaves up: what was found apart below is never joined above, where means are blurred.
        single = len(one) == len(other) == 1 and not judge.apart(one[0], other[0])
        held.append([nodes[n + step]] if single else [*one, *other])
    return held[-1]


def _next_joins(parts: Sequence[Part], judge: Judge) -> list[tuple[int, int]]:
    """Pairs to join: each the other's nearest among those that are not apart, or of which one is too
    small.
    """
    n = len(parts)
    distance = np.full((n, n), np.inf)
    for i in range(n):
        for j in range(i):
            one, other = parts[i], parts[j]
            if min(one.size, other.size) >= LEAST_KIND and judge.apart(one, other):
                continue
            # Ward's weight: joining two large parts costs more than giving a small one away.
            weight = np.sqrt(one.size * other.size / (one.size + other.size))
            distance[i, j] = distance[j, i] = float(np.linalg.norm(one.means - other.means)) * weight
    nearest = distance.argmin(axis=1) if n else np.zeros(0, dtype=int)
    return [
        (i, int(nearest[i]))
        for i in range(n)
        # Only pairs that are each other's nearest: their joining does not hang on the order of others.
        if i > nearest[i] and nearest[nearest[i]] == i and np.isfinite(distance[i, nearest[i]])
    ]


def _kinds(leaves: Sequence[Part], parts: Sequence[Part], judge: Judge) -> Kinds:
    ordered = tuple(sorted(parts, key=lambda p: -p.size))
    confidence = np.array([leaf.confidence for leaf in leaves])
    if len(ordered) > 1:
        deciding = judge.deciding(ordered[0], ordered[1])
        return Kinds(parts=ordered, confidence=confidence, deciding=deciding)
    rival = judge.rival(ordered[0])
    deciding = judge.speaking(ordered[0], rival) if rival >= 0 else np.zeros(0, dtype=np.intp)
    return Kinds(parts=ordered, confidence=confidence, deciding=deciding, rival=rival)


REFERENCE_PARTS = 5
LEAST_REFERENCE = 20


def reference_groups(trees: Sequence[Tree]) -> tuple[np.ndarray, np.ndarray]:
    """Sizes and means of the few unlike parts of every cluster that the readings are compared with.

    Parts, not whole clusters: in a cluster of two kinds each dilutes the other's genes.
    """
    sizes, means = [], []
    for tree in trees:
        parts = _nodes(tree)
        all_sizes = np.array([p.size for p in parts])
        nodes = [len(parts) - 1]
        n = len(tree.sizes)
        while len(nodes) < REFERENCE_PARTS:
            split = [k for k in nodes if k >= n and all_sizes[tree.joins[k - n]].min() >= LEAST_REFERENCE]
            if not split:
                break
            # The last join of a tree is of its two largest branches: the tree is opened from the top.
            top = max(split)
            nodes.remove(top)
            nodes.extend(int(c) for c in tree.joins[top - n])
        sizes.append(all_sizes[nodes])
        means.append(np.stack([parts[k].means for k in nodes]))
    return np.concatenate(sizes), np.concatenate(means)
