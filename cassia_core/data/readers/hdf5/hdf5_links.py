"""HDF5 files that point to other files or nowhere: such links are left out of the copy that is read."""

from __future__ import annotations

import shutil
from pathlib import Path

import h5py

from cassia_core.data.readers.derived_files import derived

_MAX_NAMED = 10


def own_content(path: Path) -> tuple[Path, tuple[str, ...]]:
    """The file itself, or a copy without what leads out of it or nowhere, and what was taken off.

    External links, virtual data sets and data sets whose values lie in another file all lead out of it.

    Raises
    ------
    OSError, RuntimeError
        HDF5 cannot read the file.
    """
    with h5py.File(path, "r") as file:
        foreign, lost = _foreign(file)
    unwanted = foreign + lost
    if not unwanted:
        return path, ()
    copy = (
        derived(path, "own_content", lambda target: _without(path, target / path.name, unwanted)) / path.name
    )
    done = []
    if foreign:
        done.append(f"What leads to other files is not followed and left out: {_named(foreign)}.")
    if lost:
        done.append(f"Links that lead nowhere are left out: {_named(lost)}.")
    return copy, tuple(done)


def _named(links: list[str]) -> str:
    return ", ".join(links[:_MAX_NAMED]) + (" and others" if len(links) > _MAX_NAMED else "")


def _foreign(file: h5py.File) -> tuple[list[str], list[str]]:
    """What leads out of the file, and links inside it that lead nowhere or in a circle."""
    foreign: list[str] = []
    lost: list[str] = []

    def look_at_link(name: str, link: object) -> None:
        if isinstance(link, h5py.ExternalLink):
            foreign.append(name)
        elif isinstance(link, h5py.SoftLink):
            try:
                file[name]
            except (KeyError, OSError, RuntimeError):
                lost.append(name)

    def look_at_object(name: str, element: object) -> None:
        if isinstance(element, h5py.Dataset) and (element.external or element.is_virtual):
            foreign.append(name)

    file.visititems_links(look_at_link)
    file.visititems(look_at_object)
    return foreign, lost


def _without(path: Path, copy: Path, foreign: list[str]) -> None:
    shutil.copyfile(path, copy)
    with h5py.File(copy, "r+") as file:
        for name in foreign:
            del file[name]
