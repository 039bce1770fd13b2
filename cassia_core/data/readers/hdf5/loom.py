"""Loom files, read with h5py; columns of more than one dimension are left out and said."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp

from cassia_core.data.readers.cell_file import CellFile, block_rows, random_rows
from cassia_core.data.readers.hdf5.h5_elements import UNREADABLE, Rows
from cassia_core.data.readers.hdf5.hdf5_damage import damaged
from cassia_core.domain.config import ReadOptions
from cassia_core.errors import AnnDataError

_GENE_NAMES = (
    "Gene",
    "gene",
    "GeneName",
    "gene_name",
    "var_names",
    "Symbol",
    "gene_symbol",
    "Genes",
    "features",
    "name",
)
_GENE_IDS = ("Accession", "accession", "gene_ids", "ensembl", "EnsemblID", "gene_id")
_CELL_NAMES = ("CellID", "cell_id", "CellIDs", "obs_names", "barcode", "Barcode", "cell_names", "Cell")
_MAPS = (
    ("X_umap", ("_X", "_Y")),
    ("X_umap", ("UMAP1", "UMAP2")),
    ("X_umap", ("umap1", "umap2")),
    ("X_tsne", ("tSNE1", "tSNE2")),
    ("X_tsne", ("_tSNE1", "_tSNE2")),
)
_GENES_PER_READ = 512


def read_loom(path: Path, options: ReadOptions = ReadOptions(), *, inspect: bool = False) -> CellFile:
    """Read a loom file (genes in rows, cells in columns).

    Raises
    ------
    AnnDataError
        No gene names, or a damaged file.
    """
    lost: list[str] = []
    with h5py.File(path, "r") as file:
        try:
            n_genes, n_cells = (int(n) for n in file["matrix"].shape)
            rows = block_rows(n_cells) if inspect else random_rows(n_cells, options.max_cells)
            var = _attributes(file["row_attrs"], n_genes, None, lost)
            obs = _attributes(file["col_attrs"], n_cells, rows, lost)
            adata = ad.AnnData(X=_cells_by_genes(file["matrix"], rows))
            for name in file.get("layers", {}):
                if file["layers"][name].shape == (n_genes, n_cells):
                    adata.layers[name] = _cells_by_genes(file["layers"][name], rows)
        except UNREADABLE as error:
            raise damaged(path, error) from error
    adata.var = _indexed(var, (*_GENE_NAMES, *_GENE_IDS), path)
    names = next((name for name in _CELL_NAMES if name in obs), None)
    if names:
        adata.obs = obs.set_index(obs[names].astype(str))
    else:
        numbers = range(n_cells) if rows is None else rows
        adata.obs = obs.set_axis([f"cell_{number}" for number in numbers], axis=0)
    adata.obs.index.name = None
    for key, (x, y) in _MAPS:
        if {x, y} <= set(obs) and obs[x].dtype.kind in "fiu" and obs[y].dtype.kind in "fiu":
            adata.obsm.setdefault(key, obs[[x, y]].to_numpy(dtype=float))
    done = [] if names else ["The file names no cells; they are numbered."]
    done += [f"The column {name} is no plain column and is left out." for name in lost]
    return CellFile(
        adata=adata,
        format="loom",
        n_cells=n_cells,
        n_genes=n_genes,
        done=tuple(done),
        stored_values=int(adata.X.nnz * n_cells / max(1, adata.n_obs)),
        embeddings=tuple(adata.obsm),
    )


def _attributes(group: h5py.Group, n: int, rows: Rows, lost: list[str]) -> pd.DataFrame:
    """The one-dimensional attributes of cells or genes (also those stored as a single column)."""
    columns = {}
    for name in group:
        values = group[name][()] if isinstance(group[name], h5py.Dataset) else np.empty((0, 0))
        if values.ndim == 2 and values.shape == (n, 1):
            values = values[:, 0]
        if values.shape != (n,) or values.dtype.names:  # pySCENIC and SCope keep records, one field a regulon
            lost.append(name)
            continue
        if values.dtype.kind in "SO":
            values = np.array(
                [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in values],
                dtype=object,
            )
        columns[name] = values if rows is None else values[rows]
    return pd.DataFrame(columns, index=pd.RangeIndex(n if rows is None else len(rows)))


def _cells_by_genes(dataset: h5py.Dataset, rows: Rows) -> sp.csr_matrix:
    """A stored matrix of genes by cells as sparse cells by genes, read some genes at a time."""
    parts = []
    for start in range(0, dataset.shape[0], _GENES_PER_READ):
        # Loom keeps genes in rows and chunks: a cell alone would touch every chunk of the file.
        block = dataset[start : start + _GENES_PER_READ]
        parts.append(sp.csc_matrix((block if rows is None else block[:, rows]).T.astype(np.float32)))
    n = dataset.shape[1] if rows is None else len(rows)
    return sp.hstack(parts, format="csr") if parts else sp.csr_matrix((n, 0), dtype=np.float32)


def _indexed(var: pd.DataFrame, names: tuple[str, ...], path: Path) -> pd.DataFrame:
    column = next((name for name in names if name in var), None)
    if column is None:
        raise AnnDataError(
            f"{path.name} has no gene names.",
            "Labels need them.",
            "Add gene names to the file, or open another one.",
            details="Columns of genes: " + ", ".join(var.columns),
        )
    indexed = var.set_index(pd.Index(var[column].astype(str)))
    indexed.index.name = None
    return indexed.drop(columns=column)
