"""Anthropic's messages, through the official SDK."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import httpx2

from cassia_core.errors import ProviderError
from cassia_core.llm.abilities import Abilities, Refusal, Wishes
from cassia_core.llm.catalogue import ModelFacts, ProviderFacts, facts_of
from cassia_core.llm.fitted_request import ask_as_it_takes
from cassia_core.llm.listening import CONNECT_S, Line, Silence, socket_limit
from cassia_core.llm.near import is_this_computer
from cassia_core.llm.problems import in_words
from cassia_core.llm.problems.connection import not_reached
from cassia_core.llm.problems.in_words import Asked
from cassia_core.llm.problems.server_words import words_of
from cassia_core.llm.protocol import ChatRequest, ChatResponse, Heard, unheard
from cassia_core.llm.replies.streamed_reply import ServerFault, StreamedReply, heard_out

LIST_TIMEOUT_S = 15.0
LONGEST_REPLY = 8192
"""The wire format insists on a limit; thinking, which many models always do, counts against it."""
THINKING_BUDGET = {"low": 2048, "medium": 4096, "high": 8192}


class AnthropicMessages:
    """One address, one key, one pool of connections. Retries are made by the caller, never here.

    Parameters
    ----------
    facts
        The provider as the catalogue knows it.
    key
        API key, or None for servers that want none.
    base_url
        Address used exactly as given; None for the provider's own.
    """

    def __init__(self, facts: ProviderFacts, key: str | None, base_url: str | None = None) -> None:
        self._facts, self._key = facts, key
        self._abilities = Abilities(facts)
        self._base_url = base_url or facts.base_url
        direct = is_this_computer(self._base_url)  # whatever proxy the environment names
        self._client = anthropic.Anthropic(
            api_key=key or in_words.NO_KEY,
            base_url=self._base_url,
            max_retries=0,
            http_client=anthropic.DefaultHttpxClient(trust_env=False) if direct else None,
        )

    def __repr__(self) -> str:
        return f"AnthropicMessages({self._facts.name!r}, {self._base_url!r})"

    def complete(self, request: ChatRequest, heard: Heard = unheard) -> ChatResponse:
        try:
            return ask_as_it_takes(self._abilities, request, heard, self._ask, self._refusal)
        except (anthropic.AnthropicError, httpx2.HTTPError, httpx2.InvalidURL, ServerFault, Silence) as error:
            raise self._problem(error, request.model) from error

    def _ask(self, request: ChatRequest, wishes: Wishes, heard: Heard) -> ChatResponse:
        """Ask once and listen to the end; faults come as the SDK's, a `ServerFault` or a `Silence`."""
        fields = self._fields(request, wishes)
        return heard_out(lambda line: self._read(fields, request, line), request, heard)

    def list_models(self) -> tuple[str, ...]:
        """Ids of the models this key may use, newest first.

        Raises
        ------
        ProviderError
            In plain words.
        """
        try:
            page = self._client.models.list(limit=100, timeout=LIST_TIMEOUT_S)
            return tuple(model.id for model in page)
        except (anthropic.AnthropicError, httpx2.InvalidURL) as error:
            raise self._problem(error, "") from error
        except (AttributeError, TypeError) as error:  # a page for a browser, or JSON of another kind
            raise in_words.not_understood(self._asked("")) from error

    def close(self) -> None:
        self._client.close()

    def _fields(self, request: ChatRequest, wishes: Wishes) -> dict[str, object]:
        model = facts_of(self._facts.name, request.model)
        thinks = bool(request.reasoning)
        longest = min(LONGEST_REPLY, wishes.most_tokens or LONGEST_REPLY)
        fields: dict[str, object] = {
            "model": request.model,
            "max_tokens": request.max_tokens or longest,
            "messages": [
                {"role": m.role, "content": m.content} for m in request.messages if m.role != "system"
            ],
        }
        system = "\n\n".join(m.content for m in request.messages if m.role == "system")
        if system:
            fields["system"] = [_marked(system)] if wishes.cache_marks else system
        if request.temperature is not None and not thinks:
            # The scale ends at 1 here and at 2 elsewhere; with thinking on, no temperature is taken at all.
            fields["temperature"] = min(request.temperature, 1.0)
        output = _output_config(request, model, thinks)
        if output:
            fields["output_config"] = output
        if thinks:
            fields["thinking"] = _thinking(request, model)
        return fields

    def _read(self, fields: dict[str, Any], request: ChatRequest, line: Line) -> StreamedReply:
        limit = httpx2.Timeout(socket_limit(request), connect=min(CONNECT_S, socket_limit(request)))
        raw = self._client.messages.with_raw_response.create(**fields, stream=True, timeout=limit)
        response: httpx2.Response = raw.http_response
        line.opened(response)
        reply = StreamedReply(line)
        if "text/event-stream" not in response.headers.get("content-type", ""):
            response.read()
            return self._in_one_piece(response, reply)
        with raw.parse() as events:
            for event in events:
                _add_event(event, reply)
        if not reply.begun:
            raise ServerFault(words_of(200, "", response.headers, self._key))
        return reply

    def _in_one_piece(self, response: httpx2.Response, reply: StreamedReply) -> StreamedReply:
        """A server that does not stream: its whole answer, or what it said instead of one."""
        words = words_of(200, response.text, response.headers, self._key)
        body = words.body if isinstance(words.body, dict) else {}
        if not isinstance(body.get("content"), list):
            raise ServerFault(words)
        answer = anthropic.types.Message.construct(**body)
        reply.finish, reply.model, reply.usage = answer.stop_reason or "", answer.model or "", answer.usage
        for block in answer.content:
            reply.add_thought(getattr(block, "thinking", None) or "")
            reply.add_text(getattr(block, "text", None) or "")
            given = getattr(block, "input", None)
            reply.add_call(json.dumps(given, ensure_ascii=False) if isinstance(given, dict) else "")
        return reply

    def _refusal(self, error: Exception) -> Refusal | None:
        """What the server refused, where the error is a refusal."""
        if isinstance(error, ServerFault):
            return Refusal(status=error.words.status, words=error.words.text)
        if not isinstance(error, anthropic.APIStatusError):
            return None
        response = error.response
        words = words_of(_status_of(error), response.text, response.headers, self._key)
        return Refusal(status=words.status, words=words.text)

    def _asked(self, model: str) -> Asked:
        return Asked(facts=self._facts, base_url=self._base_url, model=model)

    def _problem(self, error: Exception, model: str) -> ProviderError:
        """Our error for the SDK's, by its type, and for what a server said by its status, codes and words."""
        asked = self._asked(model)
        match error:
            case Silence():
                return in_words.no_word(asked, error.seconds, first=error.first)
            case ServerFault():
                return in_words.refused(asked, error.words)
            case anthropic.APIStatusError():
                response = error.response
                body = error.body if response.status_code == 200 else response.text
                return in_words.refused(asked, words_of(_status_of(error), body, response.headers, self._key))
            case anthropic.APIConnectionError() | httpx2.HTTPError() | httpx2.InvalidURL():
                return not_reached(asked, error)
        return in_words.not_understood(asked, words_of(200, str(error), {}, self._key))


