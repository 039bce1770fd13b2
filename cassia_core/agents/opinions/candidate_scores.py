"""The scores of a comparator's reply, each given to the candidate that it names and to no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cassia_core.agents.reading.field_values import Fields, Unreadable, name_value, plain_field, text_value
from cassia_core.agents.reading.numbers import score_value
from cassia_core.domain.conversation import Repair
from cassia_core.domain.opinions.comparison import TypeScore
from cassia_core.knowledge.naming.identity import identify
from cassia_core.knowledge.naming.labels import normal_form

_NAME_FIELDS = ("type", "cell_type", "celltype", "name", "label", "candidate")


def candidate_scores(
    fields: Fields, candidates: tuple[str, ...], notes: list[Repair]
) -> tuple[TypeScore, ...]:
    """A score for every candidate, in their order; None for one that has none that can be read.

    A name in another spelling counts where it means one candidate only: the same words in capitals, plural or
    signs, or the same Cell Ontology term. A name that means none of them, or could mean two, gives its score
    to nobody. Two different scores for one candidate are none.

    Raises
    ------
    Unreadable
        `scores` is neither a list nor an object.
    """
    by_type: dict[str, set[float]] = {}
    reasons: dict[str, str] = {}
    refused: set[str] = set()
    for name, value, reason in _entries(fields.get("scores")):
        own: list[Repair] = []
        candidate = _meant(_bare(name, own), candidates)
        if candidate is None:
            continue
        notes += own
        if name != candidate:
            notes.append("loose_value")
        try:
            by_type.setdefault(candidate, set()).add(score_value(value, notes))
        except Unreadable:
            refused.add(candidate)
        reasons.setdefault(candidate, reason)
    return tuple(
        TypeScore(
            type=name,
            score=_only(by_type.get(name, set())) if name not in refused else None,
            reasoning=reasons.get(name, ""),
        )
        for name in candidates
    )


def _entries(value: object) -> Iterator[tuple[str, object, str]]:
    """Name, score and reasons of each entry, as a list of objects or as an object by name."""
    if isinstance(value, Mapping):
        for name, entry in value.items():
            yield str(name), *_score_and_reason(entry)
    elif isinstance(value, list):
        for entry in value:
            name = _name_of(entry)
            if name:
                yield name, *_score_and_reason(entry)
    else:
        raise Unreadable("`scores` is neither a list nor an object.")


def _name_of(entry: object) -> str:
    if not isinstance(entry, Mapping):
        return ""
    names = {text_value(value) for key, value in entry.items() if plain_field(str(key)) in _NAME_FIELDS}
    names.discard("")
    return names.pop() if len(names) == 1 else ""


def _bare(name: str, notes: list[Repair]) -> str:
    """A name without list marks, stars and quotes around it."""
    try:
        return name_value(name, "type", notes)
    except Unreadable:
        return name


def _score_and_reason(entry: object) -> tuple[object, str]:
    if not isinstance(entry, Mapping):
        return entry, ""
    fields = {plain_field(str(key)): value for key, value in entry.items()}
    return fields.get("score"), text_value(fields.get("reasoning"))


def _only(values: set[float]) -> float | None:
    return next(iter(values)) if len(values) == 1 else None


def _meant(name: str, candidates: tuple[str, ...]) -> str | None:
    """The one candidate that a name means; None where it is none, or could be several."""
    if name in candidates:
        return name
    same_words = [c for c in candidates if normal_form(c) == normal_form(name)]
    if same_words:
        return same_words[0] if len(same_words) == 1 else None
    term = identify(name)
    if term is None or term.nearest:
        return None
    same_term = [c for c in candidates if identify(c) == term]
    return same_term[0] if len(same_term) == 1 else None
