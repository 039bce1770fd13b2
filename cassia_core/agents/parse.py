"""The only reader of text that a model wrote: a value with what had to be done to read it, or a `ReplyError`
that carries the text.

What a person would read without doubt is read; what could be read in two ways is refused
(docs/guide/models.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from cassia_core.agents.opinions.candidate_scores import candidate_scores
from cassia_core.agents.reading.choosing import ECHO, NotRead, Read, Reading, answer_of, once
from cassia_core.agents.reading.field_values import (
    BESIDE,
    NO_NAME,
    Fields,
    Unreadable,
    gene_names,
    is_echo,
    known_fields,
    name_value,
    readable,
    text_value,
    type_names,
)
from cassia_core.agents.reading.json_blocks import find_blocks
from cassia_core.agents.reading.labelled_lines import fields_in_lines
from cassia_core.agents.reading.numbers import score_value
from cassia_core.agents.reading.thoughts import shares
from cassia_core.agents.reading.verdict_line import FAILED, PASSED, verdict_in, word_of_verdict
from cassia_core.agents.reading.wrapped_values import unwrapped
from cassia_core.domain.annotation import Proposal, QualityScore, Verdict
from cassia_core.domain.conversation import Repair
from cassia_core.domain.opinions.comparison import TypeScore
from cassia_core.errors import ReplyError

T = TypeVar("T")
Names: TypeAlias = tuple[str, str, str]
"""Broad, middle and specific name of one cluster."""
LONGEST_NAME = 200
MOST_SUBTYPES = 3
MOST_ASKED_GENES = 20
_GENE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-]*")
_ANNOTATION_FIELDS = frozenset({"general", "subtypes", "mixed", "key_genes", "tissue"})
_SENTENCE = re.compile(
    r"\b(?:is|are|was|were|express\w*|suggest\w*|indicat\w*|point\w*|mark\w*|show\w*)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneRequest:
    """A model's wish to see measured values before it answers."""

    hypotheses: tuple[str, ...]
    genes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A validator's reply: the verdict, and the score where it gave one that can be read."""

    verdict: Verdict
    score: QualityScore | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateScores:
    """A comparator's reply: what decides, and a score for every candidate, None where there is none."""

    scores: tuple[TypeScore, ...]
    reasoning: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """Candidates without a score."""
        return tuple(score.type for score in self.scores if score.score is None)


def read_proposal(text: str) -> Reading[Proposal]:
    """Read an annotation.

    Raises
    ------
    ReplyError
        No block, answers that differ and none that corrects the other, or a field of the wrong type.
    """
    parts = shares(text)
    reading = answer_of(parts.says, "general", _proposal, _names_given)
    if reading is None and not parts.says.strip():
        reading = _noted(answer_of(parts.thought, "general", _proposal, _names_given), "from_thoughts")
    reading = reading or _proposal_in_lines(parts.says)
    if reading is None:
        raise _unreadable("It holds no JSON block with the field `general`.", text)
    return _or_refused(reading, text)


def reader_for(*, may_ask: bool) -> Callable[[str], Reading[Proposal | GeneRequest]]:
    """The reader of an annotation, and where it may ask, of a request for genes instead."""
    return read_proposal_or_request if may_ask else read_proposal


def read_proposal_or_request(text: str) -> Reading[Proposal | GeneRequest]:
    """Read an annotation, or the genes that the model asks for instead, leaving the type open.

    Raises
    ------
    ReplyError
        Neither can be read.
    """
    says = shares(text).says
    asked = answer_of(says, "ask_genes", _gene_request, lambda request: request)
    named = answer_of(says, "general", lambda fields, *_: text_value(fields["general"]), lambda name: name)
    # A type that is named counts more than a wish for genes beside it: asking on would cost a round for
    # nothing.
    if asked is None or (named is not None and not (isinstance(named, Reading) and not named.value)):
        return read_proposal(text)
    return _or_refused(asked, text)


