"""The run's progress, folded from events."""

from __future__ import annotations

from dataclasses import replace

from cassia_core.domain import events as ev
from cassia_core.domain.progress import fold

STORY = (
    ev.RunStarted(seq=1, at="t1", datasets=("a", "b")),
    ev.DatasetStarted(seq=2, dataset="a"),
    ev.StageStarted(seq=3, dataset="a", stage="read"),
    ev.StageFinished(seq=4, dataset="a", stage="read", seconds=1.5, summary="700 cells"),
    ev.ClustersFound(seq=5, dataset="a", clusters=("0", "1", "10"), n_cells=(50, 40, None)),
    ev.AgentStarted(seq=6, dataset="a", cluster="10", agent="annotator", attempt=1),
    ev.TurnFinished(
        seq=7, dataset="a", cluster="10", agent="annotator", attempt=1, label="B cell", text="CD79A"
    ),
    ev.UsageAdded(seq=8, dataset="a", cluster="10", input_tokens=100, output_tokens=20, cost_usd=0.01),
    ev.UsageAdded(seq=9, dataset="a", cluster="10", input_tokens=10, output_tokens=2, cost_usd=None),
    ev.ClusterFinished(seq=10, dataset="a", cluster="10", label="B cell", score=92.0, light="high"),
    ev.ClusterFailed(seq=11, dataset="a", cluster="1", reason="No answer."),
    ev.DatasetFinished(seq=12, dataset="a", status="partial", error="1 of 3"),
    ev.RunFinished(seq=13, at="t9", status="partial"),
)


def test_tiles_are_kept_per_cluster_and_one_does_not_touch_ten():
    tiles = {t.cluster: t for t in fold(STORY).dataset("a").tiles}
    assert [tiles[c].state for c in ("0", "1", "10")] == ["waiting", "failed", "scored"]
    assert tiles["10"].label == "B cell" and tiles["1"].label == ""
    assert tiles["0"].n_cells == 50


def test_an_unknown_price_is_counted_and_never_taken_for_zero():
    usage = fold(STORY).usage
    assert (usage.calls, usage.total_tokens, usage.cost_usd, usage.unpriced_calls) == (2, 132, 0.01, 1)


def test_folding_in_two_parts_gives_the_same_view_as_in_one():
    assert fold(STORY[6:], fold(STORY[:6])) == fold(STORY)


def test_a_resumed_run_is_running_again_and_keeps_its_beginning():
    view = fold((*STORY, ev.RunStarted(seq=14, at="t20", datasets=("a", "b"), resumed=True)))
    assert (view.state, view.started_at, view.finished_at) == ("running", "t1", "")
    assert view.dataset("a").finished_clusters == 2


def test_a_failed_cluster_loses_its_label():
    view = fold((*STORY, ev.ClusterFailed(seq=14, dataset="a", cluster="10", reason="cut off")))
    assert [t.label for t in view.dataset("a").tiles if t.cluster == "10"] == [""]


def test_a_cluster_that_was_under_way_when_its_dataset_ended_has_no_label():
    story = (
        *STORY[:7],
        ev.StageStarted(seq=8, dataset="a", stage="annotate"),
        ev.DatasetFinished(seq=9, dataset="a", status="cancelled"),
    )
    dataset = fold(story).dataset("a")
    assert [(t.cluster, t.state, t.label) for t in dataset.tiles if t.cluster == "10"] == [
        ("10", "waiting", "")
    ]
    assert dataset.labelled_clusters == 0
    assert {s.stage: s.state for s in dataset.stages} == {"read": "done", "annotate": "failed"}


def test_the_clock_for_the_time_left_starts_with_the_first_turn_of_each_worker():
    story = tuple(replace(e, at="t5") if e.seq == 7 else e for e in STORY)
    assert (fold(story).talking_since, fold(story).done_before) == ("t5", 0)
    again = (*story, ev.RunStarted(seq=14, at="t20", datasets=("a", "b"), resumed=True))
    assert fold(again).talking_since == ""
    later = fold(
        (
            *again,
            ev.TurnFinished(seq=15, at="t25", dataset="a", cluster="0", text="MS4A1"),
            ev.TurnFinished(seq=16, at="t30", dataset="a", cluster="0", text="MS4A1"),
        )
    )
    assert (later.talking_since, later.done_before) == ("t25", 2)


def test_a_step_says_how_long_it_still_takes_once_its_pace_is_known():
    begun = ev.StageStarted(seq=20, at="2026-11-21T10:00:00+00:00", dataset="a", stage="umap")
    at_once = ev.StageProgress(
        seq=21, at="2026-11-21T10:00:00.2+00:00", dataset="a", stage="umap", fraction=0.01
    )
    later = ev.StageProgress(seq=22, at="2026-11-21T10:00:10+00:00", dataset="a", stage="umap", fraction=0.25)
    done = ev.StageFinished(seq=23, at="2026-11-21T10:00:40+00:00", dataset="a", stage="umap", seconds=40)
    told = [
        fold((*STORY[:4], *events)).dataset("a").stages[-1].seconds_left
        for events in ((begun,), (begun, at_once), (begun, at_once, later), (begun, later, done))
    ]
    assert told == [None, None, 30.0, None]


def test_unknown_is_no_label_and_all_that_is_not_of_high_confidence_is_to_look_at():
    story = (
        ev.DatasetStarted(seq=1, dataset="a"),
        ev.ClustersFound(seq=2, dataset="a", clusters=("0", "1", "2"), n_cells=(9, 9, 9)),
        ev.ClusterFinished(seq=3, dataset="a", cluster="0", label="B cell", score=99.0, light="high"),
        ev.ClusterFinished(seq=4, dataset="a", cluster="1", label="T cell", score=74.0, light="medium"),
        ev.ClusterFinished(seq=5, dataset="a", cluster="2", label="Unknown", light="look"),
    )
    view = fold(story).dataset("a")
    assert (view.finished_clusters, view.labelled_clusters, view.to_look_at) == (3, 2, 2)


def test_a_run_on_a_part_of_a_file_says_so_and_one_on_all_cells_does_not():
    read = ev.StageFinished(dataset="d", stage="read", n_cells=65, n_cells_of_file=700)
    later = ev.StageFinished(dataset="d", stage="qc")
    assert fold([read, later]).datasets[0].part == (65, 700)
    assert fold([ev.StageFinished(dataset="d", stage="read", n_cells=700), later]).datasets[0].part is None
