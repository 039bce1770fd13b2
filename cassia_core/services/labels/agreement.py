"""Agreement of the standing labels with labels that came with the file, through the Cell Ontology.

Three levels, each of which includes the one before it:

label
    the same Cell Ontology term, or the same words;
parent
    or one label is a broader type of the other, at most three is_a steps up;
lineage
    or both are of the same broad lineage of our list (knowledge/lineages.toml).

A label that the ontology does not know cannot be judged at the first two levels, one without a lineage at
none; such
cells are in no share and are counted apart. A cell without a predicted label, or with "Unknown", does not
agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd

from cassia_core.data.view.view_store import View
from cassia_core.domain.review import UNKNOWN_LABEL
from cassia_core.knowledge.naming import ontology
from cassia_core.knowledge.naming.label_distance import LabelDistance, label_distance
from cassia_core.knowledge.naming.lineages import FAMILIES, family_of, lineage_of
from cassia_core.look.wording import NO_LABEL
from cassia_core.services.clusters.composition import NO_VALUE, count_pairs, labels_of_cells
from cassia_core.services.labels.review import GroupedCells, ReviewedLabel
from cassia_core.services.runs.results import DatasetResults

Level = Literal["label", "parent", "lineage"]
LEVELS: tuple[Level, ...] = ("label", "parent", "lineage")
MOST_LABELS = 200
_NO_TYPE = frozenset({NO_LABEL, UNKNOWN_LABEL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Whether two labels agree at each level; None where that cannot be judged."""

    label: bool | None
    parent: bool | None
    lineage: bool | None

    def at(self, level: Level) -> bool | None:
        return getattr(self, level)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Share (0 to 1) of `n_judged` cells that agree, None without any; `mean_of_types` is the mean of the
    shares of
    the file's labels, each counting the same, over the `n_types` that can be judged."""

    level: Level
    share: float | None
    n_judged: int
    mean_of_types: float | None
    n_types: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeAgreement:
    """One label of the file. Shares (0 to 1) are of its judged cells, None where none can be judged.

    `term` and `cl_id` are what the Cell Ontology calls it, "" when it does not know the label.
    """

    label: str
    term: str
    cl_id: str
    n_cells: int
    shares: dict[Level, float | None]
    most_frequent: str
    most_frequent_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterAgreement:
    """One cluster, or cells set aside from one: the most frequent label of the file among its cells that have
    one.

    `level` is the finest level at which the predicted label agrees with it; "none" when they disagree at
    every level
    that can be judged, None when nothing can be judged.
    """

    cluster: str
    predicted: str
    n_cells: int
    majority: str
    majority_share: float
    level: Level | Literal["none"] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotJudged:
    """A label that the Cell Ontology does not know; `lineage` is judged by its words where our list knows
    them.
    """

    label: str
    side: Literal["file", "predicted"]
    n_cells: int
    lineage: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAgreement:
    """All of it for the column `by`. `confusion` counts cells: labels of the file by predicted labels, blocks
    on the diagonal. `n_without` cells have no label in the file and are in no share. `shown` holds the
    everyday name of each predicted label.
    """

    by: str
    n_cells: int
    n_without: int
    confusion: pd.DataFrame
    levels: tuple[Share, ...]
    types: tuple[TypeAgreement, ...]
    clusters: tuple[ClusterAgreement, ...]
    not_judged: tuple[NotJudged, ...]
    shown: dict[str, str]

    @property
    def confusion_shown(self) -> pd.DataFrame:
        """`confusion` with the everyday names of the predicted labels."""
        return self.confusion.set_axis([self.shown[str(name)] for name in self.confusion.columns], axis=1)


def agreement(view: View, cells: GroupedCells, by: str) -> FileAgreement:
    """Compare the standing labels with the column `by`, cell by cell.

    Raises
    ------
    KeyError
        When the view has no column `by`.
    """
    names, of_cell = labels_of_cells(cells)
    counted = count_pairs(view, by, names, of_cell)
    n_without = int(counted.loc[counted.index == NO_VALUE].to_numpy().sum())
    counts = counted.drop(index=NO_VALUE, errors="ignore")
    counts = _on_diagonal(counts.loc[:, counts.sum() > 0])
    types = tuple(_type(str(label), row) for label, row in counts.iterrows())
    return FileAgreement(
        by=by,
        n_cells=view.n_cells,
        n_without=n_without,
        confusion=counts,
        types=types,
        levels=tuple(_share(level, counts, types) for level in LEVELS),
        clusters=_clusters(view, cells, by),
        not_judged=_not_judged(counts),
        shown={NO_LABEL: NO_LABEL} | {g.label: g.short for g in cells.groups if g.label},
    )


@lru_cache(maxsize=4096)
def judgement(gold: str, predicted: str) -> Judgement:
    """Agreement of a label of the file with a predicted one; see the module for the levels."""
    is_term = ontology.find_term(gold) is not None
    if predicted in _NO_TYPE:
        return Judgement(
            label=False if lineage_of(gold) and is_term else None,
            parent=False if lineage_of(gold) and is_term else None,
            lineage=False if lineage_of(gold) else None,
        )
    if gold.strip().casefold() == predicted.strip().casefold():
        return Judgement(label=True, parent=True, lineage=True)
    distance = label_distance(gold, predicted)
    if distance is None:
        return Judgement(label=None, parent=None, lineage=None)
    same_lineage = distance.within(LabelDistance.LINEAGE)
    if not is_term or ontology.find_term(predicted) is None:
        return Judgement(label=None, parent=None, lineage=same_lineage)
    return Judgement(
        label=distance is LabelDistance.SAME, parent=distance.within(LabelDistance.NEAR), lineage=same_lineage
    )


