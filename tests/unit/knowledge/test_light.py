"""Every rule of the traffic light at its border, in docs/EVIDENCE.md's order: the first that fits decides."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from cassia_core.domain.annotation import PROLIFERATING, Evidence, EvidenceItem, QualityScore, Verdict
from cassia_core.knowledge.evidence import light
from cassia_core.knowledge.evidence.light import light_of

CLEAR = Evidence(label="B cell", basis="markers", score=90.0)
PASS, FAIL = Verdict(passed=True), Verdict(passed=False, feedback="no")


def colour(
    evidence: Evidence | None = CLEAR, score: float | None = None, verdict: Verdict | None = PASS
) -> str:
    return light_of(evidence, None if score is None else QualityScore(value=score), verdict)[0]


@pytest.mark.parametrize(
    ("measured", "wanted"),
    [(29.9, "look"), (30.0, "medium"), (69.9, "medium"), (70.0, "high"), (100.0, "high")],
)
def test_evidence_at_its_borders(measured, wanted):
    assert colour(replace(CLEAR, score=measured)) == wanted


@pytest.mark.parametrize(
    ("score", "wanted"), [(49.9, "look"), (50.0, "medium"), (74.9, "medium"), (75.0, "high"), (None, "high")]
)
def test_the_score_of_a_model_at_its_borders(score, wanted):
    assert colour(score=score) == wanted


@pytest.mark.parametrize(("kind", "wanted"), [(0.79, "medium"), (0.8, "high"), (1.0, "high"), (None, "high")])
def test_how_sure_the_cells_are_of_the_kind_at_its_border(kind, wanted):
    assert colour(replace(CLEAR, basis="cells", kind=kind)) == wanted


@pytest.mark.parametrize(("verdict", "wanted"), [(PASS, "high"), (None, "high"), (FAIL, "look")])
def test_a_verdict_that_is_no_pass_is_looked_at_and_none_does_no_harm(verdict, wanted):
    assert colour(verdict=verdict) == wanted


def test_a_high_score_never_makes_a_weak_label_green():
    assert colour(replace(CLEAR, score=10.0), score=100.0) == "look"
    assert colour(replace(CLEAR, score=50.0), score=100.0) == "medium"


def test_no_label_is_looked_at_and_cycling_cells_are_told_as_such():
    assert light_of(replace(CLEAR, label="Unknown"), None, PASS) == ("look", "No cell type could be named.")
    colour_, why = light_of(replace(CLEAR, label=PROLIFERATING), None, PASS)
    assert colour_ == "look" and "proliferate" in why


def test_invented_genes_are_looked_at_and_genes_outside_the_list_are_not():
    def cited(kind: str) -> Evidence:
        return replace(CLEAR, items=(EvidenceItem(gene="ABC1", kind=kind),))

    assert light_of(cited("cited_not_in_data"), None, PASS) == (
        "look",
        "The agents named genes that are nowhere in the data: ABC1.",
    )
    assert colour(cited("cited_not_in_list")) == "high"


def test_a_label_that_the_knowledge_base_does_not_know_is_medium():
    assert colour(replace(CLEAR, score=None)) == "medium"
    assert colour(None) == "medium"
    assert colour(None, score=49.0) == "look"


def test_a_problem_makes_a_clear_label_medium_and_is_the_reason():
    assert light_of(replace(CLEAR, problems=("One.", "Two.")), None, PASS) == ("medium", "One.")
    assert light_of(replace(CLEAR, score=5.0, problems=("One.",)), None, PASS) == ("look", "One.")


@pytest.mark.parametrize(
    ("label", "genes", "wanted"),
    [
        ("CD4-positive, alpha-beta memory B", {"CD4": "silent"}, "medium"),
        ("CD4-positive, alpha-beta memory B", {"CD4": "supporting"}, "high"),
        ("CD4-positive, alpha-beta memory B", {"CD4": "not_measured", "CD40": "silent"}, "high"),
        ("CD8-positive B", {"CD8A": "silent", "CD8B": "silent"}, "medium"),
        ("CD8-positive B", {"CD8A": "supporting", "CD8B": "silent"}, "high"),
        ("SST interneuron", {"SST": "silent"}, "medium"),
        ("CD4-negative B", {"CD4": "silent"}, "high"),
    ],
)
def test_a_type_whose_name_gives_a_gene_that_is_silent_is_never_green(label, genes, wanted):
    items = tuple(EvidenceItem(gene=gene, kind=kind, text="") for gene, kind in genes.items())
    assert colour(replace(CLEAR, label=label, items=items)) == wanted


def test_an_umbrella_is_medium():
    assert colour(replace(CLEAR, label="leukocyte")) == "medium"


def test_the_documentation_gives_the_same_borders():
    text = (Path(__file__).resolve().parents[3] / "docs" / "EVIDENCE.md").read_text(encoding="utf-8")
    rows = {
        row.split("|")[1].strip(): row for row in text.splitlines() if row.startswith(("| look", "| medium"))
    }
    numbers = {name: [float(n) for n in re.findall(r"below (\d+)", row)] for name, row in rows.items()}
    assert numbers == {
        "look": [light.RED_EVIDENCE, light.RED_SCORE],
        "medium": [light.GREEN_EVIDENCE, light.GREEN_SCORE],
    }
    assert f"the kind is less likely than {light.GREEN_KIND}" in rows["medium"]