def read_review(text: str) -> Reading[Review]:
    """Read the verdict, from the field `passed` or a line that states it, and the score beside it.

    Raises
    ------
    ReplyError
        No verdict, or both.
    """
    parts = shares(text)
    # A verdict or score in the thoughts counts only where nothing is said beside them.
    says = parts.says if parts.says.strip() else parts.thought
    notes: list[Repair] = [] if parts.says.strip() else ["from_thoughts"]
    try:
        field = _found(says, "passed", _passed)
        reasoning, score = _scored_beside(says, notes)
        line, rest = verdict_in("\n".join((_outside(says), reasoning)), notes)
    except Unreadable as error:
        raise _unreadable(str(error), text) from error
    stated = {value for value in (field.value if field else None, line) if value is not None}
    if len(stated) != 1:
        why = "It holds both verdicts." if stated else f"It has no line that is exactly {PASSED} or {FAILED}."
        raise _unreadable(why, text)
    notes += field.repairs if field else ()
    verdict = Verdict(passed=stated.pop(), feedback=rest)
    return Reading(value=Review(verdict=verdict, score=score), repairs=once(notes))


def read_score(text: str) -> Reading[QualityScore]:
    """Read a score: one field, a number from 0 to 100.

    Raises
    ------
    ReplyError
        No such field, several that differ, or a value out of range.
    """
    parts = shares(text)
    reading = answer_of(parts.says, "score", _score, lambda score: score.value)
    if reading is None and not parts.says.strip():
        reading = _noted(
            answer_of(parts.thought, "score", _score, lambda score: score.value), "from_thoughts"
        )
    if reading is None:
        raise _unreadable("It holds no JSON block with the field `score`.", text)
    return _or_refused(reading, text)


def read_candidate_scores(text: str, candidates: tuple[str, ...]) -> Reading[CandidateScores]:
    """Read the scores of several candidate types, by their names. One that is not named, or not scored, stays
    without a score; nothing is taken from elsewhere in the text.

    Raises
    ------
    ReplyError
        No block with `scores`, blocks that differ, or none of the candidates has a score.
    """

    def read(fields: Fields, text: str, notes: list[Repair]) -> CandidateScores:
        scores = candidate_scores(fields, candidates, notes)
        return CandidateScores(scores=scores, reasoning=text_value(fields.get("reasoning")) or _before(text))

    def values(replied: CandidateScores) -> object:
        return tuple(score.score for score in replied.scores)

    says = _said(text)
    reading = answer_of(says, "scores", read, values)
    if reading is None:
        raise _unreadable("It holds no JSON block with the field `scores`.", text)
    scored = _or_refused(reading, text)
    if len(scored.value.missing) == len(candidates):
        raise _unreadable("It scores none of the candidates under its name.", text)
    return scored


def read_answer(text: str) -> Reading[str]:
    """Read the answer to a person's question.

    Raises
    ------
    ReplyError
        No block with an answer, or answers that differ.
    """
    reading = answer_of(
        _said(text), "answer", lambda fields, *_: text_value(fields["answer"]), lambda said: said
    )
    if reading is None:
        raise _unreadable("It holds no JSON block with the field `answer`.", text)
    answered = _or_refused(reading, text)
    if not answered.value:
        raise _unreadable("`answer` is empty.", text)
    return answered


def read_answer_or_request(text: str) -> Reading[str | GeneRequest]:
    """Read the answer to a person's question, or the genes that the model asks for first.

    Raises
    ------
    ReplyError
        Neither can be read.
    """
    asked = answer_of(_said(text), "ask_genes", _gene_request, lambda request: request)
    wish = asked if isinstance(asked, Reading) else None
    try:
        said = read_answer(text)
    except ReplyError:
        if wish is None:
            raise
        return Reading(value=wish.value, repairs=wish.repairs)
    return Reading(value=said.value, repairs=said.repairs)


def read_parts(text: str, parts: tuple[str, ...]) -> Reading[dict[str, Proposal]]:
    """Read the annotations of several parts, by their exact ids. A part that is absent, cannot be read or is
    given twice differently is left out; nothing is taken by position.

    Raises
    ------
    ReplyError
        No block names any of the parts.
    """
    notes: list[Repair] = []
    said: dict[str, set[Proposal | None]] = {}
    for block in find_blocks(_said(text)).readable:
        notes += ["mended_json"] if block.mended else []
        for part, given in _by_id(block.fields, parts, notes).items():
            said.setdefault(part, set()).add(_part(given, notes))
    if not said:
        raise _unreadable("It holds no block that names a part by its id.", text)
    # Of two answers for one part nobody can say which was meant.
    named = {part: answers.pop() for part, answers in said.items() if len(answers) == 1}
    value = {part: proposal for part, proposal in named.items() if proposal is not None}
    return Reading(value=value, repairs=once(notes))


