"""Do our clusters differ from scanpy's more than scanpy's own differ from seed to seed?

    python tests/bench/cluster_agreement.py FILE.h5ad COLUMN [FILE COLUMN ...]     labelled cells
    python tests/bench/cluster_agreement.py --cells 100000                         synthetic cells of the
    benchmark

Five seeds each. Prints the agreement (adjusted Rand index) within scanpy, between ours and scanpy's, and of
both with
the labels. scanpy's way is that of CASSIA's Scanpy vignette (exact or pynndescent neighbours, leidenalg until
nothing
changes).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from itertools import combinations
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]
warnings.simplefilter("ignore")

SEEDS = range(5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", nargs="*", help="file and label column, in turn")
    parser.add_argument("--cells", type=int, default=0)
    options = parser.parse_args()
    for path, column in zip(options.pairs[::2], options.pairs[1::2], strict=True):
        from cassia_core.data.cells.load_cells import load_cells

        loaded = load_cells(Path(path))
        compare(
            Path(path).stem, *values_of(loaded.adata, loaded.findings), loaded.adata.obs[column].astype(str)
        )
    if options.cells:
        compare(f"{options.cells:,} synthetic cells", *synthetic(options.cells))


def values_of(adata, findings):
    from cassia_core.data.clustering.expression_matrix import chosen_matrix, log_normalised

    found = log_normalised(adata, chosen_matrix(findings, None), 1e4, lambda text: None)
    return found.values, found.moments


def synthetic(n_cells: int):
    from clustering import make_counts, read

    from cassia_core.data.kernels.normalise import as_csr, normalise_counts

    with tempfile.TemporaryDirectory() as folder:
        make_counts(n_cells, Path(folder))
        adata = read(Path(folder))
    return *normalise_counts(as_csr(adata.X), 1e4), adata.obs["type"]


def compare(name: str, values, moments, labels) -> None:
    import numpy as np
    from sklearn.metrics import adjusted_rand_score as ari

    theirs, own = scanpy_s(values, moments), cassia_s(values, moments)
    print(f"\n{name}: {len(labels):,} cells")
    within = [ari(a, b) for a, b in combinations(theirs, 2)]
    print(
        f"  scanpy among its seeds        ARI {np.mean(within):.3f} ({min(within):.3f} to "
        f"{max(within):.3f}), "
        f"with labels {np.mean([ari(t, labels) for t in theirs]):.3f}, "
        f"clusters {sorted({len(set(t)) for t in theirs})}"
    )
    between = [ari(a, b) for a in own for b in theirs]
    among = [ari(a, b) for a, b in combinations(own, 2)]
    print(
        f"  ours against scanpy           ARI {np.mean(between):.3f} ({min(between):.3f} to "
        f"{max(between):.3f}), "
        f"with labels {np.mean([ari(o, labels) for o in own]):.3f}, clusters "
        f"{sorted({len(set(o)) for o in own})}; "
        f"among our seeds {np.mean(among):.3f}",
        flush=True,
    )


def genes_used(values, moments):
    from cassia_core.data.kernels.variable_genes import genes_for_pca, variable_genes
    from cassia_core.domain.config import ClusteringParams

    return genes_for_pca(variable_genes(moments, ClusteringParams()), moments)


def scanpy_s(values, moments) -> list:
    """Seed 002 from the scaled values on; the genes are the same (which the tests show)."""
    import anndata as ad
    import scanpy as sc

    adata = ad.AnnData(values[:, genes_used(values, moments)])
    sc.pp.scale(adata, max_value=10)
    sc.tl.pca(adata, svd_solver="arpack")
    found = []
    for seed in SEEDS:
        sc.pp.neighbors(adata, n_neighbors=10, n_pcs=25, random_state=seed)
        sc.tl.leiden(adata, resolution=0.4, random_state=seed)
        found.append(adata.obs["leiden"].astype(str).to_numpy())
    return found


def cassia_s(values, moments) -> list:
    from cassia_core.data.kernels.leiden import leiden_clusters
    from cassia_core.data.kernels.neighbors import neighbor_graph
    from cassia_core.data.kernels.pca import principal_components

    found = []
    for seed in SEEDS:
        components = principal_components(
            values, genes_used(values, moments), moments, n_comps=25, max_value=10.0, seed=seed
        )
        found.append(leiden_clusters(neighbor_graph(components, 10, seed).connectivities, 0.4, seed))
    return found


if __name__ == "__main__":
    main()
