"""Bodies and events of the two wire formats, as their official SDKs read them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from tests.model_server.asked import Answer, Asked, tokens

Event = tuple[str, dict]
"""Name of a server-sent event ("" in OpenAI's format) and its data."""
_STOP = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}
_ERROR_TYPES = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


def error_body(wire: str, answer: Answer) -> dict:
    """A refusal in the provider's own words."""
    if wire == "anthropic":
        known = _ERROR_TYPES.get(answer.status, "api_error")
        kind = "billing_error" if answer.error_code == "insufficient_quota" else known
        return {"type": "error", "error": {"type": kind, "message": answer.error_text}}
    return {
        "error": {
            "message": answer.error_text,
            "type": "error",
            "code": answer.error_code or None,
            "param": None,
        }
    }


def whole_reply(wire: str, asked: Asked, answer: Answer) -> dict:
    """A reply in one piece."""
    usage = usage_of(wire, asked, answer)
    if wire == "anthropic":
        content = [{"type": "text", "text": answer.text}] if answer.text else []
        return _anthropic_message(asked, content, usage) | {
            "stop_reason": _STOP.get(answer.finish, answer.finish)
        }
    message = {"role": "assistant", "content": answer.text} | answer.message
    choice = {"index": 0, "finish_reason": answer.finish, "message": message}
    return _openai_head(asked, "chat.completion") | {"choices": [choice], "usage": usage}


def events(wire: str, asked: Asked, answer: Answer) -> Iterator[Event]:
    """The same reply word by word."""
    return _anthropic_events(asked, answer) if wire == "anthropic" else _openai_events(asked, answer)


def is_word(event: Event) -> bool:
    """Whether an event carries a part of the text."""
    _, data = event
    if data.get("type") == "content_block_delta":
        return True
    choices = data.get("choices")
    return bool(choices) and any(key != "role" for key in choices[0]["delta"])


def usage_of(wire: str, asked: Asked, answer: Answer) -> dict:
    used_in, used_out = asked.input_tokens, tokens(answer.text or "")
    if wire == "anthropic":
        return {"input_tokens": used_in, "output_tokens": used_out} | answer.usage
    return {
        "prompt_tokens": used_in,
        "completion_tokens": used_out,
        "total_tokens": used_in + used_out,
    } | answer.usage


def _pieces(text: str | None) -> list[str]:
    """A text in a few pieces (at most about twenty), which together are the text."""
    words = re.findall(r"\s*\S+\s*", text or "") or ([text] if text else [])
    step = max(1, len(words) // 20)
    return ["".join(words[at : at + step]) for at in range(0, len(words), step)]


def _openai_head(asked: Asked, kind: str) -> dict:
    return {"id": f"chatcmpl-{asked.number}", "object": kind, "created": 0, "model": asked.model}


def _openai_events(asked: Asked, answer: Answer) -> Iterator[Event]:
    head = _openai_head(asked, "chat.completion.chunk")

    def chunk(delta: dict, finish: str | None = None) -> Event:
        return "", head | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    yield chunk({"role": "assistant"})
    if answer.message:
        yield chunk(dict(answer.message))
    if "content" not in answer.message:
        for piece in _pieces(answer.text):
            yield chunk({"content": piece})
    yield chunk({}, answer.finish)
    if (asked.fields.get("stream_options") or {}).get("include_usage"):
        yield "", head | {"choices": [], "usage": usage_of("openai", asked, answer)}


def _anthropic_message(asked: Asked, content: list[dict], usage: dict) -> dict:
    return {
        "id": f"msg_{asked.number}",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": content,
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }


def _anthropic_events(asked: Asked, answer: Answer) -> Iterator[Event]:
    usage = usage_of("anthropic", asked, answer)
    begin = {"type": "message_start", "message": _anthropic_message(asked, [], usage | {"output_tokens": 1})}
    yield "message_start", begin
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    yield "content_block_start", block
    for piece in _pieces(answer.text):
        delta = {"type": "text_delta", "text": piece}
        yield "content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta}
    yield "content_block_stop", {"type": "content_block_stop", "index": 0}
    end = {"stop_reason": _STOP.get(answer.finish, answer.finish), "stop_sequence": None}
    used = {"output_tokens": usage["output_tokens"]}
    yield "message_delta", {"type": "message_delta", "delta": end, "usage": used}
    yield "message_stop", {"type": "message_stop"}


def as_lines(event: Event) -> bytes:
    """An event as it goes over the wire."""
    name, data = event
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data)}\n\n".encode()
