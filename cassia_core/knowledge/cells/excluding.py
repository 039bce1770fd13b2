"""Which types a cell cannot both be of."""

from __future__ import annotations

import re
from functools import cache

from cassia_core.knowledge.cells.decisive import may_be_both
from cassia_core.knowledge.naming.labelled import read_label
from cassia_core.knowledge.scoring.list_scores import species_key
from cassia_core.knowledge.scoring.profiles import load_profiles

_STAGE = re.compile(r"\b(naive|memory|effector|transitional|activated|exhausted)\b", re.IGNORECASE)


def names_a_stage(name: str) -> bool:
    """Whether a name tells how far a cell has come ("memory B cell"), beside what it is."""
    return _STAGE.search(name) is not None


@cache
def without_stage(species: str, t: int) -> int:
    """The type of a column itself, or the nearest above it whose name tells no stage."""
    profiles = load_profiles(species)
    while names_a_stage(profiles.entries[t].name) and profiles.parent[t] >= 0:
        t = int(profiles.parent[t])
    return t


def exclude(species: str, one: int, other: int) -> bool:
    """Whether a cell cannot be of both types (columns; -1 is no type)."""
    if one < 0 or other < 0 or one == other:
        return False
    profiles = load_profiles(species)
    # A type and its subtype do not exclude each other: one says only less.
    if one in profiles.above(other) or other in profiles.above(one):
        return False
    return not may_be_both(species, one, other)


def labels_exclude(one: str, other: str, species: str) -> bool:
    """Whether a cell cannot be of both types, whatever their stages; False for labels that nobody knows."""
    first, second = read_label(one), read_label(other)
    if first is None or second is None:
        return False
    key = species_key(species)
    column = load_profiles(key).column
    return exclude(
        key, without_stage(key, column[first.entry.name]), without_stage(key, column[second.entry.name])
    )
