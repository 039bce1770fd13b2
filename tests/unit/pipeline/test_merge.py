"""Groupings joined by cluster id, with prepared replies of the merger."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cassia_core.domain.annotation import ClusterResult, Proposal
from cassia_core.errors import Overloaded, RunCancelled
from cassia_core.pipeline.annotation.merge import merge_labels
from tests.annotating import HUMAN_BLOOD, Scripted, scripted_bench


def result(cluster: str, label: str = "naive B cell") -> ClusterResult:
    if not label:
        return ClusterResult(cluster=cluster, status="failed", reason="No answer.")
    return ClusterResult(
        cluster=cluster, status="done", proposal=Proposal(general="B cell", subtypes=(label,))
    )


RESULTS = (result("0"), result("10", "memory B cell"), result("CD4+", "Treg"), result("3", ""))


def groups(**by_cluster: str) -> str:
    return (
        "```json\n"
        + json.dumps({c: ["lymphocyte", "B cell", name] for c, name in by_cluster.items()})
        + "\n```"
    )


def merge(
    tmp_path: Path, provider: Scripted, **changes: object
) -> tuple[dict[str, ClusterResult], list[str]]:
    notices: list[str] = []
    with scripted_bench(tmp_path, provider, max_retries=0, **changes) as bench:
        merged = merge_labels(
            RESULTS,
            setting=HUMAN_BLOOD,
            params=bench.params,
            asker=bench.asker,
            dataset="d",
            notice=notices.append,
        )
    assert [r.cluster for r in merged] == [r.cluster for r in RESULTS]
    return {r.cluster: r for r in merged}, notices


def test_groups_go_to_the_cluster_they_name(tmp_path: Path):
    reply = groups(**{"CD4+": "c", "10": "b", "0": "a"})
    merged, notices = merge(tmp_path, Scripted(merger=reply))
    assert [merged[c].merged.grouping_3 for c in ("0", "10", "CD4+")] == ["a", "b", "c"]
    assert {(r.merged.grouping_1, r.merged.grouping_2) for r in merged.values() if r.merged} == {
        ("lymphocyte", "B cell")
    }
    assert merged["3"].merged is None and notices == []


def test_the_merger_sees_general_type_and_label_of_every_cluster(tmp_path: Path):
    provider = Scripted(merger=groups(**{"0": "a", "10": "b", "CD4+": "c"}))
    merge(tmp_path, provider)
    assert provider.requests[0].task.labels == (
        ("0", "B cell", "naive B cell"),
        ("10", "B cell", "memory B cell"),
        ("CD4+", "B cell", "Treg"),
    )


def test_a_cluster_left_out_is_asked_for_once_more_alone(tmp_path: Path):
    provider = Scripted(merger=[groups(**{"0": "a", "CD4+": "c"}), groups(**{"10": "b"})])
    merged, notices = merge(tmp_path, provider)
    assert merged["10"].merged.grouping_3 == "b" and notices == []
    assert list(json.loads(provider.requests[1].messages[1].content)["labels"]) == ["10"]
    assert [request.attempt for request in provider.requests] == [1, 2]


def test_a_cluster_left_out_twice_has_no_group_and_is_named(tmp_path: Path):
    provider = Scripted(merger=groups(**{"0": "a", "CD4+": "c"}))
    merged, notices = merge(tmp_path, provider)
    assert merged["10"].merged is None and merged["10"].label == "memory B cell"
    assert len(notices) == 1 and "10" in notices[0]
    assert len(provider.requests) == 2, "asked twice and not more often: every round costs"


def test_a_reply_that_cannot_be_read_is_named_with_its_reason(tmp_path: Path):
    merged, notices = merge(tmp_path, Scripted(merger="These are all lymphocytes."))
    assert not any(r.merged for r in merged.values())
    assert "3 clusters have no groups: 0, 10, CD4+" in notices[0] and "no JSON block" in notices[0]


def test_clusters_that_were_not_asked_for_are_ignored(tmp_path: Path):
    merged, _ = merge(
        tmp_path, Scripted(merger=groups(**{"0": "a", "10": "b", "CD4+": "c", "3": "d", "99": "e"}))
    )
    assert merged["3"].merged is None and "99" not in merged


def test_labels_stay_when_the_merger_cannot_be_reached(tmp_path: Path):
    merged, notices = merge(tmp_path, Scripted(merger=Overloaded("The server failed.")))
    assert [r.label for r in merged.values()] == ["naive B cell", "memory B cell", "Treg", ""]
    assert "not merged" in notices[0]


def test_a_blind_run_sends_numbers_for_names(tmp_path: Path):
    provider = Scripted(merger=groups(**{"1": "a", "2": "b", "3": "c"}))
    merged, notices = merge(tmp_path, provider, blind=True)
    assert "CD4+" not in provider.requests[0].messages[1].content
    assert [merged[c].merged.grouping_3 for c in ("0", "10", "CD4+")] == ["a", "b", "c"]
    assert merged["3"].merged is None and notices == []


def test_nothing_is_asked_when_there_is_no_label(tmp_path: Path):
    provider = Scripted(merger="never")
    with scripted_bench(tmp_path, provider) as bench:
        merge_labels(
            (RESULTS[3],),
            setting=HUMAN_BLOOD,
            params=bench.params,
            asker=bench.asker,
            dataset="d",
            notice=print,
        )
    assert provider.requests == []


def test_cancelling_is_raised(tmp_path: Path):
    with pytest.raises(RunCancelled):
        merge(tmp_path, Scripted(merger="x"), stopped=lambda: True)
