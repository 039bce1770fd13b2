"""Look into the tree of an R file: attributes, names, texts, numbers, factors, tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeGuard

import numpy as np
import pandas as pd
from rdata.parser import RObject, RObjectType

from cassia_core.data.readers.r_objects.parsing import StoredArray

_NA_INTEGER = -(2**31)
_MAX_ATTRIBUTES = 1000
_PAIRS = (RObjectType.LIST, RObjectType.LANG)


def resolved(node: RObject) -> RObject:
    """The object itself where `node` only refers to one that stands earlier in the file."""
    for _ in range(_MAX_ATTRIBUTES):
        if node.info.type != RObjectType.REF:
            return node
        if node.referenced_object is None:
            break
        node = node.referenced_object
    raise ValueError("references without end")


def pairs_of(node: RObject | None) -> dict[str, RObject]:
    """Values of a linked list by their tag."""
    by_name: dict[str, RObject] = {}
    while node is not None and node.info.type in _PAIRS and len(by_name) < _MAX_ATTRIBUTES:
        if node.tag is not None:
            symbol = resolved(node.tag)
            by_name[_decoded(symbol.value.value) or ""] = resolved(node.value[0])
        node = node.value[1]
    return by_name


def attributes(node: RObject) -> dict[str, RObject]:
    """Attributes of a vector, or slots of an S4 object."""
    return pairs_of(node.attributes)


def class_of(node: RObject) -> str:
    """Name of the (first) class of an object, "" when it has none."""
    classes = attributes(node).get("class")
    return next(iter(texts(classes)), "") or "" if classes is not None else ""


def is_there(node: RObject | None) -> TypeGuard[RObject]:
    """Whether a slot is there and holds something else than NULL (which R writes as a symbol in slots)."""
    return node is not None and node.info.type not in (RObjectType.NILVALUE, RObjectType.NIL, RObjectType.SYM)


def texts(node: RObject | None) -> list[str | None]:
    """Strings of a character vector (NA: None); empty for anything else."""
    if node is None or node.info.type != RObjectType.STR:
        return []
    return [_decoded(item.value if isinstance(item, RObject) else item) for item in node.value]


def first_text(node: RObject | None) -> str:
    """The only string of a vector of length one, "" when there is none."""
    return next(iter(texts(node)), "") or ""


def _decoded(text: bytes | None) -> str | None:
    return None if text is None else text.decode("utf-8", "replace")


def is_numeric(node: RObject) -> bool:
    """Whether a node is a vector of whole or other numbers, or of truth values."""
    return node.info.type in (RObjectType.INT, RObjectType.REAL, RObjectType.LGL)


def numbers(node: RObject) -> np.ndarray:
    """Values of a numeric vector; NA is NaN, or the smallest integer where all are whole."""
    value = node.value
    return value.read() if isinstance(value, StoredArray) else np.asarray(value)


def dimensions(node: RObject | None) -> tuple[int, ...]:
    """A vector of dimensions as whole numbers."""
    return () if node is None else tuple(int(n) for n in numbers(node))


def list_items(node: RObject | None) -> dict[str, RObject]:
    """Items of a list by name; items without a name are numbered from 1, repeated names get a number."""
    if node is None or node.info.type != RObjectType.VEC:
        return pairs_of(node)
    names = texts(attributes(node).get("names"))
    by_name: dict[str, RObject] = {}
    for number, item in enumerate(node.value):
        name = names[number] if number < len(names) else None
        key = name or str(number + 1)
        by_name[key if key not in by_name else f"{key}.{number + 1}"] = resolved(item)
    return by_name


def column(node: RObject) -> pd.Series | None:
    """A vector or factor as a column; None for what is no plain column (lists, matrices, objects)."""
    held = attributes(node)
    if "dim" in held:
        return None
    if node.info.type == RObjectType.STR:
        return pd.Series(texts(node), dtype=object)
    if not is_numeric(node):
        return None
    values = numbers(node)
    if "levels" in held and node.info.type == RObjectType.INT:
        return _factor(values, texts(held["levels"]))
    if node.info.type == RObjectType.LGL:
        return _nullable(values, lambda whole: whole.astype(bool))
    if node.info.type == RObjectType.INT:
        return _nullable(values, lambda whole: whole.astype(np.int64))
    return pd.Series(values.astype(float))


def _factor(values: np.ndarray, levels: list[str | None]) -> pd.Series:
    codes = np.where((values >= 1) & (values <= len(levels)), values - 1, -1)
    unique = pd.Index(
        [f"{level} ({n})" if level in levels[:n] else str(level) for n, level in enumerate(levels)]
    )
    return pd.Series(pd.Categorical.from_codes(codes, unique))


def _nullable(values: np.ndarray, typed: Callable[[np.ndarray], np.ndarray]) -> pd.Series:
    missing = values == _NA_INTEGER
    if not missing.any():
        return pd.Series(typed(values))
    return pd.Series(np.where(missing, np.nan, values.astype(float)))


def data_frame(node: RObject, lost: list[str]) -> pd.DataFrame:
    """A data.frame, or the DFrame of Bioconductor; columns that are no vectors are left out and named."""
    held = attributes(node)
    if "listData" in held:
        items, row_names = list_items(held["listData"]), texts(held.get("rownames"))
        n = int(numbers(held["nrows"])[0]) if "nrows" in held else len(row_names)
    else:
        items, row_names = list_items(node), texts(held.get("row.names"))
        n = len(row_names) or _counted_rows(held.get("row.names"))
    columns: dict[str, pd.Series] = {}
    for name, item in items.items():
        values = column(item)
        if values is None or (n and len(values) != n):
            lost.append(name)
        else:
            n, columns[name] = len(values), values
    frame = pd.DataFrame(columns, index=pd.RangeIndex(n))
    if len(row_names) == n and n:
        frame.index = pd.Index([name or "" for name in row_names])
    return frame


def _counted_rows(node: RObject | None) -> int:
    """Number of rows where R keeps them as c(NA, -n), or as 1 to n."""
    if node is None or not is_numeric(node):
        return 0
    values = numbers(node)
    compact = len(values) == 2 and (np.isnan(values[0]) or values[0] == _NA_INTEGER)
    return abs(int(values[1])) if compact else len(values)
