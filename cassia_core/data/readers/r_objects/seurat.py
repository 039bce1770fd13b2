"""Seurat objects of versions 2 to 5.

Source of the slots: SeuratObject (classes Seurat, Assay, Assay5, StdAssay, DimReduc, LogMap), and Seurat 2
(class seurat).
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from rdata.parser import RObject

from cassia_core.data.readers.r_objects.matrices import RMatrix, as_matrix, values_of
from cassia_core.data.readers.r_objects.nodes import (
    attributes,
    class_of,
    column,
    data_frame,
    dimensions,
    first_text,
    is_there,
    list_items,
    texts,
)
from cassia_core.data.readers.r_objects.r_cells import RCells, RPart, aligned, positions, whole
from cassia_core.domain.config import ReadOptions
from cassia_core.domain.findings import Question
from cassia_core.errors import AnnDataError

SEURAT, SEURAT_2 = "Seurat", "seurat"
_USED = ("counts", "data")
_SPLIT = re.compile(r"^(counts|data)[._].+$")
_IDENT = "active.ident"


def read_seurat(node: RObject, options: ReadOptions, name: str) -> RCells:
    """Cells of a Seurat object.

    Raises
    ------
    AnnDataError
        No assay holds values that can be read; the error names what there is.
    """
    if class_of(node) == SEURAT_2:
        return _read_second(node, name)
    slots = attributes(node)
    assays = list_items(slots.get("assays"))
    chosen, question = _chosen_assay(assays, first_text(slots.get("active.assay")), options, name)
    cells = _read_assay(assays[chosen], chosen, name)
    cells.questions = question
    if len(assays) > 1:
        others = ", ".join(other for other in assays if other != chosen)
        cells.done.append(f"Only the assay {chosen} is used; the object also has {others}.")
    _add_cell_table(cells, slots.get("meta.data"), slots.get(_IDENT))
    for label, reduction in list_items(slots.get("reductions")).items():
        held = attributes(reduction)
        _add_embedding(cells, label, held.get("cell.embeddings"))
    return cells


def _chosen_assay(
    assays: dict[str, RObject], active: str, options: ReadOptions, name: str
) -> tuple[str, tuple[Question, ...]]:
    """The assay asked for, else RNA, else the active one, else the first; one with counts goes first."""
    if options.assay is not None and options.assay not in assays:
        raise AnnDataError(
            f"{name} has no assay {options.assay}.",
            f"It has {', '.join(assays) or 'none'}.",
            "Choose one of these.",
        )
    readable = {label: set(_layers(assay)) for label, assay in assays.items()}
    usable = [label for label, kinds in readable.items() if kinds]
    if not usable:
        kinds = ", ".join(f"{label} ({class_of(assay) or 'no class'})" for label, assay in assays.items())
        raise AnnDataError(
            f"{name} holds no expression values that can be read.",
            "Its values lie outside of the object (BPCells or HDF5), or were removed."
            if assays
            else "The Seurat object has no assay.",
            'In R: `obj[["RNA"]]$counts <- as(obj[["RNA"]]$counts, "dgCMatrix")`, then save it again.',
            details=f"Assays: {kinds or 'none'}",
        )
    # Other assays (SCT, integrated, antibodies) are changed or hold few genes: markers want counts of RNA.
    preferred = sorted(
        usable, key=lambda label: ("counts" not in readable[label], label != "RNA", label != active)
    )
    chosen = options.assay or preferred[0]
    if len(usable) < 2 or options.assay is not None:
        return chosen, ()
    text = "The object holds several assays. Which one do you want to look at?"
    return chosen, (Question(option="assay", text=text, choices=tuple(usable), suggested=preferred[0]),)


def _layers(assay: RObject) -> dict[str, dict[str, RMatrix]]:
    """Matrices of an assay by kind ("counts", "data") and name; split layers stand under their kind."""
    slots = attributes(assay)
    stored = list_items(slots["layers"]) if "layers" in slots else {kind: slots.get(kind) for kind in _USED}
    layers: dict[str, dict[str, RMatrix]] = {}
    for label, node in stored.items():
        split = _SPLIT.match(label)
        kind = split.group(1) if split else label
        matrix = as_matrix(node) if kind in _USED else None
        if matrix is not None:
            layers.setdefault(kind, {})[label] = matrix
    return {kind: layers[kind] for kind in _USED if kind in layers}


def _read_assay(assay: RObject, label: str, name: str) -> RCells:
    slots = attributes(assay)
    layers = _layers(assay)
    if not layers:
        raise AnnDataError(
            f"The assay {label} of {name} holds no values that can be read.",
            "Its matrix is empty, or lies outside of the object.",
            "Choose another assay.",
        )
    if "layers" in slots:
        cells, genes, values = _mapped_layers(slots, layers)
    else:
        cells, genes, values = _named_matrices(layers)
    done = []
    left_out = sorted(set(layers) - set(values))
    if left_out:
        done.append(f"The layer {', '.join(left_out)} holds other cells or genes and is left out.")
    for kind, parts in values.items():
        if len(parts) > 1:
            done.append(f"The {len(parts)} layers of {kind} are put together.")
    if _is_filled(slots.get("scale.data")) or "scale.data" in list_items(slots.get("layers")):
        done.append("Scaled values are left out; they hold a part of the genes and are computed anew.")
    var = _gene_table(slots, genes)
    return RCells(
        format="Seurat object (R)",
        cells=cells,
        genes=genes,
        values=values,
        obs=pd.DataFrame(index=cells),
        var=var,
        done=done,
    )


def _is_filled(node: RObject | None) -> bool:
    return is_there(node) and as_matrix(node) is not None


def _named_matrices(
    layers: dict[str, dict[str, RMatrix]],
) -> tuple[pd.Index, pd.Index, dict[str, tuple[RPart, ...]]]:
    """The matrices of an assay before version 5, whose own names say their cells and genes."""
    matrices = {kind: next(iter(named.values())) for kind, named in layers.items()}
    first = next(iter(matrices.values()))
    same = {
        kind: whole(matrix)
        for kind, matrix in matrices.items()
        if matrix.shape == first.shape and matrix.row_names == first.row_names
    }
    return pd.Index(first.column_names), pd.Index(first.row_names), same


def _mapped_layers(
    slots: dict[str, RObject], layers: dict[str, dict[str, RMatrix]]
) -> tuple[pd.Index, pd.Index, dict[str, tuple[RPart, ...]]]:
    """The layers of an assay of version 5: two tables say which cells and genes each of them holds."""
    cells, cell_maps = _logical_map(slots["cells"])
    genes, gene_maps = _logical_map(slots["features"])
    values: dict[str, tuple[RPart, ...]] = {}
    for kind, named in layers.items():
        parts = []
        for label, matrix in named.items():
            columns = cell_maps.get(label, np.arange(len(cells)))
            rows = gene_maps.get(label, np.arange(len(genes)))
            if matrix.shape != (len(rows), len(columns)):
                raise ValueError(f"layer {label} does not fit its list of cells and genes")
            parts.append(RPart(matrix=matrix, cells=columns, genes=rows))
        # Layers split by sample make up one matrix only when together they hold every cell.
        if sum(len(part.cells) for part in parts) == len(cells):
            values[kind] = tuple(parts)
    if not values:
        raise ValueError("no layer holds all cells")
    return cells, genes, values


def _logical_map(node: RObject) -> tuple[pd.Index, dict[str, np.ndarray]]:
    """Names in rows, and for each layer (column) the numbers of the rows that it holds."""
    held = attributes(node)
    rows, columns = (texts(item) for item in list_items(held["dimnames"]).values())
    table = values_of(node) == 1
    maps = {str(label): np.flatnonzero(table[:, at]) for at, label in enumerate(columns)}
    return pd.Index([name or "" for name in rows]), maps


def _gene_table(slots: dict[str, RObject], genes: pd.Index) -> pd.DataFrame:
    lost: list[str] = []
    node = slots.get("meta.features", slots.get("meta.data"))
    table = pd.DataFrame(index=genes)
    if is_there(node):
        frame = data_frame(node, lost)
        if len(frame) == len(genes):
            table = frame.set_axis(genes, axis=0)
    variable = [name for name in texts(slots.get("var.features")) if name is not None]
    if not variable and "var.features" in table:
        variable = [str(name) for name in table["var.features"].dropna()]
    if variable:
        table["highly_variable"] = genes.isin(variable)
    return table


def _add_cell_table(cells: RCells, node: RObject | None, ident: RObject | None) -> None:
    """Columns of the cells, and the active identities where no column holds the same."""
    if is_there(node):
        lost: list[str] = []
        frame = data_frame(node, lost)
        table = _by_name(frame, cells.cells)
        if table is None:
            cells.done.append("The table of the cells (meta.data) names other cells and is left out.")
        else:
            cells.obs = table
        cells.done += [f"The cell column {name} is no plain column and is left out." for name in lost]
    if not is_there(ident):
        return
    active = column(ident)
    if active is None or active.nunique() < 2:
        return
    names = tuple(name or "" for name in texts(attributes(ident).get("names")))
    table = _by_name(active.to_frame(_IDENT).set_axis(pd.Index(names or cells.cells), axis=0), cells.cells)
    if table is None:
        return
    # `Idents` usually repeats a column; a second copy of it would be one more choice for nothing.
    words = table[_IDENT].astype(str).to_numpy()
    if not any(np.array_equal(cells.obs[c].astype(str).to_numpy(), words) for c in cells.obs):
        cells.obs[_IDENT] = table[_IDENT].to_numpy()
        cells.obs[_IDENT] = cells.obs[_IDENT].astype("category")


def _by_name(frame: pd.DataFrame, cells: pd.Index) -> pd.DataFrame | None:
    """Rows in the order of the cells, joined by name."""
    if frame.index.equals(cells):
        return frame.copy()
    order = positions(tuple(cells), frame.index)
    return None if order is None else frame.iloc[order].copy()


def _add_embedding(cells: RCells, label: str, node: RObject | None) -> None:
    if not is_there(node):
        return
    names = next(iter(list_items(attributes(node).get("dimnames")).values()), None)
    values = aligned(tuple(name or "" for name in texts(names)), values_of(node), cells.cells)
    if values is None or min(dimensions(attributes(node)["dim"])) < 1:
        cells.done.append(f"The coordinates {label} are of other cells and are left out.")
    else:
        cells.embeddings[f"X_{label.lower()}"] = values.astype(float)


def _read_second(node: RObject, name: str) -> RCells:
    """Seurat 2: matrices lie in the object itself; cells that were filtered out are still in `raw.data`."""
    slots = attributes(node)
    data, raw = as_matrix(slots.get("data")), as_matrix(slots.get("raw.data"))
    first = data or raw
    if first is None:
        raise AnnDataError(
            f"{name} holds no expression values that can be read.",
            "The Seurat object (version 2) has neither raw.data nor data.",
            "Save it again in R with its values.",
        )
    cells, genes = pd.Index(first.column_names), pd.Index(first.row_names)
    values: dict[str, tuple[RPart, ...]] = {}
    if raw is not None and data is not None:
        columns = positions(tuple(cells), pd.Index(raw.column_names))
        rows = positions(tuple(genes), pd.Index(raw.row_names))
        if columns is not None and rows is not None:
            values["counts"] = (_cut(raw, columns, rows, len(cells), len(genes)),)
    values["data" if data is not None else "counts"] = whole(first)
    read = RCells(
        format="Seurat object (R, version 2)",
        cells=cells,
        genes=genes,
        values=values,
        obs=pd.DataFrame(index=cells),
        var=pd.DataFrame(index=genes),
    )
    variable = [gene for gene in texts(slots.get("var.genes")) if gene]
    if variable:
        read.var["highly_variable"] = genes.isin(variable)
    _add_cell_table(read, slots.get("meta.data"), slots.get("ident"))
    for label, reduction in list_items(slots.get("dr")).items():
        _add_embedding(read, label, attributes(reduction).get("cell.embeddings"))
    return read


def _cut(raw: RMatrix, columns: np.ndarray, rows: np.ndarray, n_cells: int, n_genes: int) -> RPart:
    """The cells and genes that are left of a larger matrix, as a part; the others go nowhere (-1)."""
    cells, genes = np.full(raw.shape[1], -1), np.full(raw.shape[0], -1)
    cells[columns], genes[rows] = np.arange(n_cells), np.arange(n_genes)
    return RPart(matrix=raw, cells=cells, genes=genes)
