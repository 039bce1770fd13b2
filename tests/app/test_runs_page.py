"""The page Runs as a person meets it: the list, two runs compared, tokens and cost, the archive."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from cassia_core import settings
from cassia_core.domain.config import PartOf
from cassia_core.errors import InputError
from cassia_core.services.labels import review
from cassia_core.services.runs import runs
from tests.small_runs import annotate_lists, call, past_run, write_lists

ROOT = Path(__file__).resolve().parents[2]
FAULT = "This page could not be drawn"
NOW = datetime.now(UTC).isoformat(timespec="milliseconds")


@pytest.fixture
def root(home: Path) -> Path:
    """The folder of the app's runs."""
    return settings.runs_root()


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory) -> Path:
    """A folder with two runs of one marker table, in two tissues."""
    folder = tmp_path_factory.mktemp("two_runs")
    table = write_lists(folder / "lists.csv")
    annotate_lists(folder, table, "First")
    annotate_lists(folder, table, "Second", tissue="lung")
    return folder


def take_over(folder: Path, root: Path) -> dict[str, str]:
    """Copy all runs of a folder into the app's; gives title to id."""
    root.mkdir(parents=True, exist_ok=True)
    for run in runs.list_runs(folder):
        shutil.copytree(folder / run.run_id, root / run.run_id)
    return {run.title: run.run_id for run in runs.list_runs(root)}


def open_runs(part: str = "") -> AppTest:
    at = AppTest.from_file(str(settings.app_folder() / "app.py"), default_timeout=90).run()
    at = healthy(at.switch_page("pages/runs.py").run())
    return choose(at, "part", part) if part else at


def choose(at: AppTest, key: str, value: object) -> AppTest:
    """Press a segment or pill."""
    return healthy(at.button_group(key=key).set_value(value).run())


def text_of(at: AppTest) -> str:
    return "\n".join(
        str(getattr(e, "value", ""))
        for kind in ("markdown", "title", "subheader", "caption")
        for e in getattr(at, kind)
    ).replace("\\", "")


def healthy(at: AppTest) -> AppTest:
    assert not at.exception, at.exception
    assert FAULT not in text_of(at), text_of(at)
    return at


def press(at: AppTest, key: str) -> AppTest:
    return healthy(at.button(key=key).click().run())


def opened(at: AppTest) -> list[str]:
    """Ids of the runs that are listed, in their order."""
    return [b.key.removeprefix("open_") for b in at.button if str(b.key).startswith("open_run_")]


def test_without_runs_every_part_says_what_will_appear(home):
    at = open_runs()
    assert "No runs yet" in text_of(at)
    for part, words in (
        ("compare", "Nothing to compare yet"),
        ("usage", "Nothing asked yet"),
        ("archive", "No archived runs"),
    ):
        assert words in text_of(choose(at, "part", part))


def test_one_run_is_told_that_a_comparison_needs_two(root):
    past_run(root, "Alone", call(NOW))
    assert "a comparison needs two" in text_of(open_runs("compare"))


def test_the_list_is_filtered_by_state_and_by_words(root):
    done = past_run(root, "Kidney", call(NOW))
    failed = past_run(root, "Liver", state="failed", clusters=0)
    at = open_runs()
    assert opened(at) == [failed, done]
    assert "No cost" not in text_of(at) and "120 tokens, $0.01" in text_of(at)
    assert opened(choose(at, "runs_status", ["failed"])) == [failed]
    choose(at, "runs_status", [])
    assert opened(healthy(at.text_input(key="runs_search").set_value("kidney").run())) == [done]
    assert "No run has these words" in text_of(
        healthy(at.text_input(key="runs_search").set_value("spleen").run())
    )


def test_many_runs_are_shown_in_pages(root):
    made = [past_run(root, f"Number {n}") for n in range(20)][::-1]
    at = open_runs()
    assert opened(at) == made[:15] and "1 to 15 of 20 runs" in text_of(at)
    healthy(at.pagination[0].set_value(2).run())
    assert opened(at) == made[15:] and "16 to 20 of 20 runs" in text_of(at)


def test_a_run_is_archived_and_brought_back(root):
    run_id = past_run(root, "Kidney", call(NOW))
    at = press(open_runs(), f"archive_{run_id}")
    assert runs.list_runs() == () and "No runs yet" in text_of(at)
    at = choose(at, "part", "archive")
    assert "Kidney" in text_of(at) and opened(at) == []
    at = press(at, f"unarchive_{run_id}")
    assert [r.run_id for r in runs.list_runs()] == [run_id] and "No archived runs" in text_of(at)


def test_a_run_goes_only_after_the_question_was_answered(root):
    run_id = past_run(root, "Kidney")
    at = press(open_runs(), f"delete_{run_id}")
    assert "removed for good" in text_of(at) and (root / run_id).is_dir()
    next(b for b in at.button if b.label == "Keep it").click().run()
    assert (root / run_id).is_dir()
    at = press(open_runs(), f"delete_{run_id}")
    next(b for b in at.button if b.label == "Delete for good").click().run()
    assert not (root / run_id).exists()


