"""Rows and columns of an expression table that add up the others: they look like values and are none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from cassia_core.domain.config import ReadOptions
from cassia_core.domain.findings import Question
from cassia_core.genes.lookup import share_known

_SHARE = 0.4
"""A sum of all others holds half of what the table adds up to."""
_MIN_NAMES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Names to set aside, what is said of it, and the question that may be answered otherwise."""

    names: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


def totals_of(matrix: sp.csr_matrix, rows: list[str], columns: list[str], options: ReadOptions) -> Totals:
    """Rows and columns with nearly all counts that are no known genes, or those that the person named.

    Parameters
    ----------
    matrix
        (n_rows, n_columns), as in the table.
    rows, columns
        Names of its rows and columns.
    options
        `not_values` where the person answered; an empty tuple keeps every column.
    """
    if options.not_values is not None:
        given = tuple(name for name in options.not_values if name)
        return Totals(names=given, said=(f"Set aside, as you said: {', '.join(given)}.",) if given else ())
    total = float(np.nansum(np.abs(matrix.data)))
    totals: list[tuple[str, float]] = []
    for axis, names in ((0, columns), (1, rows)):
        if len(names) < _MIN_NAMES or total == 0:
            continue
        # A single name with most of all counts that is no known gene: a column of totals, which would
        # otherwise be the strongest "gene" of all.
        sums = np.abs(np.asarray(np.nan_to_num(matrix.sum(axis=axis))).ravel()) / total
        heavy = np.flatnonzero(sums > _SHARE)
        totals += [(names[p], float(sums[p])) for p in heavy if share_known([names[p]]) == 0]
    if not totals:
        return Totals()
    listed = ", ".join(f"{name} ({share:.0%} of all counts)" for name, share in totals)
    return Totals(
        names=tuple(name for name, _ in totals),
        said=(f"Set aside, as it is no known gene and holds nearly all counts: {listed}.",),
        questions=(
            Question(
                option="not_values",
                text=f"{listed}: is that a sum or a number of its own, rather than values?",
                choices=tuple(name for name, _ in totals),
                suggested=totals[0][0],
            ),
        ),
    )
