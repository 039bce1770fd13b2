"""Tokens and cost over time, from the runs' own records of their calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from cassia_core.domain.config import OFFLINE
from cassia_core.domain.outcome import RunSummary, Spending
from cassia_core.errors import CassiaError
from cassia_core.report.tables.safe_tables import csv_bytes
from cassia_core.services.runs import runs

COLUMNS = (
    "day",
    "started",
    "run_id",
    "run",
    "archived",
    "provider",
    "model",
    "calls",
    "input_tokens",
    "output_tokens",
    "known_cost_usd",
    "calls_of_unknown_price",
)
_KEYS, _SUMS = list(COLUMNS[:7]), list(COLUMNS[7:])


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageHistory:
    """What all runs have spent, archived ones included; deleted ones are gone.

    `rows`: a row per day (of this computer's clock), run, provider and model, oldest first, with `COLUMNS`;
    `started`
    is when the run was made (ISO 8601).
    `known_cost_usd` sums the calls of known price; `calls_of_unknown_price` counts the others. `unread` names
    runs
    whose record of calls cannot be read, which are not counted.
    """

    rows: pd.DataFrame
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageTotals:
    """Sums over the rows of a period. `cost_usd` is None when no call to a model has a known price."""

    runs: int
    offline_runs: int
    offline_calls: int
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    unpriced_calls: int


def usage_history(root: Path | None = None) -> UsageHistory:
    """What every run has spent, by day and model."""
    rows: list[dict] = []
    unread: list[str] = []
    for archived in (False, True):
        for run in runs.list_runs(root, archived=archived):
            try:
                rows += _rows(run, runs.spending_of(run.run_id, root, archived=archived), archived=archived)
            except CassiaError:
                unread.append(run.name)
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    summed = table.groupby(_KEYS, sort=False, as_index=False)[_SUMS].sum() if rows else table
    return UsageHistory(
        rows=summed.sort_values(["day", "started"], kind="stable", ignore_index=True), unread=tuple(unread)
    )


def _rows(run: RunSummary, spent: tuple[Spending, ...], *, archived: bool) -> Iterator[dict]:
    for entry in spent:
        usage = entry.usage
        yield {
            "day": local_day(entry.minute),
            "started": run.created_at,
            "run_id": run.run_id,
            "run": run.name,
            "archived": archived,
            "provider": entry.provider,
            "model": entry.model,
            "calls": usage.calls,
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "known_cost_usd": usage.cost_usd,
            "calls_of_unknown_price": usage.unpriced_calls,
        }


def local_day(minute: str) -> date:
    """The day, by this computer's clock, of a minute in UTC ("2026-11-21T23:59")."""
    return datetime.fromisoformat(f"{minute}+00:00").astimezone().date()


def since(rows: pd.DataFrame, first: date | None) -> pd.DataFrame:
    """Rows from the day `first` on; all when None."""
    return rows if first is None else rows[rows["day"] >= first].reset_index(drop=True)


def sent(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of calls that left this program for a model; the offline engine's are none."""
    return rows[rows["provider"] != OFFLINE].reset_index(drop=True)


def totals(rows: pd.DataFrame) -> UsageTotals:
    """Sums over `rows`."""
    asked, offline = sent(rows), rows[rows["provider"] == OFFLINE]
    unpriced = int(asked["calls_of_unknown_price"].sum())
    calls = int(asked["calls"].sum())
    return UsageTotals(
        runs=rows["run_id"].nunique(),
        offline_runs=len(set(offline["run_id"]) - set(asked["run_id"])),
        offline_calls=int(offline["calls"].sum()),
        calls=calls,
        input_tokens=int(asked["input_tokens"].sum()),
        output_tokens=int(asked["output_tokens"].sum()),
        cost_usd=None if calls and unpriced == calls else float(asked["known_cost_usd"].sum()),
        unpriced_calls=unpriced,
    )


def usage_csv(rows: pd.DataFrame) -> bytes:
    """The rows as a CSV file; a cost is left empty where no call of the row has a known price."""
    table = rows.copy()
    table.loc[table["calls_of_unknown_price"] == table["calls"], "known_cost_usd"] = None
    return csv_bytes(table)
