"""An annotated file is brought up to date without its matrices being touched."""

from __future__ import annotations

from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd

from cassia_core.data.h5ad.labels import write_labels
from cassia_core.data.h5ad.relabelling import rewrite_labels
from cassia_core.domain.annotation import Agreement, ClusterResult, Proposal


def result(cluster: str, agreement: Agreement | None = None) -> ClusterResult:
    return ClusterResult(
        cluster=cluster, status="done", proposal=Proposal(general="T cell"), agreement=agreement, light="high"
    )


def test_agreement_reaches_the_cells_of_its_cluster_only(tmp_path: Path):
    cells = ad.AnnData(
        X=np.arange(8, dtype=np.float32).reshape(4, 2),
        obs=pd.DataFrame({"leiden": ["0", "1", "0", "1"], "mine": [1, 2, 3, 4]}, index=list("abcd")),
    )
    write_labels(cells, "leiden", [result("0"), result("1")], {"run": "r1"}, everyday_name=str)
    path = tmp_path / "cells.h5ad"
    cells.write_h5ad(path)
    assert "cassia_agreement" not in cells.obs
    agreement = Agreement(votes=1, answered=5, asked=5, consensus="lymphocyte", consensus_votes=5)
    rewrite_labels(path, [result("0", agreement), result("1")], everyday_name=str)
    after = ad.read_h5ad(path)
    assert after.obs["cassia_agreement"].fillna(-1).tolist() == [20.0, -1, 20.0, -1]
    assert after.obs["cassia_consensus"].astype(object).fillna("").tolist() == [
        "lymphocyte",
        "",
        "lymphocyte",
        "",
    ]
    assert after.obs["mine"].tolist() == [1, 2, 3, 4] and np.array_equal(after.X, cells.X)
    assert after.uns["cassia"]["run"] == "r1" and after.uns["cassia"]["cluster_key"] == "leiden"
    assert not [name for name in after.obs if name.endswith("_original")]
