"""Matrix Market folders (Cell Ranger, STARsolo, kallisto, GEO): matrix, genes and cells in three files."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import scipy.sparse as sp

from cassia_core.data.readers.beside.cell_tables import maps_in, tables_beside
from cassia_core.data.readers.cell_file import CellFile, random_rows
from cassia_core.data.readers.text import decode, read_bytes, sniff_delimiter
from cassia_core.domain.config import ReadOptions
from cassia_core.errors import AnnDataError
from cassia_core.genes.lookup import share_known

_MATRIX = re.compile(r"\.mtx(\.gz)?$", re.IGNORECASE)
_GENES = re.compile(r"(features?|genes?|var|rows?)[^/]*\.(tsv|txt|csv)(\.gz)?$", re.IGNORECASE)
_CELLS = re.compile(r"(barcodes?|cells?|obs|cols?|metadata)[^/]*\.(tsv|txt|csv)(\.gz)?$", re.IGNORECASE)
_INSPECTED_ENTRIES = 400_000
_CHUNK = 5_000_000
_SAMPLED = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Triple:
    """The three files of one sample; `name` is what their names have in common."""

    name: str
    matrix: Path
    genes: Path
    cells: Path


def find_triples(files: Iterable[Path]) -> tuple[Triple, ...]:
    """Every sample among the files: a matrix with the genes and cells that share its folder and prefix."""
    files = sorted(files)
    triples = []
    for matrix in (f for f in files if _MATRIX.search(f.name)):
        beside = [f for f in files if f.parent == matrix.parent]
        genes = _closest(matrix, [f for f in beside if _GENES.search(f.name)])
        lists = [f for f in beside if _CELLS.search(f.name) and f != genes]
        # Several samples in one folder share a beginning of the name with their own lists; the longest shared
        # one decides.
        barcodes = [f for f in lists if "barcode" in f.name.lower()]  # a table of cells may lie beside them
        cells = _closest(matrix, barcodes or lists)
        if genes and cells:
            prefix = re.sub(r"[._-]*(matrix|counts?|filtered|raw)?\.mtx(\.gz)?$", "", matrix.name, flags=re.I)
            triples.append(Triple(name=prefix or matrix.parent.name, matrix=matrix, genes=genes, cells=cells))
    return tuple(triples)


def _closest(matrix: Path, candidates: list[Path]) -> Path | None:
    """The candidate that shares the longest prefix with the matrix file."""

    def shared(path: Path) -> int:
        same = 0
        for a, b in zip(path.name, matrix.name, strict=False):
            if a != b:
                break
            same += 1
        return same

    return max(candidates, key=lambda path: (shared(path), -len(path.name)), default=None)


def read_mtx(
    triple: Triple, options: ReadOptions = ReadOptions(), *, inspect: bool = False, of: str = ""
) -> CellFile:
    """Read one sample.

    Raises
    ------
    AnnDataError
        A file is damaged, or the matrix does not fit the lists of genes and cells.
    """
    name = of or triple.matrix.name
    genes, cells = _features(triple.genes), _cell_names(triple.cells)
    if (
        share_known(cells[:_SAMPLED]) > share_known(genes.index[:_SAMPLED]) + 0.3
    ):  # alevin calls its cells rows
        genes, cells = _features(triple.cells), _cell_names(triple.genes)
    matrix, shape, stored = _read_entries(triple.matrix, name, inspect)
    var, obs, matrix = _oriented(matrix, genes, cells, shape, name)
    n_cells = len(obs)
    rows = None if inspect else random_rows(n_cells, options.max_cells)
    beside, done = tables_beside(
        triple.matrix.parent.iterdir(), (triple.matrix, triple.genes, triple.cells), obs.index
    )
    adata = ad.AnnData(X=matrix, obs=beside, var=var)
    for key, coordinates in maps_in(beside).items():
        adata.obsm[key] = coordinates
    if inspect:
        # Of a part of the entries the last cell is mostly cut in the middle: it is not looked at.
        filled = np.flatnonzero(np.diff(matrix.indptr))[:-1]
        adata = adata[filled if len(filled) >= 10 else slice(None)].copy()
    elif rows is not None:
        adata = adata[rows].copy()
    return CellFile(
        adata=adata,
        format="Matrix Market (10x mtx)",
        n_cells=n_cells,
        n_genes=len(var),
        obs=beside if inspect and beside.shape[1] else None,
        done=done,
        stored_values=stored,
        embeddings=tuple(adata.obsm),
    )


def _oriented(
    matrix: sp.coo_matrix, genes: pd.DataFrame, cells: pd.Index, shape: tuple[int, int], name: str
) -> tuple[pd.DataFrame, pd.DataFrame, sp.csr_matrix]:
    """Cells in rows, whichever way the file has them; told by the lengths of the two lists."""
    # Exports differ in whether the lists have a header line, and in which way round the matrix is; the sizes
    # say which of the eight ways it is. As they stand comes first.
    for var, index in (
        (genes, cells),
        (genes.iloc[1:], cells[1:]),
        (genes, cells[1:]),
        (genes.iloc[1:], cells),
    ):
        if shape == (len(var), len(index)):
            return var, pd.DataFrame(index=index), matrix.T.tocsr()
        if shape == (len(index), len(var)):
            return var, pd.DataFrame(index=index), matrix.tocsr()
    raise AnnDataError(
        f"The files of {name} do not fit each other.",
        f"The matrix has {shape[0]:,} rows and {shape[1]:,} columns; the lists name {len(genes):,} genes and "
        f"{len(cells):,} cells.",
        "Check that the three files belong to the same sample.",
    )


def _read_entries(path: Path, name: str, inspect: bool) -> tuple[sp.coo_matrix, tuple[int, int], int]:
    """The stored entries (when inspecting, the first ones), the shape, and how many the file says there
    are.
    """
    opener = gzip.open if read_magic(path) == b"\x1f\x8b" else open
    try:
        with opener(path, "rt", encoding="utf-8", errors="replace") as stream:
            first = stream.readline()
            if not first.lower().startswith("%%matrixmarket matrix coordinate"):
                raise AnnDataError(
                    f"{name} is not a sparse Matrix Market file.",
                    f"It starts with: {first[:60].strip()}",
                    "Export the counts as a sparse matrix (mtx), as Cell Ranger does.",
                )
            line = stream.readline()
            while line.startswith("%") or (line and not line.strip()):
                line = stream.readline()
            # Some writers say sizes as 1e+05.
            n_rows, n_columns, stored = (int(float(part)) for part in line.split()[:3])
            limit = min(stored, _INSPECTED_ENTRIES) if inspect else stored
            width = 2 if " pattern" in first.lower() else 3
            parts = [part.to_numpy() for part in _chunks(stream, width, limit)]
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise AnnDataError(
            f"{name} is damaged.",
            "Its entries do not read as numbers, or it ends too early.",
            "Copy or upload the file again.",
            details=str(error),
        ) from error
    entries = np.concatenate(parts) if parts else np.empty((0, width))
    if len(entries) < limit:
        raise AnnDataError(
            f"{name} is incomplete.",
            f"It announces {stored:,} entries and has {len(entries):,}.",
            "Copy or upload the file again.",
        )
    # A pattern matrix says only where something is; each entry counts as 1.
    values = entries[:, 2] if width == 3 else np.ones(len(entries))
    rows, columns = entries[:, 0].astype(np.int64) - 1, entries[:, 1].astype(np.int64) - 1
    if len(entries) and (
        rows.min() < 0 or columns.min() < 0 or rows.max() >= n_rows or columns.max() >= n_columns
    ):
        raise AnnDataError(
            f"{name} is damaged.", "It has entries outside of its own size.", "Copy or upload the file again."
        )
    matrix = sp.coo_matrix((values.astype(np.float32), (rows, columns)), shape=(n_rows, n_columns))
    return matrix, (n_rows, n_columns), stored


def _chunks(stream: object, width: int, limit: int) -> Iterable[pd.DataFrame]:
    if limit == 0:
        return
    reader = pd.read_csv(
        stream,
        sep=r"\s+",
        header=None,
        usecols=range(width),
        nrows=limit,
        chunksize=_CHUNK,
        comment="%",
        engine="c",
        dtype=np.float64,
    )  # type: ignore[call-overload]
    with reader:
        yield from reader


def read_magic(path: Path) -> bytes:
    """First two bytes of a file."""
    with path.open("rb") as stream:
        return stream.read(2)


def _features(path: Path) -> pd.DataFrame:
    """Genes: index is the name where there is one, else the id; `gene_ids`, `feature_types` where given."""
    rows = _rows(path)
    columns = {0: rows[0]}
    if rows.shape[1] > 1 and rows[1].astype(str).str.strip().any():
        table = pd.DataFrame({"gene_ids": rows[0].to_numpy()}, index=pd.Index(rows[1].astype(str)))
    else:
        table = pd.DataFrame(index=pd.Index(columns[0].astype(str)))
    if (
        rows.shape[1] > 2
        and rows[2].str.contains("Gene Expression|Antibody|Peaks|CRISPR|Custom", na=False).any()
    ):
        table["feature_types"] = rows[2].to_numpy()
    return table


def _cell_names(path: Path) -> pd.Index:
    return pd.Index(_rows(path)[0].astype(str))


def _rows(path: Path) -> pd.DataFrame:
    text, _ = decode(read_bytes(path))
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise AnnDataError(
            f"{path.name} is empty.",
            "The names of genes or cells are missing.",
            "Copy or upload the file again.",
        )
    delimiter = "\t" if "\t" in lines[0] else sniff_delimiter("\n".join(lines[:60]))
    parts = [
        [cell.strip('"') for cell in line.split(delimiter)] if delimiter in line else [line.strip('"')]
        for line in lines
    ]
    return pd.DataFrame(parts).fillna("")
