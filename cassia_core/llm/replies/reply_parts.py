"""The text and the thoughts of a message, whatever shape they have."""

from __future__ import annotations

import json
from collections.abc import Mapping

_THOUGHT_FIELDS = ("reasoning_content", "reasoning", "thinking")
_THOUGHT_KINDS = ("thinking", "reasoning", "redacted_thinking")


def text_of(content: object) -> str:
    """The text of a message's content: a text, or a list of parts of which those that think are left out."""
    if isinstance(content, str):
        return content
    # Some gateways parse the JSON that they were asked for, and hand it on as an object.
    if isinstance(content, Mapping):
        text = content.get("text")
        return text if isinstance(text, str) else json.dumps(content, ensure_ascii=False)
    if isinstance(content, list):
        return "".join(_part(part) for part in content if _field(part, "type") not in _THOUGHT_KINDS)
    return ""


def thinking_of(message: object) -> str:
    """What a message or a piece of one holds of thoughts, in a field of their own or as parts."""
    told = [text for name in _THOUGHT_FIELDS if isinstance(text := _field(message, name), str) and text]
    if told:
        return told[0]
    content = _field(message, "content")
    if not isinstance(content, list):
        return ""
    return "".join(_thought(part) for part in content if _field(part, "type") in _THOUGHT_KINDS)


def call_of(message: object) -> str:
    """What a message or a piece of one gives as the arguments of a function, where it calls one."""
    calls = _field(message, "tool_calls")
    called = [_field(call, "function") for call in calls] if isinstance(calls, list) else []
    called = called or [_field(message, "function_call")]
    arguments = [_field(function, "arguments") for function in called if function is not None]
    return "".join(text if isinstance(text, str) else _written(text) for text in arguments if text)


def _written(arguments: object) -> str:
    return json.dumps(arguments, ensure_ascii=False) if isinstance(arguments, Mapping) else ""


def _part(part: object) -> str:
    if isinstance(part, str):
        return part
    text = _field(part, "text")
    return text if isinstance(text, str) else ""


def _thought(part: object) -> str:
    inner = _field(part, "thinking") or _field(part, "text") or ""
    return inner if isinstance(inner, str) else text_of(inner)


def _field(value: object, name: str) -> object:
    if isinstance(value, Mapping):
        return value.get(name)
    return getattr(value, name, None)
