"""Fields of a reply: found whatever their spelling, and turned into names, genes and numbers or refused."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cassia_core.agents.reading.json_blocks import object_in
from cassia_core.agents.reading.wrapped_values import (
    flattened,
    gene_alone,
    named,
    plain_key,
    ranked,
    unwrapped,
    without_ontology_id,
)
from cassia_core.domain.conversation import Repair

Fields = dict[str, object]
LONGEST_NAME = 200
BESIDE = "beside "
"""Before a field's name: what a field of a like name says beside it."""
NO_NAME = "holds no usable name"
DEEPEST = 4
"""Levels that an answer may lie below what wraps it: a call of a function, written out, takes three."""
NOTHING = {"", "none", "null", "n/a", "na", "nil", "-", "–", "no", "undefined", "nan", "[]", "none detected",
    "—", "not applicable"}  # fmt: skip
PLACEHOLDERS = {
    "...", "…", "broad type", "most likely detailed type", "second", "third", "type", "gene", "cell type",
    "general type", "detailed type",
}  # fmt: skip
_OTHER_NAMES = {
    "general": "general_type general_cell_type broad_type broad_cell_type main_cell_type main_type",
    "subtypes": "subtype sub_types sub_cell_types detailed_types detailed_type detailed_cell_types",
    "mixed": "mixed_types mixed_cell_types possible_mixed_cell_types",
    "key_genes": "key_gene key_markers key_marker_genes",
    "reasoning": "reason rationale explanation justification feedback comment comments review",
    "passed": "pass verdict validation validation_result validation_passed validation_status result valid "
    "is_valid approved final_verdict decision outcome",
    "score": "confidence_score quality_score overall_score",
    "ask_genes": "genes_to_check check_genes",
    "scores": "type_scores candidate_scores cell_type_scores",
    "answer": "answer_to_question",
}
_FIELD_OF = {other: field for field, others in _OTHER_NAMES.items() for other in others.split()}
_PLAIN_FIELDS = {*_OTHER_NAMES, "tissue", "hypotheses"}
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_WRAPPING = "*_`\"'“”‘’ \t,;"
_LIST_MARK = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•–])\s+")
_SURENESS = re.compile(
    r"\s*[(\[]\s*(?:~?\s*\d+(?:\.\d+)?\s*%?|high|medium|low)(?:\s+confidence)?\s*[)\]]$", re.IGNORECASE
)
_HEAD = re.compile(
    r"(?:cells?|cytes?|blasts?|phages?|clasts?|neurons?|glia|microglia|platelets?|progenitors?|precursors?|"
    r"thel(?:ium|ia)|fib(?:er|re)s?|tregs?|nkt?|ilc[123]?s?|mait|hscs?|p?dcs?|th\d+|tfh|trm|tem|tcm|sperm|"
    r"spermat(?:ids?|ogonia|ozoa)|pericytes?|melanocytes?|adipocytes?)$",
    re.IGNORECASE,
)
_MODIFIER = re.compile(r"(?:positive|negative|expressing|high|low|dim|bright|hi|lo|\+|[⁺⁻])$", re.IGNORECASE)
_BETWEEN_GENES = re.compile(r"[\s,;/|、，；]+(?:(?:and|&)\s+)?")
_BETWEEN_TYPES = re.compile(r"\s*(?:[;|；\n]|\s/\s|,?\s+(?=\d{1,2}[.)]\s))\s*")
_BROKEN = re.compile(r'[{}"“”]|^[^\[]*\]|\[[^\]]*$')
"""Signs that no name of a type holds: left over where quotes or brackets were lost."""


class Unreadable(ValueError):
    """Why a field cannot be read without a guess, as one sentence."""


def readable(text: str) -> str:
    """`text` with blanks for control characters and halves of characters, which files of a run cannot
    hold.
    """
    return _UNREADABLE.sub(" ", text)


def known_fields(block: Mapping[str, object], anchor: str, notes: list[Repair]) -> Fields | None:
    """The fields of a block by the names that were asked for; None when `anchor` is not among them.

    Names are read in any case and spelling. Where the block only wraps another, the inner one counts, up to
    `DEEPEST` levels down. What was done is added to `notes`.

    Raises
    ------
    Unreadable
        One field stands there twice with different values, or two inner blocks would do.
    """
    return _known(block, anchor, notes, DEEPEST)


def _known(block: Mapping[str, object], anchor: str, notes: list[Repair], deeper: int) -> Fields | None:
    fields, renamed = _by_field(block)
    if anchor in fields and not _wraps(fields[anchor], anchor):
        notes += ["field_names"] if renamed else []
        return fields
    if not deeper:
        return None
    inner: list[tuple[Fields, list[Repair]]] = []
    for value in block.values():
        own: list[Repair] = []
        inner_fields = (
            _known(inside, anchor, own, deeper - 1) if (inside := _object(value)) is not None else None
        )
        if inner_fields is not None:
            inner.append((inner_fields, own))
    if not inner:
        return None
    # Two objects one level down are two answers, and nothing says which one is meant.
    if len(inner) > 1:
        raise Unreadable(f"It holds several answers with the field `{anchor}`.")
    notes += [*inner[0][1], "one_level_down"]
    return {**fields, **inner[0][0]}


def _wraps(value: object, anchor: str) -> bool:
    """Whether a field only holds the block that was asked for: `{"validation": {"passed": true}}`."""
    return isinstance(value, dict) and anchor in map(plain_field, value)


