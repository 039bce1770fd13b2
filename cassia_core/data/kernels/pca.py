"""Principal components of scaled, clipped values, without a dense copy of the matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy import linalg, sparse
from scipy.sparse.linalg import LinearOperator, eigsh

from cassia_core.data.kernels.normalise import GeneMoments
from cassia_core.data.kernels.threads import in_threads, n_threads, ranges

CHUNK_BYTES = 64 * 1024**2
COVARIANCE_GENES = 6000
"""Above this many genes the covariance matrix costs more than products with the data (measured)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentModel:
    """How further cells are placed among components: their genes are scaled, clipped, centred and projected.

    `genes` are positions (n_used,); `mean` and `std` scale them, `centre` is the mean of the scaled and
    clipped values, `loadings` has shape (n_used, n_comps).
    """

    genes: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    centre: np.ndarray
    max_value: float
    loadings: np.ndarray


def principal_components(
    expression: sparse.csr_matrix,
    genes: np.ndarray,
    moments: GeneMoments,
    *,
    n_comps: int,
    max_value: float,
    seed: int = 0,
    on_chunk: Callable[[float], None] = lambda _: None,
) -> np.ndarray:
    """As `fit_components`; the scores only, shape (n_cells, n_comps)."""
    return fit_components(
        expression, genes, moments, n_comps=n_comps, max_value=max_value, seed=seed, on_chunk=on_chunk
    )[0]


def fit_components(
    expression: sparse.csr_matrix,
    genes: np.ndarray,
    moments: GeneMoments,
    *,
    n_comps: int,
    max_value: float,
    seed: int = 0,
    on_chunk: Callable[[float], None] = lambda _: None,
) -> tuple[np.ndarray, ComponentModel]:
    """Scale the chosen genes to unit variance, clip, and project on the first components.

    Equals `scanpy.pp.scale(max_value=...)` followed by `scanpy.tl.pca` up to the sign of a component; each
    sign is
    fixed so that the largest loading is positive.

    Parameters
    ----------
    expression
        Log-normalised values, shape (n_cells, n_genes), sorted indices.
    genes
        Boolean mask of the genes to use.
    moments
        Moments of `expression`.
    on_chunk
        Called with the fraction done; may raise to stop.

    Returns
    -------
    Scores, shape (n_cells, n_comps), float32, and what places further cells; fewer columns when the data do
    not allow as many.
    """
    offsets, baseline = _scaled_offsets(expression, genes, moments, max_value)
    scores, loadings, centre = _components(offsets, baseline, n_comps, seed, on_chunk)
    used = np.flatnonzero(genes)
    return scores, ComponentModel(
        genes=used,
        mean=moments.log_mean[used],
        std=spread_of(moments)[used],
        centre=centre,
        max_value=max_value,
        loadings=loadings,
    )


def spread_of(moments: GeneMoments) -> np.ndarray:
    """Standard deviation that each gene is divided by, shape (n_genes,)."""
    std = np.sqrt(moments.log_var)
    # A gene that is the same in all cells stays 0 after centring, whatever it is divided by.
    std[std == 0] = 1.0
    return std


def components_of_scaled(
    scaled: np.ndarray | sparse.csr_matrix,
    *,
    n_comps: int,
    seed: int = 0,
    on_chunk: Callable[[float], None] = lambda _: None,
) -> np.ndarray:
    """Components of values that are scaled already, shape (n_cells, n_genes); they are centred, nothing
    else.
    """
    matrix = sparse.csr_matrix(scaled) if sparse.issparse(scaled) else np.asarray(scaled, dtype=np.float32)
    return _components(matrix, np.zeros(matrix.shape[1]), n_comps, seed, on_chunk)[0]