def _by_id(fields: dict[str, object], parts: tuple[str, ...], notes: list[Repair]) -> dict[str, object]:
    """The entries under the ids of parts: beside each other, under `parts`, or as a list with an id each."""
    inner = fields.get("parts", fields)
    if inner is fields:
        notes.append("loose_value")
    if isinstance(inner, list):
        notes.append("loose_value")
        return {
            str(entry[key]): entry
            for entry in inner
            if isinstance(entry, dict)
            for key in ("id", "part", "part_id")
            if str(entry.get(key)) in parts
        }
    return {part: inner[part] for part in parts if part in inner} if isinstance(inner, dict) else {}


def _part(given: object, notes: list[Repair]) -> Proposal | None:
    try:
        fields = known_fields(given, "general", notes) if isinstance(given, dict) else None
        return _proposal(fields, "", notes) if fields is not None and not is_echo(fields) else None
    except Unreadable:
        return None


def read_groupings(text: str) -> Reading[dict[str, Names]]:
    """Read the groupings by cluster id.

    A cluster that is absent, has no three names or is grouped twice differently is left out; nothing is
    filled in.

    Raises
    ------
    ReplyError
        No JSON block at all.
    """
    parts = shares(text)
    blocks = find_blocks(parts.says if parts.says.strip() else parts.thought).readable
    if not blocks:
        raise _unreadable("It holds no JSON block.", text)
    notes: list[Repair] = ["mended_json"] if any(block.mended for block in blocks) else []
    said: dict[str, set[Names | None]] = {}
    for block in blocks:
        for cluster, groups in _grouped(block.fields, notes).items():
            said.setdefault(cluster, set()).add(_three_names(groups))
    # A cluster that is grouped in two ways, or once unreadably, is asked for again rather than guessed.
    plain: dict[str, Names] = {}
    for cluster, readings in said.items():
        names = readings.pop()
        if names is not None and not readings:
            plain[cluster] = names
    return Reading(value=plain, repairs=once(notes))


def holds_answer(text: str) -> bool:
    """Whether a text holds at least one object, which a reader here would look at."""
    return bool(find_blocks(text).readable)


def genes_named(text: str) -> frozenset[str]:
    """All words of a text that could be a gene's symbol, in capitals: as they stand between blanks and
    commas, and without the signs around them."""
    words = {word.strip("()[]{}\"'`*.,:;") for word in re.split(r"[\s,;/]+", text)}
    words |= {word.rstrip(".-") for word in _GENE.findall(text)}
    return frozenset(word.upper() for word in words if word)


def _said(text: str) -> str:
    """What a reply says, or its thoughts where it says nothing."""
    parts = shares(text)
    return parts.says if parts.says.strip() else parts.thought


def _or_refused(reading: Reading[T] | NotRead, text: str) -> Reading[T]:
    if isinstance(reading, NotRead):
        raise _unreadable(reading.why, text)
    return reading


def _noted(reading: Reading[T] | NotRead | None, repair: Repair) -> Reading[T] | NotRead | None:
    if isinstance(reading, Reading):
        return replace(reading, repairs=once([*reading.repairs, repair]))
    return reading


def _proposal(fields: Fields, text: str, notes: list[Repair]) -> Proposal:
    return Proposal(
        general=name_value(fields.get("general"), "general", notes),
        subtypes=type_names(fields.get("subtypes"), "subtypes", notes)[:MOST_SUBTYPES],
        mixed=type_names(fields.get("mixed"), "mixed", notes),
        key_genes=gene_names(fields.get("key_genes"), "key_genes", notes),
        reasoning=text_value(fields.get("reasoning")) or _before(text),
        tissue=text_value(fields.get("tissue"))[:LONGEST_NAME],
    )


def _names_given(proposal: Proposal) -> tuple[object, ...]:
    """Two answers are the same where they name the same types."""
    return (proposal.general.lower(), tuple(name.lower() for name in proposal.subtypes), proposal.mixed)


def _proposal_in_lines(text: str) -> Reading[Proposal] | None:
    """An annotation in lines, where all that makes one stands there and reads as names."""
    fields = fields_in_lines(text, _ANNOTATION_FIELDS)
    if not {"general", "subtypes", "key_genes"} <= set(fields):
        return None
    notes: list[Repair] = ["no_json"]
    try:
        proposal = _proposal({**fields, "reasoning": text}, text, notes)
    except Unreadable:
        return None
    # "CD3D suggests T cells" behind a label is a sentence on the type and no name.
    if any(_SENTENCE.search(name) for name in (proposal.general, *proposal.subtypes)):
        return None
    return Reading(value=proposal, repairs=once(notes))