def _object(value: object) -> Mapping[str, object] | None:
    if isinstance(value, str):
        return object_in(value)
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, dict) else None


def _by_field(block: Mapping[str, object]) -> tuple[Fields, bool]:
    exact = {key: value for key, value in block.items() if key in _PLAIN_FIELDS}
    fields: Fields = dict(exact)
    for key, value in block.items():
        field = plain_field(key)
        if key in exact or field not in _PLAIN_FIELDS:
            continue
        if field in exact and plain_key(key) != field:
            # Another name for a field that stands there: no answer, but it may speak against it.
            fields.setdefault(f"{BESIDE}{field}", value)
            continue
        if field in fields and fields[field] != value:
            raise Unreadable(f"The field `{field}` stands there twice.")
        fields[field] = value
    return fields, len(fields) > len(exact)


def plain_field(key: str) -> str:
    """The field that a name means, whatever its case, blanks and hyphens."""
    plain = plain_key(key)
    return _FIELD_OF.get(plain, plain)


def is_echo(fields: Fields) -> bool:
    """Whether a block is the prompt's own example, repeated."""
    general = fields.get("general")
    return isinstance(general, str) and general.strip().lower() in PLACEHOLDERS


def text_value(value: object) -> str:
    """A text field, or "" where it is none."""
    return readable(value).strip() if isinstance(value, str) else ""


def name_value(value: object, field: str, notes: list[Repair]) -> str:
    """One name.

    Raises
    ------
    Unreadable
        No text, an empty or overlong one, the prompt's own example, or what is left of broken JSON.
    """
    if isinstance(value, list) and len(value) == 1:
        notes.append("loose_value")
        value = value[0]
    value = named(unwrapped(value, notes), notes)
    if not isinstance(value, str):
        raise Unreadable(f"`{field}` is not a text.")
    name = _stripped(value, notes)
    if not name or len(name) > LONGEST_NAME or name.lower() in PLACEHOLDERS or _BROKEN.search(name):
        raise Unreadable(f"`{field}` {NO_NAME}.")
    return name


def _stripped(value: str, notes: list[Repair]) -> str:
    name = " ".join(readable(value).split())
    bare = without_ontology_id(_SURENESS.sub("", _LIST_MARK.sub("", name))).strip(_WRAPPING)
    if bare != name:
        notes.append("loose_value")
    return bare


def type_names(value: object, field: str, notes: list[Repair]) -> tuple[str, ...]:
    """Names of cell types, in order.

    Raises
    ------
    Unreadable
        Where a text could be cut into names in more than one way, or the value is no list of texts.
    """
    value = flattened(unwrapped(value, notes), notes)
    if isinstance(value, str) and not _is_nothing(value):
        notes.append("text_for_list")
        value = _split_types(value, field)
    return _names(value, field, notes)


def gene_names(value: object, field: str, notes: list[Repair]) -> tuple[str, ...]:
    """Gene symbols as cited; a text is cut at commas and blanks, which no symbol holds.

    Raises
    ------
    Unreadable
        The text is a sentence, or the value is no list of texts.
    """
    value = flattened(unwrapped(value, notes), notes)
    if isinstance(value, dict):
        notes.append("loose_value")
        value = list(value)
    if isinstance(value, str) and not _is_nothing(value):
        notes.append("text_for_list")
        value = [part.strip(_WRAPPING + ".()[]") for part in _BETWEEN_GENES.split(value)]
        value = [part for part in value if part and part.lower() != "and"]
        if any(part.isalpha() and part.islower() for part in value):
            raise Unreadable(f"`{field}` is a sentence where a list was asked for.")
    names = _names(value, field, notes)
    genes = tuple(gene_alone(name) for name in names)
    if genes != names:
        notes.append("loose_value")
    return tuple(dict.fromkeys(genes))


def _names(value: object, field: str, notes: list[Repair]) -> tuple[str, ...]:
    if value is None or (isinstance(value, str) and _is_nothing(value)):
        return ()
    if isinstance(value, dict):
        value = ranked(value)
        notes.append("loose_value")
    if not isinstance(value, list):
        raise Unreadable(f"`{field}` is not a list.")
    if len(value) == 1 and isinstance(value[0], str) and _is_nothing(value[0]):
        return ()
    names = [name_value(named(item, notes), field, notes) for item in value if item != ""]
    return tuple(dict.fromkeys(names))


def _is_nothing(text: str) -> bool:
    return text.strip().lower().rstrip(".") in NOTHING


def _split_types(text: str, field: str) -> list[object]:
    """Names in one text. A comma may be part of a name ("CD4-positive, alpha-beta T cell"): parts are joined
    until one ends as a type does, and a text where that leaves a rest is refused."""
    parts = [part for part in _BETWEEN_TYPES.split(text.strip().strip("[]")) if part.strip()]
    if len(parts) > 1 or "," not in text:
        return list(parts)
    names: list[object] = []
    waiting: list[str] = []
    for part in (piece.strip() for piece in text.split(",")):
        bare = _SURENESS.sub("", part).strip(_WRAPPING)
        if _HEAD.search(bare):
            names.append(", ".join((*waiting, part)))
            waiting = []
        elif _MODIFIER.search(bare):
            waiting.append(part)
        else:
            raise Unreadable(f"`{field}` is one text where a list was asked for.")
    if waiting:
        raise Unreadable(f"`{field}` is one text where a list was asked for.")
    return names
