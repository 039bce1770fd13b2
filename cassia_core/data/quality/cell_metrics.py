"""Quality of every cell: how much was found in it, and how much of that in genes that tell of its state."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numba import njit
from scipy import sparse

from cassia_core.data.kernels.threads import in_threads, n_threads, ranges

METRICS = ("n_genes", "n_counts", "pct_mito", "pct_ribo", "pct_haemo")
_MITO = ("MT-",)
_RIBO = ("RPS", "RPL")
_HAEMO = frozenset(
    {
        "HBA1",
        "HBA2",
        "HBB",
        "HBD",
        "HBE1",
        "HBG1",
        "HBG2",
        "HBM",
        "HBQ1",
        "HBZ",
        "HBA-A1",
        "HBA-A2",
        "HBA-X",
        "HBB-B1",
        "HBB-B2",
        "HBB-BH1",
        "HBB-BS",
        "HBB-BT",
        "HBB-Y",
    }
)
"""Globin genes of human and mouse, capitals for comparing. Source: HGNC family 940 and MGI."""


def cell_metrics(matrix: sparse.csr_matrix, genes: tuple[str, ...], *, is_log: bool = False) -> pd.DataFrame:
    """Per cell: `n_genes` found, `n_counts`, and percent (0 to 100) of mitochondrial, ribosomal and
    haemoglobin genes.

    `matrix` holds counts, shape (n_cells, n_genes), or log-normalised values (`is_log`), which are taken back
    out of
    the logarithm; `n_counts` is then their sum and says nothing of the depth of a cell.
    """
    kind = np.zeros(len(genes), dtype=np.int8)
    for at, gene in enumerate(genes):
        kind[at] = _kind_of_gene(gene.upper())
    sums = np.zeros((matrix.shape[0], 5))
    indptr = matrix.indptr.astype(np.int64)
    in_threads(
        _sum_kinds,
        [
            (indptr, matrix.indices, matrix.data, kind, is_log, a, b, sums)
            for a, b in ranges(matrix.shape[0], n_threads())
        ],
    )
    total = sums[:, :4].sum(axis=1)
    share = 100.0 * sums[:, 1:4] / np.where(total == 0, 1.0, total)[:, None]
    return pd.DataFrame(
        {
            "n_genes": sums[:, 4].astype(np.int64),
            "n_counts": total,
            "pct_mito": share[:, 0],
            "pct_ribo": share[:, 1],
            "pct_haemo": share[:, 2],
        }
    )


@njit(cache=True, nogil=True)
def _sum_kinds(indptr, indices, data, kind, is_log, start, stop, sums):
    for row in range(start, stop):
        for j in range(indptr[row], indptr[row + 1]):
            value = np.float64(data[j])
            if value != 0.0:
                sums[row, kind[indices[j]]] += np.expm1(value) if is_log else value
                sums[row, 4] += 1.0


def _kind_of_gene(name: str) -> int:
    """Column of the sums that a gene counts for: mitochondrial 1, ribosomal 2, haemoglobin 3, any other 0."""
    if name.startswith(_MITO):
        return 1
    if name.startswith(_RIBO):
        return 2
    return 3 if name in _HAEMO else 0
