"""Values that a model wrapped: in an object of one value, beside an ontology's id, or ranked by shares."""

from __future__ import annotations

import re
from collections.abc import Mapping

from cassia_core.domain.conversation import Repair

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_HOLDS_VALUE = ("value", "values", "items", "names", "list")
_HOLDS_NAME = ("name", "type", "label", "cell_type", "celltype", "gene", "subtype", "symbol")
_RANKS = ("most_likely", "first", "second", "third", "fourth", "fifth")
_ONTOLOGY_ID = re.compile(r"\s*[,;(\[]*\s*\bCL[:_]\d{7}\b\s*[)\]]*\s*$|^\s*CL[:_]\d{7}\s*[:\-–]?\s+")
_REMARK_ON_GENE = re.compile(r"^([A-Za-z0-9][\w.\-]*)\s*(?:\(.*\)|\s[-–—]+\s.*|:\s.*)$", re.DOTALL)


def plain_key(key: str) -> str:
    """A key in small letters, its words joined by underscores."""
    return re.sub(r"[^a-z0-9]+", "_", _CAMEL.sub("_", key).casefold()).strip("_")


def unwrapped(value: object, notes: list[Repair]) -> object:
    """What an object that only describes one value holds ({"type": "string", "value": "T cell"}); else the
    value itself.
    """
    if not isinstance(value, Mapping):
        return value
    inner = [item for key, item in value.items() if plain_key(key) in _HOLDS_VALUE]
    if len(inner) != 1:
        return value
    notes.append("loose_value")
    return inner[0]


def named(item: object, notes: list[Repair]) -> object:
    """An entry that is an object: its name, also one level down; None where it has none or several."""
    for _ in range(2):
        if not isinstance(item, Mapping):
            return item
        names = [value for key, value in item.items() if plain_key(key) in _HOLDS_NAME]
        notes.append("loose_value")
        item = names[0] if len(names) == 1 else None
    return item


def flattened(value: object, notes: list[Repair]) -> object:
    """The one list in a list of one."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        notes.append("loose_value")
        return value[0]
    return value


def ranked(value: Mapping[str, object]) -> list[object] | None:
    """The entries of an object in their order: its values where keys are ranks (1, 2 or first, second), its
    keys where the values are shares, the largest first. None where the order is open.
    """
    keys = [plain_key(key) for key in value]
    if keys and all(key.isdigit() for key in keys):
        return _by(dict(zip(map(int, keys), value.values(), strict=True)))
    if keys and all(key in _RANKS for key in keys):
        return _by(dict(zip(map(_RANKS.index, keys), value.values(), strict=True)))
    return _by_share(value)


def _by(entries: Mapping[int, object]) -> list[object]:
    return [entries[rank] for rank in sorted(entries)]


def _by_share(value: Mapping[str, object]) -> list[object] | None:
    shares = {
        name: share
        for name, share in value.items()
        if isinstance(share, int | float) and not isinstance(share, bool)
    }
    if not value or len(shares) != len(value) or len(set(shares.values())) != len(shares):
        return None
    # 1, 2, 3 may be ranks, the best first, as well as points, the best last.
    if set(shares.values()) == set(range(1, len(shares) + 1)):
        return None
    return [name for name, _ in sorted(shares.items(), key=lambda entry: -entry[1])]


def without_ontology_id(name: str) -> str:
    """A type's name without the Cell Ontology's id beside it."""
    return _ONTOLOGY_ID.sub("", name).strip()


def gene_alone(text: str) -> str:
    """A gene's symbol without the remark after it: "CD3D (T cell receptor)"."""
    remarked = _REMARK_ON_GENE.match(text.strip())
    return remarked[1] if remarked else text
