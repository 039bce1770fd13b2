"""Small datasets around which the files of the corpus are made."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import scipy.sparse as sp

from cassia_core.genes.tables_io import gene_table

N_CELLS, N_GENES = 120, 600


@cache
def _ensembl_ids(species: str) -> dict[str, str]:
    return {symbol: key for key, symbol in gene_table(species).by_id.items() if key.startswith("ENS")}


@cache
def _plain_symbols(species: str) -> list[str]:
    return [
        s
        for s in sorted(_ensembl_ids(species))
        if s.isalnum() and s[0].isalpha() and len(s) > 2 and "orf" not in s and "Rik" not in s
    ]


def symbols(species: str = "human", n: int = N_GENES) -> list[str]:
    """Real symbols that have an Ensembl id, always the same."""
    plain = _plain_symbols(species)
    return plain[:: len(plain) // n][:n]


def ensembl(names: list[str], species: str = "human") -> list[str]:
    return [_ensembl_ids(species)[name] for name in names]


def counts(n_cells: int = N_CELLS, n_genes: int = N_GENES, seed: int = 1) -> np.ndarray:
    """Counts of two kinds of cells, mostly zero."""
    rng = np.random.default_rng(seed)
    means = rng.gamma(0.4, 1.0, (2, n_genes))
    return rng.poisson(means[np.arange(n_cells) % 2] * rng.uniform(0.6, 1.6, (n_cells, 1))).astype(np.float32)


def cells(values: np.ndarray | sp.spmatrix | None = None, names: list[str] | None = None) -> ad.AnnData:
    """A well-formed dataset around `values` (counts when None)."""
    values = sp.csr_matrix(counts()) if values is None else values
    names = names or symbols(n=values.shape[1])
    obs = pd.DataFrame(
        {"leiden": pd.Categorical([str(i % 2) for i in range(values.shape[0])])},
        index=[f"cell{i}" for i in range(values.shape[0])],
    )
    return ad.AnnData(X=values, obs=obs, var=pd.DataFrame(index=names))


def logged(target: float = 1e4, base: float = np.e) -> np.ndarray:
    raw = counts()
    return (np.log1p(raw / raw.sum(axis=1, keepdims=True) * target) / np.log(base)).astype(np.float32)


def scaled() -> np.ndarray:
    values = logged()
    return np.clip((values - values.mean(axis=0)) / (values.std(axis=0) + 1e-9), -10, 10).astype(np.float32)


def saved(adata: ad.AnnData, folder: Path, name: str = "cells.h5ad") -> Path:
    path = folder / name
    adata.write_h5ad(path)
    return path


def seurat(natural: bool = False) -> pd.DataFrame:
    """FindAllMarkers of three clusters, ten genes each, of which the first is shared."""
    rows = []
    genes = [
        "CD3D",
        "CD3E",
        "IL7R",
        "CCR7",
        "TCF7",
        "LEF1",
        "LTB",
        "CD27",
        "MAL",
        "TRAT1",
        "MS4A1",
        "CD79A",
        "CD79B",
        "CD19",
        "BANK1",
        "TCL1A",
        "VPREB3",
        "PAX5",
        "FCRL1",
        "BLK",
        "LYZ",
        "S100A8",
        "S100A9",
        "CD14",
        "FCN1",
        "VCAN",
        "CST3",
        "CSF3R",
        "MNDA",
        "LTB",
    ]
    for i, gene in enumerate(genes):
        rows.append(
            {
                "p_val": 10.0 ** -(40 - i),
                "avg_logFC" if natural else "avg_log2FC": 3 - 0.2 * (i % 10),
                "pct.1": 0.9 - 0.05 * (i % 10),
                "pct.2": 0.1,
                "p_val_adj": 10.0 ** -(36 - i),
                "cluster": i // 10,
                "gene": gene,
            }
        )
    return pd.DataFrame(rows)


def written(frame: pd.DataFrame, folder: Path, name: str = "markers.csv", **how: object) -> Path:
    path = folder / name
    frame.to_csv(path, **{"index": False, **how})  # type: ignore[call-overload]
    return path
