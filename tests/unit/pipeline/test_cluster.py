"""One cluster from markers to result, with prepared replies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cassia_core.domain.annotation import ClusterResult, Evidence, EvidenceItem
from cassia_core.domain.config import AgentModel
from cassia_core.domain.events import AgentStarted, TurnFinished
from cassia_core.domain.markers import ClusterMarkers, GeneMeasurement
from cassia_core.errors import AuthError, Overloaded, ReplyFiltered, RunCancelled
from cassia_core.knowledge.naming.gene_as_label import names_only_genes
from cassia_core.pipeline.annotation.cluster_case import Checks
from cassia_core.runs.codec import from_json, to_json
from tests.annotating import LENIENT, NothingMeasured, Scripted, cluster_of, scripted_bench, with_state

T_CELL = cluster_of("0", ["CD3D", "CD3E", "IL7R", "CCR7", "LEF1", "TCF7"])
PASSED = 'It holds.\n```json\n{"score": 88, "reasoning": "clear"}\n```\nVALIDATION PASSED'
FAILED = "Mend the subtype: CCR7 is naive.\nVALIDATION FAILED"


def block(value: object) -> str:
    return f"```json\n{json.dumps(value)}\n```"


def answer(
    label: str = "naive T cell", genes: tuple[str, ...] = ("CD3D", "IL7R"), general: str = "T cell"
) -> str:
    return f"CD3D and IL7R.\n{block({'general': general, 'subtypes': [label], 'key_genes': list(genes)})}"


def test_a_cluster_that_passes_costs_two_calls_and_carries_all_that_was_said(tmp_path: Path):
    provider = Scripted(annotator=answer(), validator=PASSED)
    with scripted_bench(tmp_path, provider) as bench:
        result = bench.one(T_CELL)
    assert [r.agent for r in provider.requests] == ["annotator", "validator"]
    assert (result.status, result.label, result.reason) == ("done", "naive T cell", "")
    assert result.score.value == 88 and result.verdict.passed and result.iterations == 1
    assert [t.role for t in result.turns] == ["annotator", "checks", "validator"]
    assert (result.input_tokens, result.output_tokens, result.cost_usd) == (200, 100, None)


def test_a_failed_verdict_goes_back_with_the_feedback_and_costs_four_calls_in_all(tmp_path: Path):
    provider = Scripted(annotator=[answer("Treg"), answer()], validator=[FAILED, PASSED])
    with scripted_bench(tmp_path, provider) as bench:
        result = bench.one(T_CELL)
    assert (result.status, result.label, result.iterations) == ("done", "naive T cell", 2)
    second = json.loads(provider.of("annotator")[1].messages[1].content)
    assert second["feedback"] == "Mend the subtype: CCR7 is naive."
    assert second["previous_answer"]["subtypes"] == ["Treg"]
    assert len(provider.requests) == 4


def test_no_text_is_sent_twice_over_in_one_request(tmp_path: Path):
    provider = Scripted(annotator=[answer("Treg"), answer()], validator=[FAILED, PASSED])
    with scripted_bench(tmp_path, provider) as bench:
        bench.one(T_CELL)
    for request in provider.requests:
        whole = "\n".join(m.content for m in request.messages)
        for piece in ("CD3D, CD3E, IL7R, CCR7", "Mend the subtype", "Role:", "every string in it is data"):
            assert whole.count(piece) <= 1, piece


def test_a_cluster_that_never_passes_keeps_its_best_label_and_the_feedback(tmp_path: Path):
    provider = Scripted(annotator=answer(), validator=FAILED)
    with scripted_bench(tmp_path, provider, score=False, boost="off") as bench:
        result = bench.one(T_CELL)
    assert (result.status, result.label, result.iterations) == ("needs_review", "naive T cell", 3)
    assert "Mend the subtype" in result.reason
    assert len(provider.of("annotator")) == 3


def test_what_the_checks_object_to_goes_back_without_a_validator(tmp_path: Path):
    def weigh(label: str, *_: object) -> Evidence:
        problems = ("CD79A marks B cell, a lineage that excludes it.",) if label == "Treg" else ()
        return Evidence(label=label, basis="markers", score=70.0, problems=problems)

    provider = Scripted(annotator=[answer("Treg"), answer()], validator=PASSED)
    with scripted_bench(tmp_path, provider, checks=Checks(weigh=weigh)) as bench:
        result = bench.one(T_CELL)
    assert [r.agent for r in provider.requests] == ["annotator", "annotator", "validator"]
    assert "CD79A marks B cell" in provider.of("annotator")[1].messages[1].content
    assert result.label == "naive T cell"
    assert [t.outcome for t in result.turns if t.role == "checks"] == ["not_passed", "passed"]


def test_an_annotator_that_insists_is_heard_by_the_validator(tmp_path: Path):
    def weigh(label: str, *_: object) -> Evidence:
        return Evidence(label=label, basis="markers", score=70.0, problems=("Nothing speaks for it.",))

    provider = Scripted(annotator=answer(), validator=PASSED)
    with scripted_bench(tmp_path, provider, checks=Checks(weigh=weigh), boost="off") as bench:
        result = bench.one(T_CELL)
    assert [r.agent for r in provider.requests] == ["annotator", "annotator", "validator"]
    assert result.verdict.passed and result.light != "high", "checks can lower a label, never raise it"
    assert "Nothing speaks for it." in provider.of("validator")[0].messages[1].content


@pytest.mark.parametrize(
    "reply", ["CD3D and IL7R: a T cell, naive.", "CD3D says {a T cell}", "CD3D\n" + block({"general": 5})]
)
def test_a_reply_without_a_readable_block_is_formatted_once(tmp_path: Path, reply: str):
    provider = Scripted(annotator=reply, formatter=answer(), validator=PASSED)
    with scripted_bench(tmp_path, provider) as bench:
        result = bench.one(T_CELL)
    assert [r.agent for r in provider.requests] == ["annotator", "formatter", "validator"]
    assert result.label == "naive T cell"


def test_a_refusal_is_not_formatted_and_never_becomes_a_label(tmp_path: Path):
    provider = Scripted(annotator="I'm sorry, I can't help with that.")
    with scripted_bench(tmp_path, provider) as bench:
        result = bench.one(T_CELL)
    assert (result.status, result.label, result.proposal, result.light) == ("failed", "", None, None)
    assert "could not be read" in result.reason
    assert len(provider.requests) == 3
    assert len(result.turns) == 3 and {t.outcome for t in result.turns} == {"failed"}


def test_an_answer_about_other_genes_is_never_this_clusters_label(tmp_path: Path):
    provider = Scripted(annotator=answer("B cell", ("MS4A1", "CD79A")), validator=PASSED)
    with scripted_bench(tmp_path, provider) as bench:
        result = bench.one(T_CELL)
    assert (result.status, result.label) == ("failed", "")
    assert "not about this cluster" in result.reason


def test_empty_replies_are_in_the_conversation_and_in_the_bill(tmp_path: Path):
    provider = Scripted(annotator=["", answer()], validator=PASSED)
    with scripted_bench(tmp_path, provider) as bench:
        result = bench.one(T_CELL)
    assert [(t.role, t.outcome) for t in result.turns] == [
        ("annotator", "failed"),
        ("annotator", ""),
        ("checks", "passed"),
        ("validator", "passed"),
    ]
    assert result.input_tokens == 300 == sum(c.input_tokens for c in bench.calls)


def test_a_label_that_cites_no_gene_at_all_is_not_taken(tmp_path: Path):
    bare = block({"general": "B cell", "subtypes": [], "key_genes": []})
    provider = Scripted(
        annotator=[bare, "MS4A1 and BANK1.\n" + bare, "CD3D, say.\n" + bare], validator=PASSED
    )
    with scripted_bench(tmp_path, provider) as bench:
        result = bench.one(T_CELL)
    assert (result.status, result.label, result.iterations) == ("done", "B cell", 3)


def test_a_model_may_say_that_it_does_not_know(tmp_path: Path):
    provider = Scripted(
        annotator=block({"general": "Unknown", "subtypes": [], "key_genes": []}), validator=PASSED
    )
    with scripted_bench(tmp_path, provider, boost="off") as bench:
        result = bench.one(T_CELL)
    assert (result.label, result.iterations, result.light) == ("Unknown", 1, "look")


def test_a_validator_without_a_verdict_is_asked_once_more_and_then_left(tmp_path: Path):
    provider = Scripted(annotator=answer(), validator="It is not VALIDATION PASSED.")
    with scripted_bench(tmp_path, provider, score=False, boost="off") as bench:
        result = bench.one(T_CELL)
    assert [r.agent for r in provider.requests] == ["annotator", "validator", "validator"]
    assert (result.status, result.label, result.verdict) == ("needs_review", "naive T cell", None)
    assert "not validated" in result.reason
    assert "could not be read" in provider.requests[2].messages[-1].content


def test_an_unreadable_score_beside_the_verdict_is_asked_for_from_the_scorer(tmp_path: Path):
    odd = PASSED.replace("88", "850")
    provider = Scripted(
        annotator=answer(), validator=odd, scorer=block({"score": 85.5, "reasoning": "40% explained"})
    )
    with scripted_bench(tmp_path, provider) as bench:
        result = bench.one(T_CELL)
    assert [r.agent for r in provider.requests] == ["annotator", "validator", "scorer"]
    assert result.score.value == 85.5


def test_a_score_that_is_never_in_range_leaves_the_label_without_one(tmp_path: Path):
    provider = Scripted(
        annotator=answer(), validator=PASSED.replace("88", "850"), scorer=block({"score": 850})
    )
    with scripted_bench(tmp_path, provider, boost="off") as bench:
        result = bench.one(T_CELL)
    assert (result.status, result.label, result.score) == ("needs_review", "naive T cell", None)
    assert "no score" in result.reason


def test_a_scorer_of_its_own_is_asked_by_itself(tmp_path: Path):
    scorer = AgentModel(provider="custom", model="other", base_url="http://localhost:9/v1")
    provider = Scripted(annotator=answer(), validator="Fine.\nVALIDATION PASSED", scorer=block({"score": 91}))
    with scripted_bench(tmp_path, provider, scorer=scorer) as bench:
        result = bench.one(T_CELL)
    assert [r.model for r in provider.requests] == ["scripted", "scripted", "other"]
    assert '"score"' not in provider.of("validator")[0].messages[0].content
    assert (result.score.value, result.score.model) == (91, "other")


def test_a_cluster_without_usable_markers_is_skipped_with_the_reason(tmp_path: Path):
    provider = Scripted()
    with scripted_bench(tmp_path, provider) as bench:
        for state in ("no_markers", "too_small", "unassigned"):
            result = bench.one(with_state(T_CELL, state=state, reason="No gene passed."))
            assert (result.status, result.label, result.reason) == ("skipped", "", "No gene passed.")
        assert bench.one(with_state(T_CELL, genes=())).status == "skipped"
    assert provider.requests == []


def test_a_server_that_stays_down_fails_the_cluster_with_no_label(tmp_path: Path):
    provider = Scripted(annotator=answer(), validator=Overloaded("The server failed on its side."))
    with scripted_bench(tmp_path, provider, max_retries=1) as bench:
        result = bench.one(T_CELL)
    assert (result.status, result.label) == ("failed", "")
    mended = Scripted(annotator="never", validator=PASSED)
    with scripted_bench(tmp_path, mended) as bench:
        assert bench.one(T_CELL).label == "naive T cell", "the paid annotation is taken from the log"
    assert [r.agent for r in mended.requests] == ["validator"]


def test_an_answer_withheld_from_the_validator_keeps_the_label_for_review(tmp_path: Path):
    provider = Scripted(annotator=answer(), validator=ReplyFiltered("Withheld."))
    with scripted_bench(tmp_path, provider, score=False, boost="off") as bench:
        result = bench.one(T_CELL)
    assert (result.status, result.label) == ("needs_review", "naive T cell")


def test_a_refused_key_fails_the_cluster_with_the_reason(tmp_path: Path):
    with scripted_bench(tmp_path, Scripted(annotator=AuthError("The key was refused."))) as bench:
        result = bench.one(T_CELL)
    assert result.status == "failed" and "key was refused" in result.reason


def test_cancelling_is_raised_and_not_turned_into_a_failure(tmp_path: Path):
    with scripted_bench(tmp_path, Scripted(), stopped=lambda: True) as bench, pytest.raises(RunCancelled):
        bench.one(T_CELL)


def test_the_formatter_is_always_asked_when_the_user_wants_it(tmp_path: Path):
    provider = Scripted(annotator=answer("Treg"), formatter=answer("Treg"), validator=PASSED)
    with scripted_bench(tmp_path, provider, always_format=True) as bench:
        assert bench.one(T_CELL).label == "Treg"
    assert [r.agent for r in provider.requests] == ["annotator", "formatter", "validator"]


def test_a_formatter_that_fails_costs_no_answer_that_was_readable(tmp_path: Path):
    provider = Scripted(annotator=answer("Treg"), formatter="Hm.", validator=PASSED)
    with scripted_bench(tmp_path, provider, always_format=True) as bench:
        result = bench.one(T_CELL)
    assert (result.status, result.label, result.iterations) == ("done", "Treg", 1)


def test_strict_and_standard_validation_are_worded_differently(tmp_path: Path):
    worded = []
    for strictness in ("v1", "v0"):
        provider = Scripted(annotator=answer(), validator=PASSED)
        with scripted_bench(tmp_path / strictness, provider, validator_involvement=strictness) as bench:
            bench.one(T_CELL)
        worded.append(provider.of("validator")[0].messages[0].content)
    assert worded[0] != worded[1] and "strict" in worded[1]


def test_every_turn_is_announced_and_short_for_the_live_view(tmp_path: Path):
    provider = Scripted(annotator="CD3D. " * 500 + answer(), validator=PASSED)
    with scripted_bench(tmp_path, provider) as bench:
        bench.one(T_CELL)
    started = [e.agent for e in bench.events if isinstance(e, AgentStarted)]
    finished = [e for e in bench.events if isinstance(e, TurnFinished)]
    assert started == [e.agent for e in finished] == ["annotator", "checks", "validator"]
    assert max(len(e.text) for e in finished) <= 600
    assert finished[0].label == "naive T cell" and finished[2].outcome == "passed"


def test_a_tissue_that_is_not_known_is_to_be_inferred(tmp_path: Path):
    from cassia_core.domain.tasks import Setting

    provider = Scripted(annotator=answer(), validator=PASSED)
    with scripted_bench(tmp_path, provider) as bench:
        bench.one(T_CELL, Setting(species="human"))
    system, user = (m.content for m in provider.of("annotator")[0].messages)
    assert "infer it" in system and "tissue" not in json.loads(user)


def test_a_low_score_is_boosted_with_values_of_this_cluster_and_its_siblings(tmp_path: Path):
    low = PASSED.replace("88", "50")
    ask = "Look.\n" + block({"hypotheses": ["naive T cell", "Treg"], "ask_genes": ["FOXP3", "CCR7"]})
    provider = Scripted(
        annotator=answer("T cell"), validator=[low, PASSED], booster=[ask, answer("naive T cell")]
    )
    foxp3 = GeneMeasurement(gene="FOXP3", status="measured_here", pct_in=0.01, pct_out=0.02, log2fc=-0.5)
    checks = Checks(weigh=LENIENT.weigh, sibling_markers=lambda *_: (("Treg", ("FOXP3", "IL2RA")),))
    with scripted_bench(tmp_path, provider, checks=checks) as bench:
        result = bench.one(T_CELL, expression=NothingMeasured([foxp3]))
    first, last = (json.loads(r.messages[1].content) for r in provider.of("booster"))
    assert first["measured"]["FOXP3"] == "1% in, 2% out; log2FC -0.5"
    assert first["siblings"] == {"Treg": "FOXP3, IL2RA"} and "CCR7" in last["measured"]
    assert (result.label, result.score.value, result.status) == ("naive T cell", 88, "done")
    assert (result.boost.before.label, result.boost.after.label) == ("T cell", "naive T cell")
    assert (result.boost.score_before, result.boost.score_after, result.boost.accepted) == (50, 88, True)
    assert result.boost.rounds == 2 and "FOXP3" in {m.gene for m in result.boost.measured}
    assert [t.attempt for t in result.turns if t.role == "booster"] == [2, 2] and result.iterations == 2


def test_a_boost_that_makes_it_worse_is_kept_but_not_taken(tmp_path: Path):
    provider = Scripted(
        annotator=answer("T cell"),
        booster=answer("Treg"),
        validator=[PASSED.replace("88", "70"), PASSED.replace("88", "40")],
    )
    with scripted_bench(tmp_path, provider) as bench:
        result = bench.one(T_CELL)
    assert (result.label, result.score.value) == ("T cell", 70)
    assert result.boost.accepted is False and "scored 40" in result.boost.reason


def test_a_boost_may_name_what_had_no_name(tmp_path: Path):
    unknown = block({"general": "Unknown", "subtypes": [], "key_genes": []})
    provider = Scripted(
        annotator=unknown,
        booster=answer("Treg"),
        validator=[PASSED.replace("88", "0"), PASSED.replace("88", "60")],
    )
    with scripted_bench(tmp_path, provider) as bench:
        result = bench.one(T_CELL)
    assert (result.label, result.boost.accepted, result.boost.score_after) == ("Treg", True, 60)


def test_the_rounds_of_a_boost_are_bounded(tmp_path: Path):
    ask = block({"hypotheses": ["a"], "ask_genes": ["FOXP3"]})
    provider = Scripted(annotator=answer(), validator=PASSED.replace("88", "20"), booster=ask)
    with scripted_bench(tmp_path, provider, boost_rounds=2) as bench:
        result = bench.one(T_CELL)
    assert len(provider.of("booster")) == 3, "two rounds, and one repeat of the last"
    assert result.label == "naive T cell" and "boost failed" in result.reason


def test_nothing_is_boosted_when_it_is_off(tmp_path: Path):
    provider = Scripted(annotator=answer(), validator=PASSED.replace("88", "20"))
    with scripted_bench(tmp_path, provider, boost="off") as bench:
        assert bench.one(T_CELL).boost is None


def test_fused_boosting_lets_the_annotator_ask_before_it_answers(tmp_path: Path):
    ask = "Not settled.\n" + block({"hypotheses": ["naive T cell", "Treg"], "ask_genes": ["FOXP3"]})
    provider = Scripted(annotator=[ask, answer()], validator=PASSED)
    with scripted_bench(tmp_path, provider, boost="fused") as bench:
        result = bench.one(T_CELL)
    first, second = provider.of("annotator")
    assert "ask_genes" in first.messages[0].content
    assert json.loads(second.messages[1].content)["measured"]["FOXP3"] == "not in the marker table (unknown)"
    assert (result.status, result.label, result.boost) == ("done", "naive T cell", None)


def test_an_annotator_that_only_asks_fails_with_the_reason(tmp_path: Path):
    ask = block({"hypotheses": ["a"], "ask_genes": ["FOXP3"]})
    provider = Scripted(annotator=ask)
    with scripted_bench(tmp_path, provider, boost="fused", boost_rounds=1, max_attempts=2) as bench:
        result = bench.one(T_CELL)
    assert result.status == "failed" and "`general`" in result.reason
    assert len(provider.requests) == 3, "one look in all, and one answer per attempt"


def test_what_was_measured_stays_known_to_the_next_attempt(tmp_path: Path):
    ask = block({"hypotheses": ["a"], "ask_genes": ["FOXP3"]})
    provider = Scripted(annotator=[ask, answer("Treg"), answer()], validator=[FAILED, PASSED])
    with scripted_bench(tmp_path, provider, boost="fused") as bench:
        assert bench.one(T_CELL).label == "naive T cell"
    assert "FOXP3" in json.loads(provider.of("annotator")[2].messages[1].content)["measured"]


@pytest.mark.parametrize("n_genes", [5, 80])
def test_the_evidence_reads_the_genes_that_the_annotator_saw(tmp_path: Path, n_genes: int):
    read = []

    def weigh(label: str, markers: ClusterMarkers, *others: object) -> Evidence:
        read.append(others[3])
        return Evidence(label=label, basis="markers", score=90.0)

    provider = Scripted(annotator=answer(), validator=PASSED)
    cluster = cluster_of("0", ["CD3D", "IL7R", *(f"G{i}" for i in range(100))])
    with scripted_bench(tmp_path, provider, checks=Checks(weigh=weigh)) as bench:
        bench.one(cluster, n_genes=n_genes)
    shown = json.loads(provider.of("annotator")[0].messages[1].content)
    assert set(read) == {n_genes} and f"G{n_genes - 3}" in str(shown) and f"G{n_genes - 2}" not in str(shown)


def test_the_checks_turn_names_genes_and_the_prompt_stays_short(tmp_path: Path):
    items = tuple(EvidenceItem(gene=f"G{i}", kind="supporting") for i in range(40))
    weigh = lambda label, *_: Evidence(label=label, basis="markers", score=90.0, items=items)  # noqa: E731
    provider = Scripted(annotator=answer(), validator=PASSED)
    with scripted_bench(tmp_path, provider, checks=Checks(weigh=weigh)) as bench:
        result = bench.one(T_CELL)
    assert "G39" in result.turns[1].text
    assert "G11" not in provider.of("validator")[0].messages[1].content


def test_a_label_that_nobody_validated_is_never_of_high_confidence(tmp_path: Path):
    provider = Scripted(annotator=answer(), validator=ReplyFiltered("withheld"))
    with scripted_bench(tmp_path, provider, score=False, boost="off") as bench:
        result = bench.one(T_CELL)
    assert (result.status, result.light, result.verdict) == ("needs_review", "medium", None)
    assert "not validated" in result.reason


def test_halves_of_characters_and_control_characters_of_a_reply_do_no_harm(tmp_path: Path):
    provider = Scripted(annotator="\ud83d CD3D.\x00\n" + answer("naive\x01 T\ud800 cell"), validator=PASSED)
    with scripted_bench(tmp_path, provider) as bench:
        result = bench.one(T_CELL)
    assert result.label == "naive T cell"
    assert from_json(to_json(result), ClusterResult) == result


@pytest.mark.parametrize(
    ("general", "subtypes"), [("LTB", []), ("T cell", ["LTB"]), ("CD3D, IL7R", []), ("T cell", ["CD3D+"])]
)
def test_a_gene_given_as_a_cell_type_is_refused_and_said_so(
    general: str, subtypes: list[str], tmp_path: Path
):
    """A small model answered with the first gene of the list."""
    gene = block({"general": general, "subtypes": subtypes, "key_genes": ["CD3D"]})
    provider = Scripted(annotator=[gene, answer()], validator=PASSED)
    with scripted_bench(tmp_path, provider) as bench:
        result = bench.one(T_CELL)
    assert (result.status, result.label, result.iterations) == ("done", "naive T cell", 2)
    second = json.loads(provider.of("annotator")[1].messages[1].content)
    assert "is a gene's symbol and no type of cells" in second["feedback"]
    with scripted_bench(tmp_path / "never", Scripted(annotator=gene, validator=PASSED)) as bench:
        never = bench.one(T_CELL)
    assert (never.status, never.label) == ("failed", "") and "gene instead of a cell type" in never.reason


@pytest.mark.parametrize("label", ["NK", "Treg", "MAIT", "Rod", "pDC", "AT2", "Th17", "CD14 monocyte", "B"])
def test_a_type_that_is_called_like_a_gene_is_a_type(label: str):
    assert not names_only_genes(label, "human") and not names_only_genes(label, "mouse")
