"""Counts to log-normalised values, with the moments per gene, in one pass over the matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy import sparse

from cassia_core.data.kernels.threads import in_threads, n_threads, ranges
from cassia_core.errors import AnnDataError

LN_OF_BASE = {"e": 1.0, "2": float(np.log(2.0)), "10": float(np.log(10.0))}
_MEMO = 256
_LOOKED_AT = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneMoments:
    """Per gene over all cells, each array of shape (n_genes,), float64.

    `mean`, `var` are those of the values before the logarithm (variance with n - 1), `log_mean`, `log_var` of
    the
    log-normalised values, `n_cells` the number of cells with a value other than 0.
    """

    mean: np.ndarray
    var: np.ndarray
    log_mean: np.ndarray
    log_var: np.ndarray
    n_cells: np.ndarray


def as_csr(matrix: object) -> sparse.csr_matrix:
    """Any matrix as CSR with int32 indices, sorted, no copy where it is one already."""
    csr = matrix if isinstance(matrix, sparse.csr_matrix) else sparse.csr_matrix(matrix)
    # One type of index for the compiled steps: with two, numba compiles everything twice.
    if csr.indices.dtype != np.int32:
        csr = sparse.csr_matrix((csr.data, csr.indices.astype(np.int32), csr.indptr), shape=csr.shape)
    csr.sort_indices()
    return csr


def compact_counts(values: np.ndarray) -> np.ndarray:
    """The same whole numbers in the smallest unsigned type that holds them exactly; others as float32.

    Halves or quarters the memory of the counts that are kept beside the log-normalised values.
    """
    # In pieces of 16 million values: a mask of all of them would take as much memory as the matrix.
    step = 1 << 24
    chunks = [values[i : i + step] for i in range(0, values.size, step)]
    if values.dtype.kind == "f" and not all(bool((c == np.rint(c)).all()) for c in chunks):
        return values.astype(np.float32, copy=False)
    low = min((float(c.min()) for c in chunks), default=0.0)
    high = max((float(c.max()) for c in chunks), default=0.0)
    if low < 0:
        return values.astype(np.float32, copy=False)
    # Counts are mostly below 256: a byte each is a quarter of what float32 takes, without loss.
    for dtype in (np.uint8, np.uint16, np.uint32):
        if high <= np.iinfo(dtype).max:
            return values.astype(dtype, copy=False)
    return values.astype(np.float32, copy=False)


def normalise_counts(counts: sparse.csr_matrix, target_sum: float) -> tuple[sparse.csr_matrix, GeneMoments]:
    """Scale every cell to `target_sum` and take log(1 + x), as `normalize_total` and `log1p` of scanpy do.

    Parameters
    ----------
    counts
        Raw counts, shape (n_cells, n_genes), no all-zero cell. Left as they are.
    target_sum
        Sum of every cell before the logarithm.

    Returns
    -------
    Log-normalised float32 values that share the index arrays with `counts`, and the moments of every gene.

    Raises
    ------
    AnnDataError
        When a cell has no counts at all.
    """
    indptr = counts.indptr.astype(np.int64)
    out = np.empty(counts.nnz, dtype=np.float32)
    jobs = [
        (
            indptr,
            counts.indices,
            counts.data,
            np.float32(target_sum),
            start,
            stop,
            out,
            # Sums of its own for every thread, added at the end: adding into one array would need a lock per
            # value.
            np.zeros((5, counts.shape[1])),
        )
        for start, stop in ranges(counts.shape[0], n_threads())
    ]
    if not all(in_threads(_normalise_rows, jobs)):
        raise AnnDataError(
            "A cell has no counts at all.",
            "Scaling it to a common sum would divide by zero.",
            "Remove empty cells first.",
        )
    normalised = sparse.csr_matrix((out, counts.indices, counts.indptr), shape=counts.shape)
    normalised.has_sorted_indices = counts.has_sorted_indices
    return normalised, _finish(np.sum([job[-1] for job in jobs], axis=0), counts.shape[0])


def normalise_block(counts: sparse.csr_matrix, target_sum: float) -> sparse.csr_matrix:
    """The values of `normalise_counts` for some of the cells; they do not hang on the others."""
    return normalise_counts(counts, target_sum)[0]


def moments(log_normalised: sparse.csr_matrix) -> GeneMoments:
    """Moments per gene of values that are log-normalised (natural logarithm) already."""
    indptr = log_normalised.indptr.astype(np.int64)
    data = log_normalised.data.astype(np.float32, copy=False)
    jobs = [
        (indptr, log_normalised.indices, data, start, stop, np.zeros((5, log_normalised.shape[1])))
        for start, stop in ranges(log_normalised.shape[0], n_threads())
    ]
    in_threads(_moments_of_rows, jobs)
    return _finish(np.sum([job[-1] for job in jobs], axis=0), log_normalised.shape[0])


def to_natural_log(values: np.ndarray, log_base: str) -> np.ndarray:
    """Log values of base "2" or "10" as natural ones, float32, a copy."""
    return (values * np.float32(LN_OF_BASE[log_base])).astype(np.float32, copy=False)


def usual_total(log_normalised: sparse.csr_matrix) -> float:
    """Median of the sums of at most `_LOOKED_AT` cells before the (natural) logarithm."""
    step = max(1, log_normalised.shape[0] // _LOOKED_AT)
    sample = log_normalised[::step] if step > 1 else log_normalised
    before = sparse.csr_matrix(
        (np.expm1(sample.data.astype(np.float64)), sample.indices, sample.indptr), shape=sample.shape
    )
    return float(np.median(np.asarray(before.sum(axis=1)).ravel())) if sample.shape[0] else 0.0


def scaled_before_log(values: np.ndarray, factor: float) -> np.ndarray:
    """The same values, float32, as if all counts had been multiplied by `factor` before log(1 + x)."""
    return np.log1p(np.expm1(values.astype(np.float32, copy=False)) * np.float32(factor))


def _finish(sums: np.ndarray, n_cells: int) -> GeneMoments:
    mean, log_mean = sums[0] / n_cells, sums[2] / n_cells
    correction = n_cells / max(n_cells - 1, 1)
    return GeneMoments(
        mean=mean,
        var=(sums[1] / n_cells - mean**2) * correction,
        log_mean=log_mean,
        # Mean of squares minus square of mean: may come out a hair below 0 for a gene that hardly varies.
        log_var=np.maximum((sums[3] / n_cells - log_mean**2) * correction, 0.0),
        n_cells=sums[4].astype(np.int64),
    )


@njit(cache=True, nogil=True)
def _normalise_rows(indptr, indices, counts, target_sum, start, stop, out, sums):
    """Rows `start` to `stop`. A cell holds few distinct counts, so each logarithm is taken once per cell."""
    # Within a cell the counts 1, 2, 3 come again and again; their logarithms are computed once per cell.
    # `seen` says for which cell a slot is good, so nothing is cleared in between.
    logs = np.zeros(_MEMO, dtype=np.float32)
    plain = np.zeros(_MEMO, dtype=np.float32)
    seen = np.full(_MEMO, -1, dtype=np.int64)
    for row in range(start, stop):
        total = 0.0
        for j in range(indptr[row], indptr[row + 1]):
            total += counts[j]
        # Also true of NaN, which `total <= 0.0` would let pass.
        if not total > 0.0:
            return False
        scale = np.float32(np.float32(total) / target_sum)
        for j in range(indptr[row], indptr[row + 1]):
            count = np.float32(counts[j])
            slot = int(count) if 0 <= count < _MEMO else -1
            known = slot >= 0 and np.float32(slot) == count
            if known and seen[slot] == row:
                log_value, value = logs[slot], plain[slot]
            else:
                # float32 at every step, as scanpy computes it: the values are equal to scanpy's to the last
                # bit.
                log_value = np.float32(np.log1p(np.float32(count / scale)))
                value = np.float32(np.expm1(log_value))
                if known:
                    seen[slot], logs[slot], plain[slot] = row, log_value, value
            out[j] = log_value
            _add(sums, indices[j], np.float64(value), np.float64(log_value))
    return True


@njit(cache=True, nogil=True)
def _moments_of_rows(indptr, indices, data, start, stop, sums):
    for j in range(indptr[start], indptr[stop]):
        _add(sums, indices[j], np.float64(np.float32(np.expm1(data[j]))), np.float64(data[j]))


@njit(cache=True, nogil=True, inline="always")
def _add(sums, gene, value, log_value):
    sums[0, gene] += value
    sums[1, gene] += value * value
    sums[2, gene] += log_value
    sums[3, gene] += log_value * log_value
    if log_value != 0.0:
        sums[4, gene] += 1.0
