"""Options of quality, clusters and markers: the same choices as on the Set-up page, with the same
defaults.
"""

from __future__ import annotations

import argparse
from typing import Any, Literal

from cassia_core.domain.config import FINE, NEW_MAP, ClusteringParams, MarkerParams, QCParams

_LIMITS = {
    "min_genes": "min_genes",
    "max_genes": "max_genes",
    "min_counts": "min_counts",
    "max_counts": "max_counts",
    "max_mito": "max_pct_mito",
    "max_ribo": "max_pct_ribo",
    "max_haemo": "max_pct_haemo",
    "max_doublet_score": "max_doublet_score",
}
"""Option to field of `QCParams`."""
_CLUSTERING = (
    "embedding",
    "expression",
    "resolution",
    "n_neighbors",
    "n_pcs",
    "n_top_genes",
    "min_mean",
    "max_mean",
    "min_disp",
    "max_value",
    "min_cells_per_cluster",
    "seed",
)
_MARKERS = ("n_genes", "own_test", "ranking_method", "min_log2fc", "max_pval_adj", "min_pct")


def add_clustering(command: argparse.ArgumentParser) -> None:
    """Add the options of all three groups."""
    _add_quality(
        command.add_argument_group(
            "quality of the cells", "Nothing is removed unless asked for, but cells without counts."
        )
    )
    _add_clusters(command.add_argument_group("clusters"))
    _add_markers(command.add_argument_group("markers"))


def _add_quality(group) -> None:
    group.add_argument(
        "--suggest-qc",
        action="store_true",
        help="limits from the cells' own spread (5 median absolute deviations, 3 for the mitochondrial "
        "share); "
        "limits that are given too take the place of suggested ones",
    )
    group.add_argument("--min-genes", type=int, metavar="N", help="cells with fewer genes go")
    group.add_argument("--max-genes", type=int, metavar="N", help="cells with more genes go")
    group.add_argument("--min-counts", type=float, metavar="N", help="cells with fewer counts go")
    group.add_argument("--max-counts", type=float, metavar="N", help="cells with more counts go")
    group.add_argument(
        "--max-mito", type=float, metavar="PERCENT", help="cells with a larger mitochondrial share go"
    )
    group.add_argument(
        "--max-ribo", type=float, metavar="PERCENT", help="cells with a larger ribosomal share go"
    )
    group.add_argument(
        "--max-haemo", type=float, metavar="PERCENT", help="cells with a larger haemoglobin share go"
    )
    group.add_argument(
        "--doublets", action="store_true", help="score doublets (Scrublet), per sample with --sample-column"
    )
    group.add_argument(
        "--max-doublet-score",
        type=float,
        metavar="SCORE",
        help="cells with a higher doublet score go (0 to 1)",
    )
    group.add_argument(
        "--sample-column",
        metavar="COLUMN",
        help="column that names the sample of each cell: variable genes and doublets are found sample by "
        "sample",
    )
    group.add_argument("--max-cells", type=int, metavar="N", help="use a random sample of this many cells")


def _add_clusters(group) -> None:
    usual = ClusteringParams()
    group.add_argument("--cluster-column", metavar="COLUMN", help="keep the clusters of this column")
    group.add_argument(
        "--embedding",
        metavar="NAME",
        help=f'keep this embedding as the map, such as X_umap; "{NEW_MAP}" computes one',
    )
    group.add_argument(
        "--expression",
        metavar="PLACE",
        help='values to use: "X", "raw" or "layers/NAME" (default: found by their state)',
    )
    group.add_argument(
        "--clusters",
        "--resolution",
        dest="resolution",
        type=resolution,
        default=usual.resolution,
        metavar="HOW",
        help=f'"{FINE}" (default): cluster finely, then join what is read alike and no markers part; '
        '"suggest": the '
        "finest stable resolution; or a resolution of Leiden, such as 0.4, the vignette's",
    )
    group.add_argument(
        "--split",
        action="store_true",
        help="after the run, set every second kind of 15 cells and 10 %% aside from its cluster, as a "
        "correction that can be undone",
    )
    group.add_argument(
        "--n-neighbors", type=int, default=usual.n_neighbors, help=f"default {usual.n_neighbors}"
    )
    group.add_argument("--n-pcs", type=int, default=usual.n_pcs, help=f"components (default {usual.n_pcs})")
    group.add_argument(
        "--n-top-genes",
        type=int,
        metavar="N",
        help="so many variable genes (default: by cut-offs of mean and dispersion)",
    )
    group.add_argument(
        "--min-mean",
        type=float,
        default=usual.min_mean,
        help=f"of a variable gene (default {usual.min_mean})",
    )
    group.add_argument(
        "--max-mean",
        type=float,
        default=usual.max_mean,
        help=f"of a variable gene (default {usual.max_mean:g})",
    )
    group.add_argument(
        "--min-disp",
        type=float,
        default=usual.min_disp,
        help=f"normalised dispersion of a variable gene (default {usual.min_disp})",
    )
    group.add_argument(
        "--max-value",
        type=float,
        default=usual.max_value,
        help=f"scaled values are cut off here (default {usual.max_value:g})",
    )
    group.add_argument(
        "--batch-column", metavar="COLUMN", help="bring the groups of this column together with Harmony"
    )
    group.add_argument(
        "--min-cells-per-cluster",
        type=int,
        default=usual.min_cells_per_cluster,
        help=f"smaller clusters are not tested (default {usual.min_cells_per_cluster})",
    )
    group.add_argument("--seed", type=int, default=usual.seed)


