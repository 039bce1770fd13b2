"""Objects of R: Seurat of every version, SingleCellExperiment, matrices, tables of markers, lists of such."""

from __future__ import annotations

import bz2
import gzip
import lzma
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from cassia_core.domain.config import ReadOptions
from cassia_core.errors import AnnDataError, InputError
from tests.corpus.case import case
from tests.corpus.material import N_CELLS, N_GENES, counts, logged, symbols
from tests.r_writer import S4, Held, data_frame, dense, factor, matrix, named, rds, workspace

ROW = "R objects (`.rds`, `.RData`)"
CELLS = [f"cell{i}" for i in range(N_CELLS)]
GROUPS = [str(i % 2) for i in range(N_CELLS)]


def genes_by_cells(values: np.ndarray) -> S4:
    return matrix(sp.csc_matrix(values.T), symbols(), CELLS)


def nameless(values: np.ndarray) -> S4:
    return matrix(sp.csc_matrix(values.T), None, None)


def map_of(name: str = "UMAP") -> S4:
    places = np.random.default_rng(0).normal(size=(N_CELLS, 2))
    return S4("DimReduc", {"cell.embeddings": dense(places, CELLS, [f"{name}_1", f"{name}_2"])})


def seurat(assays: Mapping[str, object], active: str = "RNA", kind: str = "Seurat", **more: object) -> S4:
    table = data_frame({"seurat_clusters": factor(GROUPS), "percent.mt": np.linspace(0, 5, N_CELLS)}, CELLS)
    slots = {
        "assays": named(assays),
        "meta.data": table,
        "active.assay": [active],
        "active.ident": Held(factor(GROUPS).value, {**factor(GROUPS).attributes, "names": CELLS}),
        "reductions": named({"umap": map_of()}),
    }
    return S4(kind, slots | more)


def assay(values: np.ndarray, **more: object) -> S4:
    empty = dense(np.empty((0, 0)), None, None)
    slots = {"counts": genes_by_cells(values), "data": genes_by_cells(logged()), "scale.data": empty}
    return S4("Assay", slots | more)


def log_map(names: list[str], held: Mapping[str, np.ndarray]) -> S4:
    table = np.column_stack(list(held.values()))
    return S4(
        "LogMap",
        {".Data": dense(table, names, list(held))} | dict(dense(table, names, list(held)).attributes),
    )


def logical_map(names: list[str], held: Mapping[str, np.ndarray]) -> Held:
    made = dense(np.column_stack(list(held.values())), names, list(held))
    return Held(made.value, {**made.attributes, "class": ["LogMap"]})


def assay5(
    layers: Mapping[str, object], cells: Mapping[str, np.ndarray], genes: Mapping[str, np.ndarray]
) -> S4:
    slots = {
        "layers": named(layers),
        "cells": logical_map(CELLS, cells),
        "features": logical_map(symbols(), genes),
    }
    return S4("Assay5", slots)


def saved(content: bytes, folder: Path, name: str = "cells.rds", pack=gzip.compress) -> Path:
    path = folder / name
    path.write_bytes(pack(content))
    return path


@case(ROW, says=("Seurat object (R)", "seurat_clusters (2)"), counts="X")
def seurat_4_with_two_assays(folder: Path) -> Path:
    tags = S4(
        "Assay", {"counts": matrix(sp.csc_matrix(counts(N_CELLS, 5).T), [f"tag{i}" for i in range(5)], CELLS)}
    )
    return saved(rds(seurat({"ADT": tags, "RNA": assay(counts())}, active="ADT")), folder)


@case(ROW, says=("Only the assay ALT is used",), counts="X", options=ReadOptions(assay="ALT"))
def seurat_4_with_the_assay_asked_for(folder: Path) -> Path:
    return saved(
        rds(seurat({"RNA": assay(counts(seed=2)), "ALT": assay(counts())})), folder, pack=bz2.compress
    )


@case(ROW, says=("2 layers of counts are put together",), counts="X")
def seurat_5_with_split_layers(folder: Path) -> Path:
    first = np.arange(N_CELLS) % 3 == 0
    known = np.arange(N_GENES) % 5 != 0
    values = counts()
    layers = {"counts.a": nameless(values[first]), "counts.b": nameless(values[~first][:, known])}
    held = assay5(
        layers,
        {"counts.a": first, "counts.b": ~first},
        {"counts.a": np.ones(N_GENES, bool), "counts.b": known},
    )
    return saved(rds(seurat({"RNA": held})), folder, pack=lzma.compress)


@case(ROW, says=("Seurat object (R)",), counts="X")
def seurat_5_whole(folder: Path) -> Path:
    every = np.ones(N_CELLS, bool), np.ones(N_GENES, bool)
    layers = {"data": nameless(logged()), "counts": nameless(counts())}
    held = assay5(layers, {"data": every[0], "counts": every[0]}, {"data": every[1], "counts": every[1]})
    return saved(rds(seurat({"RNA": held})), folder, pack=bytes)


