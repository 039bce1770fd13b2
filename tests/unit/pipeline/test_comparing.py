"""Comparing candidate types: whose score is whose, what a consensus is, and when models discuss."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from knowledge_lists import markers

from cassia_core.agents.parse import read_candidate_scores
from cassia_core.domain.config import AgentModel, AnnotationParams
from cassia_core.domain.opinions.comparison import Comparison, ModelScores, TypeScore
from cassia_core.errors import ConfigError, ReplyError
from cassia_core.llm.offline.provider import OfflineProvider
from cassia_core.pipeline.annotation.cluster_case import Case, Checks
from cassia_core.pipeline.annotation.conversation import Conversation
from cassia_core.pipeline.opinions.comparing import ComparisonRules, compare_candidates
from tests.annotating import HUMAN_BLOOD, NothingMeasured, Scripted, scripted_bench

PAIR = ("plasma cell", "B cell")
PLASMA_CELL = ["MZB1", "JCHAIN", "IGHG1", "XBP1", "SDC1", "DERL3", "TNFRSF17", "IGKC", "PRDM1", "FKBP11"]


def reply(scores: object, reasoning: str = "MZB1 decides") -> str:
    return json.dumps({"reasoning": reasoning, "scores": scores})


def listed(**scores: object) -> str:
    return reply(
        [{"type": name.replace("_", " "), "reasoning": "r", "score": value} for name, value in scores.items()]
    )


def read(text: str, candidates: tuple[str, ...] = PAIR) -> dict[str, float | None]:
    found = read_candidate_scores(text, candidates)
    return {score.type: score.score for score in found.value.scores}


@pytest.mark.parametrize(
    "name", ["Plasma cells", "PLASMA CELL", "plasma-cell", "plasmocyte", "CL:0000786", "**plasma cell**"]
)
def test_a_type_in_another_spelling_of_the_same_words_or_term_is_read(name: str):
    assert read(reply([{"type": name, "score": 90}, {"type": "B cell", "score": 20}])) == {
        "plasma cell": 90,
        "B cell": 20,
    }


@pytest.mark.parametrize("name", ["plasmablast-like", "antibody factory", "memory B cell", ""])
def test_a_type_under_a_name_that_means_no_candidate_has_no_score_and_takes_none_from_elsewhere(name: str):
    """The original gives such a type the first score found anywhere in the text."""
    text = f"Overall 95 of 100.\n{reply([{'type': name, 'score': 90}, {'type': 'B cell', 'score': 20}])}"
    assert read(text) == {"plasma cell": None, "B cell": 20}


@pytest.mark.parametrize("value", [850, -3, "high", None, 0.85, True])
def test_a_score_that_is_no_number_of_the_scale_is_missing(value: object):
    scores = [{"type": "plasma cell", "score": value}, {"type": "B cell", "score": 20}]
    assert read(reply(scores)) == {"plasma cell": None, "B cell": 20}


def test_two_scores_for_one_type_are_none_and_repeating_one_is_one():
    twice = [{"type": "B cell", "score": 20}, {"type": "B cells", "score": 20}]
    differ = [{"type": "plasma cell", "score": 20}, {"type": "Plasma cells", "score": 80}]
    assert read(reply(twice + differ)) == {"plasma cell": None, "B cell": 20}


def test_scores_by_name_are_read_like_a_list():
    assert read(reply({"plasma cell": {"score": "85.5", "reason": "x"}, "B cell": 20})) == {
        "plasma cell": 85.5,
        "B cell": 20,
    }


def test_a_reply_that_scores_no_candidate_is_refused():
    with pytest.raises(ReplyError, match="none of the candidates"):
        read_candidate_scores(reply([{"type": "neuron", "score": 90}]), PAIR)


def row(model: str, *scores: float | None, round_: int = 1, status: str = "answered") -> ModelScores:
    kept = tuple(TypeScore(type=name, score=value) for name, value in zip("AB", scores, strict=True))
    return ModelScores(provider="p", model=model, round=round_, scores=kept, status=status)


def verdict(*rows: ModelScores, threshold: float = 2 / 3) -> tuple[str, str, int, int]:
    found = Comparison(candidates=("A", "B"), rows=rows, threshold=threshold).verdict()
    return found.outcome, found.type, found.votes, found.answered


def test_a_tie_is_a_tie_and_a_missing_score_is_no_vote():
    assert verdict(row("m", 80, 80)) == ("no_agreement", "", 0, 1)
    assert verdict(row("m", 80, None)) == ("no_agreement", "", 0, 1)
    assert verdict(row("m", 80, 70), row("n", 70, 80)) == ("no_agreement", "", 0, 2)


def test_the_share_of_models_with_the_same_best_type_decides_whatever_their_order():
    rows = [row("m", 80, 70), row("n", 60, 10), row("o", 10, 20)]
    assert verdict(*rows) == verdict(*reversed(rows)) == ("agreed", "A", 2, 3)
    assert verdict(*rows, threshold=0.7) == ("no_agreement", "", 0, 3)
    assert verdict(row("m", 90, 1), row("n", 1, 90), threshold=0.5) == ("no_agreement", "", 0, 2)


def test_a_model_without_any_answer_does_not_count_and_an_answer_of_an_earlier_round_stands():
    silent = row("n", None, None, status="missing")
    assert verdict(row("m", 80, 70), silent) == ("agreed", "A", 1, 1)
    later = row("m", None, None, round_=2, status="missing")
    assert verdict(row("m", 80, 70), later) == ("agreed", "A", 1, 1)
    assert verdict(silent) == ("no_answer", "", 0, 0)


@pytest.mark.parametrize(
    "names",
    [
        ("B cell",),
        ("a", "b", "c", "d", "e"),
        ("B cell", "b cell"),
        ("B cell", "B cells"),
        ("plasma cell", "CL:0000786"),
        ("", "B cell"),
    ],
)
def test_one_candidate_five_or_the_same_type_twice_are_refused(names: tuple[str, ...]):
    with pytest.raises(ConfigError, match="celltypes"):
        ComparisonRules(candidates=names)


def compared(tmp_path: Path, providers: Sequence[object], **rules: object) -> tuple[Comparison, list]:
    """The candidates compared by models that answer as told, one after the other for each of them."""
    talks, benches = [], []
    for number, provider in enumerate(providers):
        model = AgentModel(provider="custom", model=f"m{number}", base_url="http://localhost:9/v1")
        bench = scripted_bench(tmp_path / str(number), provider, annotator=model)
        bench.folder.mkdir(parents=True)
        benches.append(bench)
        talks.append((model, Conversation(bench.__enter__().asker, bench.events.append, "data", "1")))
    case = Case(
        markers=markers(PLASMA_CELL),
        setting=HUMAN_BLOOD,
        params=AnnotationParams(),
        expression=NothingMeasured(),
        n_genes=50,
        checks=Checks(),
    )
    found = compare_candidates(case, talks, ComparisonRules(candidates=PAIR, **rules))
    for bench in benches:
        bench.__exit__()
    return found, [talk for _, talk in talks]


def test_models_that_agree_do_not_discuss(tmp_path: Path):
    yes = Scripted(comparator=listed(plasma_cell=95, B_cell=40))
    found, _ = compared(tmp_path, [yes, yes])
    assert (found.rounds, found.verdict().type, len(yes.requests)) == (1, "plasma cell", 2)


def test_models_that_differ_see_each_others_reasons_and_the_checks_and_may_agree(tmp_path: Path):
    firm = Scripted(comparator=listed(plasma_cell=95, B_cell=40))
    moved = Scripted(comparator=[listed(plasma_cell=30, B_cell=60), listed(plasma_cell=80, B_cell=50)])
    found, _ = compared(tmp_path, [firm, moved])
    assert (found.rounds, found.verdict().votes, found.verdict().type) == (2, 2, "plasma cell")
    first, second = (json.loads(request.messages[1].content) for request in moved.requests)
    assert "others" not in first and "checks" not in first
    assert second["own"]["B cell"]["score"] == 60 and second["others"][0]["plasma cell"]["score"] == 95
    assert set(second["checks"]) == set(PAIR)


def test_a_discussion_ends_after_the_rounds_allowed_without_a_consensus(tmp_path: Path):
    one = Scripted(comparator=listed(plasma_cell=95, B_cell=40))
    other = Scripted(comparator=listed(plasma_cell=40, B_cell=95))
    found, _ = compared(tmp_path, [one, other], discussion_rounds=3)
    assert (found.rounds, found.verdict().outcome) == (4, "no_agreement")
    assert compared(tmp_path / "2", [one, other], discussion_rounds=0)[0].rounds == 1


def test_a_missing_score_is_asked_for_once_more_and_then_stays_missing(tmp_path: Path):
    half = Scripted(comparator=listed(plasma_cell=95))
    found, talks = compared(tmp_path, [half])
    assert [score.score for score in found.rows[0].scores] == [95, None]
    assert len(half.requests) == 2 and "B cell" in half.requests[1].messages[-1].content
    assert found.verdict().outcome == "no_agreement"
    assert [turn.outcome for turn in talks[0].turns] == ["failed", ""]


def test_a_model_that_gives_no_readable_answer_has_a_row_that_says_so(tmp_path: Path):
    found, _ = compared(
        tmp_path, [Scripted(comparator="no"), Scripted(comparator=listed(plasma_cell=9, B_cell=5))]
    )
    assert [r.status for r in found.rows] == ["missing", "answered"]
    assert found.rows[0].reason and found.verdict().answered == 1 and found.verdict().asked == 2


def test_the_offline_engine_scores_by_the_evidence_and_knows_what_it_does_not_know(tmp_path: Path):
    found, _ = compared(tmp_path, [OfflineProvider()])
    by_type = {e.label: e.score for e in found.evidence}
    assert [round(by_type[s.type]) for s in found.rows[0].scores] == [s.score for s in found.rows[0].scores]
    assert found.verdict().type == "plasma cell"
    assert {gene.speaks_for for gene in found.telling} <= set(PAIR) and found.telling
