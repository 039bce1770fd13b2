"""Tables and totals of a run: nothing unknown is shown as known."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from openpyxl import load_workbook

from cassia_core.domain.annotation import Boost, ClusterResult, Proposal
from cassia_core.domain.config import DatasetSpec
from cassia_core.domain.usage import CallRecord
from cassia_core.report.tables.dataset_tables import summary_table
from cassia_core.report.tables.run_tables import batch_text, cost_text, token_tracking, usage_of
from cassia_core.report.tables.safe_tables import write_csv, write_xlsx

SPEC = DatasetSpec(name="x", path="x.csv")


def call(cost: float | None) -> CallRecord:
    return CallRecord(
        at="",
        provider="p",
        model="m",
        agent="annotator",
        dataset="x",
        cluster="0",
        attempt=1,
        input_tokens=10,
        output_tokens=5,
        latency_s=0.1,
        cost_usd=cost,
    )


@pytest.mark.parametrize(
    ("costs", "total", "words"),
    [
        ([0.25, 0.5], 0.75, "$0.75"),
        ([0.25, None], None, "unknown, $0.25 and 1 of 2 calls that have no known price"),
        ([None], None, "unknown, no call has a known price"),
        ([0.0004], 0.0004, "$0.0004"),
        ([], 0.0, "$0.00"),
    ],
)
def test_a_total_with_a_call_of_unknown_price_is_unknown(costs, total, words):
    calls = [call(c) for c in costs]
    tracking = json.loads(token_tracking(calls))
    assert tracking["total_cost"] == total
    assert [c["cost"] for c in tracking["api_calls"]] == costs
    assert cost_text(usage_of(calls)) == words


@pytest.mark.parametrize(
    ("after", "accepted", "words"),
    [("B cell", True, "label kept"), ("T cell", True, "label changed"), ("T cell", False, "label kept")],
)
def test_a_boost_that_confirms_the_label_did_not_change_it(after, accepted, words):
    boost = Boost(before=Proposal(general="B cell"), after=Proposal(general=after), accepted=accepted)
    row = ClusterResult(cluster="0", status="done", proposal=boost.before, boost=boost)
    assert summary_table([row], SPEC)["Boosted"].tolist() == [words]


def test_a_workbook_is_written_whatever_characters_a_cluster_is_named_with(tmp_path):
    frame = pd.DataFrame({"cluster": ["a\x01b", "c\ud800", "=1+1", "NA", "naïve 細胞"]}, dtype=object)
    write_xlsx(tmp_path / "t.xlsx", {"Summary": frame})
    cells = [c.value for c in load_workbook(tmp_path / "t.xlsx")["Summary"]["A"]][1:]
    assert cells == ["a\N{REPLACEMENT CHARACTER}b", "c\N{REPLACEMENT CHARACTER}", "'=1+1", "NA", "naïve 細胞"]


def test_a_table_with_half_a_character_is_still_valid_utf8(tmp_path):
    write_csv(tmp_path / "t.csv", pd.DataFrame({"cluster": ["c\ud800", "d"]}, dtype=object))
    assert (tmp_path / "t.csv").read_text(encoding="utf-8").splitlines()[2] == "d"


def test_the_summary_of_a_run_counts_repairs_of_replies_most_frequent_first():
    text = batch_text((), usage_of(()), 1, 2.0, repairs={"corrected": 1, "mended_json": 7})
    lines = [line.strip() for line in text.splitlines()]
    begins = lines.index("Replies read after a repair (each is noted in the conversations)")
    assert lines[begins + 1].endswith("mended: 7") and lines[begins + 2].endswith("set aside: 1")
    assert "repair" not in batch_text((), usage_of(()), 1, 2.0)
