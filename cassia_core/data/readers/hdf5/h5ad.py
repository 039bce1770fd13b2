"""h5ad files of any anndata version, element by element: what cannot be read is left out and said."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp
from anndata import OldFormatWarning
from anndata.io import read_elem

from cassia_core.data.readers.cell_file import CellFile, block_rows, random_rows
from cassia_core.data.readers.hdf5.h5_elements import (
    UNREADABLE,
    Rows,
    is_matrix,
    matrix_shape,
    read_frame,
    read_matrix,
    stored_values,
    take,
)
from cassia_core.data.readers.hdf5.hdf5_damage import damaged
from cassia_core.data.readers.hdf5.several_parts import part_to_read
from cassia_core.data.readers.hdf5.stored_tests import stored_tests
from cassia_core.errors import AnnDataError

FORMAT = "AnnData (h5ad)"
_INSPECTED_VALUES = 20_000_000
_WHOLE_TABLE_CELLS = 3_000_000
_TEXT_COLUMNS = 8


def is_h5ad(file: h5py.File) -> bool:
    """Whether an open HDF5 file has the layout of an h5ad, or of several in one (h5mu)."""
    if "obs" in file and "var" in file:
        return True
    parts = file.get("mod")
    return isinstance(parts, h5py.Group) and any({"obs", "var"} <= set(part) for part in parts.values())


def read_h5ad(
    path: Path, *, max_cells: int | None = None, modality: str | None = None, inspect: bool = False
) -> CellFile:
    """Read an h5ad file.

    Parameters
    ----------
    max_cells
        A random sample of so many cells.
    modality
        Which part of a file with several measurements (h5mu); None: the one with genes.
    inspect
        Only a few hundred cells, without graphs and unstructured parts: quick whatever the file's size.

    Raises
    ------
    AnnDataError
        No expression values, tables that do not fit each other, or no such modality.
    """
    lost: list[str] = []
    with h5py.File(path, "r") as whole:
        part = part_to_read(whole, path, modality)
        file = part.group
        main, genes = main_matrix(file, path)
        n_cells, n_genes = matrix_shape(main)
        rows = block_rows(n_cells) if inspect else random_rows(n_cells, max_cells)
        bound = _INSPECTED_VALUES if inspect else None
        try:
            matrix = read_matrix(main, rows, bound)
            obs = read_frame(file["obs"], rows, lambda name: lost.append(f"the cell column {name}"))
            var = read_frame(genes, None, lambda name: lost.append(f"the gene column {name}"))
        except UNREADABLE as error:
            raise damaged(path, error) from error
        obs, var = fitting(obs, matrix.shape[0], "cells", path), fitting(var, n_genes, "genes", path)
        adata = ad.AnnData(X=matrix, obs=obs, var=var)
        _add_layers(adata, file, rows, bound, (n_cells, n_genes), lost)
        _add_raw(adata, file, rows, bound, n_cells, lost)
        embeddings = add_embeddings(adata, file, rows, n_cells, lost)
        if not inspect:
            _add_rest(adata, file, rows, lost)
        table = (
            None
            if not inspect or rows is None or n_cells > _WHOLE_TABLE_CELLS
            else read_frame(file["obs"], text_columns=_grouping_text(obs))
        )
        values = sum(stored_values(m) for m in _matrices(file))
        log_base = _noted_log_base(file)
        tests = stored_tests(file, obs.columns, inspect=inspect)
        stand_in = "" if "X" in file and _has_genes(file["X"]) else main.name.lstrip("/").removesuffix("/X")
    done = part.done + tuple(f"{name[0].upper()}{name[1:]} cannot be read and is left out." for name in lost)
    if stand_in:
        done += (f"The file has no main matrix (X) with genes; {stand_in} stands in for it.",)
    return CellFile(
        adata=adata,
        format=FORMAT,
        n_cells=n_cells,
        n_genes=n_genes,
        log_base=log_base,
        obs=table,
        done=done,
        questions=part.questions,
        stored_values=values,
        embeddings=embeddings,
        marker_tests=tests,
    )


def _grouping_text(sample: pd.DataFrame) -> list[str]:
    """Columns of plain text that group cells, seen from a sample: worth reading whole."""
    # Texts that differ from cell to cell are names of cells, and a million of them is slow to read.
    most = len(sample) // 4
    text = [str(n) for n in sample if sample[n].dtype == object and sample[n].nunique() <= most]
    return text[:_TEXT_COLUMNS]


def main_matrix(file: h5py.Group, path: Path) -> tuple[h5py.Group | h5py.Dataset, h5py.Group | h5py.Dataset]:
    """The matrix that stands for the cells, and the table of its genes: X, else a layer, else `raw`."""
    # X without genes is how some tools save a file whose values lie in a layer or in `raw`.
    candidates = [file.get("X")] + [file["layers"][name] for name in file.get("layers", {})]
    for element in candidates:
        if element is not None and _has_genes(element):
            return element, file["var"]
    raw, table = file.get("raw/X", file.get("raw.X")), file.get("raw/var", file.get("raw.var"))
    if raw is not None and _has_genes(raw):
        # Where `raw` stands in for X, either table may be that of its genes: their number tells.
        for genes in (file["var"], table):
            if genes is not None and _length(genes) == matrix_shape(raw)[1]:
                return raw, genes
    raise AnnDataError(
        f"{path.name} holds no expression values.",
        "It has the names of cells and genes, and no matrix of values.",
        "Save the file again with its counts, or open another one.",
    )


def _has_genes(element: h5py.Group | h5py.Dataset) -> bool:
    """Whether an element is a matrix with at least one gene."""
    return is_matrix(element) and matrix_shape(element)[1] > 0


def _length(frame: h5py.Group | h5py.Dataset) -> int:
    return len(read_frame(frame))


def fitting(frame: pd.DataFrame, n: int, what: str, path: Path) -> pd.DataFrame:
    """The table itself, if it names as many cells or genes as the matrix has.

    Raises
    ------
    AnnDataError
        It does not.
    """
    if len(frame) != n:
        raise AnnDataError(
            f"{path.name} contradicts itself.",
            f"It has values for {n:,} {what} and names for {len(frame):,}.",
            "Save the file again from the program that made it.",
        )
    return frame


def _matrices(file: h5py.Group) -> list[h5py.Group | h5py.Dataset]:
    elements = [
        file.get("X"),
        file.get("raw/X", file.get("raw.X")),
        *(file["layers"][name] for name in file.get("layers", {})),
    ]
    return [element for element in elements if element is not None and is_matrix(element)]


def _add_layers(
    adata: ad.AnnData,
    file: h5py.Group,
    rows: Rows,
    bound: int | None,
    shape: tuple[int, int],
    lost: list[str],
) -> None:
    for name in file.get("layers", {}):
        element = file["layers"][name]
        try:
            if is_matrix(element) and matrix_shape(element) == shape:
                adata.layers[name] = read_matrix(element, rows, bound)
            else:
                lost.append(f"the layer {name}")
        except UNREADABLE:
            lost.append(f"the layer {name}")


def _add_raw(
    adata: ad.AnnData, file: h5py.Group, rows: Rows, bound: int | None, n_cells: int, lost: list[str]
) -> None:
    matrix, table = file.get("raw/X", file.get("raw.X")), file.get("raw/var", file.get("raw.var"))
    if matrix is None or table is None or not is_matrix(matrix):
        return
    if not ("X" in file and _has_genes(file["X"])) and matrix_shape(matrix)[1] == adata.n_vars:
        return  # it stands in for the main matrix already
    try:
        values = read_matrix(matrix, rows, bound)
        var = read_frame(table)
    except UNREADABLE:
        lost.append("the raw matrix")
        return
    if matrix_shape(matrix)[0] != n_cells or values.shape[1] != len(var):
        lost.append("the raw matrix, which has other cells or genes than its own tables,")
        return
    adata.raw = ad.AnnData(X=values, var=var, obs=pd.DataFrame(index=adata.obs_names))


def add_embeddings(
    adata: ad.AnnData, file: h5py.Group, rows: Rows, n_cells: int, lost: list[str]
) -> tuple[str, ...]:
    """Put the readable two-dimensional arrays of `obsm` in place; gives their names."""
    group = file.get("obsm", {})
    if isinstance(group, h5py.Dataset):
        fields = group.dtype.names or ()
        arrays = {name: group[()][name] if rows is None else take(group, rows)[name] for name in fields}
    else:
        arrays = {}
        for name in group:
            if (values := _embedding(group[name], rows)) is None:
                lost.append(f"the coordinates {name}")
            else:
                arrays[name] = values
    for name, values in arrays.items():
        if getattr(values, "ndim", 0) == 2 and values.shape[0] == adata.n_obs:
            adata.obsm[name] = values
    return tuple(adata.obsm)


def _embedding(
    element: h5py.Group | h5py.Dataset, rows: Rows
) -> np.ndarray | sp.csr_matrix | pd.DataFrame | None:
    try:
        if isinstance(element, h5py.Dataset):
            return element[()] if rows is None else take(element, rows)
        if is_matrix(element):
            return read_matrix(element, rows)
        return read_frame(element, rows)
    except UNREADABLE:
        return None


def _add_rest(adata: ad.AnnData, file: h5py.Group, rows: Rows, lost: list[str]) -> None:
    """Graphs, loadings and notes, for the sake of the file that is written later."""
    read_each(file, "uns", lost, lambda name, value: adata.uns.__setitem__(name, value))
    read_each(file, "varm", lost, lambda name, value: adata.varm.__setitem__(name, value))
    # A graph joins cells: of a sample of them it would be a graph with holes.
    if rows is None:
        read_each(file, "obsp", lost, lambda name, value: adata.obsp.__setitem__(name, value))
        read_each(file, "varp", lost, lambda name, value: adata.varp.__setitem__(name, value))
    noted = adata.uns.get("log1p")
    if isinstance(noted, dict):
        noted.setdefault("base", None)  # scanpy reads it, and old files lost it on writing


_WORDS = {"uns": "note", "varm": "gene loadings", "obsp": "graph", "varp": "gene graph"}


def read_each(file: h5py.Group, key: str, lost: list[str], put: Callable[[str, object], None]) -> None:
    """Read every entry of a group such as `uns`; what cannot be read is named in `lost`."""
    group = file.get(key)
    if not isinstance(group, h5py.Group):
        return
    for name in group:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", OldFormatWarning)
                put(name, read_elem(group[name]))
        except UNREADABLE:
            lost.append(f"the {_WORDS[key]} {name}")


def _noted_log_base(file: h5py.Group) -> str:
    """Base of the logarithm that scanpy noted: "e" when it noted a logarithm without a base."""
    if "uns/log1p" not in file or not isinstance(file["uns/log1p"], h5py.Group):
        return ""
    base = file["uns/log1p"].get("base")
    if not isinstance(base, h5py.Dataset) or base.shape != ():
        return "e"
    try:
        return {2.0: "2", 10.0: "10"}.get(float(base[()]), "e")
    except (TypeError, ValueError):
        return "e"
