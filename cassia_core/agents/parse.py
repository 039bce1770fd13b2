"""The only reader of text that a model wrote: a value, or a `ReplyError` that carries the text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from cassia_core.domain.annotation import Proposal, QualityScore, Verdict
from cassia_core.errors import ReplyError

PASSED, FAILED = "VALIDATION PASSED", "VALIDATION FAILED"
LONGEST_NAME = 200
MOST_SUBTYPES = 3
MOST_ASKED_GENES = 20
_FENCE = re.compile(r"```[ \t]*(?:json)?[ \t]*\r?\n(.*?)```", re.DOTALL | re.IGNORECASE)
_THINKING = re.compile(r"\A.*?</think>|<think>.*?(?:</think>|\Z)", re.DOTALL | re.IGNORECASE)
_GENE = re.compile(r"[A-Za-z0-9][A-Za-z0-9.\-]*")
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_NUMBER = re.compile(r"\d+(\.\d+)?")
_PLACEHOLDERS = {
    "...",
    "broad type",
    "most likely detailed type",
    "second",
    "third",
    "type",
    "gene",
    "cell type",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneRequest:
    """A model's wish to see measured values before it answers."""

    hypotheses: tuple[str, ...]
    genes: tuple[str, ...]


def read_proposal(text: str) -> Proposal:
    """Read an annotation.

    Raises
    ------
    ReplyError
        No block, two different answers, or a field of the wrong type.
    """
    blocks = [block for block in _blocks(text) if "general" in block]
    proposals = {_proposal(block, text) for block in blocks}
    if not proposals:
        raise _unreadable("It holds no JSON block with the field `general`.", text)
    if len(proposals) > 1:
        raise _unreadable("It holds two different answers.", text)
    return proposals.pop()


def read_proposal_or_request(text: str) -> Proposal | GeneRequest:
    """Read an annotation, or the genes that the model asks for instead.

    Raises
    ------
    ReplyError
        Neither can be read.
    """
    blocks = _blocks(text)
    requests = [block for block in blocks if "ask_genes" in block]
    if requests and not any("general" in block for block in blocks):
        return _gene_request(requests[-1], text)
    return read_proposal(text)


def read_verdict(text: str) -> Verdict:
    """Read the verdict: a line of its own, exactly one of the two phrases.

    Raises
    ------
    ReplyError
        No such line, or both.
    """
    shown = _THINKING.sub("", text).splitlines()
    lines = [line.strip().strip("*_`#> ").rstrip(".").strip("*_` ") for line in shown]
    verdicts = {line for line in lines if line in (PASSED, FAILED)}
    if len(verdicts) != 1:
        why = (
            "It holds both verdicts." if verdicts else f"It has no line that is exactly {PASSED} or {FAILED}."
        )
        raise _unreadable(why, text)
    kept = [raw for raw, line in zip(shown, lines, strict=True) if line not in (PASSED, FAILED)]
    return Verdict(passed=verdicts == {PASSED}, feedback=_FENCE.sub("", "\n".join(kept)).strip())


def read_score(text: str) -> QualityScore:
    """Read a score: one field, a number from 0 to 100.

    Raises
    ------
    ReplyError
        No such field, several that differ, or a value out of range.
    """
    blocks = [block for block in _blocks(text) if "score" in block]
    values = {_score_value(block["score"], text) for block in blocks}
    if len(values) != 1:
        why = "It holds two different scores." if values else "It holds no JSON block with the field `score`."
        raise _unreadable(why, text)
    reasoning = blocks[-1].get("reasoning")
    return QualityScore(
        value=values.pop(), reasoning=readable(reasoning).strip() if isinstance(reasoning, str) else ""
    )


def has_score(text: str) -> bool:
    """Whether a reply carries a score block at all."""
    return any("score" in block for block in _blocks(text))


def read_groupings(text: str) -> dict[str, tuple[str, str, str]]:
    """Read the groupings by cluster id.

    A cluster that is absent, has no three names or is grouped twice differently is left out; nothing is
    filled in.

    Raises
    ------
    ReplyError
        No JSON block at all.
    """
    blocks = _blocks(text)
    if not blocks:
        raise _unreadable("It holds no JSON block.", text)
    found: dict[str, set[tuple[str, ...]]] = {}
    for block in blocks:
        for cluster, groups in block.items():
            found.setdefault(cluster, set()).add(_three_names(groups))
    return {
        cluster: readings.pop()
        for cluster, readings in found.items()
        if len(readings) == 1 and () not in readings
    }


