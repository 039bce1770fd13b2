"""zarr stores (AnnData's second format, versions 2 and 3), copied once into HDF5: one reader serves both."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import zarr

from cassia_core import settings
from cassia_core.data.readers.cell_file import UNREADABLE_VALUES
from cassia_core.data.readers.derived_files import derived
from cassia_core.errors import AnnDataError, InputError

FORMAT = "AnnData (zarr)"
COPY = "cells.h5ad"
LEFT_OUT = "left_out_of_the_copy"
"""Attribute of the copy with the names of what could not be read."""
_MARKS = (".zgroup", "zarr.json", ".zmetadata", ".zarray")
_METADATA = (".zarray", ".zgroup", ".zattrs", ".zmetadata", "zarr.json")
_CODE_RUNNERS = ("pickle",)
"""Codecs that run code of the file's author when they unpack it."""
_MAX_METADATA_BYTES = 50_000_000
_MAX_RATIO = 1000
_RATIO_FROM_BYTES = 100 * 10**6
_VALUES_PER_READ = 4_000_000


def find_store(folder: Path) -> Path | None:
    """The outermost zarr store of a folder: itself, or one that lies in it; None when there is none."""
    if _is_store(folder):
        return folder
    inner = sorted(
        (p for p in folder.rglob("*") if p.name in _MARKS and not p.is_symlink()), key=lambda p: len(p.parts)
    )
    return inner[0].parent if inner else None


def _is_store(folder: Path) -> bool:
    return any((folder / mark).is_file() for mark in _MARKS)


def as_h5ad(store: Path) -> tuple[Path, tuple[str, ...]]:
    """An HDF5 copy of the cells of a store, and what is said of it; copied only the first time.

    Raises
    ------
    InputError
        The store leads out of its folder, holds pickled objects or more than fits, or has no table of cells.
    """
    _refuse_dangers(store)
    try:
        # Consolidated metadata may be older than the arrays, or name others than those that were looked at
        # above.
        root = zarr.open_group(store, mode="r", use_consolidated=False)
    except UNREADABLE_VALUES as error:
        raise _unreadable(store, error) from error
    group, done = _table_of(root, store)
    _refuse_bomb(group, store)
    try:
        folder = derived(store, "zarr", lambda target: _copy(group, target / COPY))
    except UNREADABLE_VALUES as error:
        raise _unreadable(store, error) from error
    copy = folder / COPY
    with h5py.File(copy, "r") as file:
        lost = [str(name) for name in file.attrs.get(LEFT_OUT, [])]
    return copy, done + tuple(f"{name} cannot be read and is left out." for name in lost)


def _refuse_dangers(store: Path) -> None:
    base = store.resolve()
    for path in store.rglob("*"):
        # An uploaded store could otherwise show files of the server.
        if path.is_symlink() and base not in path.resolve().parents:
            raise InputError(
                f"{store.name} leads out of its folder.",
                f"It has a link to another place ({path.relative_to(store)}); such links are not followed.",
                "Copy the store with its own files only.",
            )
        if path.name in _METADATA and path.is_file():
            _refuse_code(path, store)


def _refuse_code(path: Path, store: Path) -> None:
    if path.stat().st_size > _MAX_METADATA_BYTES:
        raise InputError(
            f"{store.name} describes itself at too great length.",
            f"{path.name} has {path.stat().st_size / 1e6:,.0f} MB.",
            "Write the store again.",
        )
    try:
        described = json.loads(path.read_text(encoding="utf-8", errors="replace"))
    except (ValueError, RecursionError):
        return
    if any(codec in _CODE_RUNNERS for codec in _codecs(described)):
        raise InputError(
            f"{store.name} holds pickled objects.",
            "They can run code when they are opened, so they are not read.",
            "Write the store again with AnnData (`write_zarr`), which needs none.",
        )


def _codecs(described: object) -> Iterator[str]:
    """Every name or id of a codec in the description of a store."""
    open_parts = [described]
    while open_parts:
        part = open_parts.pop()
        if isinstance(part, dict):
            for key in ("id", "name"):
                if isinstance(part.get(key), str):
                    yield part[key].lower().removeprefix("numcodecs.")
            open_parts += part.values()
        elif isinstance(part, list):
            open_parts += part


