"""Listen to a reply as long as words come: limits for the first word and for silence, not for the whole.

The reply is read in a thread of its own: a cancelled run need not wait for a server that keeps silent.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Generic, Protocol, TypeVar, cast

from cassia_core.llm.protocol import ChatRequest, Heard

T = TypeVar("T")
TICK_S = 0.1
CONNECT_S = 15.0
"""Reaching a server takes as long at the most; a reply may take as long as it takes."""
LEAVING_S = 1.0
"""After the last word the connection is read to its end, to be used again; no longer than this."""
MARGIN_S = 5.0
"""By so much longer the reading thread waits at the socket: whoever listens decides first."""


class Silence(Exception):
    """No word came in time. `first`: not even the first one, within `seconds`."""

    def __init__(self, *, first: bool, seconds: float) -> None:
        self.first, self.seconds = first, seconds
        super().__init__(f"no word within {seconds:g} s")


class _Response(Protocol):
    """What both SDKs give as the HTTP response."""

    extensions: dict


@dataclass(frozen=True, slots=True)
class _Words:
    text: str
    thinking: bool


@dataclass(frozen=True, slots=True)
class _Whole(Generic[T]):
    value: T


@dataclass(frozen=True, slots=True)
class _End(Generic[T]):
    value: T | None = None
    error: BaseException | None = None


class Line:
    """The reading thread's end: tells of words, and can be cut from the other end."""

    def __init__(self) -> None:
        self.news: SimpleQueue[_Words | _Whole | _End] = SimpleQueue()
        self._response: _Response | None = None
        self._cut = False

    def opened(self, response: _Response) -> None:
        """Note the response, which holds the connection."""
        self._response = response
        if self._cut:
            self.cut()

    def words(self, text: str, thinking: bool = False) -> None:
        """Tell of a piece of the reply."""
        if text:
            self.news.put(_Words(text, thinking))

    def whole(self, value: object) -> None:
        """Tell that the reply is whole, though the connection is not read to its end yet."""
        self.news.put(_Whole(value))

    def cut(self) -> None:
        """Close the connection under the reading thread, so that it and the server stop."""
        self._cut = True
        stream = self._response.extensions.get("network_stream") if self._response is not None else None
        connection = stream.get_extra_info("socket") if stream is not None else None
        with suppress(OSError, AttributeError, ValueError):  # already closed by the other side
            if connection is not None:
                connection.shutdown(socket.SHUT_RDWR)


def listen(read: Callable[[Line], T], request: ChatRequest, heard: Heard) -> T:
    """What `read` returns, as long as it tells of words in time.

    Parameters
    ----------
    read
        Asks and reads, and tells its `Line` of each piece.
    request
        Its `first_word_s` and `silence_s` hold.
    heard
        Told of each piece in this thread; what it raises cuts the line.

    Raises
    ------
    Silence
        No word came in time.
    Exception
        Whatever `read` or `heard` raises.
    """
    line = Line()
    threading.Thread(target=_read, args=(read, line), name="reply", daemon=True).start()
    limit, first = request.first_word_s, True
    whole: _Whole[T] | None = None
    last = time.monotonic()
    try:
        while True:
            left = last + limit - time.monotonic()
            try:
                news = line.news.get(timeout=max(0.001, min(TICK_S, left)))
            except Empty:
                heard("", False)
                if time.monotonic() - last < limit:
                    continue
                if whole is None:
                    raise Silence(first=first, seconds=limit) from None
                line.cut()
                return whole.value
            if isinstance(news, _Whole):
                whole, last, limit = news, time.monotonic(), LEAVING_S
                continue
            if isinstance(news, _End):
                if whole is None and news.error is not None:
                    raise news.error
                return whole.value if whole is not None else cast(T, news.value)
            last, limit, first = time.monotonic(), request.silence_s, False
            heard(news.text, news.thinking)
    except BaseException:
        line.cut()
        raise


def _read(read: Callable[[Line], T], line: Line) -> None:
    try:
        line.news.put(_End(value=read(line)))
    except BaseException as error:  # noqa: BLE001  # raised in the thread that listens
        line.news.put(_End(error=error))


def socket_limit(request: ChatRequest) -> float:
    """Seconds that the reading thread waits for bytes: longer than whoever listens has patience."""
    return max(request.first_word_s, request.silence_s) + MARGIN_S
