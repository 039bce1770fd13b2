"""Text that is only ever text: on one line, and short enough for its place."""

from __future__ import annotations

import unicodedata

_DIRECTION_MARKS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: object) -> str:
    """`text` on one line without signs that break a file or turn the reading direction."""
    printable = "".join(
        " " if c.isspace() else c
        for c in str(text)
        if c.isspace() or (unicodedata.category(c) not in ("Cc", "Cs", "Cn") and c not in _DIRECTION_MARKS)
    )
    return " ".join(printable.split())


def shortened(line: str, most: int) -> str:
    """At most `most` letters; the middle of a longer line goes, as names often differ in their ends."""
    if len(line) <= most:
        return line
    tail = min(8, most // 3)
    return f"{line[: most - 1 - tail].rstrip()}…{line[len(line) - tail :].lstrip()}"
