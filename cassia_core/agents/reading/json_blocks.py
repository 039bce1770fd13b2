"""JSON objects in a reply, mended where nothing has to be guessed."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import json_repair

MOST_TRIES = 300
"""Opening brackets tried in one reply; a text with more of them that lead nowhere is no answer."""
_FENCE = re.compile(r"(?P<mark>`{3,}|~{3,}|'{3})[ \t]*[\w+.\-]*[ \t]*\n?(?P<body>.*?)(?P=mark)", re.DOTALL)
_ESCAPED_OBJECT = re.compile(r"\{\s*(?:\\+n\s*)*\\+\"\w")
MOST_MASKS = 3
"""How often a reply may have been written down as a text inside a text."""
FEWEST_DRESSED = 3
_QUOTE_OF_HTML = re.compile(r"&(?:quot|#34|#x22);", re.IGNORECASE)
_QUOTED_LINE = re.compile(r"^\s*>+ ?")
_NUMBERED_LINE = re.compile(r"^\s*(\d+)\s*[:|]\s?")
_WORD = re.compile(r"\d+\.\d+|\w+")
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\([nrtbf])|\\(.)", re.DOTALL)
_MASK = re.compile(r"\\([\\\"n])")
_COMMENT = re.compile(r"//[^\n]*|\#[^\n]*|/\*.*?\*/|<!--.*?-->", re.DOTALL)
_QUOTES = {
    '"': '"', "'": "'", "`": "`", "“": "”“", "”": "”", "„": "“”", "‘": "’", "’": "’", "«": "»", "「": "」",
    "＂": "＂",
}  # fmt: skip
_WIDE = str.maketrans("｛｝［］：，；、", "{}[]:,,,")
_SIGNS: dict[int, Any] = {**_WIDE, ord("="): ":"}
_AFTER_A_STRING = re.compile(r"\s*(?:[,:;=}\]){]|：|，|、|｝|］|//|#|/\*|\Z)|\s*\n|\s+[\"'“„«「＂]")


@dataclass(frozen=True, slots=True)
class Block:
    """One object of a reply: where it stands in the text, whether it had to be mended, and whether it is
    `open`: only its last bracket is missing."""

    fields: dict[str, object]
    start: int
    end: int
    mended: bool = False
    open: bool = False


@dataclass(frozen=True, slots=True)
class Blocks:
    """All outermost objects that can be read, in order, and the places of those that cannot."""

    text: str
    readable: tuple[Block, ...]
    unreadable: tuple[tuple[int, int], ...]


def find_blocks(text: str) -> Blocks:
    """Objects of a text, fenced or not.

    What is no JSON is mended by `json_repair` (quotes, commas, comments, brackets) and then compared with
    what stood there: every word must still be there, in order, once, and none be added. An object that ends
    in the middle of a value was cut off and is not completed.
    """
    if "{" not in text and "｛" in text:
        text = text.translate(_WIDE)
    # Some gateways send the reply as it would stand in a web page.
    if '"' not in text and _QUOTE_OF_HTML.search(text):
        text = html.unescape(text)
    # Masks of Markdown, which no JSON knows.
    text = _undressed(text.replace("\\_", "_"))
    blocks = _scanned(text)
    for _ in range(MOST_MASKS):
        # What only mending makes an object of is what the masks left, not what the model wrote.
        if any(not block.mended for block in blocks.readable) or not _ESCAPED_OBJECT.search(text):
            break
        text = _unescaped(text)
        blocks = _scanned(text)
    return blocks


def _undressed(text: str) -> str:
    """A text without what a mail or a listing puts before every line."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < FEWEST_DRESSED:
        return text
    if all(line.lstrip().startswith(">") for line in lines):
        return "\n".join(_QUOTED_LINE.sub("", line) for line in lines)
    numbers = [match[1] for line in lines if (match := _NUMBERED_LINE.match(line))]
    if numbers == [str(number) for number in range(1, len(lines) + 1)]:
        return "\n".join(_NUMBERED_LINE.sub("", line) for line in lines)
    return text


def _scanned(text: str) -> Blocks:
    readable: list[Block] = []
    unreadable: list[tuple[int, int]] = []
    fences = [match.span("body") for match in _FENCE.finditer(text)]
    position = 0
    # A reply of nothing but braces would be tried at every one of them: it is given up in time.
    for _ in range(MOST_TRIES):
        start = text.find("{", position)
        if start < 0:
            break
        # As it stands, wherever that works: mending is for what no parser reads, and is noted.
        block = _strict(text, start) or _mended(text, start, fences)
        if block:
            readable.append(block)
            position = block.end
        else:
            unreadable.append((start, len(text)))
            position = start + 1
    return Blocks(text=text, readable=_joined(text, readable), unreadable=tuple(unreadable))


