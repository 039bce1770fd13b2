"""What kind of file this is, told from its content and never from its name."""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import zipfile
import zlib
from pathlib import Path
from typing import Literal

import h5py

from cassia_core.data.marker_files.markup_tables import markup_table
from cassia_core.data.readers.hdf5.endless_files import refuse_endless
from cassia_core.data.readers.hdf5.h5ad import is_h5ad
from cassia_core.data.readers.hdf5.h5seurat import is_h5seurat
from cassia_core.data.readers.hdf5.hdf5_links import own_content
from cassia_core.data.readers.r_objects.parsing import starts_like_r
from cassia_core.errors import AnnDataError, InputError

FileKind = Literal[
    "h5ad",
    "tenx_h5",
    "loom",
    "h5seurat",
    "matrix_market",
    "folder",
    "workbook",
    "r_object",
    "parquet",
    "feather",
    "zip",
    "tar",
    "gzip",
    "text",
]
_HDF5 = b"\x89HDF\r\n\x1a\n"
_HEAD = 8192
_TRUNCATED = re.compile(r"truncated file: eof = (\d+).*stored_eof = (\d+)")
_R_AS_TEXT = (b"A\n2\n", b"A\n3\n", b"RDA2\nA\n", b"RDA3\nA\n")
_UNPACKERS = {b"BZh": bz2.BZ2Decompressor, b"\xfd7zXZ\x00": lzma.LZMADecompressor}
_OTHER_FORMATS = {
    b"7z\xbc\xaf": "7z",
    b"Rar!": "rar",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"%PDF": "pdf",
    b"\x89PNG": "png",
}
_COLUMNAR: dict[bytes, FileKind] = {b"PAR1": "parquet", b"ARROW1": "feather"}


def sniff(path: Path) -> FileKind:
    """Kind of a file or folder.

    Raises
    ------
    InputError
        There is nothing there, or the content is of a kind that cannot be used, with what to do about it.
    """
    if path.is_dir():
        return "folder"
    if not path.is_file():
        raise InputError(
            f"{path.name} is not there.", "No file has this path.", "Check the path.", details=str(path)
        )
    size = path.stat().st_size
    if size == 0:
        raise InputError(
            f"{path.name} is empty.",
            "It holds 0 bytes: the copy or upload did not finish.",
            "Copy or upload the file again.",
        )
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError as error:
        raise InputError(
            f"{path.name} cannot be read.",
            "This machine does not allow it.",
            "Check who may read the file, or copy it to another folder.",
            details=str(error),
        ) from error
    # Asked of the library, for the mark of HDF5 need not stand at the start of a file.
    if h5py.is_hdf5(path):
        return _hdf5_kind(path)
    if head.startswith(b"\x1f\x8b"):
        return _gzip_kind(path)
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(path)
    # The only mark of a tar, and not at its start.
    if head[257:262] == b"ustar":
        return "tar"
    if head.startswith(tuple(_UNPACKERS)):
        return _packed_kind(path, head)
    return _text_kind(path, head)


def _packed_kind(path: Path, head: bytes) -> FileKind:
    """bzip2 and xz: read where they pack a tar or an R object, refused (with what is inside) elsewhere."""
    unpacker = next(make for magic, make in _UNPACKERS.items() if head.startswith(magic))()
    try:
        inside = unpacker.decompress(head)
    except (OSError, EOFError, ValueError, lzma.LZMAError):
        inside = b""
    if inside[257:262] == b"ustar" or not inside and not _is_r_name(path):
        return "tar"
    if starts_like_r(inside) or not inside:
        return "r_object"
    _text_kind(path, inside)
    raise InputError(
        f"{path.name} is packed with bzip2 or xz.",
        "Single files packed so are not read.",
        "Unpack it, or pack it as gz or zip.",
    )


def _is_r_name(path: Path) -> bool:
    """Whether the name is one of R's: asked only where the first bytes do not show the content."""
    return path.suffix.lower() in (".rds", ".rdata", ".rda")


def _gzip_kind(path: Path) -> FileKind:
    try:
        with gzip.open(path) as stream:
            head = stream.read(_HEAD)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{path.name} cannot be unpacked.",
            "The compressed file is damaged or incomplete.",
            "Copy or upload the file again.",
            details=str(error),
        ) from error
    if head[257:262] == b"ustar":
        return "tar"
    if head.startswith((_HDF5, b"PK\x03\x04")):
        return "gzip"
    if not head:
        raise InputError(
            f"{path.name} is empty.", "Unpacked, it holds 0 bytes.", "Copy or upload the file again."
        )
    return _text_kind(path, head)


def _zip_kind(path: Path) -> FileKind:
    try:
        with zipfile.ZipFile(path) as archive:
            return "workbook" if "xl/workbook.xml" in archive.namelist() else "zip"
    except zipfile.BadZipFile as error:
        raise InputError(
            f"{path.name} cannot be unpacked.",
            "The archive is damaged or incomplete.",
            "Copy or upload the file again.",
            details=str(error),
        ) from error


