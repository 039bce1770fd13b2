"""Rows of a batch from what a person hands in: uploads, a folder of the server, a manifest."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from cassia_core import settings
from cassia_core.errors import InputError
from cassia_core.services.batches.folders import inputs_by_tissue, inputs_in, is_dataset_folder
from cassia_core.services.batches.manifest_rows import ManifestRow
from cassia_core.services.batches.manifests import is_manifest, read_manifest
from cassia_core.services.intake.intake import dataset_name, server_path

FILLED = ("tissue", "species", "sample_column", "cluster_column", "context")
"""Columns of the table that can be filled down."""


def rows_of_uploads(stored: Sequence[Path], known: Iterable[ManifestRow] = ()) -> tuple[ManifestRow, ...]:
    """Rows of uploaded files. A manifest among them says what the others are, by the names of their files.

    Parameters
    ----------
    stored
        Where the uploads lie now; they have the names that they were uploaded with.
    known
        Rows that are there already: an uploaded manifest may speak of them, too.

    Raises
    ------
    InputError
        A manifest has no row, or names a file of the server that may not be read.
    """
    manifests = [path for path in stored if is_manifest(path)]
    files = [path for path in stored if path not in manifests]
    by_name = {path.name: path for path in (*(row.path for row in known), *files)}
    told = [_of_upload(row, manifest, by_name) for manifest in manifests for row in read_manifest(manifest)]
    untold = [_row(path) for path in files if path not in {row.path for row in told}]
    return (*told, *untold)


def rows_of_server(text: str, *, tissues_from_folders: bool) -> tuple[ManifestRow, ...]:
    """Rows of a file, a folder or a manifest on the server, as far as the operator allows it.

    Raises
    ------
    InputError
        It may not be read, is not there, or holds nothing that can be.
    """
    path = server_path(text)
    if is_manifest(path):
        return tuple(replace(row, path=_allowed(row.path)) for row in read_manifest(path))
    if not path.is_dir() or is_dataset_folder(path):
        return (_row(path),)
    if tissues_from_folders:
        return tuple(_row(file, tissue) for file, tissue in inputs_by_tissue(path))
    files = inputs_in(path)
    if not files:
        raise InputError(
            f"The folder {text} holds no file of cells or markers.",
            "None of its files has an ending that is known; files in its sub-folders do not count.",
            "Choose another folder, or take its sub-folders as tissues.",
        )
    return tuple(_row(file) for file in files)


def added(rows: Sequence[ManifestRow], new: Sequence[ManifestRow]) -> tuple[ManifestRow, ...]:
    """The rows with new ones; a file that is there already is told anew, in its place."""
    by_path = {row.path: row for row in rows} | {row.path: row for row in new}
    return tuple(by_path.values())


def filled_down(rows: Sequence[ManifestRow], column: str) -> tuple[ManifestRow, ...]:
    """Empty cells of a column take the value above them."""
    filled: list[ManifestRow] = []
    for row in rows:
        above = getattr(filled[-1], column) if filled else ""
        filled.append(with_texts(row, {column: getattr(row, column) or above}))
    return tuple(filled)


def set_for(
    rows: Sequence[ManifestRow], column: str, value: str, places: Collection[int] = ()
) -> tuple[ManifestRow, ...]:
    """The rows with one value in a column: those at `places`, or all where none are named."""
    return tuple(
        with_texts(row, {column: value}) if not places or place in places else row
        for place, row in enumerate(rows)
    )


def answered(row: ManifestRow, option: str, choice: str, choices: Sequence[str]) -> ManifestRow:
    """The row with an answer to a question of its findings; of a flag's choices the first is yes."""
    first = bool(choices) and choice == choices[0]
    if option == "columns.cluster":
        return replace(row, cluster_column=choice)
    column, value = {
        "genes_in_rows": ("genes_in", "rows" if first else "columns"),
        "replace_nan": ("missing_as_zero", "yes" if first else "no"),
        "columns.gene": ("gene_column", choice),
        "columns.sheet": ("sheet", choice),
    }.get(option, (option, choice))
    return replace(row, answers={**row.answers, column: value})


def with_texts(row: ManifestRow, texts: Mapping[str, str]) -> ManifestRow:
    """The row with other texts in some of its columns."""
    changes: dict[str, Any] = dict(texts)
    return replace(row, **changes)


def _row(path: Path, tissue: str = "") -> ManifestRow:
    return ManifestRow(path=path, name=dataset_name(path), tissue=tissue)


def _of_upload(row: ManifestRow, manifest: Path, by_name: dict[str, Path]) -> ManifestRow:
    """A row of an uploaded manifest: its file is one that was uploaded, or one on the server."""
    here = by_name.get(row.path.name)
    if here is None and row.path.resolve().is_relative_to(manifest.parent.resolve()):
        return _named(row)  # not handed in yet: its inspection says so
    return _named(replace(row, path=here or _allowed(row.path)))


def _named(row: ManifestRow) -> ManifestRow:
    return replace(row, name=row.name or dataset_name(row.path))


def _allowed(path: Path) -> Path:
    """A path that a manifest names, if it may be read; one that is not there is told by its inspection.

    Raises
    ------
    InputError
        It lies outside of the folders that the operator allows.
    """
    resolved = path.expanduser().resolve()
    if not resolved.exists() and any(resolved.is_relative_to(f) for f in settings.server_folders()):
        return resolved
    return server_path(str(path))
