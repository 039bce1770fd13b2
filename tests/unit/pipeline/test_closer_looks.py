"""Looking closer by hand, and questions about a cluster: values are measured, never made up."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from knowledge_lists import B_CELL, markers

from cassia_core.domain.annotation import ClusterResult, Proposal
from cassia_core.domain.config import AnnotationParams
from cassia_core.domain.markers import ClusterMarkers, GeneMeasurement
from cassia_core.domain.opinions.closer_look import CloserLook, Consultation
from cassia_core.errors import ConfigError, InputError
from cassia_core.llm.offline.provider import OfflineProvider
from cassia_core.pipeline.annotation.cluster_case import Case, Checks
from cassia_core.pipeline.annotation.conversation import Conversation
from cassia_core.pipeline.opinions.consulting import MOST_LOOKS, consult
from cassia_core.pipeline.opinions.looking_closer import look_closer
from tests.annotating import HUMAN_BLOOD, NothingMeasured, Scripted, scripted_bench

HERE = GeneMeasurement(gene="CD3E", status="measured_here", pct_in=0.02, pct_out=0.5, log2fc=-4.0)
ROW = ClusterResult(
    cluster="1",
    status="done",
    proposal=Proposal(general="B cell", subtypes=("naive B cell",), key_genes=("MS4A1",)),
)
ASKS = json.dumps({"general": "", "hypotheses": ["T cell"], "ask_genes": ["CD3E"]})
CONCLUDES = json.dumps(
    {
        "reasoning": "MS4A1",
        "general": "B cell",
        "subtypes": ["memory B cell"],
        "mixed": [],
        "key_genes": ["MS4A1"],
        "tissue": "",
        "answer": "No: nothing here speaks for cancer.",
    }
)
PASSED = json.dumps({"reasoning": "fits", "passed": True, "score": 90})


class Measured(NothingMeasured):
    """Knows some genes; notes which were looked up."""

    basis = "cells"

    def __init__(self, known: Iterable[GeneMeasurement] = ()) -> None:
        super().__init__(known)
        self.asked: list[str] = []

    def measure(self, cluster: str, genes: tuple[str, ...]) -> tuple[GeneMeasurement, ...]:
        self.asked += genes
        return super().measure(cluster, genes)


def case_of(
    genes: Iterable[str] = B_CELL, expression: NothingMeasured | None = None, **params: object
) -> Case:
    found = (
        markers(tuple(genes))
        if genes
        else ClusterMarkers(cluster="1", state="no_markers", reason="None passed.")
    )
    return Case(
        markers=found,
        setting=HUMAN_BLOOD,
        params=AnnotationParams(**params),
        expression=expression or NothingMeasured(),
        n_genes=50,
        checks=Checks(),
    )


@pytest.fixture
def talking(tmp_path: Path):
    """A conversation with a provider that answers as told."""
    open_benches = []

    def talk(provider: object) -> Conversation:
        bench = scripted_bench(tmp_path, provider).__enter__()
        open_benches.append(bench)
        return Conversation(bench.asker, bench.events.append, "data", "1")

    yield talk
    for bench in open_benches:
        bench.__exit__()


def looked(talk: Conversation, question: str = "", **params: object) -> CloserLook:
    return look_closer(case_of(expression=Measured([HERE]), **params), talk, ROW, question)


def test_a_closer_look_keeps_both_labels_and_leaves_the_choice_to_a_person(talking):
    model = Scripted(booster=[ASKS, CONCLUDES], validator=PASSED)
    found = looked(talking(model), "Is this a cancer cluster?", boost_strategy="depth", boost_rounds=5)
    assert (found.before.label, found.after.label) == ("naive B cell", "memory B cell")
    assert (found.after.passed, found.after.score, found.strategy) == (True, 90, "depth")
    assert found.answer == "No: nothing here speaks for cancer."
    assert HERE in found.boost.measured and found.boost.rounds == 2
    assert json.loads(model.requests[0].messages[1].content)["question"] == "Is this a cancer cluster?"
    assert "`answer`" in model.requests[0].messages[0].content


def test_a_closer_look_without_a_question_asks_as_a_run_does(talking):
    model = Scripted(booster=CONCLUDES, validator=PASSED)
    found = looked(talking(model))
    assert found.answer == "" and "question" not in json.loads(model.requests[0].messages[1].content)
    assert "`question`" not in model.requests[0].messages[0].content
    assert "answer" not in model.requests[0].json_schema["properties"]


def test_a_cluster_without_markers_is_refused_and_no_genes_are_put_in_their_place(talking):
    """The original falls back on a fixed list of genes of monocytes."""
    model = Scripted(booster=CONCLUDES, consultant="{}")
    with pytest.raises(InputError, match="no marker genes"):
        look_closer(case_of(()), talking(model), ROW)
    with pytest.raises(InputError, match="no marker genes"):
        consult(case_of(()), talking(model), ROW, "Is CD3E high?")
    assert model.requests == []


def test_a_cluster_without_a_label_can_be_looked_at(talking):
    model = Scripted(booster=CONCLUDES, validator=PASSED)
    found = look_closer(case_of(), talking(model), ClusterResult(cluster="1", status="failed"))
    assert (found.before.label, found.after.label) == ("Unknown", "memory B cell")


def test_a_caution_about_the_cells_is_not_lifted_by_another_label(talking):
    model = Scripted(booster=CONCLUDES, validator=PASSED)
    row = replace(ROW, light="look", light_reason="Two kinds of cells are inside.")
    found = look_closer(case_of(expression=Measured([HERE])), talking(model), row)
    assert {found.before.light, found.after.light} == {"look"}
    assert found.before.light_reason == "Two kinds of cells are inside."


def test_the_offline_engine_looks_closer_and_says_that_it_answers_no_question(talking):
    found = looked(talking(OfflineProvider()), "Is this a cancer cluster?")
    assert "no language model" in found.answer and "B cell" in found.after.label


def said(answer: str = "", *genes: str) -> str:
    return json.dumps({"answer": answer, "ask_genes": list(genes)})


def test_genes_of_the_question_are_measured_first_and_the_model_may_ask_for_more(talking):
    model = Scripted(consultant=[said("", "CD79A"), said("CD3E is silent.")])
    expression = Measured([HERE])
    found = consult(case_of(expression=expression), talking(model), ROW, "Is CD3E high?")
    assert (found.answer, found.looks) == ("CD3E is silent.", 1)
    assert [value.gene for value in found.measured] == ["CD3E", "CD79A"] == expression.asked
    assert "CD3E" in json.loads(model.requests[0].messages[1].content)["measured"]


def test_a_model_that_only_asks_is_stopped_after_the_looks_allowed(talking):
    model = Scripted(consultant=lambda request: said("", f"GENE{len(model.requests)}"))
    with pytest.raises(Exception, match="could not be read|not be read|answer"):
        consult(case_of(), talking(model), ROW, "Why?")
    assert len(model.requests) == MOST_LOOKS + 2


def test_earlier_questions_are_shown_and_the_label_is_the_corrected_one(talking):
    model = Scripted(consultant=said("Yes."))
    consult(
        case_of(), talking(model), ROW, "And now?", "plasma cell", (Consultation(question="Q", answer="A"),)
    )
    shown = json.loads(model.requests[0].messages[1].content)
    assert shown["said"] == [{"question": "Q", "answer": "A"}] and shown["label"] == "plasma cell"


@pytest.mark.parametrize("question", ["", "   ", "x" * 1001])
def test_an_empty_or_overlong_question_is_refused(talking, question: str):
    with pytest.raises(ConfigError, match="question"):
        consult(case_of(), talking(Scripted(consultant=said("no"))), ROW, question)


def offline_answer(talking, question: str) -> Consultation:
    return consult(case_of(expression=Measured([HERE])), talking(OfflineProvider()), ROW, question)


def test_offline_a_gene_is_answered_with_its_values_and_types(talking):
    found = offline_answer(talking, "What about cd3e here?")
    assert "in 2% of cells here, 50% elsewhere" in found.answer and "T cells" in found.answer


def test_offline_a_type_is_answered_with_its_genes_and_their_values_here(talking):
    found = offline_answer(talking, "Could these be CD8 T cells?")
    assert "CD3E (in 2% of cells here" in found.answer and found.looks == 1
    assert "CD8A (not in the marker table" in found.answer


def test_offline_small_talk_is_answered_by_saying_that_it_cannot_talk(talking):
    answer = offline_answer(talking, "Is this set of cells nice?").answer
    assert "cannot talk" in answer and "Name a gene" in answer
