"""Evidence for labels of any engine, right and wrong ones."""

from __future__ import annotations

import pytest
from knowledge_lists import B_CELL, HOUSEKEEPING, MONOCYTE, T_CELL, Cells, markers

from cassia_core.domain.annotation import Evidence, QualityScore, Verdict
from cassia_core.domain.markers import GeneMeasurement
from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.evidence.light import light_of
from cassia_core.knowledge.evidence.weigh import weigh

HUMAN = Setting(species="human", tissue="blood")


def test_a_right_label_scores_high_without_problems():
    evidence = weigh("B cell", markers(B_CELL), HUMAN)
    assert evidence.score > 80
    assert evidence.problems == ()
    assert {"MS4A1", "CD79A"} <= set(evidence.genes("supporting"))
    assert evidence.term.cl_id == "CL:0000236"
    assert light_of(evidence, None, None)[0] == "high"


@pytest.mark.parametrize("label", ["hepatocyte", "T cell", "endothelial cell", "neuron"])
def test_a_planted_wrong_label_scores_low_and_the_better_one_is_named(label):
    evidence = weigh(label, markers(B_CELL), HUMAN)
    assert evidence.score < 10
    assert "B cell" in evidence.best_alternative
    assert evidence.alternative_score > 80
    assert label in evidence.problems[0] and "B cell" in evidence.problems[0]
    assert light_of(evidence, None, None)[0] == "look"


def test_the_wrong_kind_within_the_lineage_scores_between():
    right, near = (
        weigh("B cell", markers(B_CELL), HUMAN).score,
        weigh("plasma cell", markers(B_CELL), HUMAN).score,
    )
    assert 10 < near < right


@pytest.mark.parametrize(
    "label", ["Naive B cells", "B lymphocyte", "CL:0000236", "activated B cell", "B-cell"]
)
def test_labels_are_read_in_whatever_words(label):
    assert weigh(label, markers(B_CELL), HUMAN).score > 60


def test_an_unknown_label_is_not_judged():
    evidence = weigh("wibble cell", markers(B_CELL), HUMAN)
    assert not evidence.known
    assert evidence.score is None
    assert "B cell" in evidence.best_alternative
    assert evidence.problems == ()
    assert light_of(evidence, None, None)[0] == "medium"


def test_invented_genes_are_called_out():
    cells = Cells(B_CELL, [*B_CELL, "CD3E", "LYZ"])
    evidence = weigh("B cell", markers(B_CELL), HUMAN, cells, ("MS4A1", "FOOBAR1", "CD3E"))
    assert evidence.genes("cited_not_in_data") == ("FOOBAR1",)
    assert evidence.genes("cited_not_in_list") == ("CD3E",)
    assert any("FOOBAR1" in problem for problem in evidence.problems)
    assert light_of(evidence, None, None)[0] == "look"


def test_a_looked_up_gene_that_is_expressed_may_be_cited():
    cells = Cells([*B_CELL, "CD19"], ["CD3E"])
    evidence = weigh("B cell", markers(B_CELL), HUMAN, cells, ("CD19", "CD3E"))
    assert evidence.genes("cited_not_in_list") == ("CD19", "CD3E")
    assert any("CD3E" in problem for problem in evidence.problems)
    assert not any("CD19" in problem for problem in evidence.problems)


def test_a_cited_gene_under_its_old_name_is_not_invented():
    cells = Cells(["FYB1", *T_CELL], [])
    evidence = weigh("T cell", markers(["FYB1", *T_CELL]), HUMAN, cells, ("FYB",))
    assert evidence.genes("cited_not_in_data") == evidence.genes("cited_not_in_list") == ()


def test_expected_genes_that_are_measured_and_silent_lower_the_score():
    expected = ["CD19", "PAX5", "CD22", "FCRL1", "FCRLA", "FCRL2", "BLK", "TNFRSF13C", "CR2", "IGHD", "CD72"]
    short = B_CELL[:4]
    loud = weigh("B cell", markers(short), HUMAN, Cells([*short, *expected], []))
    silent = weigh("B cell", markers(short), HUMAN, Cells(short, [*short, *expected]))
    assert silent.score < loud.score
    assert set(silent.genes("silent")) & set(expected)
    assert not set(loud.genes("silent")) & set(expected)


def test_genes_that_a_small_panel_lacks_are_not_held_against_a_label():
    panel = Setting(species="human", tissue="blood", panel_genes=200)
    evidence = weigh("B cell", markers(B_CELL), panel, Cells(B_CELL, B_CELL))
    assert evidence.genes("silent") == ()
    assert "CD19" in evidence.genes("not_measured")
    assert evidence.problems == ()


def test_markers_of_an_exclusive_lineage_are_conflicts():
    genes = [g for pair in zip(T_CELL, MONOCYTE, strict=True) for g in pair]
    evidence = weigh("T cell", markers(genes), HUMAN)
    assert {"CD14", "FCN1"} <= set(evidence.genes("conflicting"))
    assert any("monocyte" in problem for problem in evidence.problems)
    assert light_of(evidence, None, None)[0] != "high"


def test_cells_of_another_lineage_are_seen_even_where_the_list_hides_them():
    hidden = Cells([*MONOCYTE, "CD3D", "CD3E", "TRAC", "TRBC2"], ["CD3G", "CD2", "EPCAM"])
    evidence = weigh("monocyte", markers(MONOCYTE), HUMAN, hidden)
    assert {"CD3D", "CD3E", "TRAC"} <= set(evidence.genes("conflicting"))
    assert any("T cells" in problem for problem in evidence.problems)
    assert light_of(evidence, None, None)[0] == "medium"
    assert (
        weigh("monocyte", markers(MONOCYTE), HUMAN, Cells(MONOCYTE, ["CD3D", "CD3E", "TRAC"])).problems == ()
    )


def test_leaked_rna_is_no_conflict():
    class Leaky(Cells):
        def measure(self, cluster, genes):
            leaked = {"CD3D", "CD3E", "TRAC", "TRBC2", "CD3G", "CD2"}
            return tuple(
                GeneMeasurement(
                    gene=m.gene, status="measured_here", pct_in=0.3, pct_out=0.9, mean_in=0.2, mean_out=2.5
                )
                if m.gene in leaked
                else m
                for m in super().measure(cluster, genes)
            )

    assert weigh("monocyte", markers(MONOCYTE), HUMAN, Leaky(MONOCYTE, MONOCYTE)).genes("conflicting") == ()


def test_noise_supports_no_label():
    assert weigh("B cell", markers(HOUSEKEEPING), HUMAN).score < 10


def test_lights_follow_the_stated_rules():
    good = Evidence(label="B cell", basis="cells", score=90.0)
    assert light_of(good, QualityScore(value=90), Verdict(passed=True))[0] == "high"
    assert light_of(good, QualityScore(value=60), Verdict(passed=True))[0] == "medium"
    assert light_of(good, QualityScore(value=20), Verdict(passed=True))[0] == "look"
    assert light_of(good, QualityScore(value=90), Verdict(passed=False))[0] == "look"
    weak = Evidence(label="B cell", basis="cells", score=12.0)
    assert light_of(weak, QualityScore(value=99), Verdict(passed=True))[0] == "look"
    assert light_of(Evidence(label="leukocyte", basis="cells", score=99.0), None, None)[0] == "medium"
    assert light_of(Evidence(label="Unknown", basis="markers", known=False), None, None)[0] == "look"


def test_the_same_question_gets_the_same_evidence():
    assert weigh("B cell", markers(MONOCYTE), HUMAN) == weigh("B cell", markers(MONOCYTE), HUMAN)
