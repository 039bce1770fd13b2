"""Save cells as h5ad; an element that cannot be written is left out and named, and the rest is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import anndata as ad
import h5py

_TRIED_ROWS = 5
_MAPPINGS = ("obsm", "varm", "obsp", "varp", "layers", "uns")


def save_cells(
    adata: ad.AnnData, path: Path, *, compression: Literal["gzip"] | None = None
) -> tuple[str, ...]:
    """Write `adata` to `path`. When that fails, elements that cannot be written are taken off it first.

    Returns
    -------
    tuple of str
        What was left out, a sentence each.

    Raises
    ------
    OSError
        The disk is full, or the folder may not be written to.
    Exception
        What anndata raises, when the cells cannot be written without any of their elements either.
    """
    try:
        adata.write_h5ad(path, compression=compression)
        return ()
    except OSError as error:
        if error.errno is not None:
            raise
        return _save_without_culprits(adata, path, compression, error)
    except Exception as error:  # noqa: BLE001  anndata has no root for its errors
        return _save_without_culprits(adata, path, compression, error)


def _save_without_culprits(
    adata: ad.AnnData, path: Path, compression: Literal["gzip"] | None, error: Exception
) -> tuple[str, ...]:
    left_out = tuple(_take_off(adata))
    if not left_out:
        raise error
    adata.write_h5ad(path, compression=compression)
    return left_out


def _take_off(adata: ad.AnnData) -> Iterator[str]:
    """Remove each element that cannot be written by itself, and name it."""
    for where in ("obs", "var"):
        table = getattr(adata, where)
        for column in list(table.columns):
            if not _can_be_written(table[[column]]):
                table.drop(columns=column, inplace=True)
                yield _said(f"{where} column {column}")
    for where in _MAPPINGS:
        mapping = getattr(adata, where)
        for name in list(mapping):
            if not _can_be_written(_start_of(mapping[name]) if where != "uns" else mapping[name]):
                del mapping[name]
                yield _said(f"{where}/{name}")
    if adata.raw is not None and not _can_be_written(adata.raw.var):
        del adata.raw
        yield _said("the raw matrix")


def _start_of(value: object) -> object:
    """The first rows of an aligned array: what cannot be written shows in them, without copying all of it."""
    return value[:_TRIED_ROWS] if getattr(value, "ndim", 0) else value  # type: ignore[index]


def _can_be_written(value: object) -> bool:
    with h5py.File("tried.h5", "w", driver="core", backing_store=False) as memory:
        try:
            ad.io.write_elem(memory, "tried", value)
        except Exception:  # noqa: BLE001  whatever it is, this element cannot be kept
            return False
    return True


def _said(name: str) -> str:
    return f"{name} cannot be held by h5ad and is left out."
