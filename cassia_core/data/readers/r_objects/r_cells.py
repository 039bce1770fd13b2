"""What every kind of R object is turned into before it becomes cells by genes."""

from __future__ import annotations

from dataclasses import dataclass, field

import anndata as ad
import numpy as np
import pandas as pd
import scipy.sparse as sp

from cassia_core.data.readers.cell_file import CellFile, block_rows, random_rows
from cassia_core.data.readers.r_objects.matrices import RMatrix
from cassia_core.domain.config import ReadOptions
from cassia_core.domain.findings import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class RPart:
    """A matrix and which of the object's cells and genes its columns and rows are (-1: none of them)."""

    matrix: RMatrix
    cells: np.ndarray
    genes: np.ndarray


@dataclass(slots=True, kw_only=True)
class RCells:
    """Cells of an R object: `values` by name ("counts", "data", ...), in one part or, when split, several.

    The first of `values` becomes `X`, the others layers. Coordinates have a row for every cell.
    """

    format: str
    cells: pd.Index
    genes: pd.Index
    values: dict[str, tuple[RPart, ...]]
    obs: pd.DataFrame
    var: pd.DataFrame
    embeddings: dict[str, np.ndarray] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    questions: tuple[Question, ...] = ()


def whole(matrix: RMatrix) -> tuple[RPart, ...]:
    """A matrix that holds all cells and all genes in the object's order."""
    return (RPart(matrix=matrix, cells=np.arange(matrix.shape[1]), genes=np.arange(matrix.shape[0])),)


def cell_file(read: RCells, options: ReadOptions, *, inspect: bool) -> CellFile:
    """Read the wanted cells of an R object."""
    n_cells, n_genes = len(read.cells), len(read.genes)
    rows = block_rows(n_cells) if inspect else random_rows(n_cells, options.max_cells)
    taken = slice(None) if rows is None else rows
    matrices = {name: _assembled(parts, n_cells, n_genes, rows) for name, parts in read.values.items()}
    main, *others = matrices
    adata = ad.AnnData(
        X=matrices[main],
        obs=read.obs.set_axis(read.cells, axis=0).iloc[taken].copy(),
        var=read.var.set_axis(read.genes, axis=0),
    )
    for name in others:
        adata.layers[name] = matrices[name]
    for name, coordinates in read.embeddings.items():
        adata.obsm[name] = coordinates[taken]
    return CellFile(
        adata=adata,
        format=read.format,
        n_cells=n_cells,
        n_genes=n_genes,
        obs=read.obs.set_axis(read.cells, axis=0) if inspect and rows is not None else None,
        done=tuple(read.done),
        questions=read.questions,
        stored_values=sum(part.matrix.stored() for parts in read.values.values() for part in parts),
        embeddings=tuple(read.embeddings),
    )


def _assembled(
    parts: tuple[RPart, ...], n_cells: int, n_genes: int, rows: np.ndarray | None
) -> sp.csr_matrix:
    """One matrix of the wanted cells by all genes from parts that hold some of each."""
    if len(parts) == 1 and _is_whole(parts[0], n_cells, n_genes):
        return parts[0].matrix.cells(rows)
    wanted = np.arange(n_cells) if rows is None else rows
    place = np.full(n_cells, -1)
    place[wanted] = np.arange(len(wanted))
    blocks, targets = [], []
    for part in parts:
        columns = np.flatnonzero((part.cells >= 0) & (place[part.cells] >= 0))
        block = part.matrix.cells(columns)
        gene_rows = np.flatnonzero(part.genes >= 0)
        block = block if len(gene_rows) == len(part.genes) else block[:, gene_rows]
        genes = part.genes[gene_rows][block.indices]
        blocks.append(sp.csr_matrix((block.data, genes, block.indptr), shape=(len(columns), n_genes)))
        targets.append(place[part.cells[columns]])
    order = np.concatenate(targets)
    if len(np.unique(order)) != len(wanted) or len(order) != len(wanted):
        raise ValueError("its parts hold some cells twice or not at all")
    stacked = sp.vstack(blocks, format="csr")
    ordered = stacked if np.array_equal(order, np.arange(len(order))) else stacked[np.argsort(order)]
    ordered.sort_indices()
    return ordered


def _is_whole(part: RPart, n_cells: int, n_genes: int) -> bool:
    return np.array_equal(part.cells, np.arange(n_cells)) and np.array_equal(part.genes, np.arange(n_genes))


def positions(names: tuple[str, ...], among: pd.Index) -> np.ndarray | None:
    """Where each name stands among others; None when one is missing or a name is there twice."""
    if not among.is_unique:
        return None
    places = among.get_indexer(pd.Index(names))
    return None if (places < 0).any() else places


def aligned(names: tuple[str, ...], values: np.ndarray, cells: pd.Index) -> np.ndarray | None:
    """Rows of `values` in the order of the cells; None when some cell has no row."""
    if not names and len(values) == len(cells) or names == tuple(cells):
        return values
    index = pd.Index(names)
    if not index.is_unique:
        return None
    order = index.get_indexer(cells)
    return None if (order < 0).any() else values[order]