_STATUS_OF_TYPE = {
    "overloaded_error": 529,
    "api_error": 500,
    "timeout_error": 504,
    "rate_limit_error": 429,
    "invalid_request_error": 400,
    "authentication_error": 401,
    "permission_error": 403,
    "billing_error": 402,
    "request_too_large": 413,
}


def _status_of(error: anthropic.APIStatusError) -> int:
    """HTTP status; for an error said in the middle of a stream the one that its type stands for."""
    if error.response.status_code != 200:
        return error.response.status_code
    return _STATUS_OF_TYPE.get(error.type or "", 200)


def _add_event(event: anthropic.types.RawMessageStreamEvent, reply: StreamedReply) -> None:
    match event.type:
        case "message_start":
            reply.model, reply.usage = event.message.model or "", event.message.usage
        case "content_block_delta":
            reply.add_thought(getattr(event.delta, "thinking", None) or "")
            reply.add_text(getattr(event.delta, "text", None) or "")
            reply.add_call(getattr(event.delta, "partial_json", None) or "")
        case "message_delta":
            reply.finish = event.delta.stop_reason or reply.finish
            reply.usage = _later_usage(reply.usage, event.usage)


def _later_usage(begun: Any, now: Any) -> Any:
    """The counts at the end of a stream over those at its start: the end leaves out what did not change."""
    later = {name: value for name, value in dict(now or {}).items() if value is not None}
    if begun is None:
        return anthropic.types.Usage.construct(**later)
    return begun.model_copy(update=later)


def _marked(system: str) -> dict[str, object]:
    """The instruction, which is the same for all clusters, with the mark up to which it may be kept in the
    provider's cache. Below the provider's least length (about 1,000 tokens) the mark does nothing.
    """
    return {"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}


def _output_config(request: ChatRequest, model: ModelFacts, thinks: bool) -> dict[str, object]:
    config: dict[str, object] = {}
    if thinks and model.thinking == "adaptive":
        config["effort"] = request.reasoning
    if request.json_schema:
        config["format"] = {"type": "json_schema", "schema": dict(request.json_schema)}
    return config


def _thinking(request: ChatRequest, model: ModelFacts) -> dict[str, object]:
    if model.thinking == "budget":
        # Thinking counts against the reply: half of it stays for the answer.
        most = (request.max_tokens or LONGEST_REPLY) // 2
        return {
            "type": "enabled",
            "budget_tokens": max(1024, min(THINKING_BUDGET[request.reasoning or "low"], most)),
        }
    return {"type": "adaptive"}
