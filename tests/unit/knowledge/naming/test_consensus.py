"""Votes are counted at every level of the Cell Ontology, whatever spelling and order of the answers."""

from __future__ import annotations

import itertools
import random

import pytest

from cassia_core.domain.annotation import ClusterResult, Proposal
from cassia_core.domain.opinions.opinion import Opinion, OpinionAnswer
from cassia_core.knowledge.evidence.agreeing import agreement_in_words, with_agreement
from cassia_core.knowledge.naming.consensus import (
    consensus_of,
    consensus_of_answers,
    fewest_to_settle,
    settled,
    similarity_of,
    support_of,
    vote_of,
)

A, A1, B = "T cell", "CD4-positive, alpha-beta T cell", "B cell"
SIX_THREE_ONE = [A] * 6 + [A1] * 3 + [B]


def votes(labels: list[str]) -> dict[str, int]:
    return {level.name: level.votes for level in consensus_of(labels).levels}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("T cell", "T cells"),
        ("T cell", "t CELL"),
        ("CD4+ T cells", "CD4-positive T cell"),
        ("natural killer cell", "NK cells"),
        ("activated gizmo cell", "Activated gizmo cells"),
    ],
)
def test_spelling_is_no_disagreement(one: str, other: str):
    assert vote_of(one) == vote_of(other)


def test_agreement_equals_the_hand_counted_value_at_every_level():
    counted = votes(SIX_THREE_ONE)
    assert (counted[A], counted[A1], counted[B]) == (9, 3, 1)
    assert counted["alpha-beta T cell"] == counted["mature T cell"] == 3
    assert counted["lymphocyte"] == counted["leukocyte"] == 10


def test_the_consensus_is_the_deepest_type_that_two_thirds_share():
    found = consensus_of(SIX_THREE_ONE)
    assert (found.label, found.cl_id, found.votes, found.share) == (A, "CL:0000084", 9, 0.9)
    assert consensus_of([A1, A1, A]).label == A1
    assert consensus_of([A1, A, A]).label == A
    assert consensus_of([A, B]).label == "lymphocyte"
    assert consensus_of(["hepatocyte", "neuron", B]).label == ""


def test_the_order_of_answers_changes_nothing():
    labels = [A, "T cells", A1, B, "Unknown", "odd gizmo cell", "Odd gizmo cells"]
    expected = consensus_of(labels)
    shuffler = random.Random(3)
    for _ in range(25):
        shuffler.shuffle(labels)
        assert consensus_of(labels) == expected


def test_a_missing_answer_is_no_vote():
    came = [OpinionAnswer(general="T cell") for _ in range(4)]
    lost = [OpinionAnswer(status="missing", reason="No answer.") for _ in range(5)]
    found = consensus_of_answers([*lost[:1], *came, *lost[1:]])
    assert (found.label, found.votes, found.answered, found.asked) == ("T cell", 4, 4, 9)
    assert {level.name for level in found.levels}.isdisjoint({"Failed", ""})
    assert consensus_of_answers(lost).similarity is None


def test_settled_votes_cannot_be_changed_by_any_further_answer():
    """Tried with every way that the remaining answers can go, missing ones included."""
    ways = [A, A1, B, "neuron", None]
    for labels in ([A, A, A, A], [A1, A, A1], [A], [A, B, A, A], ["neuron", B, A1]):
        for remaining in (1, 2, 3):
            outcomes = {
                consensus_of([*labels, *(w for w in way if w)]).label
                for way in itertools.product(ways, repeat=remaining)
            }
            if settled(labels, remaining):
                assert outcomes == {consensus_of(labels).label}


def test_so_many_are_asked_at_once_as_are_needed_at_the_least():
    assert fewest_to_settle([A], 4) == 3
    assert fewest_to_settle([A], 2) == 1
    assert fewest_to_settle([], 3) == 2
    assert settled([A] * 4, 1) and not settled([A] * 3, 2)


def test_similarity_has_the_weights_of_the_original():
    pairs = [("T cell", "CD4+ T cells"), ("T cells", "CD8 T cell"), ("B cell", "naive B cell")]
    assert similarity_of([("T cell", A1), ("T cells", "CD4+ T cells")]) == 1.0
    assert similarity_of(pairs, 0.5, 0.5) == pytest.approx((0.5 * 2 + 0.5 * 1) / 3)
    assert similarity_of(pairs, 0.8, 0.2) == pytest.approx((0.8 * 2 + 0.2 * 1) / 3)


def test_the_support_of_a_label_counts_its_kinds_too():
    found = consensus_of(SIX_THREE_ONE)
    assert [support_of(label, found) for label in (A, "T cells", A1, B, "neuron")] == [9, 9, 3, 1, 0]


def row_with(label: str) -> ClusterResult:
    return ClusterResult(
        cluster="0", status="done", proposal=Proposal(general=label), light="high", light_reason="Clear."
    )


def opinion_of(labels: list[str], cluster: str = "0") -> Opinion:
    answers = tuple(OpinionAnswer(general=label) for label in labels)
    return Opinion(
        job="j", kind="repeat", clusters=(cluster,), answers=answers, consensus=consensus_of_answers(answers)
    )


def test_a_disputed_label_is_not_green():
    (row,) = with_agreement([row_with(A1)], [opinion_of([A1, A, A, A, A])])
    assert row.light == "medium" and "1 of 5" in row.light_reason
    assert "They agree on T cell (5 of 5)" in agreement_in_words(row.agreement)


def test_agreement_raises_no_light_and_one_answer_is_none():
    (row,) = with_agreement([row_with(A)], [opinion_of([A])])
    assert row.light == "high" and row.agreement.share is None
    (doubtful,) = with_agreement(
        [
            ClusterResult(
                cluster="0", status="done", proposal=Proposal(general=A), light="look", light_reason="Weak."
            )
        ],
        [opinion_of([A] * 5)],
    )
    assert doubtful.light == "look" and doubtful.agreement.share == 1.0


def test_opinions_are_joined_by_the_cluster_and_the_last_one_counts():
    rows = [row_with(A)]
    (row,) = with_agreement(rows, [opinion_of([B] * 3, "1"), opinion_of([B] * 3), opinion_of([A] * 3)])
    assert row.agreement.votes == 3
    assert with_agreement(rows, [opinion_of([B] * 3, "1")]) == tuple(rows)
