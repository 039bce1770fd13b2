"""What the values of a matrix are: counts, logarithms, scaled values; decided from the values, not from
names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy.sparse as sp

from cassia_core.domain.findings import MatrixInfo, MatrixState

Matrix: TypeAlias = np.ndarray | sp.csr_matrix | sp.csr_array
BASES = {"e": np.e, "2": 2.0, "10": 10.0}
SAMPLED_CELLS = 500
_WHOLE = 1e-3
_NEGATIVE = -1e-6
_EQUAL_SUMS = 0.05
_MOSTLY_EQUAL_SUMS = 0.2
_SMALLEST_TARGET = 50.0
"""Below this the logarithm of a value hardly differs from the value, and any base would fit."""
_LARGEST_LOG = {"e": 16.0, "2": 23.0, "10": 7.0}
_WHOLE_RATIOS = 0.9
_HEAVY_TAIL = 25.0


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """State of one matrix, with what shows it."""

    state: MatrixState
    log_base: str | None = None
    target_sum: float | None = None
    remark: str = ""


def classify(matrix: Matrix, noted_base: str = "") -> State:
    """State of a matrix of shape (n_obs, n_vars), from up to 500 of its cells.

    Parameters
    ----------
    noted_base
        Base of the logarithm that the file itself notes ("e", "2", "10"), "" when it notes none.
    """
    rows = _sample(matrix)
    values = rows.data[np.isfinite(rows.data)]
    values = values[values != 0]
    if values.size == 0:
        return State(state="empty", remark="There is no value above zero.")
    # Rounding can make a zero a hair negative; only clearly negative values are scaled ones.
    if values.min() < _NEGATIVE:
        return State(state="scaled", remark=f"There are numbers below zero (down to {values.min():.2g}).")
    whole = np.abs(values - np.round(values)) < _WHOLE
    if whole.all():
        remark = "Whole numbers." if values.max() > 1 else "Only 0 and 1."
        return State(state="counts", remark=remark)
    return _logarithm(rows, values, noted_base) or _not_logged(rows, values, float(whole.mean()))


def describe(location: str, matrix: Matrix, noted_base: str = "") -> MatrixInfo:
    """The state of one matrix of a file as a domain object."""
    state = classify(matrix, noted_base)
    return MatrixInfo(
        location=location,
        state=state.state,
        n_genes=int(matrix.shape[1]),
        log_base=state.log_base,
        target_sum=state.target_sum,
        remark=state.remark,
    )


def _sample(matrix: Matrix) -> sp.csr_matrix:
    n = matrix.shape[0]
    # Evenly over the file: cells are often sorted by sample, and the first ones may all be of one.
    rows = np.arange(n) if n <= SAMPLED_CELLS else np.linspace(0, n - 1, SAMPLED_CELLS).astype(int)
    sampled = sp.csr_matrix(matrix[rows], dtype=np.float64)
    sampled.data[~np.isfinite(sampled.data)] = 0
    sampled.eliminate_zeros()
    return sampled[np.diff(sampled.indptr) > 0]


def _logarithm(rows: sp.csr_matrix, values: np.ndarray, noted_base: str) -> State | None:
    """Log-normalised by one of three signs: equal sums after undoing it, whole ratios, or the file's own
    note.
    """
    spreads = {}
    for base, limit in _LARGEST_LOG.items():
        # Above this, undoing the logarithm gives more counts than a cell has: it was not taken to this base.
        if values.max() <= limit:
            sums = np.asarray(_undone(rows, base).sum(axis=1)).ravel()
            spreads[base] = (float(np.std(sums) / max(np.mean(sums), 1e-12)), float(np.median(sums)))
    if not spreads:
        return None
    # Undone to the right base, all cells have the same sum; to a wrong one sums differ. The values decide,
    # for notes in a file are lost or wrong.
    best = min(spreads, key=lambda base: spreads[base][0])
    spread, total = spreads[best]
    if spread < _EQUAL_SUMS and rows.shape[0] > 2 and total >= _SMALLEST_TARGET:
        return State(
            state="log_normalised",
            log_base=best,
            target_sum=_round_target(total),
            remark=f"{_NAMES[best]}; undone, every cell sums to about {total:,.0f}.",
        )
    # Sums per cell differ where genes were left out after normalising; within a cell, counts are still whole
    # multiples of the smallest.
    ratios = {base: _whole_ratios(rows, base) for base in spreads}
    by_ratio = max(ratios, key=lambda base: ratios[base])
    if ratios[by_ratio] >= _WHOLE_RATIOS:
        return State(
            state="log_normalised",
            log_base=by_ratio,
            target_sum=None,
            remark=f"{_NAMES[by_ratio]} of counts; the sums per cell differ.",
        )
    twice = _logged_twice(rows, values)
    if twice is not None:
        return twice
    # Only where the values settle nothing: a note is never believed against them.
    if noted_base in spreads:
        return State(
            state="log_normalised", log_base=noted_base, remark=f"{_NAMES[noted_base]}, as the file notes."
        )
    if (
        spread < _MOSTLY_EQUAL_SUMS
        and rows.shape[0] > 10
        and rows.shape[1] > 100
        and total >= _SMALLEST_TARGET
    ):
        return State(
            state="log_normalised",
            log_base=best,
            target_sum=_round_target(total),
            remark=f"{_NAMES[best]} by the sums per cell, which are nearly equal.",
        )
    return None


def _logged_twice(rows: sp.csr_matrix, values: np.ndarray) -> State | None:
    """A natural logarithm of a natural logarithm: only when undone twice are the sums per cell equal."""
    if values.max() > np.log1p(_LARGEST_LOG["e"]) or rows.shape[0] <= 2:
        return None
    sums = np.asarray(_undone(_undone(rows, "e"), "e").sum(axis=1)).ravel()
    total = float(np.median(sums))
    if np.std(sums) / max(np.mean(sums), 1e-12) >= _EQUAL_SUMS or total < _SMALLEST_TARGET:
        return None
    return State(
        state="unknown",
        remark=f"A logarithm was taken twice; only undone twice does every cell sum to about {total:,.0f}.",
    )


_NAMES = {"e": "Natural logarithm", "2": "Logarithm to base 2", "10": "Logarithm to base 10"}


def _undone(rows: sp.csr_matrix, base: str) -> sp.csr_matrix:
    undone = rows.copy()
    undone.data = np.power(BASES[base], rows.data) - 1
    return undone


def _whole_ratios(rows: sp.csr_matrix, base: str) -> float:
    """Share of values that, undone, are whole multiples of their cell's smallest value, as counts are."""
    undone = _undone(rows, base)
    whole = total = 0
    for start, stop in zip(undone.indptr[:-1], undone.indptr[1:], strict=True):
        cell = undone.data[start:stop]
        if cell.size < 5:
            continue
        # The smallest value of a cell is mostly one count.
        ratios = cell / cell.min()
        above = ratios[(ratios > 1.5) & (ratios < 200)]
        whole += int((np.abs(above - np.round(above)) < 0.01 * np.maximum(1.0, above * 0.1)).sum())
        total += above.size
    return whole / total if total >= 20 else 0.0


