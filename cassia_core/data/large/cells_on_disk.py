"""A file of cells of which all is read but the values: tables, maps, notes, and where its matrices lie."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd

from cassia_core.data.cells.load_cells import inspect_cells, name_cells, name_genes, totals_of
from cassia_core.data.names.gene_names import repair_gene_names
from cassia_core.data.readers.cell_file import CellFile
from cassia_core.data.readers.hdf5.h5_elements import is_matrix, matrix_shape, read_frame
from cassia_core.data.readers.hdf5.h5ad import add_embeddings, main_matrix, read_each
from cassia_core.data.readers.hdf5.several_parts import part_to_read
from cassia_core.data.readers.read_cells import Source, find_source, read_cell_file
from cassia_core.domain.config import ReadOptions
from cassia_core.domain.findings import Findings
from cassia_core.errors import AnnDataError, GeneIdError

BY_BLOCKS = ("h5ad", "tenx_h5")
"""Kinds of files that can be read in blocks of rows; a zarr store is an h5ad by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMatrix:
    """A matrix in the file: its path in it, whether its cells are columns, and which of its columns are
    genes.
    """

    at: str
    columns: np.ndarray
    cells_last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CellsOnDisk:
    """Cells without their values.

    `cells` has no `X`; genes are repaired as `load_cells` does it. `matrices` are by location ("X", "raw",
    "layers/NAME"), `raw_genes` is the table of `raw`, `graphs` are the paths of entries of `obsp`.
    """

    path: Path
    findings: Findings
    cells: ad.AnnData
    matrices: dict[str, StoredMatrix]
    raw_genes: pd.DataFrame | None = None
    graphs: tuple[str, ...] = ()


def can_be_read_in_blocks(path: Path) -> bool:
    """Whether the file is of a kind that can be read in blocks of rows."""
    return find_source(path).kind in BY_BLOCKS


def open_cells(path: Path, options: ReadOptions = ReadOptions()) -> CellsOnDisk:
    """Everything of a file but its values.

    Raises
    ------
    InputError
        The file cannot be opened or used, or cannot be read in blocks.
    """
    source = find_source(path)
    if source.kind not in BY_BLOCKS:
        raise AnnDataError(
            f"{path.name} cannot be read in blocks of cells.",
            "Only h5ad, zarr and 10x h5 are laid out for it.",
            "Save it as h5ad, or open it on a machine with enough memory.",
        )
    findings, _ = inspect_cells(path, options, source)
    looked_at = read_cell_file(source, options, inspect=True)
    opened = (
        _open_tenx(source, looked_at) if source.kind == "tenx_h5" else _open_h5ad(source, looked_at, options)
    )
    done: list[str] = []
    name_cells(opened.cells, done)
    genes = repair_gene_names(looked_at.adata.var, options, totals_of(looked_at.adata.X))
    cells = opened.cells if genes.keep.all() else opened.cells[:, genes.keep].copy()
    name_genes(cells, genes)
    matrices = {
        location: stored if location == "raw" else replace(stored, columns=np.flatnonzero(genes.keep))
        for location, stored in opened.matrices.items()
    }
    said = tuple(sentence for sentence in (*opened.findings.done, *done) if sentence not in findings.done)
    return replace(
        opened, cells=cells, matrices=matrices, findings=replace(findings, done=(*findings.done, *said))
    )


def _open_h5ad(source: Source, looked_at: CellFile, options: ReadOptions) -> CellsOnDisk:
    lost: list[str] = []
    with h5py.File(source.path, "r") as whole:
        file = part_to_read(whole, source.path, options.modality).group
        main, _ = main_matrix(file, source.path)
        shape = matrix_shape(main)
        obs = read_frame(file["obs"], None, lambda name: lost.append(f"the cell column {name}"))
        cells = ad.AnnData(obs=obs, var=looked_at.adata.var.copy())
        add_embeddings(cells, file, None, shape[0], lost)
        read_each(file, "uns", lost, lambda name, value: cells.uns.__setitem__(name, value))
        read_each(file, "varm", lost, lambda name, value: cells.varm.__setitem__(name, value))
        matrices = {"X": _stored(main)}
        for name in file.get("layers", {}):
            element = file["layers"][name]
            if is_matrix(element) and matrix_shape(element) == shape:
                matrices[f"layers/{name}"] = _stored(element)
        raw_genes = _open_raw(file, shape[0], matrices, looked_at, options)
        graphs = tuple(f"{file.name.rstrip('/')}/obsp/{name}" for name in file.get("obsp", {}))
    done = tuple(f"{name[0].upper()}{name[1:]} cannot be read and is left out." for name in lost)
    return CellsOnDisk(
        path=source.path,
        findings=Findings(kind="cells", format="", done=done),
        cells=cells,
        matrices=matrices,
        raw_genes=raw_genes,
        graphs=graphs,
    )


def _open_raw(
    file: h5py.Group,
    n_cells: int,
    matrices: dict[str, StoredMatrix],
    looked_at: CellFile,
    options: ReadOptions,
) -> pd.DataFrame | None:
    """The repaired table of the raw matrix, which is added to `matrices`; None where none can be used."""
    raw = looked_at.adata.raw
    element = file.get("raw/X", file.get("raw.X"))
    if raw is None or element is None or matrix_shape(element)[0] != n_cells:
        return None
    try:
        genes = repair_gene_names(raw.var, options, totals_of(raw.X))
    except GeneIdError:
        return None  # said by the inspection
    table = ad.AnnData(var=raw.var[genes.keep].copy(), obs=pd.DataFrame(index=["any"]))
    name_genes(table, genes)
    matrices["raw"] = StoredMatrix(at=element.name, columns=np.flatnonzero(genes.keep))
    return table.var


def _stored(element: h5py.Group | h5py.Dataset) -> StoredMatrix:
    return StoredMatrix(at=element.name, columns=np.arange(matrix_shape(element)[1]))


def _open_tenx(source: Source, looked_at: CellFile) -> CellsOnDisk:
    with h5py.File(source.path, "r") as file:
        # The group that the reader chose, by its answers, is the one with this many cells and genes.
        fit = [
            name
            for name, group in file.items()
            if isinstance(group, h5py.Group)
            and "shape" in group
            and tuple(group["shape"][()]) == (looked_at.n_genes, looked_at.n_cells)
        ]
        barcodes = file[fit[0]]["barcodes"].asstr(errors="replace")[()]
    obs = pd.DataFrame(index=pd.Index(barcodes).astype(str))
    columns = np.arange(looked_at.n_genes)
    return CellsOnDisk(
        path=source.path,
        findings=Findings(kind="cells", format=""),
        cells=ad.AnnData(obs=obs, var=looked_at.adata.var.copy()),
        matrices={"X": StoredMatrix(at=f"/{fit[0]}", columns=columns, cells_last=True)},
    )
