"""How often a cluster of two kinds is seen as that: python -m tests.bench.cells.mixtures [--sets NAME ...]

Takes the labelled sets under ../shared/data with their gold types as clusters. Any two types are merged into
one cluster, in which the second has a share of 10, 20, 30 or 50 % of the cells, and the cells of all clusters
are read as in a run. *Both named*: two kinds of at least 15 cells, one of which is the first type (or a kind
of it, or at most three steps above it in the Cell Ontology) and the other one likewise the second. *Pure, but
split*: gold clusters in which a second large kind is seen though nothing was merged. Neither data nor tool
are part of the project: where they are absent, nothing is measured.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
import warnings
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from types import ModuleType

import numpy as np

from cassia_core.data.cells.load_cells import load_cells
from cassia_core.data.clustering.cell_groups import CellGroups
from cassia_core.data.clustering.expression_matrix import Expression, chosen_matrix, log_normalised
from cassia_core.data.clustering.reading_cells import read_cells
from cassia_core.domain.config import DatasetSpec
from cassia_core.domain.inside import ClusterInside
from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.pipeline.cell_reader import reader_of
from tests.bench.cells.sets import SETS, SHARED

warnings.simplefilter("ignore")

SHARES = (0.1, 0.2, 0.3, 0.5)
LEAST_CELLS = 30
"""Types of fewer cells make no mixture in which 15 cells are a tenth."""
MOST_CELLS = 300
"""Cells of a mixture, so that no pair takes a whole set."""


class LabelledCells:
    """One labelled set, read with any grouping of its cells."""

    def __init__(self, tool: ModuleType, name: str) -> None:
        species, tissue = SETS[name]
        self.spec = DatasetSpec(
            name=name, path=str(SHARED / "data" / "h5ad" / f"{name}.h5ad"), species=species, tissue=tissue
        )
        loaded = load_cells(Path(self.spec.path), self.spec.reading)
        source = chosen_matrix(loaded.findings, None)
        assert source is not None, f"{name} has no values that markers can be computed from"
        column, self.terms = tool.GOLD[name][1:]
        self.gold = loaded.adata.obs[column].astype(str).to_numpy()
        self.expression: Expression = log_normalised(loaded.adata, source, 1e4, lambda _: None)

    def types(self) -> list[str]:
        """Gold types with a term and enough cells."""
        names, sizes = np.unique(self.gold, return_counts=True)
        return [n for n, s in zip(names.tolist(), sizes, strict=True) if n in self.terms and s >= LEAST_CELLS]

    def inside(self, clusters: np.ndarray, cells: np.ndarray) -> dict[str, ClusterInside]:
        """What is inside each cluster of these cells."""
        part = Expression(
            values=self.expression.values[cells], genes=self.expression.genes, moments=self.expression.moments
        )
        groups = CellGroups.of(clusters[cells].astype(object), 3)
        return read_cells(part, groups, reader_of(self.spec), 0).inside


def mixture(labelled: LabelledCells, one: str, other: str, share: float) -> ClusterInside:
    """The cluster of the two types, beside all other gold clusters whole."""
    rng = np.random.default_rng(0)
    first, second = (np.flatnonzero(labelled.gold == name) for name in (one, other))
    total = min(MOST_CELLS, int(len(first) / (1 - share)), int(len(second) / share))
    mixed = np.concatenate(
        [
            rng.choice(first, round(total * (1 - share)), replace=False),
            rng.choice(second, round(total * share), replace=False),
        ]
    )
    others = np.flatnonzero(~np.isin(labelled.gold, (one, other)))
    clusters = labelled.gold.astype(object)
    clusters[mixed] = "mixed"
    return labelled.inside(clusters, np.sort(np.concatenate([mixed, others])))["mixed"]


def both_named(tool: ModuleType, inside: ClusterInside, terms: tuple[str, str]) -> bool:
    """Whether two different kinds name the two types."""
    kinds = [kind.label for kind in inside.kinds if kind.n_cells >= 15]
    ids = {label: load_knowledge().get(label).cl_id or "" for label in kinds}
    value = [[tool.value(term, label, ids[label]) for label in kinds] for term in terms]
    return any(
        value[0][i] > 0 and value[1][j] > 0 for i in range(len(kinds)) for j in range(len(kinds)) if i != j
    )


def measure(tool: ModuleType, name: str) -> tuple[dict[float, list[bool]], list[bool]]:
    """Print one set's shares; each mixture's outcome by share, and whether each pure cluster was split."""
    begun = time.perf_counter()
    labelled = LabelledCells(tool, name)
    whole = labelled.inside(labelled.gold, np.arange(len(labelled.gold)))
    split = [any(whole[t].is_large(k) for k in range(1, len(whole[t].kinds))) for t in labelled.types()]
    named: dict[float, list[bool]] = defaultdict(list)
    for one, other in combinations(labelled.types(), 2):
        terms = (labelled.terms[one], labelled.terms[other])
        if terms[0] == terms[1]:
            continue  # two names of the gold standard for one type: nothing to tell apart
        for share in SHARES:
            named[share].append(both_named(tool, mixture(labelled, one, other, share), terms))
    shares = "  ".join(f"{share:.0%}: {np.mean(named[share]):6.1%}" for share in SHARES if named[share])
    print(
        f"{name:34s} pairs {len(named[SHARES[0]]):4d}  both named at {shares}  pure, but split "
        f"{sum(split)} of {len(split)}  {time.perf_counter() - begun:.0f} s",
        flush=True,
    )
    return named, split


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=list(SETS), help="only these sets")
    options = parser.parse_args()
    if not (SHARED / "tools" / "cells_fine.py").exists() or not (SHARED / "data" / "h5ad").exists():
        print(f"{SHARED} with the labelled sets and the tool is not here: nothing was measured.")
        return
    sys.path.insert(0, str(SHARED / "tools"))
    tool = importlib.import_module("cells_fine")
    named: dict[float, list[bool]] = defaultdict(list)
    split: list[bool] = []
    for name in options.sets:
        of_set, pure = measure(tool, name)
        split += pure
        for share, outcomes in of_set.items():
            named[share] += outcomes
    for share in SHARES:
        print(f"both named at {share:.0%}: {np.mean(named[share]):.1%} of {len(named[share])} pairs")
    print(f"pure, but split: {np.mean(split):.1%} of {len(split)} clusters")


if __name__ == "__main__":
    main()