def _round_target(total: float) -> float:
    """An estimated sum per cell, or the usual target that it is within 2 % of."""
    for usual in (1e4, 1e6, 1e5, 1e3):
        if abs(total - usual) < 0.02 * usual:
            return usual
    return float(f"{total:.4g}")


def _not_logged(rows: sp.csr_matrix, values: np.ndarray, whole_share: float) -> State:
    sums = np.asarray(rows.sum(axis=1)).ravel()
    spread = float(np.std(sums) / max(np.mean(sums), 1e-12))
    if spread < _EQUAL_SUMS and rows.shape[0] > 2:
        total = float(np.median(sums))
        return State(
            state="counts_like",
            target_sum=_round_target(total),
            remark=f"Normalised to {total:,.0f} per cell, without logarithm.",
        )
    if values.max() <= 1.0:
        return State(state="unknown", remark="All values lie between 0 and 1.")
    # Logarithms have no long tail; corrected counts (SoupX, DecontX) keep that of counts.
    heavy = values.max() / np.median(values) > _HEAVY_TAIL
    if values.max() > _LARGEST_LOG["e"] or heavy or whole_share > 0.3:
        return State(
            state="counts_like", remark="Not whole numbers, yet spread like counts (corrected counts)."
        )
    return State(
        state="log_normalised",
        log_base="e",
        remark="By the range of the values only; a natural logarithm is assumed.",
    )
