"""A handful of cells written as a view, small enough to count by hand."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse

from cassia_core.data.view.view_store import View, ViewWriter, open_view
from cassia_core.services.labels.review import GroupedCells, ReviewedLabel


def write_view(
    folder: Path, obs: dict[str, list], genes: dict[str, list[float]], key: str = "leiden"
) -> View:
    """Columns of `obs` and values of genes, a value per cell each."""
    n = len(next(iter(obs.values())))
    values = np.array(list(genes.values()), dtype=np.float32).reshape(len(genes), n).T
    frame = pd.DataFrame({name: pd.Series(column, dtype=object) for name, column in obs.items()})
    frame.index = [f"cell{i}" for i in range(n)]
    adata = ad.AnnData(sparse.csr_matrix(values), obs=frame, var=pd.DataFrame(index=list(genes)))
    adata.obsm["X_umap"] = np.random.default_rng(0).normal(size=(n, 2)).astype(np.float32)
    writer = ViewWriter(folder / "view")
    writer.write_genes(adata.X, tuple(genes))
    writer.finish(adata, key, None)
    return open_view(folder / "view")


def grouped(
    view: View, labels: dict[str, str], aside: dict[str, tuple[str, str, list[int]]] | None = None
) -> GroupedCells:
    """Cells by cluster; `aside`: id of a group to its cluster, label and cells."""
    column = view.column(view.cluster_key)
    codes = column.codes.astype(np.int32)
    groups = [ReviewedLabel(cluster=c, label=labels.get(c, "")) for c in column.categories]
    for name, (cluster, label, cells) in (aside or {}).items():
        codes[cells] = len(groups)
        groups.append(ReviewedLabel(cluster=cluster, label=label, group=name))
    return GroupedCells(codes=codes, groups=tuple(groups))
