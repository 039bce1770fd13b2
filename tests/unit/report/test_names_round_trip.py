"""Any cluster name comes back exactly: from the tables, the report, the conversations and the annotated
file.
"""

from __future__ import annotations

import html
import json
import re

import anndata as ad
import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cassia_core.data.h5ad.labels import write_labels
from cassia_core.domain.annotation import ClusterResult, Proposal
from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.domain.outcome import DatasetOutcome
from cassia_core.knowledge.naming.names import everyday_name
from cassia_core.report.html.report_page import render_report
from cassia_core.report.tables.dataset_tables import full_table, scored_table, summary_table
from cassia_core.report.tables.dataset_texts import conversations_json
from cassia_core.report.tables.safe_tables import unguard, write_csv
from cassia_core.runs.store import RunRecord

SPEC = DatasetSpec(name="names", path="x.csv")
names = st.lists(
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=25),
    unique=True,
    min_size=1,
    max_size=8,
)
relaxed = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def rows_of(clusters: list[str]) -> tuple[ClusterResult, ...]:
    return tuple(
        ClusterResult(cluster=c, status="done", n_cells=1, proposal=Proposal(general=f"type {i}"))
        for i, c in enumerate(clusters)
    )


@relaxed
@given(names)
def test_names_come_back_from_every_table(tmp_path, clusters):
    rows = rows_of(clusters)
    for table, column in (
        (scored_table(rows), "cluster"),
        (full_table(rows, SPEC), "cluster"),
        (summary_table(rows, SPEC), "Cluster ID"),
    ):
        write_csv(tmp_path / "t.csv", table)
        read = pd.read_csv(tmp_path / "t.csv", dtype=str, keep_default_na=False)
        assert [unguard(c) for c in read[column]] == clusters


@relaxed
@given(names)
def test_names_come_back_from_conversations_and_report(clusters):
    rows = rows_of(clusters)
    assert list(json.loads(conversations_json(rows))) == clusters
    text = render_report(
        spec=SPEC,
        rows=rows,
        record=RunRecord(config=RunConfig(datasets=(SPEC,)), created_at="now"),
        findings=None,
        families={},
        outcome=DatasetOutcome(dataset="x", tissue="x", file_path="x"),
    )
    cells = [
        html.unescape(part)
        for part in re.findall(r'<tr data-light="none"[^>]*>\n<th scope="row"><bdi>(.*?)</bdi>', text)
    ]
    assert cells == clusters


@relaxed
@given(names)
def test_names_and_their_labels_come_back_from_the_annotated_file(tmp_path, clusters):
    adata = ad.AnnData(
        np.zeros((len(clusters), 2), dtype=np.float32),
        obs=pd.DataFrame({"leiden": pd.Categorical(clusters)}, index=[f"c{i}" for i in range(len(clusters))]),
    )
    write_labels(adata, "leiden", rows_of(clusters), {"run": "x"}, everyday_name=everyday_name)
    adata.write_h5ad(tmp_path / "a.h5ad")
    back = ad.read_h5ad(tmp_path / "a.h5ad")
    assert back.obs["leiden"].astype(str).tolist() == clusters
    assert back.obs["cell_type"].astype(str).tolist() == [f"type {i}" for i in range(len(clusters))]
