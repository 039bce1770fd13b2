"""Columns of the cell table that a person may choose: clusters, labels, samples, numbers."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from cassia_core.domain.findings import ColumnInfo, Role

MAX_CATEGORIES = 500
_CLUSTERS = re.compile(
    r"(leiden|louvain|cluster|seurat_clusters|res[._]?\d|snn|ident|phenograph|subpop|group)", re.IGNORECASE
)
_LABELS = re.compile(
    r"(cell[._ ]?type|celltype|annotation|label|cell_ontology|cell_class|subclass|predicted|major"
    r"|broad_type|cell_state)",
    re.IGNORECASE,
)
_SAMPLE = re.compile(
    r"(sample|donor|batch|patient|individual|library|replicate|subject|orig\.?ident|run|channel|lane"
    r"|mouse_id|experiment|chemistry)",
    re.IGNORECASE,
)


def column_infos(obs: pd.DataFrame) -> tuple[ColumnInfo, ...]:
    """Describe the usable columns of `obs`, clusters first; those of too many values or one value are left
    out.
    """
    infos = [info for name in obs.columns if (info := _info(str(name), obs[name])) is not None]
    order = {"clusters": 0, "labels": 1, "sample": 2, "": 3}
    return tuple(sorted(infos, key=lambda info: (info.kind == "numeric", order[info.looks_like])))


def _info(name: str, values: pd.Series) -> ColumnInfo | None:
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    present = values.dropna()
    if not len(present):
        return None
    distinct = present.unique()
    n_values = len(distinct)
    few = n_values <= min(MAX_CATEGORIES, max(20, len(values) // 5))
    if numeric and not (few and _is_whole(distinct) and (n_values <= 60 and _named_like_groups(name))):
        low, high = float(present.min()), float(present.max())
        return ColumnInfo(name=name, kind="numeric", n_values=n_values, examples=(f"{low:g}", f"{high:g}"))
    if not few:
        return None
    examples = tuple(_shown(value) for value in present.value_counts().index[:4])
    return ColumnInfo(
        name=name,
        kind="categorical",
        n_values=n_values,
        examples=examples,
        looks_like=_looks_like(name, n_values),
    )


def _named_like_groups(name: str) -> bool:
    return any(pattern.search(name) for pattern in (_CLUSTERS, _LABELS, _SAMPLE))


def _is_whole(distinct: np.ndarray) -> bool:
    numbers = np.asarray(distinct, dtype=float)
    return bool(np.all(np.isfinite(numbers)) and np.all(numbers == np.round(numbers)))


def _shown(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _looks_like(name: str, n_values: int) -> Role:
    if n_values < 2:
        return "sample" if _SAMPLE.search(name) else ""
    if _LABELS.search(name):
        return "labels"
    if _SAMPLE.search(name):
        return "sample"
    return "clusters" if _CLUSTERS.search(name) else ""
