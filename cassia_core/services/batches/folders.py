"""Folders of datasets: which of their entries are inputs, and which sub-folders name a tissue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cassia_core.errors import InputError
from cassia_core.own_files import require_readable
from cassia_core.services.intake.intake import INPUT_ENDINGS


def inputs_in(folder: Path) -> tuple[Path, ...]:
    """Files of cells and markers in a folder, and 10x and zarr folders, in the order of their names."""
    require_readable(folder)
    return tuple(sorted(path for path in folder.iterdir() if _is_input(path)))


def inputs_by_tissue(folder: Path) -> tuple[tuple[Path, str], ...]:
    """Inputs in the sub-folders of `folder`, each with the sub-folder's name as its tissue.

    Raises
    ------
    InputError
        No sub-folder holds an input.
    """
    require_readable(folder)
    found = tuple(
        (path, sub_folder.name.replace("_", " ").replace("-", " "))
        for sub_folder in sorted(folder.iterdir())
        if _is_plain_folder(sub_folder)
        for path in inputs_in(sub_folder)
    )
    if not found:
        raise InputError(
            f"No sub-folder of {folder} holds a file of cells or markers.",
            "Tissues were to be taken from the names of its sub-folders.",
            "Put the files of each tissue into a folder of that name, or give one --tissue for all.",
        )
    return found


def is_dataset_folder(path: Path) -> bool:
    """Whether a folder is one dataset itself: 10x output or a zarr store."""
    return any(path.glob("*matrix.mtx*")) or any(
        (path / name).exists() for name in (".zgroup", ".zattrs", "zarr.json")
    )


def _is_input(path: Path) -> bool:
    if path.name.startswith((".", "~")):
        return False
    return is_dataset_folder(path) if path.is_dir() else path.name.lower().endswith(tuple(_endings()))


def _is_plain_folder(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(".") and not is_dataset_folder(path)


def _endings() -> Iterator[str]:
    yield from (f".{ending}" for ending in INPUT_ENDINGS)
