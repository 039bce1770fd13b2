"""What a server said when it refused: status, codes and words, whatever shape its body has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

LONGEST_LINE = 300
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]+>", re.DOTALL | re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE)
_PAGE = re.compile(r"\A\s*(?:<!doctype html|<html|<head|<body)", re.IGNORECASE)
_SECRET = re.compile(r"\b(?:sk|key|pk|gsk|xai|or|AIza)[-_]?[A-Za-z0-9*_-]{12,}|Bearer\s+\S+")
_WORD_FIELDS = ("message", "detail", "details", "error_description", "error", "msg", "reason", "title")
_CODE_FIELDS = ("code", "type", "status", "param", "error_code", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerWords:
    """One refusal as the server put it.

    Attributes
    ----------
    status
        HTTP status; that in the body where the body came with HTTP 200.
    line
        First line of its own words, at most 300 characters, without keys.
    text
        All of its words, for looking up what they speak of.
    codes
        Lower-case codes and types of the error.
    web_page
        Whether it was a page for a browser.
    structured
        Whether it was JSON that says "error", as model servers say it.
    body, headers
        As they came.
    """

    status: int
    line: str = ""
    text: str = ""
    codes: frozenset[str] = frozenset()
    web_page: bool = False
    structured: bool = False
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def speaks_of(self, pattern: re.Pattern[str]) -> bool:
        """Whether its words match."""
        return bool(pattern.search(self.text))


def words_of(status: int, body: object, headers: Mapping[str, str], key: str | None) -> ServerWords:
    """Read a refusal.

    Parameters
    ----------
    status
        HTTP status.
    body
        The body: JSON of any shape, or text.
    headers
        Of the response.
    key
        The key in use; it is taken out of all words.
    """
    parsed = _parsed(body)
    if isinstance(parsed, str):
        page = bool(_PAGE.match(parsed))
        text = without_keys(_plain(parsed) if page else parsed, key)
        return ServerWords(
            status=status, line=first_line(text), text=text, web_page=page, body=parsed, headers=headers
        )
    error = _error_in(parsed)
    told = without_keys(" ".join(_texts(error)), key)
    everything = without_keys(json.dumps(parsed, ensure_ascii=False, default=str), key)
    return ServerWords(
        status=_status_in(error) if status == 200 else status,
        line=first_line(told),
        # The telling words first, for rules that look at a beginning; behind them the fields that no rule
        # knows.
        text=f"{told} {everything}",
        codes=frozenset(_codes(error)),
        structured=_says_error(parsed),
        body=parsed,
        headers=headers,
    )


def first_line(text: str) -> str:
    """First line that holds a word, at most 300 characters."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    line = next((line for line in lines if line), "")
    return line if len(line) <= LONGEST_LINE else line[:LONGEST_LINE].rsplit(" ", 1)[0] + " …"


def without_keys(text: str, key: str | None) -> str:
    """Servers quote the key they refuse, whole or in part: take it out before anything is kept or shown."""
    if key:
        text = text.replace(key, "[key hidden]")
    return _SECRET.sub("[key hidden]", text)


def _parsed(body: object) -> object:
    if isinstance(body, bytes):
        body = body.decode("utf-8", "replace")
    if not isinstance(body, str):
        return "" if body is None else body
    try:
        return json.loads(body)
    except ValueError:
        return body


def _plain(page: str) -> str:
    title = _TITLE.search(page)
    told = " ".join(_TAGS.sub(" ", page).split())
    return f"{' '.join(title.group(1).split())}\n{told}" if title else told


def _error_in(body: object) -> object:
    """The part of a body that speaks of the error: some servers send a list of errors."""
    if isinstance(body, list):
        body = next((item for item in body if isinstance(item, Mapping)), body)
    if isinstance(body, Mapping) and body.get("error"):
        return body["error"]
    return body


def _says_error(body: object) -> bool:
    """An SDK hands on what stands under `error`, so a message with a code or a type counts too."""
    if isinstance(body, list):
        return any(_says_error(item) for item in body)
    if not isinstance(body, Mapping):
        return False
    return "error" in body or body.get("object") == "error" or ("message" in body and len(body) > 1)


def _texts(error: object) -> Iterator[str]:
    """The words of an error, the most telling first; what a gateway passes on of the server behind it too."""
    if isinstance(error, str):
        yield error
    if isinstance(error, list):
        for item in error:
            yield from _texts(item)
    if not isinstance(error, Mapping):
        return
    # The most telling first: the first line of all is what a person is shown.
    for name in _WORD_FIELDS:
        yield from _texts(error.get(name))
    behind = error.get("metadata")
    if isinstance(behind, Mapping):
        raw = _parsed(behind.get("raw"))
        yield from _texts(_error_in(raw) if not isinstance(raw, str) else raw)
        yield from _texts(behind.get("reasons"))


def _codes(error: object) -> Iterator[str]:
    if isinstance(error, list):
        for item in error:
            yield from _codes(item)
    if not isinstance(error, Mapping):
        return
    for name in _CODE_FIELDS:
        value = error.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool):
            yield str(value).lower()
    yield from _codes(error.get("details"))


def _status_in(error: object) -> int:
    """HTTP status that an error inside HTTP 200 names; 0 when it names none."""
    for code in _codes(error):
        if code.isdigit() and 400 <= int(code) < 600:
            return int(code)
    return 0
