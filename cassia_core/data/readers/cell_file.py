"""What every reader of cell files gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import anndata as ad
import numpy as np
import pandas as pd
import scipy.sparse as sp

from cassia_core.domain.findings import MarkerTest, Question

INSPECTED_CELLS = 400
UNREADABLE_VALUES = (
    KeyError,
    OSError,
    TypeError,
    ValueError,
    AttributeError,
    IndexError,
    NotImplementedError,
    RuntimeError,
)
"""What libraries raise for a matrix or table in a file that they cannot read."""
SEED = 0
Compressed = TypeVar("Compressed", sp.csr_matrix, sp.csc_matrix)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTest:
    """A marker test of a file; `frame` (columns `cluster`, `gene` and statistics) is None where the file was
    only looked into.
    """

    test: MarkerTest
    frame: pd.DataFrame | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFile:
    """Cells as the file has them: values and names untouched.

    `adata` may hold a part of the cells; `n_cells` and `n_genes` are the whole file's. `log_base` is the base
    that the file itself notes ("e", "2", "10", or "" when it notes nothing), `obs` the whole table of cells
    where
    `adata` holds a part only.
    """

    adata: ad.AnnData
    format: str
    n_cells: int
    n_genes: int
    log_base: str = ""
    obs: pd.DataFrame | None = None
    done: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    stored_values: int = 0
    embeddings: tuple[str, ...] = field(default=())
    marker_tests: tuple[StoredTest, ...] = ()


def sound(matrix: Compressed) -> Compressed:
    """The compressed matrix itself, if its pointers rise and its numbers lie inside it.

    SciPy trusts both, and damaged ones end the process.

    Raises
    ------
    ValueError
        They do not.
    """
    across = matrix.shape[1] if matrix.format == "csr" else matrix.shape[0]
    if np.any(np.diff(matrix.indptr) < 0) or matrix.indptr[-1] > len(matrix.indices):
        raise ValueError("the pointers of a sparse matrix do not rise")
    if len(matrix.indices) and (int(matrix.indices.max()) >= across or int(matrix.indices.min()) < 0):
        raise ValueError("numbers of rows or columns lie outside of the matrix")
    return matrix


def random_rows(n_cells: int, wanted: int | None) -> np.ndarray | None:
    """Sorted numbers of a random sample of cells (always the same one); None when all are wanted."""
    if wanted is None or wanted >= n_cells:
        return None
    return np.sort(np.random.default_rng(SEED).choice(n_cells, wanted, replace=False))


def block_rows(n_cells: int, wanted: int = INSPECTED_CELLS, blocks: int = 10) -> np.ndarray | None:
    """Numbers of cells in a few runs spread over the file, which are quick to read; None when it is small."""
    if n_cells <= wanted * 4:
        return None
    starts = np.linspace(0, n_cells - wanted // blocks, blocks).astype(int)
    return np.unique(np.concatenate([np.arange(start, start + wanted // blocks) for start in starts]))


def contiguous_runs(rows: np.ndarray, gap: int = 64) -> list[np.ndarray]:
    """Sorted numbers cut into runs that are worth reading at once: no two further apart than `gap`."""
    if not len(rows):
        return []
    return np.split(rows, np.flatnonzero(np.diff(rows) > gap) + 1)
