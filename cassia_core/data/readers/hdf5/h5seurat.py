"""Seurat objects in HDF5, as SeuratDisk writes them (`.h5seurat`).

Source of the layout: SeuratDisk's description of its format (arrays of R lie there with their axes turned).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp

from cassia_core.data.readers.cell_file import CellFile, block_rows, contiguous_runs, random_rows, sound
from cassia_core.data.readers.hdf5.h5_elements import UNREADABLE, Rows, take
from cassia_core.data.readers.hdf5.hdf5_damage import damaged
from cassia_core.domain.config import ReadOptions
from cassia_core.domain.findings import Question
from cassia_core.errors import AnnDataError

_MATRICES = ("counts", "data")
_INDEX = "_index"


def is_h5seurat(file: h5py.File) -> bool:
    """Whether an open HDF5 file has the layout of SeuratDisk."""
    return {"assays", "cell.names"} <= set(file)


def read_h5seurat(path: Path, options: ReadOptions = ReadOptions(), *, inspect: bool = False) -> CellFile:
    """Read the counts, the table of the cells and the coordinates.

    Raises
    ------
    AnnDataError
        No assay holds values, or the file is damaged.
    """
    done: list[str] = []
    with h5py.File(path, "r") as file:
        try:
            name, questions = _chosen_assay(file, options, path, done)
            assay = file["assays"][name]
            cells = _texts(file["cell.names"])
            genes = _texts(assay["features"])
            rows = block_rows(len(cells)) if inspect else random_rows(len(cells), options.max_cells)
            held = {
                key: assay[key]
                for key in _MATRICES
                if key in assay and _fits(assay[key], len(cells), len(genes))
            }
            main, *others = held
            whole = _table(file.get("meta.data"), len(cells), done)
            obs = whole.set_axis(cells, axis=0)
            taken = slice(None) if rows is None else rows
            adata = ad.AnnData(
                X=_cells(held[main], len(cells), len(genes), rows),
                obs=obs.iloc[taken].copy(),
                var=pd.DataFrame(index=pd.Index(genes)),
            )
            for other in others:
                adata.layers[other] = _cells(held[other], len(cells), len(genes), rows)
            for key, values in _embeddings(file, len(cells), done).items():
                adata.obsm[key] = values[taken]
            stored = sum(_stored(element) for element in held.values())
        except UNREADABLE as error:
            raise damaged(path, error) from error
    return CellFile(
        adata=adata,
        format="Seurat object (h5seurat)",
        n_cells=len(cells),
        n_genes=len(genes),
        obs=obs if inspect and rows is not None else None,
        done=tuple(done),
        questions=questions,
        stored_values=stored,
        embeddings=tuple(adata.obsm),
    )


def _chosen_assay(
    file: h5py.File, options: ReadOptions, path: Path, done: list[str]
) -> tuple[str, tuple[Question, ...]]:
    assays = {name: set(_MATRICES) & set(file["assays"][name]) for name in file["assays"]}
    if options.assay is not None and options.assay not in assays:
        raise AnnDataError(
            f"{path.name} has no assay {options.assay}.",
            f"It has {', '.join(assays)}.",
            "Choose one of these.",
        )
    usable = [name for name, held in assays.items() if held]
    if not usable:
        raise AnnDataError(
            f"{path.name} holds no expression values.",
            f"Its assays ({', '.join(assays) or 'none'}) have neither counts nor data.",
            "Save the object again with its counts.",
        )
    active = file.attrs.get("active.assay", "")
    active = str(np.ravel(active)[0]) if np.size(active) else ""
    # Counts decide before the name: an assay called RNA may hold scaled values only.
    suggested = min(usable, key=lambda name: ("counts" not in assays[name], name != "RNA", name != active))
    chosen = options.assay or suggested
    if len(assays) == 1:
        return chosen, ()
    done.append(
        f"Only the assay {chosen} is used; the object also has {', '.join(a for a in assays if a != chosen)}."
    )
    if options.assay is not None:
        return chosen, ()
    text = "The object holds several assays. Which one do you want to look at?"
    return chosen, (Question(option="assay", text=text, choices=tuple(usable), suggested=suggested),)


def _fits(element: h5py.Group | h5py.Dataset, n_cells: int, n_genes: int) -> bool:
    if isinstance(element, h5py.Dataset):
        return element.shape == (n_cells, n_genes)
    return element["indptr"].shape == (n_cells + 1,)


def _stored(element: h5py.Group | h5py.Dataset) -> int:
    return int(np.prod(element.shape)) if isinstance(element, h5py.Dataset) else int(element["data"].shape[0])


def _cells(element: h5py.Group | h5py.Dataset, n_cells: int, n_genes: int, rows: Rows) -> sp.csr_matrix:
    """Cells by genes: R's columns are cells, so that pointers are by cell."""
    if isinstance(element, h5py.Dataset):
        return sp.csr_matrix((element[()] if rows is None else take(element, rows)).astype(np.float32))
    pointers = element["indptr"][()].astype(np.int64)
    runs = [np.arange(n_cells)] if rows is None else contiguous_runs(rows)
    parts = []
    for run in runs:
        first, last = int(run[0]), int(run[-1]) + 1
        start, stop = int(pointers[first]), int(pointers[last])
        values = element["data"][start:stop].astype(np.float32)
        block = sp.csr_matrix(
            (values, element["indices"][start:stop], pointers[first : last + 1] - start),
            shape=(last - first, n_genes),
        )
        parts.append(sound(block)[run - first])
    return parts[0] if len(parts) == 1 else sp.vstack(parts, format="csr")


def _texts(dataset: h5py.Dataset) -> np.ndarray:
    return np.asarray(dataset.asstr(errors="replace")[()], dtype=object)


def _table(group: h5py.Group | None, n: int, done: list[str]) -> pd.DataFrame:
    columns: dict[str, object] = {}
    if group is None:
        return pd.DataFrame(index=pd.RangeIndex(n))
    for name in group:
        if name == _INDEX:
            continue
        try:
            values = _column(group[name])
        except UNREADABLE:
            values = []
        if len(values) == n:
            columns[name] = values
        else:
            done.append(f"The cell column {name} is no plain column and is left out.")
    return pd.DataFrame(columns, index=pd.RangeIndex(n))


def _column(element: h5py.Group | h5py.Dataset) -> Any:
    """Numbers, texts, or a factor: levels and values that count from 1."""
    if isinstance(element, h5py.Group):
        levels = pd.Index(_texts(element["levels"]))
        # R counts levels from 1, and its missing value is the most negative number.
        codes = element["values"][()].astype(np.int64) - 1
        return pd.Categorical.from_codes(np.where((codes >= 0) & (codes < len(levels)), codes, -1), levels)
    return _texts(element) if h5py.check_string_dtype(element.dtype) else element[()]


def _embeddings(file: h5py.File, n_cells: int, done: list[str]) -> dict[str, np.ndarray]:
    embeddings: dict[str, np.ndarray] = {}
    for name in file.get("reductions", {}):
        element = file["reductions"][name].get("cell.embeddings")
        if isinstance(element, h5py.Dataset) and element.ndim == 2 and n_cells in element.shape:
            values = element[()]
            embeddings[f"X_{name.lower()}"] = values if values.shape[0] == n_cells else values.T
        else:
            done.append(f"The coordinates {name} are of other cells and are left out.")
    return embeddings
