"""Entries of the marker knowledge base, and how a TOML table becomes one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Species = Literal["human", "mouse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A gene with its weight: 3 all but exclusive, 2 strongly enriched, 1 supportive."""

    gene: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CellTypeEntry:
    """What the knowledge base says of one cell type.

    `markers` and `absent` are human symbols; `mouse` holds extra mouse markers and `not_in_mouse` the human
    ones that do not hold there. `parent` is the name of another entry, or "". `short` is the everyday name;
    `nearest` is True where `cl_id` is only the nearest term above what the entry means.
    """

    name: str
    short: str
    cl_id: str
    parent: str
    tissues: tuple[str, ...]
    markers: tuple[Marker, ...]
    absent: tuple[str, ...] = ()
    defined_by: tuple[str, ...] = ()
    mouse: tuple[Marker, ...] = ()
    not_in_mouse: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    note: str = ""
    sources: tuple[str, ...] = ()
    file: str = ""
    nearest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StateEntry:
    """A state that colours a label and never is one: cycling, stressed, ambient, malignant hint, ..."""

    name: str
    markers: tuple[Marker, ...]
    mouse: tuple[Marker, ...] = ()
    not_in_mouse: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    note: str = ""
    kind: str = ""


def parse_markers(text: str) -> tuple[Marker, ...]:
    """Read "MS4A1:3 CD79A:2" (weight 1 where none is written); a gene named twice keeps its highest
    weight.
    """
    weights: dict[str, float] = {}
    for word in text.split():
        gene, _, weight = word.partition(":")
        weights[gene] = max(weights.get(gene, 0.0), float(weight or 1))
    return tuple(Marker(gene=gene, weight=weight) for gene, weight in weights.items() if weight > 0)


def parse_type(raw: Mapping[str, Any], file: str) -> CellTypeEntry:
    """One `[[cell_type]]` table."""
    return CellTypeEntry(
        name=str(raw["name"]),
        short=str(raw["short"]),
        cl_id=str(raw.get("cl_id", "")),
        parent=str(raw.get("parent", "")),
        tissues=tuple(raw.get("tissues", ())),
        markers=parse_markers(str(raw["markers"])),
        absent=tuple(str(raw.get("absent", "")).split()),
        defined_by=tuple(str(raw.get("defined_by", "")).split()),
        mouse=parse_markers(str(raw.get("mouse", ""))),
        not_in_mouse=tuple(str(raw.get("not_in_mouse", "")).split()),
        aliases=tuple(raw.get("aliases", ())),
        note=str(raw.get("note", "")),
        sources=tuple(raw.get("sources", ())),
        file=file,
        nearest=bool(raw.get("nearest", False)),
    )


def parse_state(raw: Mapping[str, Any]) -> StateEntry:
    """One `[[state]]` table."""
    return StateEntry(
        name=str(raw["name"]),
        markers=parse_markers(str(raw["markers"])),
        mouse=parse_markers(str(raw.get("mouse", ""))),
        not_in_mouse=tuple(str(raw.get("not_in_mouse", "")).split()),
        aliases=tuple(raw.get("aliases", ())),
        note=str(raw.get("note", "")),
        kind=str(raw.get("kind", "")),
    )
