"""Values out of a store of genes: some genes of all cells laid out, genes in blocks for tests, cells as a
matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numba import njit
from scipy import sparse

from cassia_core.data.kernels.gene_blocks import GeneBlock
from cassia_core.data.kernels.pca import ComponentModel
from cassia_core.data.kernels.threads import in_threads, n_threads, ranges
from cassia_core.data.large.row_blocks import ahead
from cassia_core.data.view.gene_store import BlockSlice, GeneStore

CHUNK_VALUES = 24_000_000
"""Stored values of the genes that are tested at once."""


def logs_of(store: GeneStore, part: BlockSlice) -> np.ndarray:
    """Log-normalised values of a slice, in the same steps of float32 as `normalise_block`."""
    if not store.is_counts:
        return part.values
    scale = store.scale[part.first : part.first + int(part.rows.max(initial=0)) + 1]
    out = np.empty(part.values.size, dtype=np.float32)
    jobs = [(part.values, part.rows, scale, a, b, out) for a, b in ranges(out.size, n_threads())]
    if out.size:
        in_threads(_take_logs, jobs)
    return out


def scaled_blocks(store: GeneStore, model: ComponentModel) -> Iterator[tuple[int, int, np.ndarray]]:
    """Scaled, clipped and centred values of the model's genes, block after block: first cell, one after the
    last, and values of shape (n_used, n_cells of the block), float32.
    """
    # What a gene that was not seen in a cell stands for; most values are this one.
    nothing = _scaled(np.zeros(model.genes.size), model)
    for block, part in _all_slices(store):
        start, stop = int(store.firsts[block]), int(store.firsts[block + 1])
        logs = logs_of(store, part)
        laid_out = np.empty((model.genes.size, stop - start), dtype=np.float32)
        in_threads(
            _lay_out,
            [
                (
                    part.starts,
                    part.rows,
                    logs,
                    model.genes,
                    model.mean,
                    model.std,
                    model.centre,
                    model.max_value,
                    nothing,
                    a,
                    b,
                    laid_out,
                )
                for a, b in ranges(model.genes.size, n_threads())
            ],
        )
        yield start, stop, laid_out


def project(
    store: GeneStore, model: ComponentModel, on_block: Callable[[float], None] = lambda _: None
) -> np.ndarray:
    """Place of every cell among the model's components, shape (n_cells, n_comps), float32."""
    found = np.empty((store.n_cells, model.loadings.shape[1]), dtype=np.float32)
    loadings = np.ascontiguousarray(model.loadings.T, dtype=np.float32)
    for start, stop, laid_out in scaled_blocks(store, model):
        on_block(start / store.n_cells)
        found[start:stop] = (loadings @ laid_out).T
    return found


def gene_chunks(store: GeneStore) -> Iterator[GeneBlock]:
    """All genes of all cells in order, as `kernels.gene_blocks` gives them from a matrix in memory."""
    yield from ahead(_in_chunks(store))


def _in_chunks(store: GeneStore) -> Iterator[GeneBlock]:
    ends = np.cumsum(store.gene_sizes())
    first = 0
    while first < store.n_genes:
        before = int(ends[first - 1]) if first else 0
        stop = max(first + 1, int(np.searchsorted(ends, before + CHUNK_VALUES, side="right")))
        yield _chunk(store, first, min(stop, store.n_genes))
        first = min(stop, store.n_genes)


def _chunk(store: GeneStore, first: int, stop: int) -> GeneBlock:
    parts = [store.slice(block, first, stop) for block in range(store.n_blocks)]
    start = np.concatenate([[0], np.cumsum(np.sum([np.diff(p.starts) for p in parts], axis=0))]).astype(
        np.int64
    )
    rows, values = np.empty(int(start[-1]), dtype=np.int32), np.empty(int(start[-1]), dtype=np.float32)
    places = start[:-1].copy()
    for part in parts:
        _append(part.starts, part.rows, logs_of(store, part), part.first, places, rows, values)
    return GeneBlock(first=first, stop=stop, start=start, rows=rows, values=values)


def cells_of_store(
    store: GeneStore, cells: np.ndarray, sizes: np.ndarray, on_block: Callable[[float], None] = lambda _: None
) -> sparse.csr_matrix:
    """Some cells as a matrix of all genes, as they were stored: counts or log-normalised values.

    Parameters
    ----------
    cells
        Positions, sorted, shape (n_chosen,).
    sizes
        Values that each of them has, shape (n_chosen,): room is made once, for a second copy would not fit.
    """
    indptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    indices, values = np.empty(int(indptr[-1]), dtype=np.int32), np.empty(int(indptr[-1]), dtype=np.float32)
    places = indptr[:-1].copy()
    for block, part in _all_slices(store):
        on_block(block / store.n_blocks)
        start, stop = store.firsts[block], store.firsts[block + 1]
        low, high = np.searchsorted(cells, (start, stop))
        row_of = np.full(int(stop - start), -1, dtype=np.int64)
        row_of[cells[low:high] - start] = np.arange(low, high)
        _gather(part.starts, part.rows, part.values, row_of, places, indices, values)
    matrix = sparse.csr_matrix((values, indices, indptr), shape=(cells.size, store.n_genes))
    # Genes were met in order, so every row has them in order.
    matrix.has_sorted_indices = True
    return matrix


def _all_slices(store: GeneStore) -> Iterator[tuple[int, BlockSlice]]:
    yield from ahead((block, store.slice(block, 0, store.n_genes)) for block in range(store.n_blocks))


def _scaled(values: np.ndarray, model: ComponentModel) -> np.ndarray:
    clipped = np.clip((values - model.mean) / model.std, -model.max_value, model.max_value)
    return (clipped - model.centre).astype(np.float32)


@njit(cache=True, nogil=True)
def _take_logs(counts, rows, scale, start, stop, out):
    for j in range(start, stop):
        out[j] = np.float32(np.log1p(np.float32(counts[j] / scale[rows[j]])))


@njit(cache=True, nogil=True)
def _lay_out(starts, rows, values, genes, mean, std, centre, max_value, nothing, start, stop, out):
    for k in range(start, stop):
        gene = genes[k]
        out[k, :] = nothing[k]
        for j in range(starts[gene], starts[gene + 1]):
            value = min(max((values[j] - mean[k]) / std[k], -max_value), max_value)
            out[k, rows[j]] = value - centre[k]


@njit(cache=True, nogil=True)
def _append(starts, rows, values, first, places, all_rows, all_values):
    for gene in range(starts.size - 1):
        at = places[gene]
        for j in range(starts[gene], starts[gene + 1]):
            all_rows[at], all_values[at] = first + rows[j], values[j]
            at += 1
        places[gene] = at


@njit(cache=True, nogil=True)
def _gather(starts, rows, values, row_of, places, all_indices, all_values):
    for gene in range(starts.size - 1):
        for j in range(starts[gene], starts[gene + 1]):
            row = row_of[rows[j]]
            if row >= 0:
                at = places[row]
                all_indices[at], all_values[at] = gene, values[j]
                places[row] = at + 1
