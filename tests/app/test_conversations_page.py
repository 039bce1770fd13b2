"""The page Conversations: many clusters, filters, search, one open at a time, the way to the map."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from cassia_core import settings
from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.services.labels import review
from cassia_core.services.runs import results, runs
from cassia_ui.frame.markup import marked

ROOT = Path(__file__).resolve().parents[2]
LISTS = (
    ("MS4A1", "CD79A", "CD79B", "CD19"),
    ("CD3D", "CD3E", "IL7R", "TRAC"),
    ("NKG7", "GNLY", "GZMB", "KLRD1"),
    ("LYZ", "CD14", "S100A8", "S100A9"),
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> tuple[Path, str]:
    """A home with a finished offline run over 45 clusters; the one called "T/NK 44" has no usable gene."""
    folder = tmp_path_factory.mktemp("many")
    lines = [f"{i},{gene}" for i in range(44) for gene in LISTS[i % 4]] + ["T/NK 44,"]
    table = folder / "many.csv"
    table.write_text("\n".join(["cluster,gene", *lines]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CASSIA_HOME", str(folder))
        run_id = runs.start_run(
            RunConfig(datasets=(DatasetSpec(name="many", path=str(table), tissue="blood"),))
        )
        deadline = time.monotonic() + 120
        while runs.view_run(run_id).state not in runs.ENDED:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    return folder, run_id


@pytest.fixture
def many(finished, monkeypatch) -> str:
    monkeypatch.setenv("CASSIA_HOME", str(finished[0]))
    return finished[1]


def page_of(run_id: str, cluster: str = "") -> AppTest:
    at = AppTest.from_file(str(settings.app_folder() / "app.py"), default_timeout=90)
    at.query_params["run"] = run_id
    at.run()
    if cluster:
        at.session_state["chosen_cluster"] = cluster
    return at.switch_page("pages/conversations.py").run()


def listed(at: AppTest) -> list[str]:
    """Labels of the expanders of clusters."""
    return [label for e in at.expander if ":gray[cluster " in (label := e.label.replace("\\", ""))]


def texts(at: AppTest) -> str:
    assert not at.exception, at.exception
    return "\n".join(
        [
            *(str(e.value) for kind in ("markdown", "caption") for e in getattr(at, kind)),
            *(str(e.proto.body) for e in at.get("html")),
        ]
    ).replace("\\", "")


def test_of_many_clusters_one_page_is_listed_and_only_the_first_is_drawn(many):
    at = page_of(many)
    text = texts(at)
    assert len(listed(at)) == 20
    assert text.count("Evidence in your data") == 1, "what is closed costs nothing"
    at.number_input[0].set_value(3).run()
    assert len(listed(at)) == 5
    texts(at)


def test_the_cluster_chosen_elsewhere_is_on_the_page_that_opens_and_is_the_one_that_is_open(many):
    rows = results.look_first(results.load_results(many, "many").rows)
    at = page_of(many, rows[30].cluster)
    assert at.number_input[0].value == 2
    assert any(
        f"[cluster {rows[30].cluster}," in label or f"[cluster {rows[30].cluster}]" in label
        for label in listed(at)
    )
    assert any(b.key == f"map_{rows[30].cluster}" for b in at.button)


def test_a_search_finds_clusters_by_gene_says_how_many_and_marks_the_word(many):
    at = page_of(many)
    at.text_input(key="talk_search").set_value("cd79b").run()
    text = texts(at)
    assert "11 of 45 clusters have this word." in text
    assert "<mark>CD79B</mark>" in text
    at.text_input(key="talk_search").set_value("no such word anywhere").run()
    assert "No conversation has these words" in texts(at)


def test_filters_by_state_are_offered_where_there_is_something_to_show(many):
    at = page_of(many)
    pills = at.get("button_group")[0]
    names = [o.content for o in pills.proto.options]
    assert any(n.startswith("All 45") for n in names)
    assert any(n.startswith("Not annotated 1") for n in names) and not any(
        n.startswith("No answer") for n in names
    )


def test_from_a_conversation_a_person_gets_to_the_cluster_among_the_results(many):
    at = page_of(many)
    way = next(b for b in at.button if b.label == "Show on the map")
    at = way.click().run()
    texts(at)
    assert at.session_state["chosen_cluster"] == way.key.removeprefix("map_")
    assert at.title[0].value == "Results"


def test_a_failed_cluster_says_why_and_pretends_no_conversation(many, monkeypatch):
    data = results.load_results(many, "many")
    failed = replace(
        data.rows[0],
        status="failed",
        proposal=None,
        light=None,
        turns=(),
        evidence=None,
        score=None,
        reason="The server is overloaded <b>or</b> broken.",
    )
    monkeypatch.setattr(results, "load_results", lambda *_: replace(data, rows=(failed, *data.rows[1:])))
    st.cache_resource.clear()
    at = page_of(many)
    st.cache_resource.clear()
    text = texts(at)
    assert "The server is overloaded <b>or</b> broken." in text and "No label" in "".join(listed(at))


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("CD79A and cd79a", ["cd79a"], "<mark>CD79A</mark> and <mark>cd79a</mark>"),
        ("a<b>c", ["b"], "a&lt;<mark>b</mark>&gt;c"),
        ("<script>", ["<script>"], "<mark>&lt;script&gt;</mark>"),
        ("nothing", [], "nothing"),
        ("&amp", ["amp"], "&amp;<mark>amp</mark>"),
        ("a.c abc", ["a.c"], "<mark>a.c</mark> abc"),
    ],
)
def test_searched_words_are_marked_and_everything_is_escaped(text, words, expected):
    assert marked(text, words) == expected


def test_a_cluster_that_only_a_person_named_shows_no_evidence_of_the_run(many):
    review.apply_edit(many, "many", ("T/NK 44",), "rename", label="T cell")
    at = page_of(many, "T/NK 44").switch_page("pages/results.py").run()
    text = texts(at)
    assert "What the run said:" in text and "no genes were weighed for or against one" in text
    assert "has no name that genes could speak for" not in text
    review.undo(many, "many")