@case(ROW, says=("version 2",), counts="X")
def seurat_2(folder: Path) -> Path:
    more = np.vstack([counts(), np.ones((3, N_GENES), np.float32)])
    raw = matrix(sp.csc_matrix(more.T), symbols(), [*CELLS, "out1", "out2", "out3"])
    table = data_frame({"res.0.6": GROUPS}, CELLS)
    places = S4(
        "dim.reduction", {"cell.embeddings": dense(np.ones((N_CELLS, 2)), CELLS, ["tSNE_1", "tSNE_2"])}
    )
    slots = {
        "raw.data": raw,
        "data": genes_by_cells(logged()),
        "meta.data": table,
        "ident": Held(factor(GROUPS).value, {**factor(GROUPS).attributes, "names": CELLS}),
        "dr": named({"tsne": places}),
    }
    return saved(rds(S4("seurat", slots)), folder)


@case(ROW, says=("Of 2 objects, the largest is used",), counts="X")
def list_of_objects_in_a_workspace(folder: Path) -> Path:
    small = matrix(sp.csc_matrix(counts(N_CELLS, 50).T), symbols()[:50], CELLS)
    content = workspace({"small": small, "obj": seurat({"RNA": assay(counts())}), "note": ["by hand"]})
    return saved(content, folder, "cells.RData")


def experiment(assays: Mapping[str, object]) -> S4:
    table = S4(
        "DFrame",
        {"rownames": CELLS, "nrows": np.array([N_CELLS]), "listData": named({"cluster": factor(GROUPS)})},
    )
    reduced = S4(
        "DFrame",
        {
            "nrows": np.array([N_CELLS]),
            "listData": named({"UMAP": dense(np.ones((N_CELLS, 2)), CELLS, None)}),
        },
    )
    internal = S4("DFrame", {"nrows": np.array([N_CELLS]), "listData": named({"reducedDims": reduced})})
    slots = {
        "assays": S4("SimpleAssays", {"data": S4("SimpleList", {"listData": named(assays)})}),
        "colData": table,
        "NAMES": symbols(),
        "int_colData": internal,
    }
    return S4("SingleCellExperiment", slots)


@case(ROW, says=("SingleCellExperiment (R)", "cluster (2)"), counts="X")
def single_cell_experiment(folder: Path) -> Path:
    content = experiment({"logcounts": nameless(logged()), "counts": nameless(counts())})
    return saved(rds(content), folder)


@case(ROW, says=("no matrices inside the file",), error=AnnDataError)
def experiment_with_values_elsewhere(folder: Path) -> Path:
    return saved(rds(experiment({"counts": S4("DelayedMatrix", {"seed": ["/elsewhere.h5"]})})), folder)


@case(ROW, says=("Matrix (R)",), counts="X")
def sparse_matrix_with_cells_in_rows(folder: Path) -> Path:
    return saved(rds(matrix(sp.csc_matrix(counts()), CELLS, symbols())), folder)


@case(ROW, says=("Matrix (R)",), counts="X")
def dense_matrix(folder: Path) -> Path:
    return saved(rds(dense(counts().T.astype(int), symbols(), CELLS)), folder, pack=lzma.compress)


def marker_frame(groups: list[str]) -> Held:
    genes = symbols()[: 20 * len(groups)]
    columns = {
        "p_val": np.full(len(genes), 1e-9),
        "avg_log2FC": np.linspace(3, 1, len(genes)),
        "pct.1": np.full(len(genes), 0.9),
        "pct.2": np.full(len(genes), 0.1),
        "p_val_adj": np.full(len(genes), 1e-6),
        "cluster": factor([group for group in groups for _ in range(20)]),
        "gene": genes,
    }
    return data_frame(columns, genes)


@case(ROW, says=("data.frame of R",), kind="markers")
def table_of_markers(folder: Path) -> Path:
    return saved(rds(marker_frame(["T", "B"])), folder)


@case(ROW, says=("data.frame of R",), kind="markers")
def list_of_tables_of_markers(folder: Path) -> Path:
    tables = {}
    for at, group in enumerate(("T", "B", "NK")):
        genes = symbols()[20 * at : 20 * at + 20]
        tables[group] = data_frame({"avg_log2FC": np.linspace(3, 1, 20), "gene": genes}, 20)
    return saved(rds(named(tables)), folder, pack=bz2.compress)


@case(ROW, says=("holds nothing that can be annotated",), error=InputError)
def list_of_settings(folder: Path) -> Path:
    return saved(rds(named({"alpha": np.array([0.5]), "names": ["x", "y"]})), folder)


@case(ROW, says=("cannot be read to its end",), error=AnnDataError)
def cut_off(folder: Path) -> Path:
    content = rds(seurat({"RNA": assay(counts())}))
    return saved(content[: len(content) // 2], folder)


@case(ROW, says=("cannot be read to its end",), error=AnnDataError)
def nested_without_end(folder: Path) -> Path:
    link = b"\x00\x00\x00\x13\x00\x00\x00\x01"
    return saved(rds(None)[:-4] + link * 200_000 + b"\x00\x00\x00\xfe", folder)


@case(ROW, says=("contradicts itself",), error=AnnDataError)
def rows_outside_of_the_matrix(folder: Path) -> Path:
    broken = genes_by_cells(counts())
    slots = dict(broken.slots) | {"i": np.full_like(broken.slots["i"], 10_000)}
    return saved(rds(S4("dgCMatrix", slots)), folder)


@case(ROW, says=("written as text",), error=InputError)
def written_as_text(folder: Path) -> Path:
    return saved(b"A\n2\n262146\n131840\n19\n0\n", folder, pack=bytes)
