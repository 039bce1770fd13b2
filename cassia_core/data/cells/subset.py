"""Some clusters of a file alone: which cells they are, and what of the whole file stays with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import anndata as ad
import numpy as np

from cassia_core.data.clustering.expression_matrix import Expression
from cassia_core.data.h5ad.labels import UNS_KEY
from cassia_core.data.kernels.normalise import moments
from cassia_core.data.tables.cluster_names import as_cluster_names
from cassia_core.domain.config import ClusteringParams
from cassia_core.domain.findings import Findings
from cassia_core.errors import AnnDataError

PARENT_LABEL = "parent_cell_type"
"""Column with what a file of ours called the cells before they were taken out of it."""
_COMPUTED = ("X_pca", "X_pca_harmony", "X_umap")
_OF_THE_WHOLE = ("cassia_clustering", "cassia_removed_cells")


def in_subset(adata: ad.AnnData, params: ClusteringParams) -> np.ndarray | None:
    """Which cells belong to `params.subset_clusters` (exact names): shape (n_cells,), bool; None when all are
    asked for.

    Raises
    ------
    AnnDataError
        When no column is named, or a cluster is not in it.
    """
    if not params.subset_clusters:
        return None
    column = params.cluster_column
    if column is None or column not in adata.obs:
        raise AnnDataError(
            "It is not clear which cells to take.",
            "Clusters were named, but no column that holds them.",
            "Name the column with the clusters.",
        )
    names = as_cluster_names(adata.obs[column])
    missing = sorted(set(params.subset_clusters) - set(names))
    if missing:
        raise AnnDataError(
            f"The column {column} has no cluster {', '.join(missing)}.", "", "Choose clusters it has."
        )
    return names.isin(params.subset_clusters).to_numpy()


def keep_cells(adata: ad.AnnData, staying: np.ndarray) -> None:
    """Leave only the cells of the mask `kept`, shape (n_cells,), in `adata`.

    Neighbour graphs that a file keeps in `uns` (as before anndata 0.7) are of all cells, and leave.
    """
    graphs = adata.uns.get("neighbors")
    if isinstance(graphs, Mapping):
        adata.uns["neighbors"] = {k: v for k, v in graphs.items() if k not in ("distances", "connectivities")}
    adata._inplace_subset_obs(staying)


def keep_subset(adata: ad.AnnData, inside: np.ndarray, params: ClusteringParams) -> None:
    """Leave only the cells of `inside` in `adata`, with what the whole file says of them kept under other
    names.

    Components and maps of the whole become `<name>_original`. Of a file of ours the labels leave, and
    `cell_type`
    stays as `obs["parent_cell_type"]` where it names any.
    """
    keep_cells(adata, inside)
    for name in _COMPUTED:
        if name in adata.obsm and name.lower() != (params.embedding or "").lower():
            adata.obsm[f"{name}_original"] = adata.obsm[name]
            del adata.obsm[name]
    ours = adata.uns.get(UNS_KEY)
    if isinstance(ours, Mapping) and "label_columns" in ours:
        _set_labels_aside(adata, [str(c) for c in np.atleast_1d(ours["label_columns"])])


def _set_labels_aside(adata: ad.AnnData, columns: list[str]) -> None:
    if "cell_type" in columns and "cell_type" in adata.obs and adata.obs["cell_type"].notna().any():
        adata.obs[PARENT_LABEL] = adata.obs["cell_type"]
    adata.obs.drop(columns=columns, errors="ignore", inplace=True)
    for name in (UNS_KEY, *_OF_THE_WHOLE):
        adata.uns.pop(name, None)


def take_subset(
    adata: ad.AnnData, expression: Expression, inside: np.ndarray, params: ClusteringParams
) -> Expression:
    """As `keep_subset`; returns the values of these cells. `expression` keeps those of all cells."""
    values = expression.values[inside]
    shared = adata.X is expression.values
    keep_subset(adata, inside, params)
    if shared:
        adata.X = values
    return Expression(values=values, genes=expression.genes, moments=moments(values))


def subset_findings(findings: Findings, adata: ad.AnnData, params: ClusteringParams) -> Findings:
    """Findings of a file of which only some clusters are used: their number of cells, and what is done with
    them.
    """
    inside = in_subset(adata, params)
    if inside is None:
        return findings
    n_cells = int(inside.sum())
    named = f"cluster{'' if len(params.subset_clusters) == 1 else 's'} {', '.join(params.subset_clusters)}"
    everything = "all other cells of the file, also those that are not clustered here"
    against = {
        "all": everything,
        "subset": "the other parts only",
        "both": f"{everything}, and with the other parts; the lists take genes of both in turn",
    }
    done = (
        f"Only the {n_cells:,} of {adata.n_obs:,} cells of {named} of the column "
        f"{params.cluster_column} are clustered.",
        f"Markers compare each part with {against[params.markers_against]}.",
    )
    return replace(
        findings,
        n_cells=n_cells,
        n_cells_of_file=findings.n_cells_of_file or adata.n_obs,
        done=(*findings.done, *done),
    )