def agreement_with_names(groups: Sequence[ReviewedLabel]) -> tuple[ClusterAgreement, ...]:
    """Compare standing labels with the clusters' own names; empty where these are no cell types."""
    if not _names_types(group.cluster for group in groups):
        return ()
    return tuple(
        ClusterAgreement(
            cluster=group.id,
            predicted=group.label or NO_LABEL,
            n_cells=group.n_cells or 0,
            majority=group.cluster,
            majority_share=1.0,
            level=_finest(judgement(group.cluster, group.label or NO_LABEL)),
        )
        for group in groups
    )


def columns_of_labels(data: DatasetResults) -> tuple[str, ...]:
    """Columns of words that labels can be compared with, those that name cell types first."""
    fit = [
        c.name
        for c in data.view.columns()
        if c.kind == "categorical" and 1 < c.n_values <= MOST_LABELS and c.name != data.view.cluster_key
    ]
    return tuple(sorted(fit, key=lambda name: not _names_types(data.view.column(name).categories)))


def _names_types(words: Iterable[str]) -> bool:
    known = [ontology.find_term(word) is not None for word in words]
    return bool(known) and sum(known) >= len(known) / 2


def _judged(label: str, row: pd.Series, level: Level) -> tuple[int, int]:
    """Cells that agree, and cells that can be judged."""
    verdicts = [(int(n), judgement(label, str(predicted)).at(level)) for predicted, n in row.items() if n]
    return sum(n for n, agrees in verdicts if agrees), sum(n for n, agrees in verdicts if agrees is not None)


def _share(level: Level, counts: pd.DataFrame, types: tuple[TypeAgreement, ...]) -> Share:
    pairs = [_judged(str(label), row, level) for label, row in counts.iterrows()]
    agree, judged = sum(a for a, _ in pairs), sum(n for _, n in pairs)
    shares = [share for item in types if (share := item.shares[level]) is not None]
    return Share(
        level=level,
        share=agree / judged if judged else None,
        n_judged=judged,
        mean_of_types=sum(shares) / len(shares) if shares else None,
        n_types=len(shares),
    )


def _type(label: str, row: pd.Series) -> TypeAgreement:
    term, n_cells = ontology.find_term(label), int(row.sum())
    pairs = {level: _judged(label, row, level) for level in LEVELS}
    return TypeAgreement(
        label=label,
        term=term.name if term else "",
        cl_id=term.cl_id if term else "",
        n_cells=n_cells,
        shares={level: agree / judged if judged else None for level, (agree, judged) in pairs.items()},
        most_frequent=str(row.idxmax()),
        most_frequent_share=float(row.max()) / n_cells,
    )


def _clusters(view: View, cells: GroupedCells, by: str) -> tuple[ClusterAgreement, ...]:
    gold = count_pairs(
        view,
        by,
        tuple(str(i) for i in range(len(cells.groups) + 1)),
        np.where(cells.codes < 0, len(cells.groups), cells.codes),
    ).drop(index=NO_VALUE, errors="ignore")
    sizes = np.bincount(cells.codes[cells.codes >= 0], minlength=len(cells.groups))
    clusters = []
    for code, group in enumerate(cells.groups):
        if not sizes[code]:
            continue
        column, predicted = gold.iloc[:, code], group.label or NO_LABEL
        with_label = int(column.sum())
        majority = str(column.idxmax()) if with_label else ""
        clusters.append(
            ClusterAgreement(
                cluster=group.id,
                predicted=predicted,
                n_cells=int(sizes[code]),
                majority=majority,
                majority_share=float(column.max()) / with_label if with_label else 0.0,
                level=_finest(judgement(majority, predicted)) if with_label else None,
            )
        )
    return tuple(clusters)


def _finest(verdict: Judgement) -> Level | Literal["none"] | None:
    agreeing = next((level for level in LEVELS if verdict.at(level)), None)
    if agreeing is None and all(verdict.at(level) is None for level in LEVELS):
        return None
    return agreeing or "none"


def _not_judged(counts: pd.DataFrame) -> tuple[NotJudged, ...]:
    sides: tuple[tuple[Literal["file", "predicted"], pd.Series], ...] = (
        ("file", counts.sum(axis=1)),
        ("predicted", counts.sum(axis=0)),
    )
    return tuple(
        NotJudged(label=str(label), side=side, n_cells=int(n), lineage=lineage_of(str(label)))
        for side, sizes in sides
        for label, n in sizes.sort_values(ascending=False, kind="stable").items()
        if label not in _NO_TYPE and ontology.find_term(str(label)) is None
    )


def _on_diagonal(counts: pd.DataFrame) -> pd.DataFrame:
    """Labels of the file by colour family and name; predicted ones where the most of their cells are."""
    rows = sorted(counts.index, key=lambda label: (FAMILIES.index(family_of(str(label))), str(label)))
    table = counts.loc[rows]
    if table.empty:
        return table
    columns = sorted(
        table.columns,
        key=lambda label: (label in _NO_TYPE, int(table[label].to_numpy().argmax()), str(label)),
    )
    return table[columns]
