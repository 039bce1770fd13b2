"""Markers from a test that the file holds, instead of one computed anew."""

from __future__ import annotations

from collections.abc import Mapping

import anndata as ad
import pandas as pd

from cassia_core.data.tables.select_markers import FRAME_COLUMNS
from cassia_core.domain.config import ClusteringParams
from cassia_core.domain.findings import Findings
from cassia_core.errors import AnnDataError

_OF_THE_CELLS = ["pct_in", "pct_out"]
_LEAST_SHARE = 0.5


def renamed_tests(tests: Mapping[str, pd.DataFrame], adata: ad.AnnData) -> dict[str, pd.DataFrame]:
    """The tests with the repaired names of their genes, which the file wrote in its own way."""
    now = dict(zip(adata.var["original_name"].astype(str), adata.var_names, strict=True))
    if adata.raw is not None:
        own = zip(adata.raw.var["original_name"].astype(str), adata.raw.var_names, strict=True)
        now = {**dict(own), **now}
    renamed = {}
    for name, frame in tests.items():
        genes = frame["gene"].astype(str).map(now)
        renamed[name] = frame.assign(gene=genes)[genes.notna()].drop_duplicates(["cluster", "gene"])
    return renamed


def own_test(
    tests: Mapping[str, pd.DataFrame],
    name: str,
    findings: Findings,
    params: ClusteringParams,
    measured: pd.DataFrame,
) -> tuple[pd.DataFrame, str]:
    """The file's test in the form of a computed one, and what is said of it.

    Parameters
    ----------
    measured
        What the cells say of all genes and clusters: shares of cells, which tests in files do not hold.

    Raises
    ------
    AnnDataError
        The file holds no such test, it is of other clusters, or its genes are not those of the cells.
    """
    known = {test.name: test for test in findings.marker_tests}
    if name not in known or name not in tests:
        raise AnnDataError(
            f"The file holds no marker test {name}.",
            f"It holds {', '.join(known) or 'none'}.",
            "Choose one of these, or let the markers be computed."
            if known
            else "Let the markers be computed.",
        )
    test, frame = known[name], tests[name]
    if test.column != params.cluster_column:
        raise AnnDataError(
            f"The marker test {name} is of other clusters.",
            f"It compares those of the column {test.column}; the clusters here are those of "
            f"{params.cluster_column or 'a new clustering'}.",
            f"Keep the clusters of {test.column}, or let the markers be computed.",
        )
    shares = measured[["cluster", "gene", *_OF_THE_CELLS]].astype({"cluster": str, "gene": str})
    whole = frame.astype({"cluster": str, "gene": str}).merge(shares, on=["cluster", "gene"], how="left")
    if whole["pct_in"].notna().mean() < _LEAST_SHARE:
        raise AnnDataError(
            f"The marker test {name} does not fit the cells.",
            "Most of its genes or clusters are not those of the file.",
            "Let the markers be computed.",
        )
    said = f"The markers are those of the file's own test {name} ({test.method}, clusters of {test.column}); "
    said += "shares of cells were measured here."
    return whole.reindex(columns=list(FRAME_COLUMNS)), said
