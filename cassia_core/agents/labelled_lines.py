"""Fields that a model wrote as lines, list items or tags instead of JSON."""

from __future__ import annotations

import re

from cassia_core.agents.field_values import Fields, plain_field

_LINE = re.compile(
    r"^\s*(?:[-*•>#|]+\s*|\d{1,2}[.)]\s+)*[*_`\"']*(?P<name>[A-Za-z][A-Za-z _-]{2,30}?)[*_`\"']*\s*"
    r"(?:[:：=|]+)[*_`]*\s*(?P<value>.*)$"
)
_TAG = re.compile(r"<(?P<name>[A-Za-z_]{4,30})>(?P<value>[^<>]*)</(?P=name)>")
_ITEM = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+(?P<value>\S.*)$")
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_ENDS_OF_VALUES = " \t|,;`*"


def fields_in_lines(text: str, wanted: frozenset[str]) -> Fields:
    """Fields of `wanted` that stand on lines of their own, as texts or lists of texts.

    Items that follow an empty field belong to it. A field that stands there twice with different values, or
    whose items hold more than a name, is left out.
    """
    found: Fields = {}
    doubtful: set[str] = set()
    open_field = ""
    for name, value, is_item in _lines(text):
        if name in wanted:
            entry: object = _value(value) if value else []
            if name in found and found[name] != entry:
                doubtful.add(name)
            found[name] = entry
            open_field = "" if value else name
        elif open_field and is_item and not name:
            found[open_field] += [value]  # type: ignore[operator]  # an open field holds a list
        elif open_field and is_item:
            doubtful.add(open_field)
        else:
            open_field = ""
    return {name: value for name, value in found.items() if name not in doubtful}


def _lines(text: str) -> list[tuple[str, str, bool]]:
    """Field, value, and whether it is an item of a list, of every line that could hold one."""
    read: list[tuple[str, str, bool]] = []
    for line in _TAG.sub(lambda tag: f"\n{tag['name']}: {tag['value'].strip()}\n", text).splitlines():
        item = _ITEM.match(line)
        if match := _LINE.match(line):
            read.append((plain_field(match["name"]), match["value"].strip(_ENDS_OF_VALUES), item is not None))
        elif item:
            read.append(("", item["value"].strip(_ENDS_OF_VALUES), True))
        elif line.strip():
            read.append(("", "", False))
    return read


def _value(text: str) -> object:
    if not (text.startswith("[") and text.endswith("]")):
        return text
    quoted = [one or other for one, other in _QUOTED.findall(text)]
    return quoted or text[1:-1].strip()
