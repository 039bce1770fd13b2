"""Tests that compare conditions and not clusters: their genes are no markers of a cell type."""

from __future__ import annotations

import re

import pandas as pd

from cassia_core.data.tables.table_columns import plain

_SIGNS = (
    ("muscat", ({"padjloc"}, {"padjglb"})),
    ("MAST", ({"prchisq"}, {"primerid", "coef"}, {"primerid", "contrast"})),
    ("DESeq2", ({"basemean", "lfcse"}, {"basemean", "log2foldchange"})),
    ("edgeR", ({"logcpm", "logfc"}, {"logcpm", "pvalue"})),
    ("limma", ({"aveexpr", "adjpval"}, {"aveexpr", "logfc"})),
)
"""Columns that each program writes, as its manual names them (`resDS`, `summaryDt`, `results`, `topTags`,
`topTable`)."""
_CONTRAST = ("contrast", "condition", "conditions", "comparison", "treatment", "test", "coefficient")
_WITH_REST = re.compile(r"rest|other|remaining|\ball\b", re.IGNORECASE)
_VERSUS = re.compile(r"\bvs?\.?\b|versus|[-_]over[-_]|\s-\s|\w-\w", re.IGNORECASE)


def program_of(frame: pd.DataFrame) -> str:
    """The program for tests of conditions whose columns the table has; "" for none."""
    headers = {plain(column) for column in frame.columns}
    return next((name for name, signs in _SIGNS if any(sign <= headers for sign in signs)), "")


def is_contrast(frame: pd.DataFrame, has_cluster: bool) -> bool:
    """Whether the table compares conditions: it says which, or it is such a program's without any cluster."""
    program = program_of(frame)
    if program == "muscat" or (program and not has_cluster):
        return True
    for column in frame.columns:
        if plain(column) in _CONTRAST:
            text = frame[column].astype(str).str.strip()
            values = [str(value) for value in text[text != ""].unique()]
            named = [bool(_VERSUS.search(value)) for value in values]
            if len(values) and all(named) and not any(_WITH_REST.search(value) for value in values):
                return True
    return False
