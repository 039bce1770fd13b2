"""OpenAI, OpenRouter and every server that speaks OpenAI's chat completions, through the official SDK."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import openai
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from cassia_core.errors import ProviderError
from cassia_core.llm.abilities import Abilities, Refusal, Wishes
from cassia_core.llm.catalogue import ProviderFacts
from cassia_core.llm.fitted_request import ask_as_it_takes
from cassia_core.llm.form_ends import with_ends
from cassia_core.llm.listening import CONNECT_S, Line, Silence, socket_limit
from cassia_core.llm.near import is_near, is_this_computer
from cassia_core.llm.problems import in_words
from cassia_core.llm.problems.connection import not_reached
from cassia_core.llm.problems.in_words import Asked
from cassia_core.llm.problems.server_words import words_of
from cassia_core.llm.protocol import ChatRequest, ChatResponse, Heard, unheard
from cassia_core.llm.replies.reply_parts import call_of, text_of, thinking_of
from cassia_core.llm.replies.streamed_reply import ServerFault, StreamedReply, heard_out

LIST_TIMEOUT_S = 15.0
_STREAM_REFUSED = re.compile(r"\bstream(?:ing|_options|ed)?\b", re.IGNORECASE)
_LAST = "[DONE]"
_STREAMS: tuple[dict[str, Any], ...] = (
    {"stream": True, "stream_options": {"include_usage": True}},
    {"stream": True},
    {},
)
"""Ways to ask, the best first: some servers know no `stream_options`, some refuse to stream at all."""


class OpenAICompatible:
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
        self._facts = facts
        self._base_url = base_url or facts.base_url
        self._key = key
        self._way: dict[str, int] = {}
        self._abilities = Abilities(facts)
        direct = is_this_computer(self._base_url)  # whatever proxy the environment names
        self._client = openai.OpenAI(
            api_key=key or in_words.NO_KEY,
            base_url=self._base_url,
            max_retries=0,
            http_client=openai.DefaultHttpxClient(trust_env=False) if direct else None,
        )
        self._client.organization = self._client.project = (
            None  # taken from the environment, for whichever server
        )

    def __repr__(self) -> str:
        return f"OpenAICompatible({self._facts.name!r}, {self._base_url!r})"

    def complete(self, request: ChatRequest, heard: Heard = unheard) -> ChatResponse:
        try:
            return ask_as_it_takes(self._abilities, request, heard, self._ask, self._refusal)
        except (openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, ServerFault, Silence) as error:
            raise self._problem(error, request.model) from error

    def _ask(self, request: ChatRequest, wishes: Wishes, heard: Heard) -> ChatResponse:
        """Ask once and listen to the end; faults come as the SDK's, a `ServerFault` or a `Silence`."""
        fields = self._fields(request, wishes)
        return heard_out(lambda line: self._read(fields, request, line), request, heard)

    def list_models(self) -> tuple[str, ...]:
        """Ids of the models the server offers, sorted.

        Raises
        ------
        ProviderError
            In plain words.
        """
        try:
            page = self._client.models.list(timeout=LIST_TIMEOUT_S)
            return tuple(sorted(model.id for model in page))
        except (openai.OpenAIError, httpx2.InvalidURL) as error:
            raise self._problem(error, "") from error
        except (AttributeError, TypeError) as error:  # a page for a browser, or JSON of another kind
            raise in_words.not_understood(self._asked("")) from error

    def close(self) -> None:
        self._client.close()

    def _fields(self, request: ChatRequest, wishes: Wishes) -> dict[str, object]:
        fields: dict[str, object] = {
            "model": request.model,
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        }
        if request.temperature is not None:
            fields["temperature"] = request.temperature
        if request.max_tokens is not None and wishes.tokens:
            fields[wishes.tokens] = request.max_tokens
        if request.reasoning:
            fields |= _reasoning(self._facts.reasoning_field, request.reasoning)
        if request.json_schema:
            schema = with_ends(request.json_schema) if is_near(self._base_url) else request.json_schema
            fields["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": request.agent, "schema": dict(schema), "strict": True},
            }
        return fields

    def _read(self, fields: dict[str, object], request: ChatRequest, line: Line) -> StreamedReply:
        raw = self._opened(fields, request)
        response: httpx2.Response = raw.http_response
        line.opened(response)
        reply = StreamedReply(line)
        if "text/event-stream" not in response.headers.get("content-type", ""):
            response.read()
            if not response.text.lstrip().startswith(("data:", "event:")):
                return self._in_one_piece(response, reply)
        for data in _events(response):
            if data == _LAST:
                line.whole(reply)
            else:
                self._add(data, response, reply)
        if not reply.begun:
            raise ServerFault(words_of(200, "", response.headers, self._key))
        return reply

    def _add(self, data: str, response: httpx2.Response, reply: StreamedReply) -> None:
        words = words_of(200, data, response.headers, self._key)
        body = words.body
        if not isinstance(body, dict) or body.get("error") or body.get("object") == "error":
            raise ServerFault(words)
        _add_piece(ChatCompletionChunk.construct(**body), reply)

    def _opened(self, fields: dict[str, Any], request: ChatRequest) -> Any:
        """The response of the best way to ask that this model's server takes."""
        limit = httpx2.Timeout(socket_limit(request), connect=min(CONNECT_S, socket_limit(request)))
        while True:
            way = self._way.get(request.model, 0)
            try:
                return self._client.chat.completions.with_raw_response.create(
                    **fields, **_STREAMS[way], timeout=limit
                )
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if way + 1 == len(_STREAMS) or not _STREAM_REFUSED.search(error.response.text):
                    raise
                self._way[request.model] = way + 1

    def _in_one_piece(self, response: httpx2.Response, reply: StreamedReply) -> StreamedReply:
        """A server that does not stream: its whole answer, or what it said instead of one."""
        words = words_of(200, response.text, response.headers, self._key)
        body = words.body if isinstance(words.body, dict) else {}
        choices = body.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            raise ServerFault(words)
        answer = ChatCompletion.construct(**body)
        message = answer.choices[0].message
        if message is None:
            raise ServerFault(words)
        reply.refusal = getattr(message, "refusal", None) or ""
        reply.finish = answer.choices[0].finish_reason or ""
        reply.model, reply.usage = answer.model or "", answer.usage
        reply.add_thought(thinking_of(message))
        reply.add_text(text_of(message.content))
        reply.add_call(call_of(message))
        return reply

    def _refusal(self, error: Exception) -> Refusal | None:
        """What the server refused, where the error is a refusal."""
        match error:
            case ServerFault():
                words, parameter = error.words, ""
            case openai.APIStatusError():
                response = error.response
                words = words_of(response.status_code, response.text, response.headers, self._key)
                parameter = error.param or ""
            case _:
                return None
        return Refusal(status=words.status, parameter=parameter, words=words.text)

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
            case openai.APIStatusError():
                response = error.response
                return in_words.refused(
                    asked, words_of(response.status_code, response.text, response.headers, self._key)
                )
            case openai.APIConnectionError() | httpx2.HTTPError() | httpx2.InvalidURL():
                return not_reached(asked, error)
            case openai.APIError() if error.body is not None:  # said in the middle of a stream
                return in_words.refused(asked, words_of(200, {"error": error.body}, {}, self._key))
        return in_words.not_understood(asked, words_of(200, str(error), {}, self._key))


def _events(response: httpx2.Response) -> Iterator[str]:
    """The data of each event, to the very end: the SDK's own reader leaves the connection unread after the
    last event, so that every call would need a new one.
    """
    for line in response.iter_lines():
        name, _, data = line.partition(":")
        if name == "data":
            yield data.strip()
        elif line.startswith("{"):  # an error that a gateway put into the stream as it stood
            yield line


def _add_piece(piece: ChatCompletionChunk, reply: StreamedReply) -> None:
    reply.model = reply.model or getattr(piece, "model", None) or ""
    reply.usage = getattr(piece, "usage", None) or reply.usage
    for choice in (getattr(piece, "choices", None) or ())[:1]:
        delta = getattr(choice, "delta", None) or getattr(choice, "message", None)
        reply.add_thought(thinking_of(delta))
        reply.add_text(text_of(getattr(delta, "content", None)))
        reply.add_call(call_of(delta))
        reply.refusal += getattr(delta, "refusal", None) or ""
        reply.finish = getattr(choice, "finish_reason", None) or reply.finish


def _reasoning(field: str, effort: str) -> dict[str, object]:
    if field == "reasoning":
        return {"extra_body": {"reasoning": {"effort": effort}}}
    return {field: effort} if field else {}
