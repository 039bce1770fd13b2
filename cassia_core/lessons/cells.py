"""The cells that lessons are about: 700 blood cells of the demo, counts, and several levels of clusters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from cassia_core.data.cells.load_cells import load_cells
from cassia_core.domain.markers import ClusterMarkers, MarkerGene
from cassia_core.errors import InputError

CLUSTERS_FILE = Path(__file__).parent / "content" / "clusters.tsv"
"""Leiden clusters of those cells at several resolutions; made by scripts/build_lesson_clusters.py."""
LOW, MIDDLE, HIGH = "0.1", "0.4", "2.0"
LEVELS = (LOW, MIDDLE, "1.0", HIGH, "4.0")
"""Resolutions that a learner chooses from; names of the columns of `CLUSTERS_FILE`."""
LISTED = 50
"""Genes of a cluster's list, as in a run of the app."""
_SCALE = 10_000
"""What the counts of every cell were scaled to before the logarithm was taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonCells:
    """Cells of a lesson; rows of everything are the same cells in the same order.

    `values`: log-normalised, shape (n_cells, n_genes); `counts`: molecules counted, the same shape; `map_xy`:
    places on the map, shape (n_cells, 2); `about`: columns `n_genes`, `n_counts`,
    `percent_mito` (a fraction), `file_label`; `clusters`: one column of cluster ids (strings) per level.
    """

    genes: tuple[str, ...]
    values: np.ndarray
    counts: np.ndarray
    map_xy: np.ndarray
    about: pd.DataFrame
    clusters: pd.DataFrame

    @property
    def n_cells(self) -> int:
        return len(self.about)

    def of_gene(self, gene: str) -> np.ndarray:
        """Log-normalised values of a gene, shape (n_cells,).

        Raises
        ------
        KeyError
            When the gene was not measured.
        """
        return self.values[:, self._place(gene)]

    def counts_of(self, gene: str) -> np.ndarray:
        """Counted molecules of a gene, shape (n_cells,)."""
        return self.counts[:, self._place(gene)]

    def in_cluster(self, cluster: str, level: str = MIDDLE) -> np.ndarray:
        """Which cells are in a cluster, shape (n_cells,)."""
        return (self.clusters[level] == cluster).to_numpy()

    def _place(self, gene: str) -> int:
        if gene not in self.genes:
            raise KeyError(gene)
        return self.genes.index(gene)


def load_lesson_cells(path: Path) -> LessonCells:
    """Read the demo's cells and join their clusters by cell id.

    Counts are not in the file, but follow from it: value = ln(1 + count / total of the cell * 10,000), and
    the totals are there.

    Parameters
    ----------
    path
        The demo's file (`services.intake.intake.demo_path`).

    Raises
    ------
    InputError
        The file does not hold the cells that the clusters were made of.
    """
    adata = load_cells(path).adata
    raw = adata.raw.to_adata()
    values = np.asarray(raw.X.toarray() if hasattr(raw.X, "toarray") else raw.X, dtype=np.float32)
    clusters = pd.read_csv(CLUSTERS_FILE, sep="\t", index_col="cell", dtype=str)
    if set(clusters.index) != set(adata.obs_names):
        raise InputError(
            "The cells of the lesson are not those it was made for.",
            "The file that comes with scanpy has other cells than the clusters of the lesson.",
            "Install the versions of requirements.txt, or make the clusters anew with "
            "scripts/build_lesson_clusters.py.",
        )
    about = adata.obs[["n_genes", "n_counts", "percent_mito"]].copy()
    about["file_label"] = adata.obs["bulk_labels"].astype(str)
    totals = about["n_counts"].to_numpy(dtype=np.float64)[:, None]
    return LessonCells(
        genes=tuple(str(g) for g in raw.var_names),
        values=values,
        counts=np.rint(np.expm1(values.astype(np.float64)) * totals / _SCALE).astype(np.int32),
        map_xy=np.asarray(adata.obsm["X_umap"], dtype=np.float32),
        about=about,
        clusters=clusters.loc[adata.obs_names],
    )


def marker_list(cells: LessonCells, cluster: str, level: str = MIDDLE, n: int = LISTED) -> ClusterMarkers:
    """Genes that tell a cluster from all other cells, by the difference of the shares of cells with them.

    The simplest ranking there is, so that a learner can check it by eye: first the gene with the largest
    `pct_in` - `pct_out`. `log2fc` compares means of normalised counts; it is None where one mean is 0.
    """
    inside = cells.in_cluster(cluster, level)
    pct_in, pct_out = (cells.counts[inside] > 0).mean(axis=0), (cells.counts[~inside] > 0).mean(axis=0)
    linear = np.expm1(cells.values.astype(np.float64))
    mean_in, mean_out = linear[inside].mean(axis=0), linear[~inside].mean(axis=0)
    best = np.argsort(pct_out - pct_in, kind="stable")[:n]
    return ClusterMarkers(
        cluster=cluster,
        n_cells=int(inside.sum()),
        genes=tuple(
            MarkerGene(
                gene=cells.genes[g],
                rank=rank + 1,
                log2fc=float(np.log2(mean_in[g] / mean_out[g]))
                if mean_in[g] > 0 and mean_out[g] > 0
                else None,
                pct_in=float(pct_in[g]),
                pct_out=float(pct_out[g]),
            )
            for rank, g in enumerate(best)
        ),
    )
