"""Replies without an end are cut short, and forms for small models have ends."""

from __future__ import annotations

import json
from pathlib import Path

from cassia_core.agents import forms
from cassia_core.llm.form_ends import LONGEST_NAME, MOST_ITEMS, with_ends
from cassia_core.llm.replies.endless import repeated_length, without_repetitions
from tests.annotating import Bench, cluster_of, own_label, quick
from tests.model_server import Answer, ModelServer

LOOP = '"This species is a member of the AIF1 family.", '


def test_a_text_that_repeats_itself_is_cut_after_the_first_time():
    assert repeated_length("Reasons:" + LOOP * 40) == (len(LOOP), len(LOOP) * 40)
    assert without_repetitions("Reasons:" + LOOP * 40) == "Reasons:" + LOOP
    counted = "".join(f"{n}. CD3D is a gene of T cells. " for n in range(10, 60))
    assert repeated_length(counted)[0] > 0, "numbers that count up are no difference"


def test_long_lists_and_repeated_words_are_answers():
    genes = ", ".join(f"GENE{chr(65 + n % 26)}{chr(65 + n // 26)}" for n in range(400))
    for text in (genes, LOOP * 7, "-" * 300, ""):
        assert repeated_length(text) == (0, 0)
        assert without_repetitions(text) == text


def test_an_answer_before_an_endless_tail_is_read_and_the_server_is_left(tmp_path: Path):
    def endless(asked, good: str) -> Answer | None:
        return Answer(text=good + LOOP * 2000) if asked.agent == "annotator" else None

    cluster = cluster_of("0")
    with ModelServer(fault=endless) as server, Bench(quick(server, boost="off"), tmp_path) as bench:
        result = bench.one(cluster)
    assert (result.status, result.label) == ("done", own_label(cluster))
    assert server.stats.calls == 2 and "cut_repetition" in result.turns[0].repairs
    assert len(result.turns[0].text) < 3000


def test_a_form_for_a_server_of_ones_own_has_ends_everywhere():
    fields = with_ends(forms.ANNOTATION)["properties"]
    assert fields["subtypes"]["maxItems"] == MOST_ITEMS
    assert fields["subtypes"]["items"]["maxLength"] == fields["general"]["maxLength"] == LONGEST_NAME > 200
    assert "maxLength" not in forms.ANNOTATION["properties"]["general"], "the form itself is left as it is"


def test_many_clusters_of_the_same_names_are_no_repetition():
    groups = {str(n): ["T cell", "T cell", "CD4-positive, alpha-beta T cell"] for n in range(200)}
    assert repeated_length(json.dumps(groups)) == (0, 0)
