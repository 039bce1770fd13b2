"""The offline engine as a provider: every task, in the models' reply format."""

from __future__ import annotations

import pytest
from knowledge_lists import B_CELL, HOUSEKEEPING, MONOCYTE, T_CELL, markers

from cassia_core.agents.parse import (
    GeneRequest,
    read_groupings,
    read_proposal,
    read_proposal_or_request,
    read_review,
    read_score,
)
from cassia_core.domain.annotation import Proposal
from cassia_core.domain.markers import GeneMeasurement
from cassia_core.domain.tasks import (
    AnnotateTask,
    BoostTask,
    FormatTask,
    MergeTask,
    ScoreTask,
    Setting,
    ValidateTask,
)
from cassia_core.knowledge.evidence.weigh import weigh
from cassia_core.llm.offline.provider import OfflineProvider
from cassia_core.llm.protocol import ChatRequest, ChatResponse, Provider

HUMAN = Setting(species="human", tissue="blood")


def ask(task, role="annotator") -> ChatResponse:
    return OfflineProvider().complete(ChatRequest(messages=(), model="cassia-offline", agent=role, task=task))


def reviewed(label: str, genes=B_CELL, key_genes=()) -> dict:
    proposal = Proposal(general=label, subtypes=(label,), key_genes=key_genes)
    return {
        "setting": HUMAN,
        "markers": markers(genes),
        "proposal": proposal,
        "evidence": weigh(label, markers(genes), HUMAN, None, key_genes),
    }


def test_it_is_a_provider_without_tokens():
    assert isinstance(OfflineProvider(), Provider)
    response = ask(AnnotateTask(setting=HUMAN, markers=markers(B_CELL)))
    assert (response.input_tokens, response.output_tokens) == (0, 0)
    assert response.finish_reason == "stop"


def test_the_annotator_names_the_type_with_genes_and_says_what_it_is():
    text = ask(AnnotateTask(setting=HUMAN, markers=markers(B_CELL))).text
    proposal = read_proposal(text).value
    assert "B cell" in proposal.label
    assert set(proposal.key_genes) <= set(B_CELL)
    assert "MS4A1" in proposal.reasoning
    assert "no language model" in text


def test_the_annotator_does_not_label_noise():
    proposal = read_proposal(ask(AnnotateTask(setting=HUMAN, markers=markers(HOUSEKEEPING))).text).value
    assert proposal.label == "Unknown"
    assert proposal.key_genes == ()


def test_the_annotator_names_mixtures():
    genes = [g for pair in zip(T_CELL, MONOCYTE, strict=True) for g in pair]
    proposal = read_proposal(ask(AnnotateTask(setting=HUMAN, markers=markers(genes))).text).value
    assert len(proposal.mixed) == 2


def test_cells_that_a_tumour_may_be_made_of_are_called_possibly_malignant():
    epithelium = [
        "EPCAM",
        "KRT8",
        "KRT18",
        "KRT19",
        "CLDN3",
        "CLDN4",
        "CLDN7",
        "CDH1",
        "ELF3",
        "TACSTD2",
        "KRT7",
        "SPINT2",
    ]

    def said(genes, tissue):
        return ask(AnnotateTask(setting=Setting(species="human", tissue=tissue), markers=markers(genes))).text

    assert "possibly malignant" in said(epithelium, "lung adenocarcinoma")
    assert "possibly malignant" not in said(epithelium, "lung")
    assert "possibly malignant" not in said(T_CELL, "lung adenocarcinoma")
    assert "possibly malignant" in said(B_CELL, "B cell lymphoma")


def test_a_refused_answer_is_broadened_or_defended_but_stays_in_the_lineage():
    first = read_proposal(ask(AnnotateTask(setting=HUMAN, markers=markers(T_CELL))).text).value
    again = AnnotateTask(
        setting=HUMAN, markers=markers(T_CELL), attempt=2, previous=first, feedback="Too fine."
    )
    assert "T cell" in read_proposal(ask(again).text).value.label


def test_the_validator_passes_what_holds_and_fails_what_does_not():
    assert read_review(ask(ValidateTask(**reviewed("B cell")), "validator").text).value.verdict.passed
    refused = read_review(ask(ValidateTask(**reviewed("hepatocyte")), "validator").text).value.verdict
    assert not refused.passed
    assert "B cell" in refused.feedback


def test_the_strict_validator_lets_no_problem_through():
    task = reviewed("B cell", key_genes=("CD3E",))
    assert read_review(ask(ValidateTask(**task), "validator").text).value.verdict.passed
    assert not read_review(ask(ValidateTask(**task, strictness="v0"), "validator").text).value.verdict.passed


def test_scores_come_from_the_evidence():
    good = read_score(ask(ScoreTask(**reviewed("B cell")), "scorer").text).value
    bad = read_score(ask(ScoreTask(**reviewed("hepatocyte")), "scorer").text).value
    assert good.value > 75 > 30 > bad.value
    assert good.reasoning


def test_the_booster_asks_for_new_genes_and_concludes_in_the_last_round():
    asked = read_proposal_or_request(ask(BoostTask(**reviewed("T cell", T_CELL)), "booster").text).value
    assert isinstance(asked, GeneRequest)
    assert not set(asked.genes) & set(T_CELL)
    measured = tuple(
        GeneMeasurement(gene=g, status="measured_here", pct_in=0.7, pct_out=0.1, log2fc=2.0)
        for g in ("CD8A", "CD8B", "GZMK", "LINC02446")
    )
    last = BoostTask(**reviewed("T cell", T_CELL), measured=measured, last=True)
    concluded = read_proposal(ask(last, "booster").text).value
    assert "T cell" in concluded.label or "thymocyte" in concluded.label


def test_the_booster_does_not_believe_a_few_hits_among_many_silent_genes():
    values = tuple(
        GeneMeasurement(
            gene=g,
            status="measured_here",
            pct_in=0.7 if hit else 0.0,
            pct_out=0.1,
            log2fc=2.0 if hit else -1.0,
        )
        for g, hit in [
            ("CD79A", True),
            ("MS4A1", True),
            ("CD19", False),
            ("CD79B", False),
            ("BANK1", False),
            ("PAX5", False),
            ("CD22", False),
            ("FCRL1", False),
        ]
    )
    last = BoostTask(**reviewed("Unknown", HOUSEKEEPING), measured=values, last=True)
    assert read_proposal(ask(last, "booster").text).value.label == "Unknown"


def test_merged_groups_answer_every_cluster_by_its_id():
    labels = (
        ("0", "B cell", "naive B cell"),
        ("10", "T cell", "regulatory T cell"),
        ("1", "wibble", "wobble"),
    )
    groups = read_groupings(ask(MergeTask(setting=HUMAN, labels=labels), "merger").text).value
    assert groups["0"][0] == "B cell" and groups["0"][2] == "naive B cell"
    assert groups["10"][0] == "T cell"
    assert groups["1"][2] == "wobble"


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("I think these are naive B cells, because of TCL1A.", "naive B cell"),
        ("This is not a T cell. It is a hepatocyte.", "hepatocyte"),
        ("No idea.", "Unknown"),
    ],
)
def test_the_formatter_reads_the_type_out_of_a_text(text, label):
    assert read_proposal(ask(FormatTask(setting=HUMAN, text=text), "formatter").text).value.label == label


def test_the_same_task_gets_the_same_answer():
    task = AnnotateTask(setting=HUMAN, markers=markers(MONOCYTE))
    assert ask(task) == ask(task)
