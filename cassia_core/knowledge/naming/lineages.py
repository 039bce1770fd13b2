"""Broad lineages: which one a type belongs to, which exclude each other, and each one's colour family."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.content.entries import CellTypeEntry
from cassia_core.knowledge.naming.labelled import read_label
from cassia_core.knowledge.naming.ontology import ancestors, find_term

FILE = Path(__file__).parent.parent / "lineages.toml"
UNKNOWN_FAMILY = "Unknown, mixed"
FAMILIES = (
    "T",
    "NK, ILC",
    "B, plasma",
    "Myeloid",
    "Granulocyte, mast",
    "Platelet, erythroid",
    "Endothelial",
    "Stromal, muscle",
    "Epithelial",
    "Neural, glia",
    "Stem, progenitor",
    UNKNOWN_FAMILY,
)
_NOT_ONE_TYPE = re.compile(
    r"\b(?:unknown|unassigned|mixed|mixture|doublets?|multiplets?|ambiguous|low quality)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """One broad lineage. `kin` names the lineages that share its markers; all others exclude it.

    `signs` are genes (human symbols) that show in single cells. A `vague` lineage is an umbrella over others
    ("leukocyte"), named only when none of them stands out.
    """

    name: str
    family: str
    roots: tuple[str, ...]
    vague: bool
    signs: tuple[str, ...]
    kin: frozenset[str]


@cache
def _file() -> dict:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


@cache
def abstract_types() -> frozenset[str]:
    """Names of types that order the tree more than they name a cell, such as "connective tissue cell"."""
    return frozenset(_file()["abstract"])


@cache
def cross_cutting_types() -> frozenset[str]:
    """Names of types that cut across their siblings, such as "naive T cell": CD4 and CD8 T cells can be
    naive.
    """
    return frozenset(_file()["cross_cutting"])


@cache
def lineages() -> dict[str, Lineage]:
    """All lineages by name, in the order in which they are tried."""
    raw = _file()["lineage"]
    return {
        item["name"]: Lineage(
            name=item["name"],
            family=item["family"],
            roots=tuple(item["roots"]),
            vague=item.get("vague", False),
            signs=tuple(item.get("signs", "").split()),
            kin=frozenset(item["kin"]),
        )
        for item in raw
    }


@cache
def _lineage_of_root() -> dict[str, str]:
    return {root: lineage.name for lineage in lineages().values() for root in lineage.roots}


def lineage_of_entry(entry: CellTypeEntry) -> str:
    """Lineage of a knowledge base type: that of the nearest entry above which is a lineage's root, else by
    ontology.
    """
    by_root, chain = _lineage_of_root(), load_knowledge().lineage(entry)
    for node in chain:
        if node.cl_id in by_root:
            return by_root[node.cl_id]
    return next((name for node in chain if (name := lineage_of_term(node.cl_id))), "")


@cache
def lineage_of_term(cl_id: str) -> str:
    """Lineage of a Cell Ontology term: that of the nearest root among the term and its ancestors, "" without
    one.

    Of roots equally near, the lineage that stands first in lineages.toml wins.
    """
    by_root, order = _lineage_of_root(), list(lineages())
    near = [
        (steps, order.index(by_root[above]))
        for above, steps in {cl_id: 0, **ancestors(cl_id)}.items()
        if above in by_root
    ]
    return order[min(near)[1]] if near else ""


@cache
def lineage_of(label: str) -> str:
    """Lineage of a label: by the knowledge base, else the ontology, else its head words; "" when none knows
    it.
    """
    if entry := load_knowledge().get(label):
        return lineage_of_entry(entry)
    term = find_term(label)
    if term and (name := lineage_of_term(term.cl_id)):
        return name
    labelled = read_label(label)
    return lineage_of_entry(labelled.entry) if labelled else ""


def exclusive(one: str, other: str) -> bool:
    """Whether clear markers of both lineages in one cluster mean a mixture (both known, neither kin of the
    other).
    """
    known = lineages()
    if one == other or one not in known or other not in known:
        return False
    return other not in known[one].kin and one not in known[other].kin


def is_vague(label: str) -> bool:
    """Whether a label is an umbrella over several lineages, such as "leukocyte", or merely orders the
    tree.
    """
    name = lineage_of(label)
    return label in abstract_types() or bool(name) and lineages()[name].vague


@cache
def family_of(label: str) -> str:
    """The colour family of a label, one of `FAMILIES`; labels nobody knows, mixtures and "Unknown" are
    grey.
    """
    if not label.strip() or _NOT_ONE_TYPE.search(label):
        return UNKNOWN_FAMILY
    name = lineage_of(label)
    return lineages()[name].family if name else UNKNOWN_FAMILY
