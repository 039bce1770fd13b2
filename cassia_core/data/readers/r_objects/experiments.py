"""SingleCellExperiment and SummarizedExperiment of Bioconductor.

Source of the slots: SummarizedExperiment (assays, colData, rowRanges, NAMES), SingleCellExperiment
(int_colData).
"""

from __future__ import annotations

import pandas as pd
from rdata.parser import RObject

from cassia_core.data.readers.r_objects.matrices import RMatrix, as_matrix, values_of
from cassia_core.data.readers.r_objects.nodes import attributes, data_frame, is_there, list_items, texts
from cassia_core.data.readers.r_objects.r_cells import RCells, aligned, whole
from cassia_core.errors import AnnDataError

EXPERIMENTS = (
    "SingleCellExperiment",
    "SummarizedExperiment",
    "RangedSummarizedExperiment",
    "SpatialExperiment",
)
_ORDER = ("counts", "logcounts", "normcounts")


def read_experiment(node: RObject, name: str) -> RCells:
    """Cells of a SingleCellExperiment.

    Raises
    ------
    AnnDataError
        None of its assays is a matrix that lies in the file.
    """
    slots = attributes(node)
    assays = _assays(slots.get("assays"))
    matrices = {label: matrix for label, item in assays.items() if (matrix := as_matrix(item)) is not None}
    if not matrices:
        raise AnnDataError(
            f"{name} holds no expression values that can be read.",
            f"Its assays ({', '.join(assays) or 'none'}) are no matrices inside the file (HDF5Array).",
            'In R: `counts(sce) <- as(counts(sce), "dgCMatrix")`, then save it again.',
        )
    ordered = sorted(matrices, key=lambda label: _ORDER.index(label) if label in _ORDER else len(_ORDER))
    first = matrices[ordered[0]]
    done = [f"The assay {label} cannot be read and is left out." for label in assays if label not in matrices]
    obs = _cell_table(slots.get("colData"), first, done)
    genes = _gene_names(slots, first)
    cells = RCells(
        format="SingleCellExperiment (R)",
        cells=obs.index,
        genes=genes,
        values={label: whole(matrices[label]) for label in ordered if matrices[label].shape == first.shape},
        obs=obs,
        var=_gene_table(slots, genes, done),
        done=done,
    )
    _add_reduced(cells, slots.get("int_colData"))
    return cells


def _assays(node: RObject | None) -> dict[str, RObject]:
    """The list of assays, under whichever holder the version of the package puts around it."""
    if not is_there(node):
        return {}
    held = attributes(node)
    for slot in ("data", "listData"):
        if slot in held:
            return _assays(held[slot])
    if ".xData" in held and held[".xData"].value is not None:
        frame = held[".xData"].value.frame
        return _assays(list_items(frame).get("data"))
    return list_items(node)


def _cell_table(node: RObject | None, matrix: RMatrix, done: list[str]) -> pd.DataFrame:
    lost: list[str] = []
    n = matrix.shape[1]
    table = data_frame(node, lost) if is_there(node) else pd.DataFrame(index=pd.RangeIndex(n))
    done += [f"The cell column {name} is no plain column and is left out." for name in lost]
    if len(table) != n:
        done.append("The table of the cells does not fit the values and is left out.")
        table = pd.DataFrame(index=pd.RangeIndex(n))
    if not isinstance(table.index, pd.RangeIndex):
        return table
    if len(matrix.column_names) == n:
        return table.set_axis(pd.Index(matrix.column_names), axis=0)
    done.append("The file names no cells; they are numbered.")
    return table.set_axis(pd.Index([f"cell_{number + 1}" for number in range(n)]), axis=0)


def _gene_names(slots: dict[str, RObject], matrix: RMatrix) -> pd.Index:
    ranges = attributes(slots["rowRanges"]) if is_there(slots.get("rowRanges")) else {}
    holders = [
        slots.get("NAMES"),
        *(attributes(ranges[s]).get("NAMES") for s in ("partitioning", "ranges") if s in ranges),
    ]
    for holder in holders:
        if is_there(holder) and len(names := texts(holder)) == matrix.shape[0]:
            return pd.Index([name or "" for name in names])
    if len(matrix.row_names) == matrix.shape[0]:
        return pd.Index(matrix.row_names)
    raise AnnDataError(
        "The object names no genes.", "Labels need them.", "Set `rownames(sce)` in R and save it again."
    )


def _gene_table(slots: dict[str, RObject], genes: pd.Index, done: list[str]) -> pd.DataFrame:
    ranges = slots.get("rowRanges")
    node = attributes(ranges).get("elementMetadata") if is_there(ranges) else slots.get("elementMetadata")
    if not is_there(node):
        return pd.DataFrame(index=genes)
    lost: list[str] = []
    table = data_frame(node, lost)
    done += [f"The gene column {name} is no plain column and is left out." for name in lost]
    return table.set_axis(genes, axis=0) if len(table) == len(genes) else pd.DataFrame(index=genes)


def _add_reduced(cells: RCells, node: RObject | None) -> None:
    """Reduced dimensions, which lie in the internal table of the cells."""
    if not is_there(node):
        return
    internal = list_items(attributes(node).get("listData"))
    reduced = internal.get("reducedDims")
    if is_there(internal.get("altExps")):
        others = list_items(attributes(internal["altExps"]).get("listData"))
        if others:
            cells.done.append(f"Only the main experiment is used; the object also has {', '.join(others)}.")
    if not is_there(reduced):
        return
    for label, item in list_items(attributes(reduced).get("listData")).items():
        held = attributes(item)
        if "dim" not in held:
            cells.done.append(f"The coordinates {label} cannot be read and are left out.")
            continue
        names = next(iter(list_items(held.get("dimnames")).values()), None)
        values = aligned(tuple(name or "" for name in texts(names)), values_of(item), cells.cells)
        if values is not None:
            cells.embeddings[f"X_{label.lower()}"] = values.astype(float)
