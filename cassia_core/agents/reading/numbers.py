"""Scores: a number from 0 to 100, as models write it, or a refusal."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cassia_core.agents.reading.field_values import Unreadable
from cassia_core.agents.reading.wrapped_values import plain_key, unwrapped
from cassia_core.domain.conversation import Repair

_NUMBER = re.compile(
    r"(?:score\s*[:=]\s*)?[~≈]?\s*(?P<whole>\d+(?:[.,]\d+)?)\s*(?:%|/\s*100|out of 100|points?)?"
    r"\s*(?:\([^()\d]*\))?",
    re.IGNORECASE,
)
_SIGNS = "*_`\"'“”‘’ \t,;."
_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_ALL_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_TENS = dict(zip(_ALL_TENS, range(20, 100, 10), strict=True))
_SCALE_FIELDS = ("max", "maximum", "out_of", "scale", "of")


def score_value(value: object, notes: list[Repair]) -> float:
    """A number from 0 to 100.

    Raises
    ------
    Unreadable
        No number, one out of range, one of another scale, or one between 0 and 1, which may be a share of 1.
    """
    value = _bare(value, notes)
    if isinstance(value, str):
        number = _number_in(value.replace("*", "").strip(_SIGNS))
        if number is not None:
            notes.append("loose_value")
            value = number
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable("`score` is not a number.")
    if not 0 <= value <= 100:
        raise Unreadable(f"`score` is {value}, but the scale ends at 0 and 100.")
    # 0.8 may mean 80 % or less than one in a hundred: it is asked again rather than guessed.
    if 0 < value < 1:
        raise Unreadable(f"`score` is {value}, which may be a share of 1 or of 100.")
    return float(value)


def _bare(value: object, notes: list[Repair]) -> object:
    """The score out of a list of one, or of an object that names its scale, if that is ours."""
    if isinstance(value, list) and len(value) == 1:
        notes.append("loose_value")
        value = value[0]
    if not isinstance(value, Mapping):
        return value
    scales = [top for key, top in value.items() if plain_key(key) in _SCALE_FIELDS]
    if any(top not in (100, "100") for top in scales):
        raise Unreadable("`score` is given on another scale than 0 to 100.")
    rest = {"value" if plain_key(key) == "score" else key: item for key, item in value.items()}
    return unwrapped(rest, notes)


def _number_in(text: str) -> float | None:
    if digits := _NUMBER.fullmatch(text):
        return float(digits["whole"].replace(",", "."))
    return _in_words(text.lower())


def _in_words(text: str) -> float | None:
    """ "eighty-eight" and the like; None for what is no number from 0 to 100."""
    words = (
        re.sub(r"\s*(?:percent|points?|out of (?:100|one hundred|a hundred))$", "", text)
        .replace("-", " ")
        .split()
    )
    match words:
        case ["one" | "a", "hundred"] | ["hundred"]:
            return 100.0
        case [word] if word in _SMALL:
            return float(_SMALL.index(word))
        case [tens] if tens in _TENS:
            return float(_TENS[tens])
        case [tens, one] if tens in _TENS and one in _SMALL[1:10]:
            return float(_TENS[tens] + _SMALL.index(one))
    return None
