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
    """What the server does: a reply, or a status with an error body, or silence, or a cut connection."""

    text: str | None = ""
    status: int = 200
    headers: dict = field(default_factory=dict)
    error_code: str = ""
    error_text: str = "The stand-in server was told to fail."
    finish: str = "stop"
    hang_s: float = 0.0
    reset: bool = False


def tokens(text: str) -> int:
    """Four characters a token: the same rule for every contestant of a comparison."""
    return math.ceil(len(text) / 4)
