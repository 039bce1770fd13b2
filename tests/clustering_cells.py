"""Small cells to cluster, and a listener that remembers, for the tests of this folder."""

from __future__ import annotations

from dataclasses import dataclass, field

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse

from cassia_core.data.clustering.cluster_cells import ClusteredCells, cluster_cells
from cassia_core.domain.config import DatasetSpec
from cassia_core.domain.findings import Findings, MatrixInfo


@dataclass(frozen=True)
class Loaded:
    """The fields of `LoadedCells` that clustering reads."""

    adata: ad.AnnData
    findings: Findings
    tests: dict[str, pd.DataFrame] = field(default_factory=dict)


class Remembering:
    """A `ClusteringListener` that writes down every call; `cancel_at` names the stage that asks for a
    cancel.
    """

    def __init__(self, cancel_at: str = "") -> None:
        self.calls: list[tuple] = []
        self.notices: list[str] = []
        self.table = self.expression = None
        self._cancel_at, self._stop = cancel_at, False

    def started(self, stage):
        self.calls.append(("started", stage))
        self._stop = self._stop or stage == self._cancel_at

    def progress(self, stage, fraction):
        self.calls.append(("progress", stage, fraction))

    def finished(self, stage, seconds, summary):
        self.calls.append(("finished", stage, summary))

    def notice(self, text):
        self.notices.append(text)

    def clusters_found(self, ids, n_cells):
        self.calls.append(("clusters_found", ids, n_cells))

    def inside_read(self, inside):
        self.inside = inside

    def markers_ready(self, table, expression):
        self.calls.append(("markers_ready",))
        self.table, self.expression = table, expression

    def cancelled(self):
        return self._stop

    def stages(self, kind: str = "started") -> list[str]:
        return [c[1] for c in self.calls if c[0] == kind]


def counts(n_cells: int = 300, n_genes: int = 1500, n_types: int = 3, seed: int = 0) -> ad.AnnData:
    """Whole-number counts; type t is high in its own 40 genes (`T<t>-<i>`). `obs["type"]` says which it
    is.
    """
    rng = np.random.default_rng(seed)
    kinds = np.arange(n_cells) % n_types
    own = max(1, min(40, n_genes // (n_types + 1)))
    mean = np.full((n_types, n_genes), 0.3) * rng.gamma(1.0, 1.0, n_genes)
    names = [f"G{i}" for i in range(n_genes)]
    for t in range(n_types):
        mean[t, t * own : (t + 1) * own] = 2.0
        names[t * own : (t + 1) * own] = [f"T{t}-{i}" for i in range(own)]
    depth = rng.uniform(0.7, 1.3, (n_cells, 1))
    values = rng.poisson(mean[kinds] * depth)
    values[np.arange(n_cells), n_genes - 1] += 1
    obs = pd.DataFrame({"type": [f"type {k}" for k in kinds]}, index=[f"cell{i}" for i in range(n_cells)])
    return ad.AnnData(sparse.csr_matrix(values.astype(np.float32)), obs=obs, var=pd.DataFrame(index=names))


def loaded(adata: ad.AnnData, state: str = "counts", **changes) -> Loaded:
    """With findings that say X is in `state` and fit for tests, unless it is scaled."""
    info = MatrixInfo(
        location="X",
        state=state,
        n_genes=adata.n_vars,
        log_base=changes.pop("log_base", "e" if state == "log_normalised" else None),
    )
    fields = {
        "matrices": (info,),
        "expression": "" if state == "scaled" else "X",
        "counts": "X" if state == "counts" else "",
        "species": "human",
        **changes,
    }
    return Loaded(
        adata=adata,
        findings=Findings(kind="cells", format="h5ad", n_cells=adata.n_obs, n_genes=adata.n_vars, **fields),
    )


def spec(**changes) -> DatasetSpec:
    return DatasetSpec(name="cells", path="cells.h5ad", **changes)


def run(cells: Loaded, tmp_path, listener: Remembering | None = None, **changes) -> ClusteredCells:
    return cluster_cells(cells, spec(**changes), listener or Remembering(), tmp_path / "view")
