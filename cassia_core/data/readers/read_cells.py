"""Hand a cell file to the reader of its format; packed files are unpacked first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from cassia_core.data.readers.archive import SINGLE, files_in, unpack
from cassia_core.data.readers.beside.analysis_folder import Analysis, analyses_in, with_analysis
from cassia_core.data.readers.cell_file import CellFile
from cassia_core.data.readers.columnar import columnar_as_text, frame_as_text
from cassia_core.data.readers.count_list import is_count_list, read_count_list
from cassia_core.data.readers.dense_table import read_dense_table
from cassia_core.data.readers.hdf5.h5_elements import UNREADABLE
from cassia_core.data.readers.hdf5.h5ad import read_h5ad
from cassia_core.data.readers.hdf5.h5seurat import read_h5seurat
from cassia_core.data.readers.hdf5.hdf5_damage import damaged
from cassia_core.data.readers.hdf5.hdf5_links import own_content
from cassia_core.data.readers.hdf5.loom import read_loom
from cassia_core.data.readers.hdf5.tenx_h5 import read_tenx_h5
from cassia_core.data.readers.mtx import find_triples, read_mtx
from cassia_core.data.readers.r_objects.reader import read_r_cells, read_r_tables
from cassia_core.data.readers.sniff import FileKind, sniff
from cassia_core.data.readers.text import read_table
from cassia_core.data.readers.zarr_store import FORMAT as ZARR_FORMAT
from cassia_core.data.readers.zarr_store import as_h5ad, find_store
from cassia_core.domain.config import ReadOptions
from cassia_core.errors import AnnDataError, InputError

_MAX_DEPTH = 3
_HEAD_ROWS = 20
_OTHERS_NAMED = 5
_WANTED_INSIDE: tuple[FileKind, ...] = (
    "h5ad",
    "tenx_h5",
    "loom",
    "h5seurat",
    "r_object",
    "tar",
    "zip",
    "gzip",
    "workbook",
    "parquet",
    "feather",
    "text",
)
_HDF5: tuple[FileKind, ...] = ("h5ad", "tenx_h5", "loom", "h5seurat")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is to be read: a file of a known kind, or a folder; `done` says what was unpacked to get there.

    `format` names the format where it is another than that of the file to be read; `analyses` are folders of
    Cell Ranger in the same output, with clusters and maps.
    """

    path: Path
    kind: FileKind
    done: tuple[str, ...] = ()
    format: str = ""
    analyses: tuple[Analysis, ...] = ()
    made_from: str = ""
    """What a text was made from here, where the file itself is none."""


def find_source(path: Path, depth: int = 0) -> Source:
    """The file or folder to read, after unpacking; of several files in an archive, the cell file.

    Raises
    ------
    InputError
        Nothing usable is inside, or it is packed too deeply.
    """
    kind = sniff(path)
    if kind == "matrix_market":
        return (
            Source(path=path.parent, kind="folder") if find_triples(path.parent.iterdir()) else _lonely(path)
        )
    if kind in _HDF5:
        own, done = own_content(path)
        return Source(path=own, kind=kind, done=done)
    if kind == "r_object":
        return _r_object(path)
    if kind in ("parquet", "feather"):
        return Source(
            path=columnar_as_text(path, kind),
            kind="text",
            done=(f"The {kind} file is read as a table.",),
            made_from=f"from a {kind} file",
        )
    if kind not in ("zip", "tar", "gzip", "folder"):
        return Source(path=path, kind=kind)
    # An archive can hold itself; without an end this would go on until the disk is full.
    if depth >= _MAX_DEPTH:
        raise InputError(
            f"{path.name} is packed too deeply.",
            f"There are archives in archives, {depth} deep.",
            "Unpack it yourself and open the file inside.",
        )
    folder = path if kind == "folder" else unpack(path)
    inner = _inside(folder, path, depth)
    unpacked = () if kind == "folder" else (f"{path.name} is unpacked; the file itself is not changed.",)
    return replace(inner, done=(*unpacked, *inner.done))


def _r_object(path: Path) -> Source:
    """An R object, unpacked where it is packed; its tables as text, as other tables are."""
    with path.open("rb") as stream:
        packed = stream.read(6).startswith(tuple(SINGLE))
    unpacked = files_in(unpack(path))[0] if packed else path
    table = read_r_tables(unpacked)
    if table is None:
        return Source(path=unpacked, kind="r_object")
    text = frame_as_text(unpacked, table, path.stem)
    return Source(
        path=text,
        kind="text",
        done=("The data.frame of R is read as a table.",),
        made_from="from a data.frame of R",
    )


def _lonely(path: Path) -> Source:
    raise AnnDataError(
        f"{path.name} is a matrix without names.",
        "The lists of genes and cells do not lie beside it.",
        "Put features.tsv and barcodes.tsv into the same folder, or pack all three into a zip.",
    )


