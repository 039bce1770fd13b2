"""Which object of a reply is its answer: the only one, or the last where it corrects the others."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from cassia_core.agents.reading.field_values import Fields, Unreadable, is_echo, known_fields
from cassia_core.agents.reading.json_blocks import Block, Blocks, find_blocks
from cassia_core.domain.conversation import Repair

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
_CORRECTS = re.compile(
    r"correct|revis|updat|\binstead\b|\bwait\b|actually|reconsider|reflection|second thought|mistake|sorry|"
    r"apolog|\bfinal|\bfix|amend|improved|refine|\boops\b|double.?check|re-?evaluat|\brather\b|on review|"
    r"scratch that|should (?:be|have been|read)|更正|修正|最终",
    re.IGNORECASE,
)
_DRAFT = re.compile(
    r"\b(?:draft|first (?:guess|try|attempt|version|idea)|initial|preliminary|tentative)", re.IGNORECASE
)
_ALTERNATIVE = re.compile(
    r"\balternativ|\boption\b|\bor\b[\s:,]*$|another possib|could also|equally", re.IGNORECASE
)
ECHO = "It repeats the example of the form."
_BROKEN = "Its last JSON block is broken in a way that leaves the answer open."
_ALL_FIELDS = {"general", "subtypes", "mixed", "key_genes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Generic[T_co]):
    """What a reply says, and what had to be done to read it."""

    value: T_co
    repairs: tuple[Repair, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    """One object that has the field asked for: what it says, or why it cannot be read.

    `value` is whatever `read` gave, None among it: only `why` tells whether there is one.
    """

    block: Block
    value: Any
    why: str = ""
    notes: tuple[Repair, ...] = ()


@dataclass(frozen=True, slots=True)
class NotRead:
    """Why a text that holds an answer is not read."""

    why: str


Read = Callable[[Fields, str, list[Repair]], T]


def answer_of(
    text: str, anchor: str, read: Read[T], same: Callable[[T], object]
) -> Reading[T] | NotRead | None:
    """The one answer of a text, or why there is none; None where no object has the field `anchor`."""
    blocks = find_blocks(text)
    candidates = [
        c for block in blocks.readable if (c := _candidate(blocks, block, anchor, read)) is not None
    ]
    answers = [c for c in candidates if c.why != ECHO]
    cut_off = _last_cut_off(blocks, anchor)
    if not answers:
        if cut_off is not None:
            return NotRead(_BROKEN)
        return NotRead(ECHO) if candidates else None
    # Models think aloud and correct themselves: of several answers the last one may be meant, the first
    # never.
    last = answers[-1]
    if last.why:
        return NotRead(last.why)
    # The answer came after what can be read, and was cut off: what can be read is an earlier thought.
    if cut_off is not None and cut_off > last.block.start:
        return NotRead(_BROKEN)
    notes: list[Repair] = [*last.notes]
    if len(answers) < len(candidates):
        notes.append("template_echo")
    if any(c.why or same(c.value) != same(last.value) for c in answers):
        # Two answers without a word between them that takes one back: either may be meant, so neither is
        # read.
        if not _corrected(blocks.text, answers):
            return NotRead("It holds two different answers.")
        notes.append("corrected")
    return Reading(value=last.value, repairs=once(notes))


def _candidate(blocks: Blocks, block: Block, anchor: str, read: Read[T]) -> _Candidate | None:
    notes: list[Repair] = ["mended_json"] if block.mended else []
    try:
        fields = known_fields(block.fields, anchor, notes)
        if fields is None:
            return None
        # The form that was sent along, copied back with its placeholders, is no answer.
        if anchor == "general" and is_echo(fields):
            return _Candidate(block, None, ECHO)
        if block.open and not (anchor == "general" and set(fields) >= _ALL_FIELDS):
            return _Candidate(block, None, _BROKEN)
        return _Candidate(block, read(fields, blocks.text, notes), "", tuple(notes))
    except Unreadable as error:
        return _Candidate(block, None, str(error))


def _last_cut_off(blocks: Blocks, anchor: str) -> int | None:
    """Where the last object stands that names the field but cannot be read, outside of those that can."""
    field = re.compile(rf"[\"'“`]?{anchor}[\"'”`]?\s*[:=：]", re.IGNORECASE)
    read = [(block.start, block.end) for block in blocks.readable]
    for start, end in reversed(blocks.unreadable):
        until = min((begin for begin, _ in read if begin > start), default=end)
        if field.search(blocks.text, start, until):
            return start
    return None


def _corrected(text: str, answers: list[_Candidate]) -> bool:
    """Whether the words between the answers, or before the first, say that the last one is meant."""
    before = text[answers[-2].block.end : answers[-1].block.start] if len(answers) > 1 else ""
    heading = text[: answers[0].block.start][-160:]
    # "Alternatively" offers a second choice; "correction" replaces the first.
    if _ALTERNATIVE.search(before):
        return False
    return bool(_CORRECTS.search(before) or _DRAFT.search(heading)) or all(c.why for c in answers[:-1])


def once(notes: list[Repair]) -> tuple[Repair, ...]:
    return tuple(dict.fromkeys(notes))
