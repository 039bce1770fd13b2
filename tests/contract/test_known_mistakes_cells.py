"""Known mistakes of the original CASSIA package, as far as they touch cells."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd

from cassia_core.data.h5ad.labels import write_labels
from cassia_core.domain.annotation import ClusterResult, Proposal
from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.domain.conversation import Turn
from cassia_core.domain.outcome import DatasetOutcome
from cassia_core.knowledge.naming.names import everyday_name
from cassia_core.report.html.report_page import render_report
from cassia_core.runs.store import RunRecord


def result(cluster: str, label: str) -> ClusterResult:
    return ClusterResult(
        cluster=cluster,
        status="done",
        proposal=Proposal(general=label),
        turns=(Turn(role="annotator", attempt=1, text=label),),
    )


def test_labels_reach_cells_by_exact_cluster_and_never_by_a_part_of_its_name():
    clusters = ["1", "10", "CD4+", "CD4-", "0"]
    adata = ad.AnnData(
        np.zeros((5, 2), dtype=np.float32), obs=pd.DataFrame({"leiden": clusters}, index=list("abcde"))
    )
    write_labels(
        adata,
        "leiden",
        (result("10", "B cell"), result("CD4+", "T cell"), result("0", "monocyte")),
        {},
        everyday_name=everyday_name,
    )
    labels = adata.obs["cell_type"].astype(object).where(adata.obs["cell_type"].notna(), None)
    assert labels.tolist() == [None, "B cell", "T cell", None, "monocyte"]


def test_what_a_model_wrote_reaches_the_report_as_text():
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    spec = DatasetSpec(name="x", path="x.csv")
    text = render_report(
        spec=spec,
        rows=(result("0", hostile),),
        findings=None,
        families={},
        record=RunRecord(config=RunConfig(datasets=(spec,)), created_at="now"),
        outcome=DatasetOutcome(dataset="x", tissue="x", file_path="x"),
    )
    assert hostile not in text and "<img src=x" not in text
    assert text.count("&lt;img src=x onerror=alert(1)&gt;") >= 3, (
        "in the table, the heading and the conversation"
    )


def test_markers_come_from_log_normalised_values_of_all_genes_though_x_is_scaled(demo_run):
    folder = demo_run / "blood" / "pbmc"
    markers, adata = pd.read_csv(folder / "pbmc_markers.csv"), ad.read_h5ad(folder / "pbmc_annotated.h5ad")
    assert adata.X.min() < 0, "the file's X is scaled"
    assert len(markers) > 100 and np.isfinite(markers["avg_log2FC"]).all()
    best = markers[markers["rank"] == 1].iloc[0]
    inside = (adata.obs["leiden"].astype(str) == str(best["cluster"])).to_numpy()
    values = adata.raw[:, best["gene"]].X.toarray().ravel()
    expected = np.log2((np.expm1(values[inside].mean()) + 1e-9) / (np.expm1(values[~inside].mean()) + 1e-9))
    assert np.isclose(best["avg_log2FC"], expected, rtol=1e-4)