def _inside(folder: Path, path: Path, depth: int) -> Source:
    files = files_in(folder)
    # Before the files are looked at one by one: a zarr store is thousands of files that mean nothing alone.
    store = find_store(folder)
    if store is not None:
        copy, done = as_h5ad(store)
        return Source(path=copy, kind="h5ad", done=done, format=ZARR_FORMAT)
    if find_triples(files):
        return Source(path=folder, kind="folder", analyses=analyses_in(files))
    kinds: list[tuple[FileKind, Path]] = []
    refusals: list[InputError] = []
    # The first bytes of each tell what it is; two hundred are more than any dataset has.
    for file in files[:200]:
        try:
            kinds.append((sniff(file), file))
        except InputError as error:
            refusals.append(error)
    # A cell file before a table: of a download with both the table is mostly a description.
    for wanted in _WANTED_INSIDE:
        matching = [file for kind, file in kinds if kind == wanted]
        if matching:
            chosen = max(matching, key=lambda file: file.stat().st_size)
            source = find_source(chosen, depth + 1)
            several = _said_of_several(folder, chosen, matching)
            analyses = analyses_in(files) if source.kind == "tenx_h5" else source.analyses
            return replace(source, done=(*several, *source.done), analyses=analyses)
    # What was wrong with the only file says more than "nothing that can be read".
    if refusals:
        raise refusals[0]
    listed = ", ".join(str(f.relative_to(folder)) for f in files[:10]) or "nothing"
    raise InputError(
        f"{path.name} holds nothing that can be read.",
        "No cell file and no table is inside.",
        "Pack matrix, features and barcodes together, or open an h5ad file.",
        details=f"Inside: {listed}",
    )


def _said_of_several(folder: Path, chosen: Path, matching: list[Path]) -> tuple[str, ...]:
    """Which of several files is used, by its place where the names alone do not tell them apart."""
    if len(matching) == 1:
        return ()
    alike = len({file.name for file in matching}) < len(matching)
    names = {file: str(file.relative_to(folder)) if alike else file.name for file in matching}
    others = [names[file] for file in matching if file != chosen]
    more = f" and {len(others) - _OTHERS_NAMED} more" if len(others) > _OTHERS_NAMED else ""
    return (
        f"Of {len(matching)} files of its kind, the largest is used: {names[chosen]}. "
        f"Open the others one by one ({', '.join(others[:_OTHERS_NAMED])}{more}).",
    )


def read_cell_file(
    source: Source, options: ReadOptions = ReadOptions(), *, inspect: bool = False
) -> CellFile:
    """Read cells of whatever format the source has.

    Raises
    ------
    InputError
        The reader cannot use the content.
    """
    try:
        file = _read(source, options, inspect)
    except UNREADABLE as error:
        if source.kind not in _HDF5:
            raise
        raise damaged(source.path, error) from error
    file = with_analysis(file, source.analyses)
    return replace(file, done=(*source.done, *file.done), format=source.format or file.format)


def _read(source: Source, options: ReadOptions, inspect: bool) -> CellFile:
    match source.kind:
        case "h5ad":
            return read_h5ad(
                source.path, max_cells=options.max_cells, modality=options.modality, inspect=inspect
            )
        case "tenx_h5":
            return read_tenx_h5(source.path, options, inspect=inspect)
        case "r_object":
            return read_r_cells(source.path, options, inspect=inspect)
        case "h5seurat":
            return read_h5seurat(source.path, options, inspect=inspect)
        case "loom":
            return read_loom(source.path, options, inspect=inspect)
        case "folder":
            return _read_folder(source.path, options, inspect)
        case "text":
            # A list of gene, cell and count has three columns of which one is numbers: looked at first, for
            # as a dense table it would be a matrix of one column.
            if is_count_list(read_table(source.path, _HEAD_ROWS).frame):
                return read_count_list(source.path, options, inspect=inspect)
            return read_dense_table(source.path, options, inspect=inspect)
        case _:
            raise AnnDataError(
                f"{source.path.name} holds no cells.",
                "It is a workbook.",
                "Open it as a marker table, or open a cell file.",
            )


def _read_folder(folder: Path, options: ReadOptions, inspect: bool) -> CellFile:
    triples = find_triples(files_in(folder))
    # Cell Ranger writes raw droplets beside the cells; the raw matrix is the larger one, so the name decides
    # before the size.
    chosen = max(triples, key=lambda t: ("filtered" in str(t.matrix.parent).lower(), t.matrix.stat().st_size))
    file = read_mtx(chosen, options, inspect=inspect)
    if len(triples) == 1:
        return file
    others = ", ".join(t.name for t in triples if t is not chosen)
    return replace(
        file,
        done=(
            f"Of {len(triples)} samples, {chosen.name} is used; open the others one by one ({others}).",
            *file.done,
        ),
    )