def _gene_request(fields: Fields, text: str, notes: list[Repair]) -> GeneRequest:
    genes = gene_names(fields.get("ask_genes"), "ask_genes", notes)
    if not genes:
        raise Unreadable("It asks for no gene.")
    hypotheses = type_names(fields.get("hypotheses"), "hypotheses", notes)
    return GeneRequest(hypotheses=hypotheses, genes=genes[:MOST_ASKED_GENES])


def _score(fields: Fields, text: str, notes: list[Repair]) -> QualityScore:
    return QualityScore(
        value=score_value(fields.get("score"), notes), reasoning=text_value(fields.get("reasoning"))
    )


def _found(text: str, anchor: str, read: Read[T]) -> Reading[T] | None:
    """As `_answer`, where a refusal is an error of its own."""
    reading = answer_of(text, anchor, read, lambda value: value)
    if isinstance(reading, NotRead):
        raise Unreadable(reading.why)
    return reading


def _passed(fields: Fields, text: str, notes: list[Repair]) -> bool | None:
    """The field `passed`; None where it is left open, and then a line may say it."""
    said = _true_or_false(fields.get("passed"), notes)
    beside = fields.get(f"{BESIDE}passed")
    if isinstance(beside, str) and said is not None and word_of_verdict(beside) is (not said):
        raise Unreadable("It holds both verdicts.")
    return said


def _true_or_false(value: object, notes: list[Repair]) -> bool | None:
    value = unwrapped(value, notes)
    if isinstance(value, list) and len(value) == 1:
        notes.append("loose_value")
        value = value[0]
    if value is None or isinstance(value, bool):
        return value
    said = word_of_verdict(str(value)) if isinstance(value, str | int) else None
    if said is None:
        raise Unreadable("`passed` is neither true nor false.")
    notes.append("loose_value")
    return said


def _scored_beside(text: str, notes: list[Repair]) -> tuple[str, QualityScore | None]:
    """The reasoning and the score of a validator's block; without a readable score the scorer is asked."""
    said = answer_of(
        text, "reasoning", lambda fields, *_: text_value(fields["reasoning"]), lambda value: value
    )
    scored = answer_of(text, "score", _score, lambda score: score.value)
    if not isinstance(scored, Reading):
        return (said.value if isinstance(said, Reading) else ""), None
    notes += scored.repairs
    return scored.value.reasoning, scored.value


def _outside(text: str) -> str:
    """What stands around the objects and fences of a text."""
    blocks = find_blocks(text)
    pieces, last = [], 0
    for block in blocks.readable:
        pieces.append(blocks.text[last : block.start])
        last = block.end
    around = "".join((*pieces, blocks.text[last:]))
    return re.sub(
        r"(?:`{3,}|~{3,}|'{3})[ \t]*(?:json\w*|python|javascript|js|text)?", "", around, flags=re.IGNORECASE
    )


def _before(text: str) -> str:
    """The words before the first object of a text."""
    blocks = find_blocks(text).readable
    before = text[: blocks[0].start] if blocks else text
    return re.sub(r"(?:`{3,}|~{3,}|'{3})[ \t]*\w*\s*\Z", "", before).strip()


def _grouped(block: dict[str, object], notes: list[Repair]) -> dict[str, object]:
    """Groups by cluster id, out of an object that only wraps them where it does."""
    if len(block) == 1 and isinstance(inner := next(iter(block.values())), dict) and not _three_names(inner):
        notes.append("one_level_down")
        return inner
    return block


def _three_names(groups: object) -> Names | None:
    """The three names, or None when that is not what `groups` holds."""
    if isinstance(groups, dict) and [key.lower() for key in groups] == ["broad", "middle", "specific"]:
        groups = list(groups.values())
    if not isinstance(groups, list) or len(groups) != 3 or not all(isinstance(g, str) for g in groups):
        return None
    broad, middle, specific = (" ".join(readable(g).split()) for g in groups)
    fits = all(0 < len(name) <= LONGEST_NAME for name in (broad, middle, specific))
    return (broad, middle, specific) if fits else None


def _unreadable(why: str, text: str) -> ReplyError:
    in_form = NO_NAME in why or why == ECHO
    what = ReplyError.NO_TYPE if in_form else ReplyError.UNREADABLE
    return ReplyError(what, why, "The reply is kept as it came.", raw=text)
