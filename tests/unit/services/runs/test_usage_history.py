"""Tokens and cost over time."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO

import pandas as pd
import pytest

from cassia_core.services.runs import runs, usage_history
from cassia_core.services.runs.usage_history import local_day, since, totals, usage_csv
from tests.small_runs import call, past_run

DAY_1, DAY_2 = "2026-11-18T12:00:00.000+00:00", "2026-11-19T12:00:00.000+00:00"


def test_what_was_spent_is_told_by_day_run_and_model(tmp_path):
    past_run(
        tmp_path,
        "Two days",
        call(DAY_1),
        call(DAY_1, tokens=(50, 5)),
        call(DAY_2, model="model-b", cost_usd=0.5),
    )
    rows = usage_history.usage_history(tmp_path).rows
    told = rows[["day", "model", "calls", "input_tokens", "output_tokens", "known_cost_usd"]].values.tolist()
    assert told == [
        [local_day(DAY_1[:16]), "model-a", 2, 150, 25, pytest.approx(0.02)],
        [local_day(DAY_2[:16]), "model-b", 1, 100, 20, 0.5],
    ]
    assert set(rows["run"]) == {"Two days"}


def test_an_unknown_price_is_told_as_unknown_and_never_as_zero(tmp_path):
    past_run(tmp_path, "No price", call(DAY_1, cost_usd=None))
    rows = usage_history.usage_history(tmp_path).rows
    assert totals(rows).cost_usd is None and totals(rows).unpriced_calls == 1
    assert pd.read_csv(BytesIO(usage_csv(rows)))["known_cost_usd"].isna().all()
    past_run(tmp_path, "A price", call(DAY_1, cost_usd=0.25))
    both = totals(usage_history.usage_history(tmp_path).rows)
    assert (both.cost_usd, both.unpriced_calls, both.calls) == (0.25, 1, 2)


def test_the_offline_engine_costs_nothing_and_sends_nothing(tmp_path):
    past_run(
        tmp_path,
        "Offline",
        call(DAY_1, provider="offline", model="cassia-offline", tokens=(0, 0), cost_usd=0.0),
    )
    sums = totals(usage_history.usage_history(tmp_path).rows)
    assert (sums.calls, sums.offline_calls, sums.offline_runs, sums.cost_usd) == (0, 1, 1, 0.0)


def test_archived_runs_are_counted_and_deleted_ones_are_not(tmp_path):
    kept, gone = past_run(tmp_path, "Kept", call(DAY_1)), past_run(tmp_path, "Gone", call(DAY_1))
    runs.archive_run(kept, tmp_path)
    runs.delete_run(gone, tmp_path)
    rows = usage_history.usage_history(tmp_path).rows
    assert rows["run"].tolist() == ["Kept"] and rows["archived"].tolist() == [True]


def test_a_run_whose_record_of_calls_is_damaged_is_named_and_the_others_are_counted(tmp_path):
    damaged = past_run(tmp_path, "Damaged", call(DAY_1))
    past_run(tmp_path, "Sound", call(DAY_1))
    runs.find_run(damaged, tmp_path).calls.write_text("no call\n")
    history = usage_history.usage_history(tmp_path)
    assert history.unread == ("Damaged",) and history.rows["run"].tolist() == ["Sound"]


def test_money_of_a_run_whose_own_record_is_lost_is_counted_all_the_same(tmp_path):
    run_id = past_run(tmp_path, "Lost", call(DAY_1, cost_usd=0.25))
    runs.find_run(run_id, tmp_path).config.unlink()
    history = usage_history.usage_history(tmp_path)
    assert (history.unread, totals(history.rows).cost_usd) == ((), 0.25)
    assert history.rows["run"].tolist() == [run_id]


def test_a_period_begins_with_its_first_day(tmp_path):
    past_run(tmp_path, "Blood", call(DAY_1), call(DAY_2))
    rows = usage_history.usage_history(tmp_path).rows
    first: date = local_day(DAY_1[:16])
    assert len(since(rows, None)) == len(since(rows, first)) == 2
    assert len(since(rows, first + timedelta(days=1))) == 1 and since(rows, first + timedelta(days=9)).empty


def test_a_title_that_looks_like_a_formula_is_none_in_the_table(tmp_path):
    past_run(tmp_path, "=1+1", call(DAY_1))
    assert "'=1+1" in usage_csv(usage_history.usage_history(tmp_path).rows).decode()


def test_without_runs_there_is_nothing_and_no_error(tmp_path):
    history = usage_history.usage_history(tmp_path / "none")
    assert history.rows.empty and totals(history.rows).calls == 0
