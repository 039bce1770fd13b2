"""The report says what was found, what is doubtful and what is not known, whatever kind of run it is of."""

from __future__ import annotations

import re

import pytest

from cassia_core.domain.annotation import Evidence, EvidenceItem, Proposal
from cassia_core.domain.config import DatasetSpec
from cassia_core.domain.findings import ColumnInfo, Findings
from cassia_core.domain.outcome import DatasetOutcome
from cassia_core.knowledge.evidence.label_genes import MOST_GENES, genes_behind_labels
from cassia_core.report.html.marker_dots import MOST_CLUSTERS, drawing
from cassia_core.report.html.report_material import Material
from cassia_core.report.html.report_page import EditedLabel
from cassia_core.report.html.samples_chart import sample_bars
from tests.reporting import a_call, a_failed_row, a_row, material_of, report_of

ROWS = (
    a_row("0", "B cell"),
    a_row("1", "T cell", light="look", gene="CD3D", light_reason="Genes speak against it."),
    a_failed_row("2"),
)


def words_of(html: str) -> str:
    """What a reader sees, without tags, styles and scripts."""
    body = re.sub(r"<(style|script)\b.*?</\1>", " ", html, flags=re.S)
    return " ".join(re.sub(r"<[^>]*>", " ", body).replace("&#34;", '"').split())


def test_the_summary_says_what_was_found_and_what_to_look_at_first():
    html = report_of(ROWS, material=material_of(ROWS))
    words = words_of(html)
    assert "25 cells ( blood, human ) in 3 clusters: 2 have a name, 2 should be looked at first." in words
    assert "Cluster 2 : No label , 5 cells The model did not answer." in words
    assert words.index("The model did not answer.") < words.index("Genes speak against it."), (
        "no answer comes first"
    )
    assert "B cell 10 40 %" in words and "No label 5 20 %" in words


def test_cells_of_the_file_that_were_set_aside_before_clustering_are_not_counted_as_clustered():
    outcome = DatasetOutcome(dataset="x", tissue="blood", file_path="x", n_clusters=3, n_cells=40)
    words = words_of(report_of(ROWS, outcome=outcome))
    assert "25 cells ( blood, human ) in 3 clusters" in words
    assert "The file has 40 cells; 15 of them are not in these clusters." in words


def test_clusters_that_failed_for_one_reason_are_named_together():
    words = words_of(report_of((*ROWS, a_failed_row("3"))))
    assert (
        "Clusters 2 , 3 : No label The model did not answer." in words
        and "3 should be looked at first" in words
    )


def test_a_report_of_a_marker_table_speaks_of_clusters_and_has_no_map():
    rows = tuple(a_row(c, n_cells=None) for c in "012")
    words = words_of(report_of(rows, material=Material(calls=(a_call(),))))
    assert (
        "A table of marker genes ( blood, human ) with 3 clusters: 3 have a name, none stands out as "
        "doubtful." in words
    )
    assert 'class="barhead"' not in report_of(
        (
            a_row(
                "0",
                n_cells=None,
                evidence=Evidence(
                    label="B cell", basis="markers", items=(EvidenceItem(gene="CD79A", kind="supporting"),)
                ),
            ),
        )
    ), "columns without any value are left out"
    assert "B cell 3 100 %" in words and "Zoom" not in words and "Dot plot" not in words


def test_a_report_of_two_hundred_clusters_is_complete_and_says_what_it_leaves_out():
    rows = tuple(a_row(str(i), f"type {i}", gene=f"GENE{i}") for i in range(200))
    html = report_of(rows, material=material_of(rows))
    assert html.count('<details class="cluster"') == 200 and html.count("<tr data-light=") == 200
    assert "188 more types" in html and len(html) < 4_000_000


def test_the_dot_plot_is_of_the_largest_clusters_and_a_limited_number_of_genes():
    rows = tuple(a_row(str(i), gene=f"GENE{i}") for i in range(40))
    assert len(genes_behind_labels(rows, "human")) == 40
    assert len(genes_behind_labels(rows[:5], "human")) == 5
    assert genes_behind_labels((a_failed_row("0"),), "human") == ("CD74",), (
        "a cluster without a label shows its best marker"
    )
    dots = material_of(rows).dots
    drawn = drawing(dots, {r.cluster: "x" for r in rows}, n_clusters=MOST_CLUSTERS + 1)
    assert drawn.left_out == MOST_CLUSTERS + 1 - 40 and len(drawn.columns) == 40 <= MOST_GENES
    assert all(0 <= dot.step < 12 and dot.r <= 7.1 for dot in drawn.dots)


@pytest.mark.parametrize(
    ("calls", "words"),
    [
        ((a_call(cost=0.5), a_call("scorer", "other", 0.25)), "Together 2 200 40 $0.75"),
        (
            (a_call(cost=0.5), a_call("scorer", "other", None)),
            "Scorer other ( openai ) 1 100 20 unknown, no call has a known price",
        ),
        ((), "No call of a model was paid for this dataset."),
    ],
)
def test_costs_are_told_by_role_and_model_and_an_unknown_price_is_no_zero(calls, words):
    assert words in words_of(report_of(ROWS, material=material_of(ROWS, calls=calls)))


