"""The HTTP side: two wire formats, keep-alive, counters."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.model_server.asked import Answer, Asked, tokens
from tests.model_server.replies import good_reply
from tests.model_server.wire import as_lines, error_body, events, is_word, whole_reply

MODELS = ("stand-in", "stand-in-mini")


@dataclass
class Stats:
    """What the server saw. `calls` counts requests for a reply, answered or not."""

    calls: int = 0
    answered: int = 0
    connections: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    at_once: int = 0
    most_at_once: int = 0
    agents: Counter = field(default_factory=Counter)
    asked: list[Asked] = field(default_factory=list)

    def as_dict(self) -> dict:
        return {
            "calls": self.calls,
            "answered": self.answered,
            "connections": self.connections,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "most_at_once": self.most_at_once,
            "agents": dict(self.agents),
        }


class ModelServer:
    """Serve on loopback while the `with` block runs.

    Parameters
    ----------
    reply
        What a good model answers to a request.
    fault
        Called with each request and its good reply; an `Answer` replaces the good one, None leaves it.
    latency_s
        Time every answer takes.
    key
        When given, any other key gets a 401 that quotes it, as real servers do.
    keep
        Keep the requests in `stats.asked`.
    at_a_time
        Answer so many requests at a time; the others wait, as at a server on one's own computer. None: all.
    """

    def __init__(
        self,
        reply: Callable[[Asked], str] = good_reply,
        *,
        fault: Callable[[Asked, str], Answer | None] | None = None,
        latency_s: float = 0.0,
        key: str | None = None,
        models: tuple[str, ...] = MODELS,
        port: int = 0,
        keep: bool = True,
        at_a_time: int | None = None,
    ) -> None:
        self.reply, self.fault, self.latency_s, self.key, self.models = reply, fault, latency_s, key, models
        self.keep = keep
        self.stats = Stats()
        self._times: Counter = Counter()
        self._lock = threading.Lock()
        self._turns = threading.Semaphore(at_a_time) if at_a_time else nullcontext()
        self._server = _Server(("127.0.0.1", port), _handler_of(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def url(self) -> str:
        """Base URL for OpenAI's wire format."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def anthropic_url(self) -> str:
        return self.url.removesuffix("/v1")

    def __enter__(self) -> ModelServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def reset_stats(self) -> None:
        with self._lock:
            self.stats = Stats()

    def register(self, wire: str, body: dict, key: str) -> Asked:
        messages = _messages(body)
        with self._lock:
            self.stats.calls += 1
            self.stats.at_once += 1
            self.stats.most_at_once = max(self.stats.most_at_once, self.stats.at_once)
            asked = Asked(
                wire=wire,
                model=body.get("model", ""),
                messages=messages,
                number=self.stats.calls,
                key=key,
                fields=body,
            )
            identity = (asked.agent, str(asked.data.get("markers", "")))
            self._times[identity] += 1
            asked = Asked(**{**asked.__dict__, "times": self._times[identity]})
            self.stats.agents[asked.agent] += 1
            if self.keep:
                self.stats.asked.append(asked)
        return asked

    def turn(self) -> AbstractContextManager:
        """Hold one of the places that answer at a time."""
        return self._turns

    def answer(self, asked: Asked) -> Answer:
        if self.key is not None and asked.key != self.key:
            return Answer(
                status=401, error_code="invalid_api_key", error_text=f"Incorrect API key: {asked.key}"
            )
        if self.models and asked.model not in self.models:
            return Answer(status=404, error_code="model_not_found", error_text=f"no model {asked.model}")
        good = self.reply(asked)
        return (self.fault(asked, good) if self.fault else None) or Answer(text=good)

    def finished(self, asked: Asked, answer: Answer) -> None:
        with self._lock:
            self.stats.at_once -= 1
            if answer.status == 200 and not answer.reset:
                self.stats.answered += 1
                self.stats.input_tokens += asked.input_tokens
                self.stats.output_tokens += tokens(answer.text or "")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away in the middle are part of the tests."""


def _messages(body: dict) -> tuple[tuple[str, str], ...]:
    found = [(m["role"], _plain(m["content"])) for m in body.get("messages", [])]
    if body.get("system"):
        found.insert(0, ("system", _plain(body["system"])))
    return tuple(found)


def _plain(content: object) -> str:
    if isinstance(content, list):
        return "".join(part.get("text", "") for part in content)
    return str(content)


def _handler_of(owner: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1
        _finish = ExitStack()

        def setup(self) -> None:
            super().setup()
            with owner._lock:
                owner.stats.connections += 1

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            if self.path == "/stats":
                return self._send(200, owner.stats.as_dict())
            if not self.path.endswith("/models") and "/models?" not in self.path:
                return self._send(404, {"error": {"message": "no such page", "code": "not_found"}})
            if owner.key is not None and self._key() != owner.key:
                return self._send(401, error_body("openai", Answer(status=401, error_code="invalid_api_key")))
            entries = [
                {
                    "id": m,
                    "object": "model",
                    "type": "model",
                    "display_name": m,
                    "created": 0,
                    "owned_by": "us",
                    "created_at": "2026-01-01T00:00:00Z",
                    "lifecycle": "active",
                }
                for m in owner.models
            ]
            return self._send(
                200, {"object": "list", "data": entries, "has_more": False, "first_id": None, "last_id": None}
            )

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
            if self.path == "/reset":
                owner.reset_stats()
                return self._send(200, {})
            wire = "anthropic" if self.path.endswith("/messages") else "openai"
            asked = owner.register(wire, body, self._key())
            answer = owner.answer(asked)
            self._finish = ExitStack()
            with self._finish, owner.turn():
                self._finish.callback(owner.finished, asked, answer)
                self._answer(wire, asked, answer, streamed=bool(body.get("stream")))
            return None

        def _answer(self, wire: str, asked: Asked, answer: Answer, *, streamed: bool) -> None:
            streams = streamed and answer.status == 200 and answer.body is None and not answer.in_one_piece
            if streams and answer.comments:
                return self._stream(wire, asked, answer)
            time.sleep(owner.latency_s + answer.hang_s)
            if answer.reset:
                return self._cut()
            if answer.body is not None:
                return self._send(answer.status, answer.body, answer.headers, answer.content_type)
            if answer.status != 200:
                return self._send(answer.status, error_body(wire, answer), answer.headers)
            if streams:
                return self._stream(wire, asked, answer)
            return self._send(200, whole_reply(wire, asked, answer), answer.headers)

        def _stream(self, wire: str, asked: Asked, answer: Answer) -> None:
            self._head(200, answer.headers | {"transfer-encoding": "chunked"}, "text/event-stream")
            if answer.comments:
                self._comment_for(owner.latency_s + answer.hang_s)
            words = 0
            for event in events(wire, asked, answer):
                if is_word(event):
                    if words == answer.stall_after:
                        time.sleep(answer.stall_s)
                        return self._cut()
                    words += 1
                    time.sleep(answer.word_gap_s)
                self._chunk(as_lines(event))
            self._finish.close()  # before the client can ask its next question
            if wire == "openai":
                self._chunk(b"data: [DONE]\n\n")
            self._chunk(b"")
            return None

        def _comment_for(self, seconds: float) -> None:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                self._chunk(b": PROCESSING\n\n")
                time.sleep(0.05)

        def _chunk(self, content: bytes) -> None:
            self.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")
            self.wfile.flush()

        def _key(self) -> str:
            return self.headers.get("x-api-key") or self.headers.get("authorization", "").removeprefix(
                "Bearer "
            )

        def _send(self, status: int, body: object, headers: dict | None = None, kind: str = "") -> None:
            self._finish.close()
            content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            length = {"content-length": str(len(content))}
            self._head(status, (headers or {}) | length, kind or "application/json")
            self.wfile.write(content)
            self.wfile.flush()

        def _head(self, status: int, headers: dict, kind: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-type", kind)
            self.end_headers()

        def _cut(self) -> None:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    return Handler
