"""Where cells lie: variable genes, components, neighbours. And which map of the file is kept."""

from __future__ import annotations

from dataclasses import dataclass, replace

import anndata as ad
import numpy as np
import pandas as pd

from cassia_core.data.clustering.clustering_steps import Steps
from cassia_core.data.clustering.expression_matrix import Expression
from cassia_core.data.clustering.samples import harmonise, moments_per_sample, samples_of
from cassia_core.data.kernels.neighbors import NeighborGraph, neighbor_graph
from cassia_core.data.kernels.pca import ComponentModel, components_of_scaled, fit_components
from cassia_core.data.kernels.variable_genes import genes_for_pca, variable_genes, variable_genes_over_samples
from cassia_core.data.view.view_store import coordinates
from cassia_core.domain.config import NEW_MAP, ClusteringParams, QCParams
from cassia_core.domain.findings import Findings
from cassia_core.errors import AnnDataError

_MAP_NAMES = ("umap", "tsne", "draw_graph", "phate", "diffmap", "force")
FEWEST_GENES = 2
"""A component needs more genes that vary than one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSpace:
    """`components` has shape (n_cells, n_comps), float32; `model` places further cells among those of the
    variable genes, before samples were brought together.
    """

    components: np.ndarray
    graph: NeighborGraph
    model: ComponentModel | None = None


def map_name(adata: ad.AnnData, params: ClusteringParams) -> str | None:
    """The entry of `obsm` to show as the map, or None when one has to be computed.

    Raises
    ------
    AnnDataError
        When the one asked for is not there or has fewer than two columns.
    """
    if params.embedding == NEW_MAP:
        return None
    if params.embedding is not None:
        same = [k for k in adata.obsm if k.lower() == params.embedding.lower()]
        if not same or coordinates(adata.obsm[same[0]]) is None:
            raise AnnDataError(
                f"The file has no map {params.embedding}.",
                f"It has: {', '.join(adata.obsm) or 'none'}.",
                "Choose one of these, or none.",
            )
        return same[0]
    # The file's map was made of all cells; of a part it shows a corner.
    if params.subset_clusters:
        return None
    for word in _MAP_NAMES:
        for name, value in adata.obsm.items():
            if word in name.lower() and coordinates(value) is not None:
                return name
    return None


def variable_space(
    adata: ad.AnnData, expression: Expression, params: ClusteringParams, qc: QCParams, steps: Steps
) -> CellSpace:
    """Variable genes, components and neighbours. Sets `adata.var["highly_variable"]` where the genes are the
    same,
    and `adata.obsm["X_pca"]`."""
    samples = samples_of(adata, params.batch_column) if params.batch_column else None
    with steps.stage("variable_genes") as done:
        picked = _pick(expression, params, qc.min_cells_per_gene, samples)
        used = genes_for_pca(picked, expression.moments)
        if used.sum() < FEWEST_GENES:
            raise AnnDataError(
                "These cells cannot be clustered.",
                "At most one of their genes differs between them, so nothing tells them apart.",
                "Check the file, or your limits of quality, and choose cells that differ.",
            )
        # After a look at a part, or with `raw`, genes of the values and of the file can differ: then the mask
        # has no place.
        if expression.genes == tuple(map(str, adata.var_names)):
            adata.var["highly_variable"] = used
        done.summary = f"{int(used.sum()):,} of {used.size:,} genes"
        if not np.array_equal(used, picked):
            done.summary += " (all that vary: too few to choose from)"
    with steps.stage("pca") as done:
        components, model = fit_components(
            expression.values,
            used,
            expression.moments,
            n_comps=params.n_pcs,
            max_value=params.max_value,
            seed=params.seed,
            on_chunk=steps.reporter("pca"),
        )
        done.summary = f"{components.shape[1]} components"
        _keep_components(adata, components)
        if samples is not None and params.batch_method == "harmony":
            adata.obsm["X_pca_harmony"] = components = harmonise(components, samples, params.seed)
            done.summary += f", {samples.nunique()} samples brought together by Harmony"
    return replace(_with_neighbors(components, params, steps), model=model)


def _pick(
    expression: Expression, params: ClusteringParams, min_cells: int, samples: pd.Series | None
) -> np.ndarray:
    per_sample = [] if samples is None else moments_per_sample(expression.values, samples)
    if len(per_sample) > 1:
        return variable_genes_over_samples(per_sample, params, min_cells)
    return variable_genes(expression.moments, params, min_cells)


def scaled_space(adata: ad.AnnData, findings: Findings, params: ClusteringParams, steps: Steps) -> CellSpace:
    """Components and neighbours from scaled values in `X`, where the file has no others."""
    if not any(m.location == "X" and m.state == "scaled" for m in findings.matrices):
        raise AnnDataError(
            "These cells cannot be clustered.",
            "The file has no matrix whose values are understood.",
            "Add counts or log-normalised values to the file.",
        )
    with steps.stage("pca") as done:
        components = components_of_scaled(
            adata.X, n_comps=params.n_pcs, seed=params.seed, on_chunk=steps.reporter("pca")
        )
        done.summary = f"{components.shape[1]} components, from the scaled values in X"
        _keep_components(adata, components)
    return _with_neighbors(components, params, steps)


def _keep_components(adata: ad.AnnData, components: np.ndarray) -> None:
    if "X_pca" in adata.obsm:
        # The file's own components are kept under another name: nothing of a person's file is lost.
        adata.obsm["X_pca_original"] = adata.obsm["X_pca"]
    adata.obsm["X_pca"] = components


def _with_neighbors(components: np.ndarray, params: ClusteringParams, steps: Steps) -> CellSpace:
    with steps.stage("neighbors") as done:
        graph = neighbor_graph(components, params.n_neighbors, params.seed, steps.reporter("neighbors"))
        done.summary = f"{graph.n_neighbors} neighbours, {'exact' if graph.exact else 'approximate'}"
    return CellSpace(components=components, graph=graph)
