"""A run that is stopped late keeps what it has, and a replayed run pays nothing and says so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cassia_core.domain.config import DatasetSpec, RunConfig
from cassia_core.domain.outcome import DatasetOutcome
from cassia_core.errors import RunCancelled, RunNotFound
from cassia_core.pipeline import dataset
from cassia_core.runs.codec import read_json
from cassia_core.runs.layout import DatasetLayout, RunLayout
from cassia_core.runs.store import create_run, list_elsewhere, load_cluster
from tests.small_runs import fill

LISTS = 'cluster,marker_genes\n0,"CD79A,MS4A1,CD79B,CD19,BANK1,PAX5"\n1,"CD3D,CD3E,CD3G,TRAC,IL7R,CD2"\n'


def started(tmp_path: Path, **changes: object) -> tuple[RunLayout, RunConfig, DatasetLayout]:
    table = tmp_path / "lists.csv"
    table.write_text(LISTS)
    spec = DatasetSpec(name="lists", path=str(table), tissue="blood")
    config = RunConfig(datasets=(spec,), **changes)
    layout = create_run(config, tmp_path / "runs", {})
    return layout, config, layout.dataset(0, spec)


def test_a_run_cancelled_while_labels_are_grouped_writes_what_it_has_and_groups_them_when_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    layout, config, files = started(tmp_path)

    def cancelled(*_: object, **__: object) -> None:
        layout.cancel.touch()
        raise RunCancelled("The run was cancelled.", "", "")

    with monkeypatch.context() as patch:
        patch.setattr(dataset, "merge_labels", cancelled)
        assert fill(layout, config) == "cancelled"
    assert files.summary_csv.exists() and files.report_html.exists() and files.conversations_json.exists()
    assert "B cell" in files.scored_csv.read_text()
    outcome = read_json(files.outcome, DatasetOutcome)
    assert (outcome.status, outcome.error) == ("cancelled", "Cancelled before the labels were grouped.")
    layout.cancel.unlink()
    assert fill(layout, config) == "success"
    assert load_cluster(files, "0").merged.grouping_1


def test_a_replay_pays_nothing_and_says_so_everywhere(tmp_path: Path):
    recorded, config, _ = started(tmp_path)
    assert fill(recorded, config) == "success"
    layout, config, files = started(tmp_path, replay_from=str(recorded.root))
    assert fill(layout, config) == "success"
    tracking = json.loads(layout.token_tracking.read_text())
    assert (tracking["total_calls"], tracking["total_cost"], tracking["replayed_from"]) == (
        0,
        0,
        str(recorded.root),
    )
    row = load_cluster(files, "0")
    assert (row.cost_usd, row.input_tokens, row.output_tokens) == (0, 0, 0)
    assert all(turn.replayed for turn in row.turns if turn.model)
    assert "nothing was paid" in layout.batch_summary_txt.read_text()
    assert "replayed, nothing paid" in files.report_html.read_text()


def of_table(tmp_path: Path, text: str) -> tuple[str, DatasetOutcome]:
    table = tmp_path / "lists.csv"
    table.write_text(text)
    spec = DatasetSpec(name="lists", path=str(table), tissue="blood")
    config = RunConfig(datasets=(spec,))
    layout = create_run(config, tmp_path / "runs", {})
    state = fill(layout, config)
    return state, read_json(layout.dataset(0, spec).outcome, DatasetOutcome)


def test_the_offline_engine_refuses_names_that_it_knows_none_of_before_it_runs(tmp_path: Path):
    rows = [f"{cluster},qz{letter}xw{cluster}k" for cluster in (0, 1) for letter in "abcdefgh"]
    state, outcome = of_table(tmp_path, "cluster,gene\n" + "\n".join(rows))
    assert state == outcome.status == "failed"
    assert "knows none of the genes" in outcome.error and "qzaxw0k" in outcome.error
    assert outcome.n_clusters is None


def test_a_run_that_names_no_cluster_is_no_success(tmp_path: Path):
    rows = [f"{cluster},qz{letter}xw{cluster}k" for cluster in (0, 1) for letter in "abcdefgh"]
    state, outcome = of_table(tmp_path, "cluster,gene\n" + "\n".join([*rows, "0,GAPDH", "1,ACTB"]))
    assert state == outcome.status == "partial"
    assert "None of the 2 clusters could be named" in outcome.error


def test_a_run_goes_on_from_one_that_was_opened_from_elsewhere(tmp_path: Path):
    """A higher limit is set in the app for a run of another folder: what that run paid is found there."""
    (tmp_path / "first").mkdir()
    parent, config, _ = started(tmp_path / "first")
    fill(parent, config)
    (tmp_path / "app").mkdir()
    child, config, _ = started(tmp_path / "app", parent_run=parent.root.name + "_elsewhere")
    with pytest.raises(RunNotFound, match="goes on from"):
        fill(child, config)
    elsewhere = RunLayout(root=parent.root.rename(parent.root.with_name(parent.root.name + "_elsewhere")))
    list_elsewhere(elsewhere.root, child.root.parent)
    assert fill(child, config) == "success"
    results = [load_cluster(child.dataset(0, config.datasets[0]), c) for c in ("0", "1")]
    assert all(turn.replayed for r in results for turn in r.turns if turn.model), "nothing is paid again"
