"""40 clusters under every fault, through the real SDK: nothing is lost, nothing is invented
(docs/FAULTS.md).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from cassia_core.domain.annotation import ClusterResult
from cassia_core.pipeline.annotation.merge import merge_labels
from cassia_core.pipeline.asking import sending
from tests.annotating import HUMAN_BLOOD, Bench, cluster_of, own_label, quick
from tests.model_server import FAULTS, Answer, Asked, ModelServer

CLUSTERS = tuple(cluster_of(str(number)) for number in range(40))
When = Callable[[Asked], bool]


def once(asked: Asked) -> bool:
    """Each question goes wrong the first time it is asked."""
    return asked.times == 1


def first_40(asked: Asked) -> bool:
    return asked.number <= 40


def for_every_third(asked: Asked) -> bool:
    """Every third cluster goes wrong, each time."""
    return bool(asked.markers) and int(asked.markers[0][1:].split("G")[0]) % 3 == 0


def after_10(asked: Asked) -> bool:
    return asked.number > 10


@dataclass(frozen=True)
class Case:
    """A fault, when it strikes, and how the struck clusters must end: statuses in words, "done" for all the
    rest.
    """

    fault: str
    when: When
    struck: tuple[str, ...]
    wire: str = "openai"

    @property
    def name(self) -> str:
        return f"{self.fault}, {self.when.__name__}, {self.wire}"


HEALED, REVIEW, FAILED = ("done",), ("needs_review",), ("failed",)
CASES = (
    Case("429", first_40, HEALED),
    Case("429-retry-after", first_40, HEALED),
    Case("429", once, HEALED, "anthropic"),
    Case("500", once, HEALED),
    Case("503", once, HEALED),
    Case("503", once, HEALED, "anthropic"),
    Case("500", for_every_third, FAILED),
    Case("timeout", once, HEALED),
    Case("reset", once, HEALED),
    Case("reset", for_every_third, FAILED),
    Case("empty", once, HEALED),
    Case("null", once, HEALED),
    Case("empty", for_every_third, FAILED),
    Case("filtered", once, HEALED),
    Case("filtered", for_every_third, FAILED),
    Case("truncated", once, HEALED),
    Case("refusal", once, HEALED),
    Case("refusal", for_every_third, FAILED),
    Case("no-json", once, HEALED),
    Case("no-json", for_every_third, HEALED),
    Case("broken-json", once, HEALED),
    Case("wrong-types", once, HEALED),
    Case("wrong-types", for_every_third, HEALED),
    Case("two-answers", once, HEALED),
    Case("two-answers", for_every_third, HEALED),
    Case("other-cluster", once, HEALED),
    Case("other-cluster", for_every_third, FAILED),
    Case("score-850", once, HEALED),
    Case("score-850", for_every_third, REVIEW),
    Case("score-text", once, HEALED),
    Case("no-stop-phrase", once, HEALED),
    Case("no-stop-phrase", for_every_third, REVIEW),
    Case("401", after_10, ("done", "failed", "needs_review")),
    Case("402", after_10, ("done", "failed", "needs_review")),
    Case("out-of-credit", after_10, ("done", "failed", "needs_review"), "anthropic"),
)


def run(case: Case, folder: Path, **params: object) -> tuple[tuple[ClusterResult, ...], ModelServer, Bench]:
    def fault(asked: Asked, good: str) -> Answer | None:
        return FAULTS[case.fault](asked, good) if case.when(asked) else None

    with ModelServer(fault=fault) as server:
        settings = {
            "boost": "off",
            "first_word_timeout_s": 0.2 if case.fault == "timeout" else 20.0,
            **params,
        }
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sending, "NEAR_AT_ONCE", None)  # as a provider far away: all workers at once
            bench = Bench(quick(server, case.wire, **settings), folder, wait_s=0.005)
            with bench:
                results = bench.all(CLUSTERS)
    return results, server, bench


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_cluster_comes_back_with_its_own_label_or_a_reason(case: Case, tmp_path: Path):
    results, server, bench = run(case, tmp_path)
    assert [r.cluster for r in results] == [c.cluster for c in CLUSTERS]
    for markers, result in zip(CLUSTERS, results, strict=True):
        struck = case.when is not for_every_third or int(markers.cluster) % 3 == 0
        assert result.status in (case.struck if struck else HEALED), (result.cluster, result.reason)
        assert result.label == ("" if result.status == "failed" else own_label(markers))
        assert bool(result.reason) == (result.status != "done")
        assert result.score is None or result.score.value in (88.0, 90.0, 85.5)
    if case.fault != "timeout":  # an answer that came too late was never seen
        assert len(bench.calls) == server.stats.answered, "every paid call is accounted for"
    assert sum(r.input_tokens for r in results) == sum(c.input_tokens for c in bench.calls)


@pytest.mark.parametrize("fault", ["401", "402"])
def test_a_run_that_cannot_go_on_stops_at_once_and_goes_on_later(fault: str, tmp_path: Path):
    results, server, bench = run(Case(fault, after_10, HEALED), tmp_path)
    paid = server.stats.answered
    assert paid == 10
    assert server.stats.calls <= 10 + bench.params.max_workers, (
        "after the first refusal only those in flight are made"
    )
    assert bench.asker.stopped_by is not None
    with ModelServer() as mended:
        with Bench(quick(mended, boost="off"), tmp_path) as bench:
            again = bench.all(CLUSTERS)
        assert {r.status for r in again} == {"done"}
        assert mended.stats.calls == 2 * len(CLUSTERS) - paid, "what was paid is not paid again"


@pytest.mark.parametrize(
    ("fault", "when"),
    [("no-json", once), ("merger-backwards", once), ("empty", once), ("no-json", lambda asked: True)],
)
def test_groups_are_joined_by_cluster_or_missing(fault: str, when: When, tmp_path: Path):
    def strike(asked: Asked, good: str) -> Answer | None:
        return FAULTS[fault](asked, good) if asked.agent == "merger" and when(asked) else None

    notices: list[str] = []
    with (
        ModelServer(fault=strike) as server,
        Bench(quick(server, boost="off"), tmp_path, wait_s=0.005) as bench,
    ):
        results = merge_labels(
            bench.all(CLUSTERS),
            setting=HUMAN_BLOOD,
            params=bench.params,
            asker=bench.asker,
            dataset="data",
            notice=notices.append,
        )
    grouped = [r for r in results if r.merged]
    assert all(r.merged.grouping_3 == r.label for r in grouped)
    assert len(grouped) == (0 if notices else len(CLUSTERS))


def test_every_fault_has_a_row_in_the_table_of_outcomes():
    table = (Path(__file__).resolve().parents[2] / "docs" / "FAULTS.md").read_text(encoding="utf-8")
    tested = {case.fault for case in CASES}
    assert tested | {"404", "merger-backwards"} == set(FAULTS)
    assert [fault for fault in FAULTS if f"`{fault}`" not in table] == []


def outcome_table(folder: Path) -> list[tuple[str, str, str, int, int, Counter]]:
    """One row per case: for docs/FAULTS.md, printed by `python -m tests.bench.faults`."""
    rows = []
    for number, case in enumerate(CASES):
        results, server, bench = run(case, folder / str(number))
        rows.append(
            (
                case.fault,
                case.when.__name__,
                case.wire,
                server.stats.calls,
                len(bench.calls),
                Counter(r.status for r in results),
            )
        )
    return rows