def test_the_offline_engine_is_called_no_language_model_and_free():
    rows = (a_row("0", provider="offline"),)
    words = words_of(report_of(rows, material=material_of(rows)))
    assert "It is not a language model" in words and "no cost, nothing sent" in words


def test_genes_of_a_conversation_are_in_the_list_or_measured_or_absent():
    rows = (a_row("0", turns=(a_row("0").turns[0],), markers=("CD79A",)),)
    html = report_of(rows, material=material_of(rows))
    assert re.search(r'class="gene in"[^>]*data-tip="Place 1 in the marker list\n8.0 times higher here', html)
    assert "Expected, but not measured in the data: SDC1 ." in words_of(html)
    rows = (a_row("0", markers=("CD79A",), proposal=Proposal(general="B cell", key_genes=("HLA-DRA",))),)
    assert re.search(r'class="gene measured"[^>]*>HLA-DRA', report_of(rows, material=material_of(rows)))
    absent = report_of(rows, material=material_of(rows, measured=frozenset({"CD79A"})))
    assert re.search(r'class="gene absent"[^>]*data-tip="Not in the data."', absent)


def test_a_corrected_label_stands_beside_the_run_s_own_and_the_title_says_so():
    edits = {
        "1": EditedLabel(
            label="NK cell", cl_id="CL:0000623", original="T cell", reason="No CD3.", at="2026-11-22"
        ),
        "gone": EditedLabel(label="no such cluster"),
    }
    html = report_of(
        ROWS, material=material_of(ROWS), edits=edits, notes=("7 cells were set aside by hand.",)
    )
    words = words_of(html)
    assert "<title>blood cells: cell types (edited)</title>" in html
    assert (
        "Labels corrected by hand: 1 of 3 clusters." in words and "7 cells were set aside by hand." in words
    )
    assert "NK cell the run said T cell" in words and "Reason given: No CD3." in words
    assert "1 should be looked at first" in words, "a corrected cluster is no longer doubtful"
    assert "were then corrected by hand" in words and "obo_id=CL:0000623" in html


def test_only_an_id_of_the_cell_ontology_becomes_a_link():
    odd = {"0": EditedLabel(label="B cell", cl_id='CL:1" onclick="x', original="B cell")}
    html = report_of(ROWS, material=material_of(ROWS), edits=odd)
    links = set(re.findall(r'href="(http[^"]*)"', html))
    assert links == {"https://www.ebi.ac.uk/ols4/ontologies/cl/classes?obo_id=CL:0000236"}
    assert html.count('rel="noreferrer noopener"') >= 1 and "referrer" in html


def test_bars_of_samples_are_shares_of_their_cells():
    counts = material_of(ROWS, samples=("a", "b")).samples
    bars = sample_bars(counts, {"0": "B cell", "1": "T cell", "2": "B cell"}, ["B cell", "T cell"])
    assert [b.sample for b in bars] == ["a", "b"] and bars[0].n_cells == 15
    assert bars[0].parts == (("B cell", 10 / 15), ("T cell", 5 / 15))


def test_methods_name_numbers_versions_and_publications_that_were_used():
    stages = {
        "qc": "3 of 28 cells were removed (number of genes 3)",
        "leiden": "3 clusters at resolution 0.4",
        "umap": "25 cells",
        "markers": "3 of 3 clusters have markers",
    }
    findings = Findings(
        kind="cells",
        format="h5ad",
        n_cells=28,
        n_genes=100,
        expression="X",
        obs_columns=(ColumnInfo(name="sample", kind="categorical", n_values=2, looks_like="sample"),),
    )
    words = words_of(report_of(ROWS, findings=findings, material=material_of(ROWS, stages=stages)))
    assert "Clusters were annotated on 21 November 2026" in words and "3 of 28 cells were removed" in words
    for name in ("Traag VA", "McInnes L", "Xie E", "Diehl AD"):
        assert name in words
    for name in ("Korsunsky", "Wolock"):
        assert name not in words, "Harmony and Scrublet were not used"


def test_every_printed_page_names_dataset_run_and_date():
    html = report_of(ROWS, material=material_of(ROWS, run="run_blood_1"))
    assert 'content:"blood cells\\00002c run\\00005fblood\\00005f1\\00002c 21 November 2026"' in html


def test_unbalanced_signs_of_reading_direction_stay_out_of_places_that_cannot_fence_them_in():
    html = report_of(ROWS, spec=DatasetSpec(name='a\u202eb"}</style>', path="x.csv"))
    title = re.search(r"<title>(.*?)</title>", html).group(1)
    assert title.startswith("ab&#34;}&lt;/style&gt;")
    assert html.count("</style>") == 1 and "\\000022\\00007d\\00003c\\00002fstyle" in html
