"""Cluster names as strings, exactly as the file has them."""

from __future__ import annotations

import re

import pandas as pd

from cassia_core.data.select_markers import UNASSIGNED

_MISSING = frozenset({"", "NA", "NaN", "nan", "<NA>"})
_WHOLE = re.compile(r"^[+-]?\d+\.0+$")
_INTEGER = re.compile(r"^[+-]?\d+$")


def as_cluster_names(values: pd.Series) -> pd.Series:
    """Names of clusters as strings; missing ones are "Unassigned", whole numbers lose their ".0"."""
    if pd.api.types.is_bool_dtype(values) or isinstance(values.dtype, pd.CategoricalDtype):
        text = values.astype(object)
    else:
        text = values
    missing = text.isna()
    text = text.astype(str)
    missing |= text.isin(_MISSING)
    present = text[~missing]
    whole = present.str.match(_WHOLE)
    if whole.any() and bool((whole | present.str.match(_INTEGER)).all()):
        bare = present.str.replace(r"\.0+$", "", regex=True)
        if bare.nunique() == present.nunique():
            text = bare.reindex(text.index)
    return text.mask(missing, UNASSIGNED)


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
