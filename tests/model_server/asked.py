"""What came in and what goes out, free of any wire format."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request. `times` counts the requests of this agent about these markers, this one included."""

    wire: str
    model: str
    messages: tuple[tuple[str, str], ...]
    number: int
    times: int = 1
    fields: dict = field(default_factory=dict)
    key: str = ""

    @property
    def agent(self) -> str:
        """The role, from the first line of the instruction ("Role: annotator.")."""
        first = self.messages[0][1].splitlines()[0] if self.messages else ""
        return first.removeprefix("Role:").strip().rstrip(".")

    @property
    def data(self) -> dict:
        """The task: the JSON object of the first user message."""
        for role, text in self.messages:
            if role == "user":
                try:
                    return json.loads(text)
                except ValueError:
                    return {}
        return {}

    @property
    def markers(self) -> tuple[str, ...]:
        return tuple(gene for gene in str(self.data.get("markers", "")).split(", ") if gene)

    @property
    def wants_score(self) -> bool:
        return self.agent == "validator" and '"score"' in self.messages[0][1]

    @property
    def input_tokens(self) -> int:
        return tokens("".join(text for _, text in self.messages))


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server does: a reply, or a status with an error body, or silence, or a cut connection.

    Parameters
    ----------
    text, finish
        The reply, and why it ended.
    message
        Merged into the message (OpenAI's format): other fields, or a `content` of another shape.
    usage
        Merged into the usage.
    status, headers, error_code, error_text
        A refusal in the provider's form.
    body, content_type
        Sent as it stands instead, whatever the status: a text, or JSON of any shape.
    hang_s
        Silence before anything is sent.
    word_gap_s
        Silence before each piece of a streamed reply.
    stall_after
        Pieces of a streamed reply after which it stands still for `stall_s`, then is cut.
    in_one_piece
        Answer without a stream even where one was asked for.
    comments
        Send comment lines while the server hangs, as gateways do to keep a connection open.
    reset
        Cut the connection before anything is sent.
    """

    text: str | None = ""
    finish: str = "stop"
    message: dict = field(default_factory=dict)
    usage: dict = field(default_factory=dict)
    status: int = 200
    headers: dict = field(default_factory=dict)
    error_code: str = ""
    error_text: str = "The stand-in server was told to fail."
    body: object = None
    content_type: str = ""
    hang_s: float = 0.0
    word_gap_s: float = 0.0
    stall_after: int | None = None
    stall_s: float = 30.0
    in_one_piece: bool = False
    comments: bool = False
    reset: bool = False


def tokens(text: str) -> int:
    """Four characters a token: the same rule for every contestant of a comparison."""
    return math.ceil(len(text) / 4)
