"""A reply as it comes, piece by piece or in one, until it is whole."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from cassia_core.llm.listening import Line, listen
from cassia_core.llm.problems.server_words import ServerWords
from cassia_core.llm.protocol import ChatRequest, ChatResponse, FinishReason, Heard
from cassia_core.llm.replies.endless import LONGEST_TEXT, LONGEST_THOUGHT, Repetition, without_repetitions
from cassia_core.llm.usage_fields import read_usage

_FINISH: dict[str, FinishReason] = {
    "stop": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "eos": "stop",
    "tool_calls": "stop",
    "tool_use": "stop",
    "function_call": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "model_context_window_exceeded": "length",
    "content_filter": "filtered",
    "refusal": "filtered",
    "safety": "filtered",
    "recitation": "filtered",
    "blocklist": "filtered",
    "prohibited_content": "filtered",
    "spii": "filtered",
    "language": "filtered",
}
"""Words of OpenAI, Anthropic and Google for why a reply ended, in lower case."""


class ServerFault(Exception):
    """The server said inside HTTP 200 that it failed, or sent no reply of a model at all."""

    def __init__(self, words: ServerWords) -> None:
        self.words = words
        super().__init__(words.line)


class Endless(Exception):
    """The model said one thing again and again, or wrote far more than any answer: it was cut short."""

    def __init__(self, reply: StreamedReply) -> None:
        self.reply = reply
        super().__init__("the reply has no end")


@dataclass(slots=True)
class StreamedReply:
    """Collects the pieces of one reply and tells the `line` of them; one without an end raises `Endless`."""

    line: Line
    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    """Arguments of functions that it calls although it was given none: the answer, if there is no text."""
    finish: str = ""
    refusal: str = ""
    model: str = ""
    usage: object = None
    endless: bool = False
    _told: Repetition = field(default_factory=lambda: Repetition(LONGEST_TEXT))
    _thought: Repetition = field(default_factory=lambda: Repetition(LONGEST_THOUGHT))

    @property
    def text(self) -> str:
        written = "".join(self.texts)
        called = "".join(self.calls)
        return f"<tool_call>\n{called}\n</tool_call>" if called and not written.strip() else written

    @property
    def thinking(self) -> str:
        return "".join(self.thoughts)

    @property
    def begun(self) -> bool:
        """Whether anything of a reply came at all."""
        return bool(self.texts or self.thoughts or self.calls or self.finish or self.refusal or self.usage)

    @property
    def finish_reason(self) -> FinishReason:
        """Why it ended, in our words."""
        if self.endless:
            return "endless"
        # Some gateways write the name of an enumeration: `FinishReason.STOP`.
        return _FINISH.get(self.finish.lower().rpartition(".")[2], "other")

    @property
    def finish_said(self) -> str:
        """Why it ended in the server's words, where that is more than "it is done"."""
        if self.refusal:
            return self.refusal
        return self.finish if self.finish_reason in ("filtered", "other") else ""

    def add_text(self, text: str) -> None:
        if text:
            self.texts.append(text)
            self.line.words(text)
            self._cut_unless(self._told.goes_on(text))

    def add_thought(self, text: str) -> None:
        if text:
            self.thoughts.append(text)
            self.line.words(text, thinking=True)
            self._cut_unless(self._thought.goes_on(text))

    def add_call(self, arguments: str) -> None:
        if arguments:
            self.calls.append(arguments)
            self.line.words(arguments)
            self._cut_unless(self._told.goes_on(arguments))

    def _cut_unless(self, goes_on: bool) -> None:
        if not goes_on:
            self.endless = True
            raise Endless(self)


def heard_out(read: Callable[[Line], StreamedReply], request: ChatRequest, heard: Heard) -> ChatResponse:
    """What a server answered, listened to until it was whole; a refusal stands for a text that is missing.

    Parameters
    ----------
    read
        Asks the server and reads its reply, telling the line of every word.
    """
    begun = time.monotonic()
    try:
        reply = listen(read, request, heard)
    except Endless as cut:
        reply = cut.reply
    usage = read_usage(reply.usage)
    return ChatResponse(
        text=(without_repetitions(reply.text) if reply.endless else reply.text) or reply.refusal,
        thinking=reply.thinking,
        input_tokens=usage.input,
        output_tokens=usage.output,
        cached_tokens=usage.cached,
        cache_write_tokens=usage.cache_write,
        reasoning_tokens=usage.reasoning,
        cost_usd=usage.cost_usd,
        # A reply that was cut short has no last word, which is where servers say how much it was.
        counted=usage.counted and not reply.endless,
        finish_reason=reply.finish_reason,
        finish_said=reply.finish_said,
        model=reply.model,
        latency_s=time.monotonic() - begun,
    )
