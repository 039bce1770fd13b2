"""What a model's server takes of all that we wish to send: by the catalogue, and by what it refused."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from cassia_core.llm.catalogue import ProviderFacts, facts_of

Wish = Literal["form", "cache_marks", "temperature", "reasoning", "tokens", "system"]
REFUSED_IN_WORDS: dict[Wish, str] = {
    "form": "a form for its replies; they are asked for in words",
    "cache_marks": "marks for its cache",
    "temperature": "a temperature; its own is used",
    "reasoning": "a reasoning effort; its own is used",
    "tokens": "a limit on the length of a reply",
    "system": "a system message; the instruction is put before the question",
}
_NAMED: dict[Wish, re.Pattern[str]] = {
    "form": re.compile(
        r"response_?format|json_?\s?schema|output_(?:config|format)|structured.?output|guided|grammar",
        re.IGNORECASE,
    ),
    "cache_marks": re.compile(r"cache_control", re.IGNORECASE),
    "temperature": re.compile(r"\btemperature\b", re.IGNORECASE),
    "reasoning": re.compile(r"\breasoning(?:_effort)?\b|\bthinking\b|\beffort\b", re.IGNORECASE),
    "tokens": re.compile(r"\bmax_(?:completion_|output_)?tokens\b", re.IGNORECASE),
    "system": re.compile(
        r"system.{0,40}\b(?:role|message|prompt|instruction)|\b(?:role|message)s?\b.{0,40}system|"
        r"roles? must alternate|only user and assistant|messages[\[.]0|developer instruction|"
        r"\brole\b.{0,40}(?:support|invalid|unknown)|(?:unsupported|invalid|unknown|unexpected) role",
        re.IGNORECASE | re.DOTALL,
    ),
}
_MAY_REFUSE = {400, 404, 405, 422, 500, 501}
"""Statuses with which servers refuse a field that they name; 400 and 422 also where they name none."""
_GUESSES: tuple[Wish, ...] = ("form", "temperature", "reasoning", "system")
"""What is left out, one after the other, when a first request is refused and the server does not say why."""
_NOT_A_WISH = re.compile(
    r"context|too long|too many tokens|moderation|content.?(?:filter|policy)|safety|inappropriate|api.?key|"
    r"credit|balance|quota|model.{0,30}(?:not|unknown|exist)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d{3,7}")
LEAST_REPLY = 256
TICK_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What to send to a model. `tokens` is the wire field of the reply limit, "" for none; `most_tokens` the
    largest limit that its server takes, as far as is known.
    """

    form: bool = True
    cache_marks: bool = True
    temperature: bool = True
    reasoning: bool = True
    system: bool = True
    tokens: str = "max_tokens"
    most_tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A status with which a server answered, the parameter it names, and its words."""

    status: int
    parameter: str = ""
    words: str = ""


@dataclass(slots=True)
class _Learned:
    """What is known of one model so far."""

    wishes: Wishes
    settled: threading.Event = field(default_factory=threading.Event)
    begun: bool = False
    proven: frozenset[Wish] = frozenset()
    dropped: dict[Wish, str] = field(default_factory=dict)
    guesses: list[Wish] = field(default_factory=lambda: list(_GUESSES))


class Abilities:
    """What the models of one provider take. Safe for use from several threads; forgotten with the run."""

    def __init__(self, facts: ProviderFacts) -> None:
        self._facts = facts
        self._lock = threading.Lock()
        self._models: dict[str, _Learned] = {}

    @contextmanager
    def first_alone(self, model: str, tick: Callable[[], None]) -> Iterator[None]:
        """Let the first request to a model go alone until its server has taken it, so that what it refuses is
        refused once and not by every worker. `tick` is called while waiting and may raise.
        """
        learned = self._of(model)
        with self._lock:
            first, learned.begun = not learned.begun, True
        while not first and not learned.settled.wait(TICK_S):
            tick()
        try:
            yield
        finally:
            if first:
                learned.settled.set()

    def wishes(self, model: str) -> Wishes:
        """What to send now."""
        return self._of(model).wishes

    def accepted(self, model: str, sent: frozenset[Wish]) -> None:
        """The server took a request with these wishes."""
        learned = self._of(model)
        with self._lock:
            learned.proven |= sent
        learned.settled.set()

    def refused(
        self, model: str, sent: frozenset[Wish], refusal: Refusal, asked_tokens: int | None = None
    ) -> bool:
        """Leave out what the server refused.

        Returns
        -------
        bool
            Whether there was something to leave out: then the request is worth sending again at once.
        """
        learned = self._of(model)
        with self._lock:
            wish = _named(sent, refusal) or _guess(learned, sent, refusal)
            if wish is None:
                return False
            changed = _without(learned.wishes, wish, refusal, asked_tokens)
            if changed is None:
                return False
            if changed.tokens == learned.wishes.tokens or wish != "tokens":
                learned.dropped[wish] = REFUSED_IN_WORDS[wish]
            learned.wishes = changed
            return True

    def dropped(self, model: str) -> tuple[str, ...]:
        """What the server was found to refuse, in words."""
        return tuple(self._of(model).dropped.values())

    def _of(self, model: str) -> _Learned:
        with self._lock:
            if model not in self._models:
                self._models[model] = _Learned(_by_catalogue(self._facts, model))
            return self._models[model]


def _by_catalogue(facts: ProviderFacts, model: str) -> Wishes:
    known = facts_of(facts.name, model)
    form = known.json_schema if known.json_schema is not None else facts.json_schema
    return Wishes(
        form=form is not False,
        temperature=known.temperature,
        reasoning=known.reasoning is not False,
        tokens=facts.tokens_field,
        most_tokens=known.max_output_tokens,
    )


def _named(sent: frozenset[Wish], refusal: Refusal) -> Wish | None:
    """The wish that the refusal names: in its parameter, else in its words."""
    if refusal.status not in _MAY_REFUSE:
        return None
    for text in (refusal.parameter, refusal.words):
        for wish, pattern in _NAMED.items():
            if text and wish in sent and pattern.search(text):
                return wish
    return None


def _guess(learned: _Learned, sent: frozenset[Wish], refusal: Refusal) -> Wish | None:
    """The next wish to leave out of a first request refused without a word on why; once per model."""
    if refusal.status not in (400, 422) or refusal.parameter or _NOT_A_WISH.search(refusal.words):
        return None
    while learned.guesses:
        wish = learned.guesses.pop(0)
        # What the model has taken once is not what it refuses now.
        if wish in sent and wish not in learned.proven:
            return wish
    return None


def _without(wishes: Wishes, wish: Wish, refusal: Refusal, asked_tokens: int | None) -> Wishes | None:
    """The wishes without one; None where it cannot be left out."""
    if wish != "tokens":
        left_out: dict[str, Any] = {wish: False}
        return replace(wishes, **left_out)
    numbers = [int(number) for number in _NUMBER.findall(refusal.words.replace(",", ""))]
    # The refusal mostly names the longest reply that is taken: that is kept to, rather than no limit set.
    fitting = [number for number in numbers if asked_tokens and LEAST_REPLY <= number < asked_tokens]
    if fitting:
        return replace(wishes, most_tokens=max(fitting))
    other = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}.get(
        wishes.tokens, ""
    )
    if other and other in refusal.words:
        return replace(wishes, tokens=other)
    return replace(wishes, tokens="") if wishes.tokens else None
