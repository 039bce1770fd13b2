"""Fields that a model wrote as lines, list items or tags instead of JSON."""

from __future__ import annotations

import re

from cassia_core.agents.reading.field_values import Fields, plain_field

_LINE = re.compile(
    r"^\s*(?:[-*•>#|]+\s*|\d{1,2}[.)]\s+)*[*_`\"']*(?P<name>[A-Za-z][A-Za-z _-]{2,30}?)[*_`\"']*\s*"
    r"(?:[:：=|]+)[*_`]*\s*(?P<value>.*)$"
)
_TAG = re.compile(r"<(?P<name>[A-Za-z_]{4,30})>(?P<value>[^<>]*)</(?P=name)>")
_ELEMENT = re.compile(r"<(?P<name>[A-Za-z_]{4,30})>(?P<items>(?:\s*<(\w+)>[^<>]*</\3>)+)\s*</(?P=name)>")
_EMPTY_ELEMENT = re.compile(r"<(?P<name>[A-Za-z_]{4,30})\s*/>")
_INNER = re.compile(r"<\w+>([^<>]*)</\w+>")
_HEADING = re.compile(
    r"^\s*(?:#{1,6}\s+[*_]*(?P<name>[A-Za-z][A-Za-z _-]{2,30}?)[*_]*|"
    r"[*_]{2}(?P<bold>[A-Za-z][A-Za-z _-]{2,30}?)[*_]{2})"
    r"\s*:?\s*$"
)
_BLOCK_OF_HTML = re.compile(r"</?(?:li|ul|ol|p|br|div|tr|table|tbody|h\d)\b[^<>]*>", re.IGNORECASE)
_WORDS_OF_HTML = re.compile(r"</?(?:b|i|u|em|strong|span|td|th|code|small)\b[^<>]*>", re.IGNORECASE)
_ORNAMENT = re.compile(r"^\s*[^\w\s*•>#|`\"'<\[({\-–—.:=]+\ufe0f?\s*")
"""An emoji, a tick or an arrow that opens a line."""
_ITEM = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+(?P<value>\S.*)$")
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_ENDS_OF_VALUES = " \t|,;`*"


def fields_in_lines(text: str, wanted: frozenset[str]) -> Fields:
    """Fields of `wanted` that stand on lines of their own, as texts or lists of texts.

    Items that follow an empty field belong to it, and so does the one line below a heading. A field that
    stands there twice with different values, or whose items hold more than a name, is left out.
    """
    fields: Fields = {}
    doubtful: set[str] = set()
    open_field = ""
    below_heading = False
    for name, value, kind in _lines(text):
        if name in wanted:
            entry: object = _value(value) if value else []
            if name in fields and fields[name] != entry:
                doubtful.add(name)
            fields[name] = entry
            open_field, below_heading = ("" if value else name), kind == "heading"
        elif open_field and kind == "item" and not name:
            fields[open_field] += [value]  # type: ignore[operator]  # an open field holds a list
        elif open_field and below_heading and kind == "words" and fields[open_field] == []:
            fields[open_field] = _value(value)
        elif open_field and (kind == "item" or below_heading):
            # A second line below a heading, or an item that says more than a name: what belongs to the field
            # is open.
            if kind != "heading":
                doubtful.add(open_field)
            open_field = ""
        else:
            open_field = ""
    return {name: value for name, value in fields.items() if name not in doubtful}


def _lines(text: str) -> list[tuple[str, str, str]]:
    """Field, value, and kind ("item", "heading", "line", "words") of every line that could hold one."""
    read: list[tuple[str, str, str]] = []
    for line in _as_lines(text).splitlines():
        line = _ORNAMENT.sub("", line)
        item = _ITEM.match(line)
        if heading := _HEADING.match(line):
            read.append((plain_field(heading["name"] or heading["bold"]), "", "heading"))
        elif match := _LINE.match(line):
            kind = "item" if item else "line"
            read.append((plain_field(match["name"]), match["value"].strip(_ENDS_OF_VALUES), kind))
        elif item:
            read.append(("", item["value"].strip(_ENDS_OF_VALUES), "item"))
        elif line.strip():
            read.append(("", line.strip(_ENDS_OF_VALUES), "words"))
    return read


def _as_lines(text: str) -> str:
    """A text with every element of XML or HTML on a line of its own, as its name and its value or items."""
    text = _ELEMENT.sub(lambda found: f"\n{found['name']}: {_listed(_INNER.findall(found['items']))}\n", text)
    text = _EMPTY_ELEMENT.sub(lambda found: f"\n{found['name']}: []\n", text)
    text = _TAG.sub(_tag_as_line, text)
    return _WORDS_OF_HTML.sub("", _BLOCK_OF_HTML.sub("\n", text))


def _tag_as_line(tag: re.Match[str]) -> str:
    if _WORDS_OF_HTML.fullmatch(f"<{tag['name']}>"):
        return tag["value"]
    return f"\n{tag['name']}: {tag['value'].strip()}\n"


def _listed(items: list[str]) -> str:
    return "[" + ", ".join(f'"{item.strip()}"' for item in items) + "]"


def _value(text: str) -> object:
    if not (text.startswith("[") and text.endswith("]")):
        return text
    quoted = [one or other for one, other in _QUOTED.findall(text)]
    return quoted or text[1:-1].strip()
