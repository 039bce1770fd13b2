"""HDF5 files that point to other files: such links are not followed; a copy without them is read instead."""

from __future__ import annotations

import shutil
from pathlib import Path

import h5py

from cassia_core.data.readers.derived_files import derived

_MAX_NAMED = 10


def own_content(path: Path) -> tuple[Path, tuple[str, ...]]:
    """The file itself, or a copy without what leads out of it, and a sentence that names what was taken off.

    External links, virtual data sets and data sets whose values lie in another file all lead out of it.

    Raises
    ------
    OSError, RuntimeError
        HDF5 cannot read the file.
    """
    with h5py.File(path, "r") as file:
        foreign = _foreign(file)
    if not foreign:
        return path, ()
    copy = (
        derived(path, "own_content", lambda target: _without(path, target / path.name, foreign)) / path.name
    )
    named = ", ".join(foreign[:_MAX_NAMED]) + (" and others" if len(foreign) > _MAX_NAMED else "")
    return copy, (f"What leads to other files is not followed and left out: {named}.",)


def _foreign(file: h5py.File) -> list[str]:
    found: list[str] = []

    def look_at_link(name: str, link: object) -> None:
        if isinstance(link, h5py.ExternalLink):
            found.append(name)

    def look_at_object(name: str, element: object) -> None:
        if isinstance(element, h5py.Dataset) and (element.external or element.is_virtual):
            found.append(name)

    file.visititems_links(look_at_link)
    file.visititems(look_at_object)
    return found


def _without(path: Path, copy: Path, foreign: list[str]) -> None:
    shutil.copyfile(path, copy)
    with h5py.File(copy, "r+") as file:
        for name in foreign:
            del file[name]