def _text_kind(path: Path, head: bytes) -> FileKind:
    if head.startswith(b"version https://git-lfs.github.com"):
        real = re.search(rb"size (\d+)", head)
        size = f" ({int(real.group(1)) / 1e6:,.0f} MB)" if real else ""
        raise InputError(
            f"{path.name} is only a pointer to the real file{size}.",
            "It comes from a repository that keeps large files elsewhere (git LFS).",
            "Fetch the file itself (`git lfs pull`, or the download button) and open that.",
        )
    if starts_like_r(head):
        return "r_object"
    if head.startswith(_R_AS_TEXT):
        raise InputError(
            f"{path.name} is an R object written as text.",
            "Only R's binary form is read.",
            'Save it again in R: `saveRDS(object, "new.rds")`.',
        )
    for magic, columnar in _COLUMNAR.items():
        if head.startswith(magic):
            return columnar
    for magic, name in _OTHER_FORMATS.items():
        if head.startswith(magic):
            raise InputError(
                f"{path.name} is a file of the kind {name}.",
                "That kind is not read.",
                "Unpack it, or save the table as csv or the cells as h5ad.",
            )
    # A byte order mark and blank lines may come before a page of HTML.
    start = head.lstrip(b"\xef\xbb\xbf \r\n\t")[:200].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<?xml", b"<table", b"<style", b"<meta")):
        if markup_table(path) is not None:
            return "text"
        raise InputError(
            f"{path.name} is a web page, not data.",
            "A log-in or error page was saved in place of it.",
            "Download the file again, logged in where the site asks for it.",
        )
    if head.startswith(b"%%MatrixMarket"):
        return "matrix_market"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(
            f"{path.name} is a workbook of the old Excel format (xls).",
            "That format is not read, and neither are workbooks locked by a password.",
            "Save it as xlsx or csv, without a password.",
        )
    if _is_binary(head):
        if path.suffix.lower() in (".h5ad", ".h5", ".loom", ".hdf5"):
            raise AnnDataError(
                f"{path.name} is not the kind of file its name says.",
                "Its content is not HDF5.",
                "Copy or upload the file again, or check which file this is.",
            )
        raise InputError(
            f"{path.name} is of no kind that we know.",
            "It is neither a cell file nor a table.",
            "Open an h5ad, 10x, loom or table file.",
        )
    return "text"


def _is_binary(head: bytes) -> bool:
    if (
        # Text of two bytes a letter (UTF-16) is half zeros and is text all the same; only zeros alone are
        # none.
        head.startswith((b"\xff\xfe", b"\xfe\xff"))
        or head[1::2].count(0) > 0.4 * len(head[1::2])
        or head[0::2].count(0) > 0.4 * len(head[0::2])
    ):
        return head.count(0) == len(head)
    # A few control characters stand in texts of old machines; two in a hundred do not.
    control = sum(byte < 9 or 13 < byte < 32 for byte in head)
    return control > 0.02 * len(head)


def _hdf5_kind(path: Path) -> FileKind:
    refuse_endless(path)
    try:
        own, _ = own_content(path)
        with h5py.File(own, "r") as file:
            keys = set(file)
            if is_h5ad(file):
                return "h5ad"
            if "matrix" in file and isinstance(file["matrix"], h5py.Group):
                return "tenx_h5"
            if any(isinstance(file[k], h5py.Group) and {"indptr", "barcodes"} <= set(file[k]) for k in keys):
                return "tenx_h5"
            if {"matrix", "row_attrs", "col_attrs"} <= keys:
                return "loom"
            if is_h5seurat(file):
                return "h5seurat"
            shapes = [f"{k} {getattr(file[k], 'shape', '(group)')}" for k in sorted(keys)]
    except (OSError, KeyError, RuntimeError, SystemError) as error:
        raise _unreadable(path, error) from error
    raise AnnDataError(
        f"{path.name} is an HDF5 file of a kind that we do not know.",
        "It is neither AnnData, nor 10x, nor loom: the names of its genes or cells are missing."
        if keys
        else "There is nothing in it.",
        "Save the data as h5ad, or open the 10x output itself.",
        details="Inside: " + ", ".join(shapes[:20]),
    )


def _unreadable(path: Path, error: Exception) -> AnnDataError:
    cut = _TRUNCATED.search(str(error))
    if cut:
        have, all_bytes = int(cut.group(1)), int(cut.group(2))
        return AnnDataError(
            f"{path.name} is incomplete.",
            f"The copy or upload stopped at {have:,} of {all_bytes:,} bytes.",
            "Copy or upload the file again.",
            details=str(error),
        )
    return AnnDataError(
        f"{path.name} cannot be opened.",
        "The file is damaged.",
        "Copy or upload the file again.",
        details=str(error),
    )
