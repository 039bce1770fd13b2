"""Cluster names as strings, exactly as the file has them."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from cassia_core.data.tables.select_markers import UNASSIGNED

_MISSING = frozenset({"", "nan", "NaN", "<NA>"})
"""What pandas makes of a missing value when it turns a column into text; nobody names a cluster so."""
_LIKE_MISSING = frozenset({"na", "none", "null"})
"""Text that other programs write for a missing value. As text of the file it is a name like any other."""
_WHOLE = re.compile(r"^[+-]?\d+\.0+$")
_INTEGER = re.compile(r"^[+-]?\d+$")


def as_cluster_names(values: pd.Series) -> pd.Series:
    """Names of clusters as strings; missing ones are "Unassigned", whole numbers lose their ".0".

    Missing is what has no value, an empty text, or pandas' own words for it ("nan", "<NA>"). A text such as
    "NA" is a
    name (neurons are called that too).
    """
    if pd.api.types.is_bool_dtype(values) or isinstance(values.dtype, pd.CategoricalDtype):
        text = values.astype(object)
    else:
        text = values
    missing = text.isna()
    text = text.astype(str)
    missing |= text.isin(_MISSING)
    present = text[~missing]
    whole = present.str.match(_WHOLE)
    if whole.any() and bool((whole | present.str.match(_INTEGER) | _read_as_missing(present)).all()):
        bare = present.str.replace(r"\.0+$", "", regex=True)
        if bare.nunique() == present.nunique():
            text = bare.reindex(text.index)
    return text.mask(missing, UNASSIGNED)


def named_like_missing(names: Iterable[str]) -> list[str]:
    """Names that look as if a program had written them for "no value": a person should know they are taken as
    names.
    """
    return [name for name in names if name.strip().casefold() in _LIKE_MISSING]


def _read_as_missing(names: pd.Series) -> pd.Series:
    return names.str.strip().str.casefold().isin(_LIKE_MISSING)


def confusable(names: list[str]) -> list[tuple[str, str]]:
    """Pairs of names that differ only in case or outer blanks."""
    seen: dict[str, str] = {}
    pairs = []
    for name in names:
        key = name.strip().casefold()
        if key in seen and seen[key] != name:
            pairs.append((seen[key], name))
        seen.setdefault(key, name)
    return pairs
