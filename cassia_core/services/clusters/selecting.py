"""What is in the cells that a person has chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from cassia_core.data.view.view_store import View
from cassia_core.knowledge.naming.names import everyday_name
from cassia_core.look.wording import NO_LABEL
from cassia_core.report.tables.safe_tables import guarded

NO_VALUE = "no value"
NO_CLUSTER = "no cluster"
MOST_GROUPS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class CellLabels:
    """The standing label of every cell: `codes`, shape (n_cells,), point into `names`; -1 for none."""

    codes: np.ndarray
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneOfCells:
    """A gene in the chosen cells and in all others.

    `here`, `elsewhere`: share (0 to 1) of cells in which it is above 0; `difference`: mean log-normalised
    value of the
    chosen cells minus that of the others.
    """

    gene: str
    here: float
    elsewhere: float
    difference: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenPart:
    """A group of cells: how many are chosen, as share (0 to 1) of all chosen cells, and the group's share of
    the others.

    `clusters`: how many chosen cells each cluster of the group has, the largest first; empty for groups of a
    column.
    """

    name: str
    n: int
    here: float
    elsewhere: float
    clusters: tuple[tuple[str, int], ...] = ()


def genes_against_rest(view: View, cells: np.ndarray, n: int) -> tuple[GeneOfCells, ...]:
    """The `n` genes seen in more of the chosen cells than of the others, by the difference of the two shares.
    No test.

    Nothing when every cell is chosen, because there is no rest.
    """
    chosen = _mask(view, cells)
    if chosen.all() or not chosen.any():
        return ()
    return tuple(
        GeneOfCells(
            gene=gene, here=here, elsewhere=elsewhere, difference=_difference(view.gene(gene), chosen)
        )
        for gene, here, elsewhere in view.genes_of_cells(cells, n)
    )


def parts_by_label(view: View, cells: np.ndarray, labels: CellLabels) -> tuple[ChosenPart, ...]:
    """The chosen cells by their standing label, most first."""
    column = view.column(view.cluster_key)
    parts = _parts(labels.codes, _mask(view, cells), (*labels.names, NO_LABEL))
    within = pd.crosstab(
        _words(labels.codes[cells], (*labels.names, NO_LABEL)),
        _words(column.codes[cells], (*column.categories, NO_CLUSTER)),
    )
    of_label = {str(label): row for label, row in within.iterrows()}
    return tuple(replace(part, clusters=_largest_first(of_label[part.name])) for part in parts)


def parts_by_column(view: View, cells: np.ndarray, name: str) -> tuple[ChosenPart, ...]:
    """The chosen cells by the words of a column of the file, most first."""
    column = view.column(name)
    return _parts(column.codes, _mask(view, cells), (*column.categories, NO_VALUE))


def columns_to_split_by(view: View) -> tuple[str, ...]:
    """Columns of words with few enough of them, without the clusters themselves."""
    return tuple(
        c.name
        for c in view.columns()
        if c.kind == "categorical" and 1 < c.n_values <= MOST_GROUPS and c.name != view.cluster_key
    )


def csv_of_cells(view: View, cells: np.ndarray, labels: CellLabels) -> bytes:
    """Name, cluster and standing label, also in short, of the chosen cells as CSV (UTF-8); spreadsheets take
    no text of it for a formula.
    """
    column, names = view.column(view.cluster_key), view.cell_ids()
    frame = pd.DataFrame(
        {
            "cell": [names[at] for at in cells],
            "cluster": _words(column.codes[cells], (*column.categories, "")),
            "label": _words(labels.codes[cells], (*labels.names, "")),
            "cell_type_short": _words(labels.codes[cells], (*map(everyday_name, labels.names), "")),
        }
    )
    # Names come from a file of anybody: a spreadsheet must not take one for a formula.
    return guarded(frame).to_csv(index=False).encode("utf-8", "backslashreplace")


def _words(codes: np.ndarray, words: tuple[str, ...]) -> np.ndarray:
    """The word of every code; -1 is the last."""
    return np.array(words, dtype=object)[codes]


def _largest_first(counts: pd.Series) -> tuple[tuple[str, int], ...]:
    return tuple(
        (str(name), int(n)) for name, n in counts.sort_values(ascending=False, kind="stable").items() if n
    )


def _parts(codes: np.ndarray, chosen: np.ndarray, names: tuple[str, ...]) -> tuple[ChosenPart, ...]:
    """`codes`: group of every cell; -1 is the last of `names`."""
    # The last name is that of cells without a value.
    groups = np.where(codes < 0, len(names) - 1, codes)
    inside = np.bincount(groups[chosen], minlength=len(names))
    outside = np.bincount(groups, minlength=len(names)) - inside
    n_in, n_out = max(1, int(inside.sum())), max(1, int(outside.sum()))
    order = [at for at in np.argsort(-inside, kind="stable") if inside[at]]
    return tuple(
        ChosenPart(
            name=names[at],
            n=int(inside[at]),
            here=float(inside[at] / n_in),
            elsewhere=float(outside[at] / n_out),
        )
        for at in order
    )


def _difference(values: np.ndarray, chosen: np.ndarray) -> float:
    # Summed in float64: a sum of a million float32 loses digits that are shown.
    here = float(values[chosen].mean(dtype=np.float64))
    return here - float(values[~chosen].mean(dtype=np.float64))


def _mask(view: View, cells: np.ndarray) -> np.ndarray:
    chosen = np.zeros(view.n_cells, dtype=bool)
    chosen[cells] = True
    return chosen