def _components(
    offsets: np.ndarray | sparse.csr_matrix,
    baseline: np.ndarray,
    n_comps: int,
    seed: int,
    on_chunk: Callable[[float], None],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, loadings, and the mean that was taken off each column."""
    n_cells, n_used = offsets.shape
    # Centring takes one dimension away, and the Lanczos solver needs one more than it is asked for.
    n_comps = max(1, min(n_comps, n_cells - 1, n_used - 1))
    mean = np.asarray(offsets.sum(axis=0, dtype=np.float64)).ravel() / n_cells + baseline
    chunks = _Chunks(offsets, baseline - mean)
    # A gene-by-gene matrix pays where cells are many and genes few; else the matrix is only ever multiplied
    # with vectors and never laid out.
    if n_used <= COVARIANCE_GENES and n_cells > n_used // 2:
        loadings = top_vectors(chunks.covariance(on_chunk), n_comps, seed)
    else:
        loadings = top_vectors(chunks.operator(), n_comps, seed)
    # Eigenvectors have no sign of their own: without a rule, maps would be mirrored between machines.
    loadings *= np.sign(loadings[np.abs(loadings).argmax(axis=0), np.arange(n_comps)])
    scores = chunks.project(loadings.astype(np.float32))
    on_chunk(1.0)
    return scores, loadings.astype(np.float32), mean


def _scaled_offsets(
    expression: sparse.csr_matrix, genes: np.ndarray, moments: GeneMoments, max_value: float
) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Scaled and clipped values as "baseline of the gene + a sparse offset", so that zeros stay implicit."""
    std = spread_of(moments)
    baseline = np.clip(-moments.log_mean / std, -max_value, max_value)
    # Two passes, count and then fill, so that threads write to places of their own without a lock.
    position = np.full(genes.size, -1, dtype=np.int32)
    position[genes] = np.arange(int(genes.sum()), dtype=np.int32)
    indptr = expression.indptr.astype(np.int64)
    jobs = ranges(expression.shape[0], n_threads())
    counts = np.zeros(expression.shape[0] + 1, dtype=np.int64)
    in_threads(_count_kept, [(indptr, expression.indices, position, a, b, counts) for a, b in jobs])
    new_indptr = np.cumsum(counts)
    indices = np.empty(new_indptr[-1], dtype=np.int32)
    values = np.empty(new_indptr[-1], dtype=np.float32)
    data = expression.data.astype(np.float32, copy=False)
    in_threads(
        _fill_kept,
        [
            (
                indptr,
                expression.indices,
                data,
                position,
                moments.log_mean,
                std,
                baseline,
                max_value,
                new_indptr,
                indices,
                values,
                a,
                b,
            )
            for a, b in jobs
        ],
    )
    shape = (expression.shape[0], int(genes.sum()))
    return sparse.csr_matrix((values, indices, new_indptr), shape=shape), baseline[genes]


class _Chunks:
    """The centred matrix, met a block of rows at a time. `shift` is what every zero stands for."""

    def __init__(self, offsets: np.ndarray | sparse.csr_matrix, shift: np.ndarray) -> None:
        self.offsets, self.shift = offsets, shift.astype(np.float32)
        rows = max(64, CHUNK_BYTES // (4 * max(offsets.shape[1], 1)))
        self.bounds = [(a, min(a + rows, offsets.shape[0])) for a in range(0, offsets.shape[0], rows)]

    def dense(self, start: int, stop: int) -> np.ndarray:
        block = self.offsets[start:stop]
        return (block if isinstance(block, np.ndarray) else block.toarray()) + self.shift

    def covariance(self, on_chunk: Callable[[float], None]) -> np.ndarray:
        n_cells, n_genes = self.offsets.shape
        total = np.zeros((n_genes, n_genes), dtype=np.float32)
        for start, stop in self.bounds:
            on_chunk(start / n_cells)
            block = self.dense(start, stop)
            # BLAS adds onto `total` itself; only one triangle is computed, which is all the solvers read.
            total = linalg.blas.ssyrk(1.0, block.T, beta=1.0, c=total.T, overwrite_c=True, lower=True).T
        # The divisor does not turn the components; it keeps the tolerance of the solver comparable.
        total /= n_cells - 1
        return np.triu(total) + np.triu(total, 1).T

    def operator(self) -> LinearOperator:
        n_cells, n_genes = self.offsets.shape
        shift = self.shift.astype(np.float64)

        def product(vector: np.ndarray) -> np.ndarray:
            vector = np.ravel(vector)
            # (offsets + 1 shift)' (offsets + 1 shift) v, multiplied out: the dense matrix is never made.
            scores = self.offsets @ vector + shift @ vector
            return (self.offsets.T @ scores + shift * scores.sum()) / (n_cells - 1)

        return LinearOperator((n_genes, n_genes), matvec=product, dtype=np.float64)

    def project(self, loadings: np.ndarray) -> np.ndarray:
        return np.vstack([self.dense(start, stop) @ loadings for start, stop in self.bounds])


def top_vectors(covariance: np.ndarray | LinearOperator, n_comps: int, seed: int) -> np.ndarray:
    """Eigenvectors of the largest eigenvalues, largest first, shape (n_genes, n_comps), float64."""
    n_genes = int(covariance.shape[0])
    # Lanczos finds few vectors of many fast; for few genes, or a quarter of all vectors, LAPACK is faster and
    # exact.
    if isinstance(covariance, np.ndarray) and (n_genes <= 500 or n_comps * 4 > n_genes):
        return linalg.eigh(covariance.astype(np.float64), subset_by_index=(n_genes - n_comps, n_genes - 1))[
            1
        ][:, ::-1]
    # ARPACK draws its own first vector otherwise, from a state that no seed reaches.
    start = np.random.default_rng(seed).uniform(-1, 1, size=n_genes).astype(covariance.dtype)
    values, vectors = eigsh(
        covariance, k=n_comps, v0=start, tol=1e-7 if covariance.dtype == np.float64 else 1e-6
    )
    return vectors[:, np.argsort(-values)].astype(np.float64)


@njit(cache=True, nogil=True)
def _count_kept(indptr, indices, position, start, stop, counts):
    for row in range(start, stop):
        n_kept = 0
        for j in range(indptr[row], indptr[row + 1]):
            if position[indices[j]] >= 0:
                n_kept += 1
        counts[row + 1] = n_kept


@njit(cache=True, nogil=True)
def _fill_kept(
    indptr,
    indices,
    data,
    position,
    mean,
    std,
    baseline,
    max_value,
    new_indptr,
    new_indices,
    values,
    start,
    stop,
):
    for row in range(start, stop):
        at = new_indptr[row]
        for j in range(indptr[row], indptr[row + 1]):
            gene = indices[j]
            if position[gene] >= 0:
                # Clipped before the baseline is taken off, so that a zero and a stored zero come out alike.
                value = min(max((data[j] - mean[gene]) / std[gene], -max_value), max_value)
                new_indices[at] = position[gene]
                values[at] = value - baseline[gene]
                at += 1