def _three_names(groups: object) -> tuple[str, ...]:
    """The three names, or () when that is not what `groups` holds."""
    if not isinstance(groups, list) or len(groups) != 3 or not all(isinstance(g, str) for g in groups):
        return ()
    names = tuple(" ".join(readable(g).split()) for g in groups)
    return names if all(0 < len(n) <= LONGEST_NAME for n in names) else ()


def readable(text: str) -> str:
    """`text` with blanks for control characters and halves of characters, which files of a run cannot
    hold.
    """
    return _UNREADABLE.sub(" ", text)


def genes_named(text: str) -> frozenset[str]:
    """All words of a text that could be a gene's symbol, in capitals: as they stand between blanks and
    commas, and
    without the signs around them."""
    words = {word.strip("()[]{}\"'`*.,:;") for word in re.split(r"[\s,;/]+", text)}
    words |= {word.rstrip(".-") for word in _GENE.findall(text)}
    return frozenset(word.upper() for word in words if word)


def _blocks(text: str) -> list[dict[str, object]]:
    """JSON objects of a reply: those in fences, else the outermost ones in the text. What a model thinks
    aloud
    between `<think>` marks, as many local ones do, is not part of its reply."""
    shown = _THINKING.sub("", text)
    fenced = [_object(part) for part in _FENCE.findall(shown)]
    blocks = [block for block in fenced if block is not None]
    return blocks or _outermost_objects(shown)


def _object(text: str) -> dict[str, object] | None:
    try:
        value = json.loads(text, object_pairs_hook=_no_key_twice)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _no_key_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    block = dict(pairs)
    if len(block) != len(pairs):
        raise ValueError("a key is given twice")
    return block


def _outermost_objects(text: str) -> list[dict[str, object]]:
    decoder = json.JSONDecoder(object_pairs_hook=_no_key_twice)
    found: list[dict[str, object]] = []
    start = text.find("{")
    while start >= 0:
        end = start + 1
        try:
            value, end = decoder.raw_decode(text, start)
            if isinstance(value, dict):
                found.append(value)
        except (ValueError, RecursionError):
            pass
        start = text.find("{", end)
    return found


def _proposal(block: dict[str, object], text: str) -> Proposal:
    general = _name(block.get("general"), "general", text)
    subtypes = _names(block.get("subtypes"), "subtypes", text)[:MOST_SUBTYPES]
    tissue = block.get("tissue")
    return Proposal(
        general=general,
        subtypes=subtypes,
        mixed=_names(block.get("mixed"), "mixed", text),
        key_genes=_names(block.get("key_genes"), "key_genes", text),
        reasoning=_reasoning(text),
        tissue=readable(tissue).strip()[:LONGEST_NAME] if isinstance(tissue, str) else "",
    )


def _gene_request(block: dict[str, object], text: str) -> GeneRequest:
    genes = _names(block.get("ask_genes"), "ask_genes", text)
    if not genes:
        raise _unreadable("It asks for no gene.", text)
    return GeneRequest(
        hypotheses=_names(block.get("hypotheses"), "hypotheses", text), genes=genes[:MOST_ASKED_GENES]
    )


def _reasoning(text: str) -> str:
    before = _THINKING.sub("", text).split("```", 1)[0].strip()
    return "" if before.startswith("{") else before


def _name(value: object, field: str, text: str) -> str:
    if not isinstance(value, str):
        raise _unreadable(f"`{field}` is not a text.", text)
    name = " ".join(readable(value).split())
    if not name or len(name) > LONGEST_NAME or name.lower() in _PLACEHOLDERS:
        raise _unreadable(f"`{field}` holds no usable name.", text)
    return name


def _names(value: object, field: str, text: str) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    if isinstance(value, str):
        if any(mark in value for mark in ",;\n"):
            raise _unreadable(f"`{field}` is one text where a list was asked for.", text)
        value = [value]
    if not isinstance(value, list):
        raise _unreadable(f"`{field}` is not a list.", text)
    names = [_name(item, field, text) for item in value if item != ""]
    return tuple(dict.fromkeys(names))


def _score_value(value: object, text: str) -> float:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _unreadable("`score` is not a number.", text)
    if not 0 <= value <= 100:
        raise _unreadable(f"`score` is {value}, but the scale ends at 0 and 100.", text)
    return float(value)


def _unreadable(why: str, text: str) -> ReplyError:
    return ReplyError(ReplyError.UNREADABLE, why, "The reply is kept as it came.", raw=text)
