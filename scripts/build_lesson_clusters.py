"""Cluster the demo's cells at the resolutions that the lesson offers, and write them for it.

The way is that of a run: variable genes, principal components, neighbours, Leiden (seed 0).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from cassia_core.data.cells.load_cells import load_cells
from cassia_core.data.clustering.cluster_cells import cluster_cells
from cassia_core.data.kernels.leiden import communities, weighted_graph
from cassia_core.data.kernels.neighbors import neighbor_graph
from cassia_core.domain.config import ClusteringParams, DatasetSpec
from cassia_core.lessons.cells import CLUSTERS_FILE, LEVELS
from cassia_core.pipeline.side_jobs.previewing import ProgressFile
from cassia_core.services.intake.intake import demo_path


def clusters_at_all_levels() -> pd.DataFrame:
    """Cluster ids (strings) of every cell (rows) at every level (columns)."""
    clustering = ClusteringParams(resolution=float(LEVELS[0]))
    spec = DatasetSpec(
        name="demo", path=str(demo_path()), tissue="blood", species="human", clustering=clustering
    )
    with tempfile.TemporaryDirectory() as folder:
        listener = ProgressFile(Path(folder) / "progress.json")
        found = cluster_cells(load_cells(demo_path()), spec, listener, Path(folder) / "view").adata
    components = np.asarray(found.obsm["X_pca"], dtype=np.float32)
    graph = weighted_graph(neighbor_graph(components, clustering.n_neighbors, clustering.seed).connectivities)
    levels = {level: communities(graph, float(level), clustering.seed).astype(str) for level in LEVELS}
    return pd.DataFrame(levels, index=pd.Index(found.obs_names, name="cell"))


if __name__ == "__main__":
    clusters_at_all_levels().to_csv(CLUSTERS_FILE, sep="\t")
