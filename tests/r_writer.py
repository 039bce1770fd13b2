"""Write objects as R's `saveRDS` and `save` do (XDR, version 2), without R.

Source of the layout: "R Internals", chapter "Serialization Formats".
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import scipy.sparse as sp

NA_INTEGER = -(2**31)
_NULL, _PAIRS, _CHAR, _LOGICAL, _INTEGER, _REAL, _TEXT, _LIST, _S4 = 254, 2, 9, 10, 13, 14, 16, 19, 25


@dataclass(frozen=True)
class S4:
    """An S4 object: a class and its slots."""

    name: str
    slots: Mapping[str, object]


@dataclass(frozen=True)
class Held:
    """A vector with attributes."""

    value: object
    attributes: Mapping[str, object] = field(default_factory=dict)


def rds(value: object) -> bytes:
    """The bytes of an .rds file, not packed."""
    return b"X\n" + struct.pack(">iii", 2, 0x040302, 0x020300) + written(value)


def workspace(variables: Mapping[str, object]) -> bytes:
    """The bytes of an .RData file, not packed."""
    return b"RDX2\nX\n" + struct.pack(">iii", 2, 0x040302, 0x020300) + _pairs(variables)


def written(value: object) -> bytes:
    """One object."""
    if isinstance(value, Held):
        return _vector(value.value, value.attributes)
    if isinstance(value, S4):
        held = {**value.slots, "class": Held([value.name], {"package": ["Seurat"]})}
        return _flags(_S4, is_object=True, held=True) + _pairs(held)
    if value is None:
        return struct.pack(">i", _NULL)
    return _vector(value, {})


def matrix(values: sp.spmatrix, genes: Sequence[str] | None, cells: Sequence[str] | None) -> S4:
    """A dgCMatrix of genes by cells from a matrix of that shape."""
    stored = sp.csc_matrix(values)
    stored.sort_indices()
    slots = {
        "i": stored.indices.astype(np.int32),
        "p": stored.indptr.astype(np.int32),
        "Dim": np.array(stored.shape, dtype=np.int32),
        "Dimnames": [genes and list(genes), cells and list(cells)],
        "x": stored.data.astype(float),
        "factors": [],
    }
    return S4("dgCMatrix", slots)


def dense(values: np.ndarray, rows: Sequence[str] | None, columns: Sequence[str] | None) -> Held:
    """A matrix of numbers."""
    held = {
        "dim": np.array(values.shape, dtype=np.int32),
        "dimnames": [rows and list(rows), columns and list(columns)],
    }
    return Held(values.ravel(order="F"), held)


def factor(values: Sequence[str]) -> Held:
    """A factor with its levels in order of the alphabet."""
    found = pd.Categorical(values)
    codes = np.where(found.codes < 0, NA_INTEGER, found.codes.astype(np.int32) + 1).astype(np.int32)
    return Held(codes, {"levels": list(found.categories), "class": ["factor"]})


def data_frame(columns: Mapping[str, object], rows: Sequence[str] | int) -> Held:
    """A data.frame; `rows` are its names, or how many there are."""
    names: object = np.array([NA_INTEGER, -rows], dtype=np.int32) if isinstance(rows, int) else list(rows)
    return Held(list(columns.values()), {"names": list(columns), "row.names": names, "class": ["data.frame"]})


def named(items: Mapping[str, object]) -> Held:
    """A list with names."""
    return Held(list(items.values()), {"names": list(items)})


def _flags(kind: int, *, is_object: bool = False, held: bool = False, tagged: bool = False) -> bytes:
    return struct.pack(">i", kind | is_object << 8 | held << 9 | tagged << 10)


def _pairs(items: Mapping[str, object]) -> bytes:
    parts = [
        _flags(_PAIRS, tagged=True) + struct.pack(">i", 1) + _char(name) + written(item)
        for name, item in items.items()
    ]
    return b"".join(parts) + struct.pack(">i", _NULL)


def _char(text: str | None) -> bytes:
    if text is None:
        return struct.pack(">ii", _CHAR, -1)
    raw = text.encode()
    return struct.pack(">ii", _CHAR | 1 << 15, len(raw)) + raw


def _vector(value: object, held: Mapping[str, object]) -> bytes:
    kind, body = _body(value)
    flags = _flags(kind, is_object="class" in held, held=bool(held))
    return flags + body + (_pairs(held) if held else b"")


def _body(value: object) -> tuple[int, bytes]:
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "b":
            return _LOGICAL, struct.pack(">i", len(value)) + value.astype(">i4").tobytes()
        if value.dtype.kind in "iu":
            return _INTEGER, struct.pack(">i", len(value)) + value.astype(">i4").tobytes()
        return _REAL, struct.pack(">i", len(value)) + value.astype(">f8").tobytes()
    items = list(value)  # type: ignore[call-overload]
    if (
        items
        and all(item is None or isinstance(item, str) for item in items)
        and any(isinstance(i, str) for i in items)
    ):
        return _TEXT, struct.pack(">i", len(items)) + b"".join(_char(item) for item in items)
    return _LIST, struct.pack(">i", len(items)) + b"".join(written(item) for item in items)