def _table_of(root: zarr.Group, store: Path) -> tuple[zarr.Group, tuple[str, ...]]:
    """The group with the cells: the store itself, or the table in one of SpatialData."""
    names = set(root.group_keys())
    if {"obs", "var"} <= names or "mod" in names:
        return root, ()
    tables = root.get("tables", root.get("table")) if names & {"tables", "table"} else None
    inner = dict(sorted(tables.groups())) if isinstance(tables, zarr.Group) else {}
    usable = [name for name, group in inner.items() if {"obs", "var"} <= set(group.group_keys())]
    if usable:
        others = f"; the others are {', '.join(usable[1:])}" if len(usable) > 1 else ""
        shapes = ", ".join(sorted(names - {"tables", "table"}))
        beside = f" Images and shapes ({shapes}) are not used." if shapes else ""
        return inner[usable[0]], (f"The table {usable[0]} of a SpatialData store is used{others}.{beside}",)
    if "cell_features" in names or {"cell_summary", "masks"} & names or "density" in names:
        raise AnnDataError(
            f"{store.name} is a store of Xenium's own make.",
            "It keeps images, outlines or counts in a layout of the instrument.",
            "Open cell_feature_matrix.h5, which lies in the same output folder.",
        )
    raise AnnDataError(
        f"{store.name} is a zarr store without a table of cells.",
        "It has neither the tables that AnnData writes nor those of SpatialData.",
        'Write the cells with AnnData: `cells.write_zarr("cells.zarr")`.',
        details="Inside: " + (", ".join(sorted(root.keys())[:20]) or "nothing"),
    )


def _arrays(group: zarr.Group) -> Iterator[zarr.Array]:
    for _, member in group.members(max_depth=None):
        if isinstance(member, zarr.Array):
            yield member


def _refuse_bomb(group: zarr.Group, store: Path) -> None:
    announced = sum(int(np.prod(array.shape, dtype=float)) * array.dtype.itemsize for array in _arrays(group))
    packed = sum(path.stat().st_size for path in store.rglob("*") if path.is_file())
    cache = settings.cache_root()
    cache.mkdir(parents=True, exist_ok=True)
    # Chunks that are left out cost no bytes on disk, so a tiny store can announce a matrix of any size.
    bomb = announced > _RATIO_FROM_BYTES and announced > _MAX_RATIO * packed
    if bomb or announced > shutil.disk_usage(cache).free:
        raise InputError(
            f"{store.name} unpacks to too much.",
            f"{announced / 1e9:,.1f} GB come out of {packed / 1e6:,.1f} MB.",
            "Write a store with the cells you need, or save them as h5ad.",
        )


def _copy(group: zarr.Group, target: Path) -> None:
    lost: list[str] = []
    with h5py.File(target, "w") as file:
        _copy_group(group, file, "", lost)
        if lost:
            file.attrs[LEFT_OUT] = np.array(lost, dtype=h5py.string_dtype())


def _copy_group(source: zarr.Group, target: h5py.Group, at: str, lost: list[str]) -> None:
    _copy_attributes(dict(source.attrs), target)
    for name in sorted(source.keys()):
        path = f"{at}/{name}".lstrip("/")
        try:
            member = source[name]
            if isinstance(member, zarr.Group):
                _copy_group(member, target.create_group(name), path, lost)
            else:
                _copy_array(member, target, name)
        except UNREADABLE_VALUES:
            if name in target:
                del target[name]
            lost.append(path)


def _copy_array(source: zarr.Array, target: h5py.Group, name: str) -> None:
    if source.ndim == 0:
        value = np.asarray(source[()])
        stored = target.create_dataset(name, data=_storable(value))
    else:
        step = max(1, _VALUES_PER_READ // max(1, int(np.prod(source.shape[1:]))))
        first = _storable(np.asarray(source[: min(1, source.shape[0])]))
        dtype = h5py.string_dtype() if first.dtype == object else first.dtype
        stored = target.create_dataset(name, shape=source.shape, dtype=dtype)
        for start in range(0, source.shape[0], step):
            stored[start : start + step] = _storable(np.asarray(source[start : start + step]))
    _copy_attributes(dict(source.attrs), stored)


def _storable(values: np.ndarray) -> np.ndarray:
    """Texts as objects, which HDF5 stores with their own lengths; anything else as it is."""
    if values.dtype.kind in "UT" or values.dtype == object:
        return np.array([str(value) for value in values.ravel()], dtype=object).reshape(values.shape)
    return values


def _copy_attributes(attributes: dict, target: h5py.Group | h5py.Dataset) -> None:
    for name, value in attributes.items():
        if isinstance(value, str | bool | int | float):
            target.attrs[name] = value
        elif isinstance(value, list) and all(isinstance(item, str) for item in value):
            target.attrs[name] = np.array(value, dtype=h5py.string_dtype())
        elif isinstance(value, list) and all(isinstance(item, int | float) for item in value):
            target.attrs[name] = np.array(value)


def _unreadable(store: Path, error: Exception) -> AnnDataError:
    return AnnDataError(
        f"{store.name} cannot be read.",
        "Parts of the zarr store are missing or damaged, or were packed in a way that is not known here.",
        "Copy the whole folder again, or save the cells as h5ad.",
        details=f"{type(error).__name__}: {error}",
    )