def _add_markers(group) -> None:
    usual = MarkerParams()
    group.add_argument(
        "--test-method",
        choices=("wilcoxon", "t-test", "logreg"),
        default=usual.method,
        help="wilcoxon (default); t-test favours genes that are very high in few cells; logreg gives no p "
        "values "
        "and is slow with many cells",
    )
    group.add_argument(
        "--own-test",
        metavar="NAME",
        help="use this marker test of the file, as `inspect` names it; --cluster-column names the clusters "
        "that it compares",
    )
    group.add_argument(
        "--n-genes",
        type=int,
        default=usual.n_genes,
        help=f"marker genes per cluster (default {usual.n_genes})",
    )
    group.add_argument("--ranking-method", choices=("avg_log2FC", "p_val_adj", "pct_diff", "Score"))
    group.add_argument(
        "--min-log2fc", type=float, default=usual.min_log2fc, help=f"default {usual.min_log2fc}"
    )
    group.add_argument(
        "--max-pval-adj", type=float, default=usual.max_pval_adj, help=f"default {usual.max_pval_adj}"
    )
    group.add_argument(
        "--min-pct",
        type=float,
        default=usual.min_pct,
        help=f"share of the cluster's cells with the gene, 0 to 1 (default {usual.min_pct})",
    )


def resolution(text: str) -> float | Literal["fine"] | None:
    """A number, `FINE`, or None for "suggest" ("auto" in earlier versions)."""
    if text in ("suggest", "auto"):
        return None
    return FINE if text == FINE else float(text)


def quality_of(options: argparse.Namespace, suggested: QCParams | None = None) -> QCParams:
    """Limits of quality; those that are given take the place of suggested ones."""
    given = {
        field: getattr(options, name) for name, field in _LIMITS.items() if getattr(options, name) is not None
    }
    start = suggested or QCParams()
    limits: dict[str, Any] = {field: getattr(start, field) for field in _LIMITS.values()}
    for low, high in (("min_genes", "max_genes"), ("min_counts", "max_counts")):
        for field, other in (
            (low, high),
            (high, low),
        ):  # a suggested limit gives way to a given one that it contradicts
            if field in given and other not in given and _contradict(low, high, limits | given):
                limits[other] = None
    return QCParams(
        score_doublets=options.doublets,
        sample_column=options.sample_column or options.batch_column,
        **limits | given,
    )


def _contradict(low: str, high: str, limits: dict[str, Any]) -> bool:
    return limits[low] is not None and limits[high] is not None and limits[low] > limits[high]


def clustering_of(options: argparse.Namespace, cluster_column: str | None) -> ClusteringParams:
    """Settings of the clustering."""
    return ClusteringParams(
        cluster_column=cluster_column,
        batch_column=options.batch_column or options.sample_column,
        batch_method="harmony" if options.batch_column else "none",
        **{name: getattr(options, name) for name in _CLUSTERING},
    )


def markers_of(options: argparse.Namespace) -> MarkerParams:
    """Settings of the markers."""
    return MarkerParams(method=options.test_method, **{name: getattr(options, name) for name in _MARKERS})
