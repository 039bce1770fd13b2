"""The files of a whole run: `batch_summary.csv`, `batch_summary.txt`, `token_tracking.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields

import pandas as pd

from cassia_core.domain.conversation import repairs_in_words
from cassia_core.domain.outcome import DatasetOutcome
from cassia_core.domain.usage import CallRecord, Usage

BATCH_COLUMNS = tuple(f.name for f in fields(DatasetOutcome))


def batch_table(outcomes: Sequence[DatasetOutcome]) -> pd.DataFrame:
    """`batch_summary.csv`: a row per dataset, in the order given."""
    return pd.DataFrame([asdict(o) for o in outcomes], columns=list(BATCH_COLUMNS))


def usage_of(calls: Sequence[CallRecord]) -> Usage:
    """The sum of calls."""
    usage = Usage()
    for call in calls:
        usage = usage.plus(call)
    return usage


def cost_text(usage: Usage) -> str:
    """Total cost in words; what has no known price is said and never counted as 0."""
    if usage.unpriced_calls and usage.unpriced_calls == usage.calls:
        return "unknown, no call has a known price"
    decimals = 4 if 0 < usage.cost_usd < 0.01 else 2
    known = f"${usage.cost_usd:.{decimals}f}"
    if usage.unpriced_calls:
        return f"unknown, {known} and {usage.unpriced_calls} of {usage.calls} calls that have no known price"
    return known


def batch_text(
    outcomes: Sequence[DatasetOutcome],
    usage: Usage,
    n_datasets: int,
    elapsed_s: float,
    replayed_from: str = "",
    repairs: Mapping[str, int] | None = None,
    failed_calls: int = 0,
) -> str:
    """`batch_summary.txt`. `replayed_from` is the directory of the run whose answers were used, "" for
    none; `repairs` says how many replies were read after which repair, `failed_calls` how many questions got
    no answer (each stands in `calls.jsonl` with the server's own words).
    """
    ended = {
        status: sum(o.status == status for o in outcomes)
        for status in ("success", "partial", "failed", "cancelled")
    }
    lines = [
        "CASSIA Workbench, summary of this run",
        "",
        f"Datasets: {n_datasets}, processed: {len(outcomes)}",
        *(f"  {status}: {count}" for status, count in ended.items() if count),
        f"Time elapsed: {elapsed_s:.1f} s",
        "",
        f"Total calls: {usage.calls}",
        f"Input tokens: {usage.input_tokens:,}",
        f"Output tokens: {usage.output_tokens:,}",
        f"Total tokens: {usage.total_tokens:,}",
        f"Total cost: {cost_text(usage)}",
    ]
    if usage.cached_tokens or usage.reasoning_tokens:
        lines.append(
            f"Of these, {usage.cached_tokens:,} input tokens came from the provider's cache and "
            f"{usage.reasoning_tokens:,} output tokens were hidden reasoning."
        )
    if usage.uncounted_calls:
        lines.append(
            f"The tokens of {usage.uncounted_calls} of {usage.calls} calls are unknown: the server gave no "
            "count, or the reply was cut short."
        )
    if failed_calls:
        lines.append(
            f"Questions without an answer: {failed_calls}. They were asked again where that can help."
        )
    lines += _repair_lines(repairs or {})
    if replayed_from:
        lines.append(f"Replayed from {replayed_from}: its recorded answers were used, nothing was paid.")
    lines += ["", "Files"]
    lines += [
        f"  {o.status}: {o.dataset} ({o.tissue})" + (f". {o.error}" if o.error else "") for o in outcomes
    ]
    return "\n".join(lines) + "\n"


def _repair_lines(repairs: Mapping[str, int]) -> list[str]:
    """How many replies could be read only after a repair, by kind, most frequent first."""
    if not repairs:
        return []
    ordered = sorted(repairs.items(), key=lambda item: (-item[1], item[0]))
    return [
        "",
        "Replies read after a repair (each is noted in the conversations)",
        *(f"  {repairs_in_words((kind,))[0]}: {count}" for kind, count in ordered),
    ]


def token_tracking(calls: Sequence[CallRecord], replayed_from: str = "") -> str:
    """`token_tracking.json`. `total_cost` is null as soon as one call's price is not known; `known_cost` sums
    the
    others, `unpriced_calls` counts those without a price. A replay pays for no call and names the run it
    repeats.
    """
    usage = usage_of(calls)
    content = {
        "total_calls": usage.calls,
        "total_input_tokens": usage.input_tokens,
        "total_output_tokens": usage.output_tokens,
        "total_tokens": usage.total_tokens,
        "total_cached_tokens": usage.cached_tokens,
        "total_reasoning_tokens": usage.reasoning_tokens,
        "total_cost": None if usage.unpriced_calls else usage.cost_usd,
        "known_cost": usage.cost_usd,
        "unpriced_calls": usage.unpriced_calls,
        "uncounted_calls": usage.uncounted_calls,
        "replayed_from": replayed_from or None,
        "api_calls": [_call(c) for c in calls],
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


def _call(call: CallRecord) -> dict:
    return {
        "timestamp": call.at,
        "input_tokens": call.input_tokens,
        "output_tokens": call.output_tokens,
        "cached_tokens": call.cached_tokens,
        "cache_write_tokens": call.cache_write_tokens,
        "reasoning_tokens": call.reasoning_tokens,
        "counted": call.counted,
        "cost": call.cost_usd,
        "provider": call.provider,
        "model": call.model,
        "agent": call.agent,
        "dataset": call.dataset,
        "cluster": call.cluster,
        "attempt": call.attempt,
        "latency_s": call.latency_s,
    }
