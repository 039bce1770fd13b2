"""Estimates in words: spans of numbers, prices, times and sizes, the same on Set-up and Batch."""

from __future__ import annotations

from cassia_ui.frame.words import money


def span(low: int, high: int) -> str:
    """Such as "300", or "1,200 to 14 k"."""
    return f"{low:,}" if low == high else f"{_short(low)} to {_short(high)}"


def price(low: float | None, high: float | None) -> str:
    """A price or a span of prices; an unknown one is said."""
    if low is None or high is None:
        return "unknown"
    return money(high) if money(low) == money(high) else f"{money(low)} to {money(high)}"


def duration(seconds: float) -> str:
    """Such as "40 s", "12 min", "3.5 h"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def durations(pair: tuple[float, float] | None) -> str:
    """A span of times; one that nobody knows is said."""
    if pair is None:
        return "unknown"
    low, high = map(duration, pair)
    return low if low == high else f"{low} to {high}"


def gigabytes(n_bytes: int) -> str:
    """Such as "1.4 GB"."""
    return f"{n_bytes / 1e9:.1f} GB"


def _short(number: int) -> str:
    return f"{number / 1000:,.0f} k" if number >= 10_000 else f"{number:,}"