def _joined(text: str, blocks: list[Block]) -> tuple[Block, ...]:
    """The blocks; those of one field each that follow each other without a word between are one, if no field
    comes twice: an answer written line by line.
    """
    if len(blocks) < 2 or any(len(block.fields) != 1 for block in blocks):
        return tuple(blocks)
    between = [text[one.end : other.start] for one, other in pairwise(blocks)]
    fields = {name: value for block in blocks for name, value in block.fields.items()}
    if len(fields) < len(blocks) or any(gap.strip(" \t\n,;") for gap in between):
        return tuple(blocks)
    mended = any(block.mended for block in blocks)
    return (Block(fields, blocks[0].start, blocks[-1].end, mended, blocks[-1].open),)


def object_in(text: str) -> dict[str, object] | None:
    """The object that a text consists of, or None: for fields that hold JSON as a text."""
    fence = _FENCE.fullmatch(text.strip())
    text = (fence["body"] if fence else text).strip()
    block = _strict(text, 0) if text.startswith("{") else None
    return block.fields if block and block.end == len(text) else None


def _strict(text: str, start: int) -> Block | None:
    try:
        value, end = json.JSONDecoder(object_pairs_hook=_no_key_twice, strict=False).raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return Block(value, start, end)


def _no_key_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    block = dict(pairs)
    if len(block) != len(pairs):
        # JSON keeps the second silently; of two labels nobody can say which was meant.
        raise ValueError("a key is given twice")
    return block


def _mended(text: str, start: int, fences: list[tuple[int, int]]) -> Block | None:
    extent = _extent(text, start)
    if extent.end is None:
        fence_end = next((stop for begin, stop in fences if begin <= start < stop), len(text))
        extent = _extent(text[:fence_end], start)
        if not extent.whole:
            return None
    try:
        value = json_repair.loads(extent.plain, skip_json_loads=True)
    except (ValueError, RecursionError):
        return None
    # Mending may only add signs: when a word is lost, moved or invented, the object is not the model's.
    if not isinstance(value, dict) or list(_words_of(value)) != _words_in(extent.plain):
        return None
    end = start + extent.length if extent.end is None else extent.end
    return Block(value, start, end, mended=True, open=extent.end is None and end == len(text))


@dataclass(frozen=True, slots=True)
class _Extent:
    """How far an object goes: its `end` (None: it is not closed), its text without comments and with plain
    quotes and signs, and whether that ends with a whole value rather than in the middle of one."""

    end: int | None
    length: int
    plain: str
    whole: bool


def _extent(text: str, start: int) -> _Extent:
    """The object that begins at `start`. Quotes inside a text, which models forget to mask, do not end it."""
    plain: list[str] = []
    depth, at, whole = 0, start, False
    while at < len(text):
        # Full-width signs of Chinese and Japanese keyboards stand for their plain ones.
        sign = text[at].translate(_SIGNS)
        if sign in _QUOTES and (string := _string_end(text, at)):
            plain.append(_plain_quotes(text[at:string]))
            at, whole = string, True
            continue
        if comment := _COMMENT.match(text, at):
            plain.append(" ")
            at = comment.end()
            continue
        plain.append(sign)
        at += 1
        # An object that breaks off after a value can be closed; one that breaks off inside a word lost
        # something.
        whole = whole if sign.isspace() or sign == "," else sign in "]})"
        depth += (sign == "{") - (sign == "}")
        if depth == 0:
            return _Extent(at, at - start, "".join(plain), whole)
    return _Extent(None, at - start, "".join(plain), whole)


def _string_end(text: str, start: int) -> int | None:
    """The place after the quote that closes the text opened at `start`: one that a sign of JSON follows."""
    triple = text[start] * 3
    if text.startswith(triple, start):
        end = text.find(triple, start + 3)
        return end + 3 if end >= 0 else None
    closing = _QUOTES[text[start]]
    at = start + 1
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        # A quote inside a sentence ("so-called "naive" cells") is followed by a word, the closing one by a
        # sign.
        if text[at] in closing and _AFTER_A_STRING.match(text, at + 1):
            return at + 1
        at += 1
    return None


def _plain_quotes(string: str) -> str:
    triple = string[0] * 3
    if len(string) >= 6 and string.startswith(triple) and string.endswith(triple):
        return json.dumps(string[3:-3], ensure_ascii=False)
    if string[0] in "\"'":
        return string
    return f'"{string[1:-1]}"'


def _unescaped(text: str) -> str:
    """A text that was written down as a JSON string, without its masks."""
    # The outermost mask only: a quote inside a text keeps its own.
    return _MASK.sub(lambda mask: "\n" if mask[1] == "n" else mask[1], text)


def _words_in(plain: str) -> list[str]:
    return [_same(word) for word in _WORD.findall(_ESCAPE.sub(_unmasked, plain))]


def _unmasked(match: re.Match[str]) -> str:
    if match[1]:
        return chr(int(match[1], 16))
    return " " if match[2] else match[3]


def _words_of(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _words_of(key)
            yield from _words_of(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _words_of(item)
    else:
        yield from (_same(word) for word in _WORD.findall("null" if value is None else str(value)))


def _same(word: str) -> str:
    """One spelling for what is the same: numbers, and the words for nothing."""
    word = word.casefold()
    if word in ("none", "null"):
        return "null"
    return f"{float(word):g}" if re.fullmatch(r"\d+\.\d+", word) else word
