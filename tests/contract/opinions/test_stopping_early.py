"""Asking 40 clusters again, a stand-in with a known distribution of answers, through the official SDK."""

from __future__ import annotations

import pytest

from cassia_core.knowledge.naming.consensus import consensus_of
from tests.bench.opinions import BROKEN, agreed, ask, by_hand, counted


@pytest.fixture(scope="module")
def both():
    """All five answers of 40 clusters, and those that are asked for when votes that are settled end it."""
    return [ask(5, early=early, broken=BROKEN, latency_s=0.0) for early in (False, True)]


def test_votes_are_those_counted_by_hand_at_every_level_whatever_their_order(both):
    whole, _ = both
    assert len(whole.opinions) == 40
    assert any(answer.status == "missing" for o in whole.opinions.values() for answer in o.answers)
    for opinion in whole.opinions.values():
        assert by_hand(opinion) == counted(opinion)
        labels = [answer.label for answer in opinion.answers if answer.status == "answered"]
        assert consensus_of(labels[::-1]).levels == consensus_of(labels).levels == opinion.consensus.levels


def test_stopping_early_saves_a_third_of_the_calls_at_the_same_result(both):
    whole, stopped = both
    assert agreed(stopped) == agreed(whole)
    assert stopped.calls <= 0.7 * whole.calls
