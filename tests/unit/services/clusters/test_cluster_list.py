"""The table of clusters: filters by text, light, status and lineage; the same rows as a file."""

from __future__ import annotations

import io
from dataclasses import replace

import pandas as pd
import pytest

from cassia_core.domain.annotation import ClusterResult, OntologyTerm, Proposal
from cassia_core.domain.review import LabelEdit
from cassia_core.services.clusters.cluster_list import Wanted, cluster_csv, families_of, matching, to_look_at
from cassia_core.services.labels.review import ReviewedLabel

ROWS = (
    ClusterResult(
        cluster="0",
        status="done",
        light="high",
        n_cells=9,
        markers=("MS4A1", "CD79A"),
        proposal=Proposal(general="B cell"),
    ),
    ClusterResult(
        cluster="10",
        status="needs_review",
        light="look",
        n_cells=5,
        markers=("CD3D", "CD3E", "TRAC", "IL7R"),
        proposal=Proposal(general="T cell"),
    ),
    ClusterResult(cluster="=1+1", status="failed", reason="No answer."),
)
EDIT = LabelEdit(seq=1, at="", action="rename", clusters=("0",), label="plasma cell")
LABELS = {
    "0": ReviewedLabel(
        cluster="0",
        label="plasma cell",
        term=OntologyTerm(cl_id="CL:0000786", name="plasma cell"),
        original="B cell",
        n_cells=7,
        edit=EDIT,
    )
}


def found(**wanted) -> list[str]:
    return [r.cluster for r in matching(ROWS, LABELS, Wanted(**wanted))]


@pytest.mark.parametrize(
    ("text", "clusters"),
    [
        ("", ["0", "10", "=1+1"]),
        ("plasma", ["0"]),
        ("B cell", []),
        ("cd3", ["10"]),
        ("1", ["10"]),
        ("cell", ["0", "10"]),
        ("t trac", ["10"]),
        ("=1", ["=1+1"]),
        ("nothing like this", []),
    ],
)
def test_text_is_looked_for_in_the_standing_label_the_genes_and_the_cluster(text, clusters):
    assert found(text=text) == clusters


def test_lights_statuses_and_lineages_narrow_each_other_and_empty_means_all():
    assert found(lights=("high", "look")) == ["10"], (
        "the light of cluster 0 is of the label that a person replaced"
    )
    assert found(lights=(None,)) == ["0", "=1+1"]
    assert found(statuses=("needs_review", "failed"), lights=("look",)) == ["10"]
    families = families_of(ROWS, LABELS)
    assert set(families) == {"B, plasma", "T", "Unknown, mixed"}
    assert found(families=("T",)) == ["10"]


def test_what_a_person_corrected_or_accepted_need_not_be_looked_at_any_more():
    rows = tuple(replace(row, light="look") for row in ROWS)
    assert [r.cluster for r in to_look_at(rows, LABELS)] == ["10", "=1+1"]
    agreed = {"10": ReviewedLabel(cluster="10", label="T cell", accepted=True)}
    assert [r.cluster for r in to_look_at(rows, agreed)] == ["0", "=1+1"]


def test_the_file_has_the_shown_rows_and_no_formula():
    table = pd.read_csv(io.BytesIO(cluster_csv(ROWS, LABELS)), dtype=str, keep_default_na=False)
    assert table["cluster"].tolist() == ["0", "10", "'=1+1"]
    assert table.loc[0, ["cell_type", "run_cell_type", "n_cells"]].tolist() == ["plasma cell", "B cell", "7"]
    assert table.loc[1, "top_markers"] == "CD3D, CD3E, TRAC"
