"""What h5ad cannot hold, turned into what it can, so that plain scanpy reads the file back."""

from __future__ import annotations

from collections.abc import Container, MutableMapping

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse

_RESERVED = "_index"


def make_writable(adata: ad.AnnData) -> tuple[str, ...]:
    """Change names and values that `write_h5ad` refuses; returns what was done, a sentence each.

    Tables are treated alike wherever they hang (`obs`, `var`, `raw`, `obsm`, `varm`, `uns`). Names: "/"
    becomes "_", words take the place of numbers, repeated columns get a number. Columns of mixed types, dates
    and pandas strings become words. Entries that cannot be stored (None, objects, arrays of unequal rows) are
    left out.
    """
    done: list[str] = []
    adata.obs = _safe_table(adata.obs, "obs", done)
    adata.var = _safe_table(adata.var, "var", done)
    _make_raw_writable(adata, done)
    for name in ("obsm", "varm", "obsp", "varp", "layers"):
        mapping = getattr(adata, name)
        _safe_keys(mapping, name, done)
        _safe_values(mapping, name, done)
    adata.uns = _safe_mapping(dict(adata.uns), "uns", done)
    return tuple(done)


def _make_raw_writable(adata: ad.AnnData, done: list[str]) -> None:
    """Put a raw matrix whose table of genes h5ad cannot hold back with one that it can."""
    if adata.raw is None:
        return
    said = len(done)
    table = _safe_table(adata.raw.var, "raw.var", done)
    # `raw` cannot be changed in place, so it is made anew, and only where something had to be.
    if len(done) > said:
        obs = pd.DataFrame(index=adata.obs_names)
        adata.raw = ad.AnnData(X=adata.raw.X, var=table, obs=obs)


def _safe_values(mapping: MutableMapping, where: str, done: list[str]) -> None:
    """Clean the tables among aligned arrays; leave out what is neither a table nor a plain array."""
    for name in list(mapping):
        value = mapping[name]
        if isinstance(value, pd.DataFrame):
            mapping[name] = _safe_table(value, f"{where}/{name}", done)
        elif not sparse.issparse(value) and getattr(getattr(value, "dtype", None), "kind", "O") in "OV":
            del mapping[name]
            done.append(f"{where}/{name} was left out: h5ad cannot hold it.")


def _safe_table(table: pd.DataFrame, where: str, done: list[str]) -> pd.DataFrame:
    safe: dict[str, pd.Series] = {}
    # By place and not by name: a table can have two columns of one name, which h5ad cannot.
    for at, name in enumerate(table.columns):
        key = _free(_safe_name(name), safe)
        if key != name:
            done.append(f"{where} column {name} was renamed to {key}.")
        values = table.iloc[:, at]
        safe[key] = _safe_column(values)
        if safe[key].dtype != values.dtype:
            done.append(f"{where} column {key} was turned into words.")
    changed = pd.DataFrame(safe, index=table.index)
    changed.index.name = None
    return changed


def _safe_column(values: pd.Series) -> pd.Series:
    if isinstance(values.dtype, pd.CategoricalDtype):
        categories = values.cat.categories
        if len(categories) and pd.api.types.infer_dtype(categories, skipna=False) not in (
            "string",
            "integer",
            "floating",
            "boolean",
        ):
            return _as_words(values)
        return values
    if pd.api.types.is_bool_dtype(values.dtype) or pd.api.types.is_numeric_dtype(values.dtype):
        return values
    if values.dtype == object and pd.api.types.infer_dtype(values, skipna=True) == "string":
        return values
    return _as_words(values)


def _as_words(values: pd.Series) -> pd.Series:
    words = values.astype(object)
    # Missing values stay missing; as words they would become a category called "nan".
    return words.where(words.isna(), words.map(str)).astype("category")


def _safe_keys(mapping: MutableMapping, where: str, done: list[str]) -> None:
    for name in list(mapping):
        key = _safe_name(name)
        if key != name:
            mapping[_free(key, mapping)] = mapping[name]
            del mapping[name]
            done.append(f"{where} entry {name} was renamed to {key}.")


def _safe_mapping(mapping: dict, where: str, done: list[str]) -> dict:
    safe: dict[str, object] = {}
    for name, value in mapping.items():
        key = _free(_safe_name(name), safe)
        if isinstance(value, MutableMapping):
            safe[key] = _safe_mapping(dict(value), f"{where}/{key}", done)
        elif isinstance(value, pd.DataFrame):
            safe[key] = _safe_table(value, f"{where}/{key}", done)
        elif _storable(value):
            safe[key] = value
        else:
            done.append(f"{where}/{key} was left out: h5ad cannot hold it.")
    return safe


def _storable(value: object) -> bool:
    if isinstance(value, str | bool | int | float | np.generic | pd.DataFrame) or sparse.issparse(value):
        return True
    if isinstance(value, list | tuple):
        return len({type(v) for v in value}) <= 1 and all(
            isinstance(v, str | bool | int | float) for v in value
        )
    if isinstance(value, np.ndarray):
        return value.dtype.kind != "O" or all(isinstance(v, str) for v in value.ravel())
    return False


def _safe_name(name: object) -> str:
    text = str(name).replace("/", "_")
    return "index_column" if text == _RESERVED else text


def _free(name: str, taken: Container[str]) -> str:
    key, number = name, 1
    while key in taken:
        number += 1
        key = f"{name}_{number}"
    return key