def test_a_run_that_cannot_be_read_is_listed_with_its_problem_and_can_be_deleted(root):
    past_run(root, "Sound")
    run_id = past_run(root, "Damaged")
    runs.find_run(run_id).config.write_text("{}")
    at = open_runs()
    assert "Cannot be read" in text_of(at) and "Sound" in text_of(at)
    at = press(at, f"delete_{run_id}")
    next(b for b in at.button if b.label == "Delete for good").click().run()
    assert [r.title for r in runs.list_runs()] == ["Sound"]


def test_a_run_that_looks_into_another_says_of_which_it_is_part(root):
    parent = past_run(root, "Blood")
    past_run(root, "Inside 1", part_of=PartOf(run=parent, dataset="lists", clusters=("1",), title="Blood"))
    at = open_runs()
    assert [link.value for link in at.page_link] == ["part of Blood"]
    press(at, f"archive_{parent}")
    assert "part of Blood, which is not in this list" in text_of(open_runs())


def test_two_runs_are_compared_with_their_labels_set_up_and_cost(root, two_runs):
    ids = take_over(two_runs, root)
    review.apply_edit(ids["Second"], "lists", ("0",), "rename", label="megakaryocyte")
    at = open_runs("compare")
    text = text_of(at)
    assert (
        at.selectbox(key="compare_one").value == ids["First"]
        and at.selectbox(key="compare_other").value == ids["Second"]
    )
    assert {m.label for m in at.metric} >= {
        "The same label",
        "Parent or child type",
        "Same lineage",
        "Different",
    }
    changed = at.dataframe[0].value
    assert "megakaryocyte ✎" in set(changed["Second label"]) and "corrected by a person" in text
    tables = " ".join(str(t.value) for t in at.table)
    assert "Tissue" in tables and "lung" in tables and "No cost, nothing sent" in tables
    healthy(at.selectbox(key="compare_other").set_value(ids["First"]).run())
    assert "the same run" in text_of(at)


def test_a_run_is_compared_from_its_menu(root, two_runs):
    ids = take_over(two_runs, root)
    at = press(open_runs(), f"compare_{ids['First']}")
    assert at.selectbox(key="compare_other").value == ids["First"]


def test_runs_that_cannot_be_compared_say_why_and_still_show_what_differs(root, two_runs):
    take_over(two_runs, root)
    other = past_run(root, "Third", call(NOW))
    at = open_runs("compare")
    assert at.selectbox(key="compare_other").value == other
    assert "cannot be compared" in text_of(at) and "Third has no labels" in text_of(at)
    assert "Who answers" in " ".join(str(t.value) for t in at.table) and not at.dataframe


def test_tokens_and_cost_are_summed_by_model_and_an_unknown_price_is_said(root):
    past_run(root, "Priced", call(NOW, cost_usd=0.5), call(NOW, model="model-b", cost_usd=None))
    past_run(
        root, "Offline", call(NOW, provider="offline", model="cassia-offline", tokens=(0, 0), cost_usd=0.0)
    )
    at = open_runs("usage")
    told = {m.label: m.value for m in at.metric}
    assert told == {"Runs": "2", "Tokens in": "200", "Tokens out": "40", "Cost": "$0.50 + unknown"}
    assert "1 run was answered by the offline engine" in text_of(at) and "nothing sent" in text_of(at)
    assert "price not known" in " ".join(str(t.value) for t in at.table)
    for key, value in (("usage_measure", "Cost"), ("usage_by", "By run"), ("usage_period", "7 days")):
        choose(at, key, value)
    assert {m.label: m.value for m in at.metric} == told


def test_offline_runs_alone_cost_nothing_and_get_no_chart_of_nothing(root):
    past_run(
        root,
        "Offline",
        call(NOW, provider="offline", model="cassia-offline", tokens=(0, 0), cost_usd=0.0),
        provider="offline",
        model="cassia-offline",
    )
    at = open_runs()
    assert "No cost, nothing sent" in text_of(at)
    at = choose(at, "part", "usage")
    assert "No cost, nothing sent" in text_of(at) and not at.get("plotly_chart")


def test_runs_of_a_folder_that_the_operator_allows_are_opened_by_path(tmp_path, monkeypatch):
    elsewhere = tmp_path / "project" / "batch_results"
    past_run(elsewhere, "Made on the command line")
    monkeypatch.setenv("CASSIA_DATA_DIRS", str(tmp_path / "project"))
    at = open_runs()
    at.text_input[-1].input(str(elsewhere))
    next(b for b in at.button if b.proto.is_form_submitter).click()
    at.run()
    assert not at.exception
    assert any("Made on the command line" in m.value for m in at.markdown)


def test_a_folder_that_is_not_allowed_is_refused_in_words(tmp_path, monkeypatch):
    monkeypatch.setenv("CASSIA_DATA_DIRS", str(tmp_path / "project"))
    with pytest.raises(InputError, match="not in a folder you may read from"):
        runs.open_elsewhere(str(tmp_path / "other"))
