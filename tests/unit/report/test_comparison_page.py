"""A comparison as table and page: what is missing is said, the evidence stands apart, text stays text."""

from __future__ import annotations

from cassia_core.domain.annotation import Evidence
from cassia_core.domain.markers import GeneMeasurement
from cassia_core.domain.opinions.comparison import Comparison, ModelScores, TellingGene, TypeScore
from cassia_core.report.html.comparison_page import comparison_page, comparison_table, verdict_in_words


def compared(*scores: tuple[float | None, float | None]) -> Comparison:
    rows = tuple(
        ModelScores(
            provider="p",
            model=f"m{number}",
            round=1,
            scores=(
                TypeScore(type="B cell", score=first, reasoning="<script>alert(1)</script>"),
                TypeScore(type="T cell", score=second),
            ),
            reason="because",
        )
        for number, (first, second) in enumerate(scores)
    )
    return Comparison(
        candidates=("B cell", "T cell"),
        rows=rows,
        evidence=(
            Evidence(label="B cell", basis="markers", score=91.0),
            Evidence(label="T cell", basis="markers", score=None, known=False),
        ),
        telling=(
            TellingGene(
                gene="MS4A1",
                speaks_for="B cell",
                measured=GeneMeasurement(gene="MS4A1", status="measured_here", pct_in=0.9, pct_out=0.1),
            ),
        ),
    )


def test_the_table_has_a_row_for_each_model_with_scores_reasons_and_the_evidence_by_type():
    table = comparison_table(compared((90, None), (80, 10)), "blood", "human")
    assert list(table.columns) == [
        "model", "tissue", "species", "round", "status", "B cell_score", "B cell_reasoning", "T cell_score",
        "T cell_reasoning", "B cell_evidence", "T cell_evidence", "discussion",
    ]  # fmt: skip
    assert table["T cell_score"].isna().tolist() == [True, False]
    assert table["B cell_evidence"].tolist() == [91.0, 91.0]


def test_the_page_says_what_is_missing_and_shows_text_as_text():
    page = comparison_page("A & B", compared((90, None), (80, 10)))
    assert "missing" in page and "not known" in page and "MS4A1" in page
    assert "<script>" not in page and "A &amp; B" in page


def test_the_verdict_is_worded_by_the_rule():
    assert "2 of 2 models find B cell best" in verdict_in_words(compared((90, 10), (80, 10)))
    assert "agree on no type" in verdict_in_words(compared((90, 10), (10, 90)))
    assert "one is no agreement" in verdict_in_words(compared((90, 10)))
