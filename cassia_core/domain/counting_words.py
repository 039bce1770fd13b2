"""Counts in sentences."""

from __future__ import annotations


def counted(n: int, one: str, many: str) -> str:
    """ "1 row is", "1,204 rows are": the number with the words that fit it."""
    return f"{n:,} {one if n == 1 else many}"
