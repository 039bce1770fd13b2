"""The tab "Quality of the clusters": what is measured, what is pointed at, and what was set aside."""

from __future__ import annotations

from types import SimpleNamespace

import anndata as ad
import numpy as np
import pandas as pd
from scipy import sparse
from streamlit.testing.v1 import AppTest

from cassia_core.data.view.view_store import ViewWriter, open_view
from cassia_core.services.runs.results import load_results


def draw(data, labels):
    from cassia_ui.results.cluster_quality import draw_cluster_quality

    draw_cluster_quality(data, labels)


def drawn(data, labels) -> tuple[AppTest, str]:
    at = AppTest.from_function(draw, default_timeout=60, args=(data, labels)).run()
    assert not at.exception, at.exception
    return at, "\n".join(str(e.value) for kind in ("markdown", "caption") for e in getattr(at, kind)).replace(
        "\\", ""
    )


def test_a_run_that_set_no_cell_aside_says_so_and_shows_a_row_per_cluster(demo_run, monkeypatch):
    monkeypatch.setenv("CASSIA_HOME", str(demo_run.parent.parent))
    data = load_results(demo_run.name, "pbmc", demo_run.parent)
    at, text = drawn(data, {})
    assert "No cell was set aside: all 700 are in the clusters." in text
    assert "Not checked] Doublets: they cannot be scored" in text, (
        "this file holds no counts to score them by"
    )
    assert "page Data" not in text, "a remedy that does not work is not offered"
    table = at.dataframe[0].value
    assert len(table) == len(data.rows) and table["Cells"].sum() == 700


def test_a_doubtful_cluster_is_named_with_its_label_which_stays(demo_run, monkeypatch, tmp_path):
    monkeypatch.setenv("CASSIA_HOME", str(demo_run.parent.parent))
    score = np.repeat([0.08, 0.41], 50).astype(np.float32)
    obs = pd.DataFrame(
        {
            "leiden": pd.Categorical(np.repeat(["0", "1"], 50)),
            "doublet_score": score,
            "predicted_doublet": score > 0.2,
        },
        index=[f"c{i}" for i in range(100)],
    )
    values = sparse.csr_matrix(np.ones((100, 2), dtype=np.float32))
    writer = ViewWriter(tmp_path / "view")
    writer.write_genes(values, ("A", "B"))
    writer.finish(ad.AnnData(values, obs=obs), "leiden", None)
    data = SimpleNamespace(
        view=open_view(tmp_path / "view"),
        run_id=demo_run.name,
        spec=SimpleNamespace(name="pbmc"),
        findings=None,
    )
    at, text = drawn(data, {"1": SimpleNamespace(short="B cell")})
    assert "**Cluster 1** :gray[(B cell)]: May be doublets: mean score 0.41, others 0.08" in text
    assert "no label was changed by them" in text
    assert at.dataframe[0].value["Above Scrublet's threshold, %"].tolist() == [0.0, 100.0]
