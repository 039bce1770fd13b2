"""Cell Ranger's h5 files: version 3 (one group `matrix`) and before (one group per genome)."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import scipy.sparse as sp

from cassia_core.data.names.features import chosen_genome
from cassia_core.data.readers.cell_file import CellFile, block_rows, random_rows, sound
from cassia_core.data.readers.hdf5.h5_elements import UNREADABLE, Rows
from cassia_core.data.readers.hdf5.hdf5_damage import damaged
from cassia_core.domain.config import ReadOptions
from cassia_core.domain.findings import Question
from cassia_core.errors import AnnDataError


def read_tenx_h5(path: Path, options: ReadOptions = ReadOptions(), *, inspect: bool = False) -> CellFile:
    """Read a 10x h5 file of any version (also CellBender's, which has the same layout).

    Raises
    ------
    AnnDataError
        The file is damaged, or the genome asked for is not in it.
    """
    with h5py.File(path, "r") as file:
        try:
            name, done, questions = _group(file, path, options)
            group = file[name]
            n_genes, n_cells = (int(n) for n in group["shape"][()])
            rows = block_rows(n_cells) if inspect else random_rows(n_cells, options.max_cells)
            matrix = _cells(group, n_cells, n_genes, rows)
            barcodes = group["barcodes"].asstr(errors="replace")[()]
            var = _features(group, n_genes)
            stored = int(group["data"].shape[0])
        except UNREADABLE as error:
            raise damaged(path, error) from error
    obs = pd.DataFrame(index=pd.Index(barcodes if rows is None else barcodes[rows]).astype(str))
    version = "version 3" if name == "matrix" else "version 2"
    return CellFile(
        adata=ad.AnnData(X=matrix, obs=obs, var=var),
        format=f"10x Genomics (h5, {version})",
        n_cells=n_cells,
        n_genes=n_genes,
        done=done,
        questions=questions,
        stored_values=stored,
    )


def _group(
    file: h5py.File, path: Path, options: ReadOptions
) -> tuple[str, tuple[str, ...], tuple[Question, ...]]:
    if "matrix" in file:
        return "matrix", (), ()
    genomes = sorted(name for name in file if isinstance(file[name], h5py.Group) and "indptr" in file[name])
    if len(genomes) == 1:
        return genomes[0], (), ()
    if options.genome is not None and options.genome not in genomes:
        raise AnnDataError(
            f"{path.name} has no genome {options.genome}.",
            f"It has {', '.join(genomes)}.",
            "Choose one of these.",
        )
    largest = sorted(genomes, key=lambda name: -file[name]["data"].shape[0])
    chosen = chosen_genome(tuple(largest), options)
    others = ", ".join(name for name in genomes if name != chosen)
    question = Question(
        option="genome",
        text="The file holds several genomes. Which one do you want to look at?",
        choices=tuple(genomes),
        suggested=chosen,
    )
    # Who named a species has chosen the genome with it.
    asked = () if options.genome or options.species else (question,)
    return chosen, (f"Only the genome {chosen} is used; the file also has {others}.",), asked


def _cells(group: h5py.Group, n_cells: int, n_genes: int, rows: Rows) -> sp.csr_matrix:
    """The matrix, cells in rows: 10x stores it by cell, so cells can be read in runs."""
    indptr = group["indptr"][()].astype(np.int64)
    if len(indptr) != n_cells + 1:
        raise ValueError("column pointers do not fit the number of cells")
    if rows is None:
        values = (group["data"][()].astype(np.float32), group["indices"][()], indptr)
        return sound(sp.csr_matrix(values, shape=(n_cells, n_genes)))
    parts = []
    for block in np.split(rows, np.flatnonzero(np.diff(rows) > 64) + 1):
        first, last = int(block[0]), int(block[-1]) + 1
        start, stop = int(indptr[first]), int(indptr[last])
        part = sp.csr_matrix(
            (
                group["data"][start:stop].astype(np.float32),
                group["indices"][start:stop],
                indptr[first : last + 1] - start,
            ),
            shape=(last - first, n_genes),
        )
        parts.append(sound(part)[block - first])
    return sp.vstack(parts, format="csr")


def _features(group: h5py.Group, n_genes: int) -> pd.DataFrame:
    """Names of the genes as index, ids and kinds as columns where the file has them."""
    source = group.get("features", group)
    wanted = {"gene_ids": ("id", "genes"), "feature_types": ("feature_type",), "genome": ("genome",)}
    names = source["name" if "name" in source else "gene_names"].asstr(errors="replace")[()]
    columns = {}
    for column, keys in wanted.items():
        for key in keys:
            if key in source and source[key].shape == (n_genes,):
                columns[column] = source[key].asstr(errors="replace")[()]
    return pd.DataFrame(columns, index=pd.Index(names).astype(str))
