"""How groups of cells, such as samples, are made up of cell types."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cassia_core.data.view.view_store import View
from cassia_core.knowledge.naming.lineages import FAMILIES, family_of
from cassia_core.look.wording import NO_LABEL
from cassia_core.services.labels.review import GroupedCells, names_of_groups
from cassia_core.services.runs.results import DatasetResults

NO_VALUE = "No value"
FEW_CELLS = 50
"""A group with fewer cells than this says little about shares: one cell is two percent or more."""
MOST_GROUPS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """Cells of every label (columns, kin side by side) in each group (rows) of the column `by`.

    Columns are everyday names; `labels` holds the labels in full of each.
    """

    by: str
    cells: pd.DataFrame
    labels: dict[str, str]

    @property
    def shares(self) -> pd.DataFrame:
        """The same as shares (0 to 1) of the cells of each group."""
        return self.cells.div(self.cells.sum(axis=1), axis=0)

    @property
    def few(self) -> dict[str, int]:
        """Groups of fewer than `FEW_CELLS` cells, with their numbers."""
        sizes = self.cells.sum(axis=1)
        return {str(group): int(n) for group, n in sizes.items() if n < FEW_CELLS}


def composition(view: View, cells: GroupedCells, by: str) -> Composition:
    """Count cells by group and standing label. Cells without a value in `by` are a group of their own.

    Raises
    ------
    KeyError
        When the view has no column `by`.
    """
    names, of_cell = names_of_cells(cells)
    counted = count_pairs(view, by, names, of_cell)
    labels = labels_in_full(cells)
    order = sorted(
        range(len(names)),
        key=lambda i: (FAMILIES.index(family_of(labels[names[i]])), names[i] == NO_LABEL, names[i]),
    )
    seen = counted.iloc[:, [i for i in order if counted.iloc[:, i].any()]]
    return Composition(by=by, cells=seen, labels=labels)


def labels_in_full(cells: GroupedCells) -> dict[str, str]:
    """Everyday name to the label in full, the first where several share one. "No label" is itself."""
    return {NO_LABEL: NO_LABEL} | {
        name: group.label
        for name, group in zip(reversed(names_of_groups(cells.groups)), reversed(cells.groups), strict=True)
        if name
    }


def labels_of_cells(cells: GroupedCells) -> tuple[tuple[str, ...], np.ndarray]:
    """Distinct standing labels ("No label" among them), and the label of every cell as an index into them."""
    return _distinct(cells, [g.label or NO_LABEL for g in cells.groups])


def names_of_cells(cells: GroupedCells) -> tuple[tuple[str, ...], np.ndarray]:
    """The same by everyday names: labels that share one are one."""
    return _distinct(cells, [name or NO_LABEL for name in names_of_groups(cells.groups)])


def _distinct(cells: GroupedCells, of_group: list[str]) -> tuple[tuple[str, ...], np.ndarray]:
    names = tuple(dict.fromkeys((*of_group, NO_LABEL)))
    by_code = np.array([names.index(name) for name in (*of_group, NO_LABEL)], dtype=np.int32)
    return names, by_code[cells.codes]


def count_pairs(view: View, by: str, names: tuple[str, ...], of_cell: np.ndarray) -> pd.DataFrame:
    """Cells of each value of the column `by` (rows; those that no cell has are left out) and each of
    `names`.
    """
    column = view.column(by)
    values = (*column.categories, NO_VALUE)
    rows = np.where(column.codes < 0, len(values) - 1, column.codes).astype(np.int64)
    counts = np.bincount(rows * len(names) + of_cell, minlength=len(values) * len(names))
    table = pd.DataFrame(
        counts.reshape(len(values), len(names)),
        index=pd.Index(values, dtype=object, name=by),
        columns=pd.Index(names, dtype=object),
    )
    return (
        table[table.sum(axis=1) > 0].groupby(level=0, sort=False).sum()
    )  # a file's own "No value" is the same


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupColumns:
    """Columns of words that cells can be split by: `samples` say where cells come from, `others` do not."""

    samples: tuple[str, ...]
    others: tuple[str, ...]


def columns_of_groups(data: DatasetResults) -> GroupColumns:
    """The columns that cells can be split by. Columns of labels and clusters are never taken for samples."""
    fit = [
        c.name
        for c in data.view.columns()
        if c.kind == "categorical" and c.n_values <= MOST_GROUPS and c.name != data.view.cluster_key
    ]
    named = [data.spec.qc.sample_column, data.spec.clustering.batch_column]
    guessed = [c.name for c in data.findings.obs_columns if c.looks_like == "sample"] if data.findings else []
    samples = tuple(name for name in dict.fromkeys((*named, *guessed)) if name and name in fit)
    return GroupColumns(samples=samples, others=tuple(name for name in fit if name not in samples))
