"""The verdict in words: read in any case, markup and wording, never out of a negation."""

from __future__ import annotations

import re

from cassia_core.agents.reading.field_values import Unreadable
from cassia_core.domain.conversation import Repair

PASSED, FAILED = "VALIDATION PASSED", "VALIDATION FAILED"
_SENTENCES = re.compile(r"(?<=[.!?;])\s+")
_LIST_MARK = re.compile(r"^\s*(?:\d{1,2}[.)]|[-+•])\s+")
_MARKUP = re.compile(r"</?\w{1,20}>|\\boxed|\\text\w*|\[[xX]\]|[*_`#>~|\"'“”‘’«»\[\]{}$✅✔☑️❌✗✘]+")
_OPEN_BOX = re.compile(r"\[\s\]|☐")
_CROSS = re.compile(r"[❌✗✘]")
_GAP = r"[\s:=\-–—]*"
_LEAD = (
    r"(?:(?:my|the|this|a|and|so|in|final|overall|therefore|thus|hence|validation|validator|review|annotation|summary|"
    r"verdict|decision|conclusion|result|status|outcome|judge?ment|assessment|answer|i|conclude|is)\b[\s,:=\-–—]*)*"
)
_SUBJECT = r"(?:validation|(?:final\s+)?(?:verdict|decision|conclusion|result|status|outcome|judge?ment))"
_STATED = re.compile(
    rf"{_LEAD}{_SUBJECT}\b{_GAP}(?:(?:has|is|was)\b\s*)?(?P<said>passed|passes|pass|failed|fails|fail)\b(?P<after>.*)",
    re.IGNORECASE,
)
_REMARK = re.compile(r"[.!]*|\s*[:,;(–—-].*", re.DOTALL)
_GOES_ON = re.compile(
    r"(?:[:,]|\b(?:that|say|as|is|be|to|an?|the|with|or|write|conclude|give|state|claim|call it))\W*$",
    re.IGNORECASE,
)
_NEGATES = re.compile(
    r"\b(?:not|cannot|never|no|neither|without|unless|if|whether|refuse|disagree|wrong(?:ly)?)\b|n['’]t\b",
    re.IGNORECASE,
)
_DOUBTFUL = re.compile(
    r"\b(?:not?|never|none|cannot|neither|nor|without|unless|if|whether|would|should|could|may|might|or|either|"
    r"but|however|except|only|until|when|once|unclear|unsure|failed|passed)\b|n['’]t\b|\?",
    re.IGNORECASE,
)


def verdict_in(text: str, notes: list[Repair]) -> tuple[bool | None, str]:
    """The verdict that a line or sentence of `text` states, and the other lines.

    Returns
    -------
    tuple of bool or None, str
        None where no line states one.

    Raises
    ------
    Unreadable
        Lines state both.
    """
    verdicts: set[bool] = set()
    feedback: list[str] = []
    before = ""
    for line in text.splitlines():
        stated, rest = (set(), line) if _takes_back(before) else _stated(line, notes)
        before = line if line.strip() else before
        verdicts |= stated
        feedback += [rest] if rest.strip() or not stated else []
    if len(verdicts) > 1:
        raise Unreadable("It holds both verdicts.")
    return (verdicts.pop() if verdicts else None), "\n".join(feedback).strip()


def _takes_back(before: str) -> bool:
    """Whether the line before goes on in this one and negates it: "I cannot say that"."""
    return bool(_GOES_ON.search(before) and _NEGATES.search(_SENTENCES.split(before.strip())[-1]))


def word_of_verdict(text: str) -> bool | None:
    """What a field says that should hold true or false, and holds a word instead."""
    bare = _MARKUP.sub(" ", text).strip().strip(".!").strip().lower()
    if bare in ("true", "yes", "pass", "passed", "passes", "validation passed", "valid", "approved", "1"):
        return True
    if bare in ("false", "no", "fail", "failed", "fails", "validation failed", "invalid", "rejected", "0"):
        return False
    return None


def _stated(line: str, notes: list[Repair]) -> tuple[set[bool], str]:
    """Verdicts of the sentences of one line, and what else stands there."""
    verdicts: set[bool] = set()
    rest: list[str] = []
    for sentence in _SENTENCES.split(_LIST_MARK.sub("", line)):
        verdict = _verdict(sentence)
        if verdict is None:
            rest.append(sentence)
            continue
        verdicts.add(verdict)
        if line.strip() not in (PASSED, FAILED) and "loose_verdict" not in notes:
            notes.append("loose_verdict")
    return verdicts, " ".join(rest) if verdicts else line


def _verdict(sentence: str) -> bool | None:
    """True, False, or None where the sentence states neither, or takes it back in a remark after it."""
    plain = " ".join(_MARKUP.sub(" ", sentence).split())
    match = _STATED.fullmatch(plain)
    if match is None or _OPEN_BOX.search(sentence) or not _REMARK.fullmatch(match["after"]):
        return None
    passed = match["said"].lower().startswith("pass")
    if passed and (_DOUBTFUL.search(match["after"]) or _CROSS.search(sentence)):
        return None
    return passed
