"""Marker tests that scanpy left in a file (`rank_genes_groups`), read without what else lies beside them."""

from __future__ import annotations

import h5py
import numpy as np
import pandas as pd

from cassia_core.data.readers.cell_file import StoredTest
from cassia_core.data.readers.hdf5.h5_elements import UNREADABLE
from cassia_core.domain.findings import MarkerTest

_FIELDS = {"scores": "score", "logfoldchanges": "log2fc", "pvals": "pval", "pvals_adj": "pval_adj"}
_METHODS = {
    "wilcoxon": "Wilcoxon",
    "t-test": "t test",
    "t-test_overestim_var": "t test with overestimated variance",
    "logreg": "logistic regression",
}


def stored_tests(file: h5py.Group, columns: pd.Index, *, inspect: bool) -> tuple[StoredTest, ...]:
    """Tests of each group against all others, whose groups are those of a column of the cells.

    Parameters
    ----------
    columns
        The columns that the table of cells has.
    inspect
        Without their values.
    """
    group = file.get("uns")
    if not isinstance(group, h5py.Group):
        return ()
    tests = []
    for name in group:
        try:
            test = _test(group[name], name, columns, inspect)
        except UNREADABLE:
            continue  # the reader names what of `uns` cannot be read
        if test is not None:
            tests.append(test)
    return tuple(tests)


def _test(element: object, name: str, columns: pd.Index, inspect: bool) -> StoredTest | None:
    if not isinstance(element, h5py.Group) or not {"names", "params"} <= set(element):
        return None
    names, params = element["names"], element["params"]
    groups = names.dtype.names if isinstance(names, h5py.Dataset) else None
    column = _word(params, "groupby")
    # A comparison with one other group says what tells two groups apart, not what marks one.
    if not groups or _word(params, "reference") != "rest" or column not in columns:
        return None
    method = _word(params, "method")
    known = MarkerTest(
        name=name, column=column, method=_METHODS.get(method, method or "unknown test"), n_groups=len(groups)
    )
    return StoredTest(test=known, frame=None if inspect else _frame(element, groups))


def _frame(element: h5py.Group, groups: tuple[str, ...]) -> pd.DataFrame:
    """One row per group and gene, in the order that the test gave."""
    names = element["names"][()]
    values = {
        field: element[own][()]
        for own, field in _FIELDS.items()
        if own in element and isinstance(element[own], h5py.Dataset)
    }
    parts = []
    for group in groups:
        columns = {
            field: np.asarray(table[group], dtype=float)
            for field, table in values.items()
            if group in (table.dtype.names or ())
        }
        genes = [
            value.decode("utf-8", "replace") if isinstance(value, bytes) else value for value in names[group]
        ]
        parts.append(pd.DataFrame({"cluster": group, "gene": genes, **columns}))
    return pd.concat(parts, ignore_index=True)


def _word(params: h5py.Group, name: str) -> str:
    """A setting of the test; anndata before 0.7 wrote each as a list of one."""
    element = params.get(name) if isinstance(params, h5py.Group) else None
    value = np.ravel(element[()])[0] if isinstance(element, h5py.Dataset) and element.size == 1 else ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
