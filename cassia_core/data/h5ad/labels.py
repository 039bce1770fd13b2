"""Labels onto cells, by exact cluster id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import anndata as ad
import numpy as np
import pandas as pd

from cassia_core.data.h5ad.h5ad_safe import make_writable
from cassia_core.data.h5ad.own_columns import keep_as_original
from cassia_core.domain.annotation import Agreement, ClusterResult, OntologyTerm
from cassia_core.errors import AnnDataError

UNS_KEY = "cassia"
SHORT_COLUMN = "cell_type_short"


def _percent(agreement: Agreement | None) -> float | None:
    return None if agreement is None or agreement.share is None else 100 * agreement.share


_TEXT: dict[str, Callable[[ClusterResult], str]] = {
    "cell_type": lambda r: r.label,
    SHORT_COLUMN: lambda r: r.label,
    "cell_type_general": lambda r: r.proposal.general if r.proposal else "",
    "cell_type_ontology_term_id": lambda r: r.detailed_term.cl_id if r.detailed_term else "",
    "cell_type_ontology_match": lambda r: match_of(r.detailed_term),
    "cassia_confidence": lambda r: (r.light or "") if r.label else "",
    "cassia_status": lambda r: r.status,
    "cassia_merged_grouping_1": lambda r: r.merged.grouping_1 if r.merged else "",
    "cassia_merged_grouping_2": lambda r: r.merged.grouping_2 if r.merged else "",
    "cassia_merged_grouping_3": lambda r: r.merged.grouping_3 if r.merged else "",
    "cassia_consensus": lambda r: r.agreement.consensus if r.agreement else "",
}
_NUMBERS: dict[str, Callable[[ClusterResult], float | None]] = {
    "cassia_score": lambda r: r.score.value if r.score and r.label else None,
    "cassia_evidence": lambda r: r.evidence.score if r.evidence and r.label else None,
    "cassia_agreement": lambda r: _percent(r.agreement),
}
_ONLY_WITH_VALUES = ("cassia_merged", "cassia_consensus", "cassia_agreement")
"""Beginnings of columns that are written only where some cluster has a value."""
LABEL_COLUMNS = (*_TEXT, *_NUMBERS)


def match_of(term: OntologyTerm | None) -> str:
    """How a term fits its label: "exact", "nearest" (of the nearest type above it), "" without a term."""
    if term is None:
        return ""
    return "nearest" if term.nearest else "exact"


def write_labels(
    adata: ad.AnnData,
    cluster_key: str,
    results: Iterable[ClusterResult],
    provenance: Mapping[str, object],
    *,
    everyday_name: Callable[[str], str],
) -> dict[str, str]:
    """Write what is said of each cluster onto its cells, and make `adata` ready to be saved as h5ad.

    Sets the columns of `LABEL_COLUMNS` in `adata.obs`: a cell gets the values of the result whose `cluster`
    equals
    its value in `adata.obs[cluster_key]` exactly. A cluster that failed or was skipped has a status and no
    label;
    a cell without a result has neither. A column of the same name that was there before is kept as
    `<name>_original`; if that was the cluster column, `uns["cassia"]["cluster_key"]` says its new name.
    Groupings,
    agreement (0 to 100, of further answers with the label) and consensus are written only where some cluster
    has one. Calling it again replaces what the first call wrote.

    `everyday_name` gives the short name of a label, for `obs["cell_type_short"]`.

    Sets `adata.uns["cassia"]`: `provenance` as plain strings, `cluster_key` and `label_columns`.

    Returns
    -------
    dict
        Name of each column of the file's own that had one of our names, to the name under which it is kept.

    Raises
    ------
    AnnDataError
        When there is no such column, or two results are of the same cluster.
    """
    if cluster_key not in adata.obs:
        raise AnnDataError(
            f"The cells have no column {cluster_key}.",
            "It holds the clusters that labels belong to.",
            "Name the column with the clusters.",
        )
    by_cluster: dict[str, ClusterResult] = {}
    for result in results:
        if result.cluster in by_cluster:
            raise AnnDataError(
                f"Cluster {result.cluster} has two results.",
                "Each cluster can have one label only.",
                "Keep one of them.",
            )
        by_cluster[result.cluster] = result
    clusters = adata.obs[cluster_key].astype(str)
    columns = _columns(clusters, by_cluster, everyday_name)
    renamed = _put(adata, columns)
    head = {str(name): _plain(value) for name, value in provenance.items()}
    adata.uns[UNS_KEY] = {
        **head,
        "cluster_key": renamed.get(cluster_key, cluster_key),
        "label_columns": np.array(list(columns), dtype=str),
    }
    make_writable(adata)
    return renamed


def _columns(
    clusters: pd.Series, by_cluster: Mapping[str, ClusterResult], everyday_name: Callable[[str], str]
) -> dict[str, pd.Series]:
    columns: dict[str, pd.Series] = {}
    for name, words_of in _TEXT.items():
        words = {cluster: words_of(result) for cluster, result in by_cluster.items()}
        if name == SHORT_COLUMN:
            words = {cluster: everyday_name(label) for cluster, label in words.items()}
        values = {cluster: word or np.nan for cluster, word in words.items()}
        if name.startswith(_ONLY_WITH_VALUES) and all(value is np.nan for value in values.values()):
            continue
        columns[name] = clusters.map(values).astype(object).astype("category")
    for name, number_of in _NUMBERS.items():
        numbers = {cluster: number_of(result) for cluster, result in by_cluster.items()}
        if name.startswith(_ONLY_WITH_VALUES) and all(value is None for value in numbers.values()):
            continue
        columns[name] = clusters.map(numbers).astype(np.float64)
    return columns


def _put(adata: ad.AnnData, columns: Mapping[str, pd.Series]) -> dict[str, str]:
    """Write our columns; the file's own of the same names are copied first: old name to new one."""
    ours = set(np.asarray(adata.uns.get(UNS_KEY, {}).get("label_columns", []), dtype=str).tolist())
    own = [name for name in columns if name in adata.obs and name not in ours]
    renamed = {name: keep_as_original(adata.obs, name) for name in own}
    for name, values in columns.items():
        adata.obs[name] = values
    for name in ours - set(columns):
        adata.obs.drop(columns=name, errors="ignore", inplace=True)
    return renamed


def _plain(value: object) -> str:
    return "" if value is None else str(value)
