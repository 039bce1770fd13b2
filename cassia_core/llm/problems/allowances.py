"""When a server that refuses for now may be asked again: by headers, fields of its error, or its words."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from cassia_core.llm.problems.server_words import ServerWords

LATEST_EPOCH_S = 4e9
"""Numbers above stand for milliseconds since 1970, as OpenRouter writes them."""
_IN_A_WHILE = re.compile(
    r"(?:try again|retry|retrying|available|reset[s]?|wait)\b[^.]{0,30}?\b(?:in|after)\s+"
    r"((?:\d+(?:\.\d+)?\s*(?:ms|milliseconds?|s|sec(?:onds?)?|m|min(?:utes?)?|h|hours?|d|days?)\s*)+)",
    re.IGNORECASE,
)
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)", re.IGNORECASE)
_AT_DATE = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:(?:T|\s+at\s+|\s+)(\d{2}:\d{2})(?::\d{2})?(?:\.\d+)?\s*(?:Z|UTC)?)?"
)
_LONG = re.compile(
    r"per[-_ ]?day|/\s?day\b|\bdaily\b|\bRPD\b|\bTPD\b|per[-_ ]?(?:week|month)|\b(?:weekly|monthly)\b|"
    r"\btoday\b|usage limit|for the (?:day|month)",
    re.IGNORECASE,
)
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def wait_of(words: ServerWords) -> float | None:
    """Seconds until the server may be asked again, by its own word; None when it does not say."""
    # The longest of all wishes: asked before it, the server would refuse again for that very limit.
    wishes = (*_retry_after(words.headers), *_retry_delays(words.body), *_spent_limits(words))
    return max(wishes, default=None) if wishes else _told(words.text)


def is_allowance(words: ServerWords) -> bool:
    """Whether an allowance for a day or longer is used up, as the words say."""
    return words.speaks_of(_LONG)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """The header Retry-After, in seconds: a number, or a date of RFC 9110."""
    return next(_retry_after(headers), None)


def _retry_after(headers: Mapping[str, str]) -> Iterator[float]:
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        yield milliseconds / 1000
        return
    text = headers.get("retry-after")
    seconds = _number(text)
    if seconds is not None:
        yield seconds
    elif text:
        yield from _until_date(text)


def _until_date(text: str) -> Iterator[float]:
    try:
        yield max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return


def _retry_delays(body: object) -> Iterator[float]:
    """Google's `retryDelay` ("34s"), at any depth."""
    for name, value in _fields(body):
        if name.lower() in ("retrydelay", "retry_after", "retry_after_seconds"):
            seconds = _number(value) if not isinstance(value, str) else _duration(value)
            if seconds is not None:
                yield seconds


def _spent_limits(words: ServerWords) -> Iterator[float]:
    """Resets of the limits that have nothing left, in the headers and in headers that a gateway quotes."""
    quoted = {name.lower(): str(value) for name, value in _fields(words.body) if "ratelimit" in name.lower()}
    for headers in ({name.lower(): value for name, value in words.headers.items()}, quoted):
        for name, value in headers.items():
            if "ratelimit" not in name or "reset" not in name:
                continue
            # A limit that has something left resets as well, but it did not refuse.
            left = _number(headers.get(name.replace("reset", "remaining")))
            if left is None or left <= 0:
                yield from _until_reset(value)


def _until_reset(value: str) -> Iterator[float]:
    number = _number(value)
    if number is None:
        # A moment first: read as a duration, "2026-03-01T12:02:00Z" would be "01 T", a second.
        wait = next(_until_moment(value), None)
        wait = _duration(value) if wait is None else wait
        yield from () if wait is None else (wait,)
    elif number > LATEST_EPOCH_S:
        yield max(0.0, number / 1000 - time.time())
    elif number > 1e9:
        yield max(0.0, number - time.time())
    else:
        yield number


def _until_moment(value: str) -> Iterator[float]:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return
    yield max(
        0.0, ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
    )


def _told(text: str) -> float | None:
    """A wait in words: "try again in 7m12s", "regain access on 2026-12-01 at 00:00 UTC"."""
    told = _IN_A_WHILE.search(text)
    if told:
        return _duration(told.group(1))
    for date in _AT_DATE.finditer(text):
        left = next(_until_moment(f"{date.group(1)}T{date.group(2) or '00:00'}"), 0.0)
        # A date that has passed is not the one to wait for.
        if left > 0:
            return left
    return None


def _duration(text: str) -> float | None:
    parts = _PART.findall(text)
    if not parts:
        return None
    return sum(float(number) * _unit(unit.lower()) for number, unit in parts)


def _unit(word: str) -> float:
    return 0.001 if word == "ms" or word.startswith("milli") else _SECONDS.get(word[0], 1.0)


def _fields(body: object) -> Iterator[tuple[str, object]]:
    if isinstance(body, Mapping):
        for name, value in body.items():
            yield str(name), value
            yield from _fields(value)
    elif isinstance(body, list):
        for item in body:
            yield from _fields(item)


def _number(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if 0 <= number < 1e15 else None
