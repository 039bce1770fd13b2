"""Replies without an end: small models fall into saying one thing again and again until they are stopped."""

from __future__ import annotations

import re

LONGEST_UNIT = 800
"""Characters of the longest piece whose repetition is looked for."""
FEWEST_TIMES, LEAST_REPEATED = 8, 1000
"""A piece that stands at the end so often, over so many characters, is no answer any more: no list of genes
or types is written like that.
"""
LONGEST_TEXT, LONGEST_THOUGHT = 100_000, 1_000_000
"""Characters after which a text or a thought is taken to have no end. Our longest answers have 5,000."""
_STEP = 200
_ENDING = 60
_KEY_OR_DIGIT = re.compile(r'"[^"\n]*"\s*:|[1-9]')


class Repetition:
    """Watches a growing text for an end that only repeats itself.

    Parameters
    ----------
    longest
        Characters after which the text has no end, even if it does not repeat itself.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._length = self._looked_at = 0
        self._tail = ""

    def goes_on(self, piece: str) -> bool:
        """Whether the text, of which `piece` is the next, still says something new."""
        self._length += len(piece)
        self._tail = (self._tail + piece)[-LONGEST_UNIT * (FEWEST_TIMES + 1) :]
        if self._length - self._looked_at < _STEP:
            return True
        self._looked_at = self._length
        return self._length <= self._longest and not repeated_length(self._tail)[1]


def repeated_length(text: str) -> tuple[int, int]:
    """Length of the piece that the end of `text` repeats, and of all its repetitions; (0, 0) when none.

    Numbers that count up ("1. CD3D, 2. CD3D") are no difference, except in the keys of an object: many
    clusters may have the same names, and each has them once.
    """
    alike = _KEY_OR_DIGIT.sub(lambda found: found[0] if len(found[0]) > 1 else "0", text)
    before = alike.rfind(alike[-_ENDING:], 0, len(alike) - 1) if len(alike) > _ENDING else -1
    unit = len(alike) - _ENDING - before if before >= 0 else 0
    if not 0 < unit <= LONGEST_UNIT:
        return (0, 0)
    start = len(alike) - unit
    while start > 0 and alike[start - 1] == alike[start - 1 + unit]:
        start -= 1
    length = len(alike) - start
    return (unit, length) if length >= max(LEAST_REPEATED, FEWEST_TIMES * unit) else (0, 0)


def without_repetitions(text: str) -> str:
    """`text` up to the end of the first of its repetitions."""
    unit, length = repeated_length(text)
    return text[: len(text) - length + unit] if unit else text
