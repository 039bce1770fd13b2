"""Hand an R object to the reader of its class; a table of markers becomes text, as other tables are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
from rdata.parser import RObject, RObjectType

from cassia_core.data.readers.cell_file import CellFile
from cassia_core.data.readers.r_objects.experiments import EXPERIMENTS, read_experiment
from cassia_core.data.readers.r_objects.matrices import RMatrix, as_matrix
from cassia_core.data.readers.r_objects.nodes import class_of, data_frame, list_items
from cassia_core.data.readers.r_objects.parsing import parse
from cassia_core.data.readers.r_objects.r_cells import RCells, cell_file, whole
from cassia_core.data.readers.r_objects.seurat import SEURAT, SEURAT_2, read_seurat
from cassia_core.domain.config import ReadOptions
from cassia_core.errors import AnnDataError, InputError
from cassia_core.genes.lookup import share_known

_SAMPLED = 300
_MAX_DEPTH = 3
_MAX_LISTED = 500
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, IndexError, MemoryError, OverflowError)


def read_r_cells(path: Path, options: ReadOptions = ReadOptions(), *, inspect: bool = False) -> CellFile:
    """Read the cells of an unpacked R file.

    Raises
    ------
    AnnDataError
        Nothing in it is cells, or the object contradicts itself.
    """
    root = parse(path)
    with _contradictions_in_words(path):
        candidates = _candidates(root)
        if not candidates:
            raise _nothing_usable(path, root)
        # A workspace often holds parts of the same cells beside the whole: the largest is the whole.
        label, node = max(candidates.items(), key=lambda item: _weight(item[1]))
        cells = _read(node, options, path.name)
        if len(candidates) > 1:
            others = ", ".join(other for other in candidates if other != label)
            said = f"Of {len(candidates)} objects, the largest is used: {label}; the others are {others}."
            cells.done.insert(0, said)
        return cell_file(cells, options, inspect=inspect)


@contextmanager
def _contradictions_in_words(path: Path) -> Iterator[None]:
    """Say of an object whose parts do not fit each other that it contradicts itself."""
    try:
        yield
    except _UNREADABLE as error:
        raise AnnDataError(
            f"{path.name} contradicts itself.",
            "Parts of the R object do not fit each other, or are of a kind that is not understood.",
            "In R, run `UpdateSeuratObject` on a Seurat object (or `updateObject`), then save it again.",
            details=f"{type(error).__name__}: {error}",
        ) from error


def read_r_tables(path: Path) -> pd.DataFrame | None:
    """The table in an R file, None when it holds cells; tables in a list are stacked under their names.

    Raises
    ------
    InputError
        It holds neither cells nor tables; the error names what there is.
    """
    root = parse(path)
    with _contradictions_in_words(path):
        return None if _candidates(root) else _stacked_tables(path, root)


def _stacked_tables(path: Path, root: RObject) -> pd.DataFrame:
    if class_of(root) in ("data.frame", "tbl_df", "data.table", "DFrame", "grouped_df"):
        return _table(root)
    tables = {name: _table(item) for name, item in _listed(root).items() if _is_table(item)}
    if not tables:
        raise _nothing_usable(path, root)
    if len(tables) == 1:
        return next(iter(tables.values()))
    stacked = [
        table.assign(**{} if "cluster" in table else {"cluster": name}) for name, table in tables.items()
    ]
    return pd.concat(stacked, ignore_index=True)


def _read(node: RObject, options: ReadOptions, name: str) -> RCells:
    kind = class_of(node)
    if kind in (SEURAT, SEURAT_2):
        return read_seurat(node, options, name)
    if kind in EXPERIMENTS:
        return read_experiment(node, name)
    stored = as_matrix(node)
    if stored is None:
        raise ValueError("the object holds no matrix")
    return _bare_matrix(stored, options)


def _bare_matrix(stored: RMatrix, options: ReadOptions) -> RCells:
    """A matrix alone: genes in rows, unless the names in columns are those of genes."""
    # Packages of R keep genes in rows; a clear lead is asked for, as names may be genes by chance.
    turned = share_known(stored.column_names[:_SAMPLED]) > share_known(stored.row_names[:_SAMPLED]) + 0.3
    if options.genes_in_rows is not None:
        turned = not options.genes_in_rows
    matrix = stored.as_turned() if turned else stored
    rows, columns = matrix.row_names, matrix.column_names
    if len(rows) != matrix.shape[0]:
        raise AnnDataError(
            "The matrix names no genes.", "Labels need them.", "Set `rownames(m)` in R and save it again."
        )
    named = len(columns) == matrix.shape[1]
    cells = pd.Index(columns if named else [f"cell_{number + 1}" for number in range(matrix.shape[1])])
    genes = pd.Index(rows)
    return RCells(
        format="Matrix (R)",
        cells=cells,
        genes=genes,
        values={"X": whole(matrix)},
        obs=pd.DataFrame(index=cells),
        var=pd.DataFrame(index=genes),
        done=[] if named else ["The file names no cells; they are numbered."],
    )


def _is_cells(node: RObject) -> bool:
    if class_of(node) in (SEURAT, SEURAT_2, *EXPERIMENTS):
        return True
    matrix = as_matrix(node)
    return matrix is not None and matrix.shape[0] > 1 and matrix.shape[1] > 1


def _candidates(root: RObject, depth: int = 0) -> dict[str, RObject]:
    """Objects with cells: the root itself, or those in lists and workspaces."""
    if _is_cells(root):
        return {"the object": root}
    if depth >= _MAX_DEPTH or class_of(root) in ("data.frame", "tbl_df", "data.table"):
        return {}
    candidates: dict[str, RObject] = {}
    for name, item in list(_listed(root).items())[:_MAX_LISTED]:
        if _is_cells(item):
            candidates[name] = item
        elif item.info.type == RObjectType.VEC:
            candidates |= {
                f"{name}/{inner}": node for inner, node in _candidates(item, depth + 1).items() if inner
            }
    return candidates


def _listed(root: RObject) -> dict[str, RObject]:
    return list_items(root) if root.info.type in (RObjectType.VEC, RObjectType.LIST) else {}


def _weight(node: RObject) -> tuple[bool, int]:
    """Objects before bare matrices, then by the number of stored values."""
    matrix = as_matrix(node)
    return matrix is None, 0 if matrix is None else matrix.stored()


def _is_table(node: RObject) -> bool:
    return node.info.type == RObjectType.VEC and class_of(node) in (
        "data.frame",
        "tbl_df",
        "data.table",
        "grouped_df",
    )


def _table(node: RObject) -> pd.DataFrame:
    return data_frame(node, [])


def _nothing_usable(path: Path, root: RObject) -> InputError:
    inside = [
        f"{name} ({class_of(item) or item.info.type.name.lower()})" for name, item in _listed(root).items()
    ]
    return InputError(
        f"{path.name} holds nothing that can be annotated.",
        f"It is an R object of the class {class_of(root)}."
        if class_of(root)
        else "It is an R list or vector without cells and without a table of markers.",
        "Save a Seurat object, a SingleCellExperiment, a matrix of counts, or the table of FindAllMarkers.",
        details="Inside: " + (", ".join(inside[:20]) or root.info.type.name.lower()),
    )
