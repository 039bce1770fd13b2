"""Look-ups in the knowledge base for pages: a type's markers, a gene's types, a label's place in the
ontology.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from cassia_core.domain.annotation import OntologyTerm
from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.content.entries import CellTypeEntry
from cassia_core.knowledge.content.tissues import tissues
from cassia_core.knowledge.naming import ontology
from cassia_core.knowledge.naming.identity import identify
from cassia_core.knowledge.naming.labels import normal_form
from cassia_core.knowledge.naming.lineages import FAMILIES, family_of, lineage_of_entry
from cassia_core.knowledge.scoring.siblings import sibling_markers


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeMarkers:
    """One cell type for display, with its everyday name. `term` is its own or the nearest one above it;
    markers
    and absent genes are symbols of the species asked for.
    """

    name: str
    short: str
    term: OntologyTerm | None
    lineage: str
    family: str
    path: tuple[str, ...]
    children: tuple[str, ...]
    tissues: tuple[str, ...]
    markers: tuple[tuple[str, float], ...]
    absent: tuple[str, ...]
    aliases: tuple[str, ...]
    note: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneUse:
    """One type that lists a gene: `weight` 3 all but exclusive, 2 strongly enriched, 1 supportive."""

    cell_type: str
    short: str
    cl_id: str
    lineage: str
    weight: float


def describe_type(name: str, species: str = "human") -> TypeMarkers | None:
    """Everything known of a type, by name, alias or Cell Ontology id; None when it is not in the knowledge
    base.
    """
    kb = load_knowledge()
    entry = kb.get(name)
    if entry is None and (term := ontology.find_term(name)):
        entry = kb.get(term.cl_id)
    if entry is None:
        return None
    return TypeMarkers(
        name=entry.name,
        short=entry.short,
        term=identify(entry.name),
        lineage=lineage_of_entry(entry),
        family=family_of(entry.name),
        path=tuple(e.name for e in reversed(kb.lineage(entry))),
        children=tuple(e.name for e in kb.children(entry)),
        tissues=entry.tissues,
        markers=tuple((m.gene, m.weight) for m in kb.markers_of(entry, species)),
        absent=kb.absent_of(entry, species),
        aliases=entry.aliases,
        note=entry.note,
        sources=entry.sources,
    )


def n_types() -> int:
    """How many types the knowledge base holds."""
    return len(load_knowledge().types)


@cache
def tree_of_types() -> dict[str, dict[str, tuple[tuple[str, str], ...]]]:
    """Organ to lineage to the types found there, each as its name and its everyday name.

    Organs are in alphabetical order, after "any": the types that are found in most of them. Lineages are the
    families of the colours, in their order.
    """
    tree: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for entry in load_knowledge().types:
        for organ in entry.tissues:
            tree.setdefault(organ, {}).setdefault(family_of(entry.name), []).append((entry.name, entry.short))
    return {
        organ: {
            family: tuple(sorted(tree[organ][family], key=lambda names: names[1].casefold()))
            for family in FAMILIES
            if family in tree[organ]
        }
        for organ in sorted(tree, key=lambda name: (name != "any", name))
    }


def siblings_of(name: str, species: str = "human") -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Types under the same parent and finer ones, each with genes that speak more for it than for `name`."""
    return sibling_markers(name, species)


def types_of_gene(symbol: str, species: str = "human") -> tuple[GeneUse, ...]:
    """Types that a gene marks, most telling first; empty when none lists it. Old symbols are understood."""
    return tuple(
        GeneUse(
            cell_type=entry.name,
            short=entry.short,
            cl_id=entry.cl_id,
            lineage=lineage_of_entry(entry),
            weight=weight,
        )
        for entry, weight in load_knowledge().by_gene(symbol.strip(), species)
    )


def search_types(text: str, limit: int = 30) -> tuple[str, ...]:
    """Names of knowledge base types that fit a text, by name or alias; all of them, in order, for an empty
    text.
    """
    wanted = normal_form(text)
    ranked = sorted(
        (rank, len(entry.name), entry.name)
        for entry in load_knowledge().types
        if (rank := _rank(entry, wanted)) is not None
    )
    return tuple(name for _, _, name in ranked[:limit])


def ontology_path(label: str) -> tuple[OntologyTerm, ...]:
    """The way from "cell" down to a label's term; empty when the ontology does not know the label."""
    term = ontology.find_term(label)
    return ontology.path_to_root(term.cl_id) if term else ()


def search_ontology(text: str, limit: int = 20) -> tuple[OntologyTerm, ...]:
    """Cell Ontology terms that fit a text."""
    return ontology.search(text, limit)


def tissue_names() -> tuple[str, ...]:
    """Tissues that the knowledge base tells apart, in alphabetical order. Any other text may be typed."""
    return tuple(sorted(key for key in tissues() if key != "any"))


def _rank(entry: CellTypeEntry, wanted: str) -> int | None:
    names = [
        normal_form(entry.name),
        normal_form(entry.short),
        *(normal_form(alias) for alias in entry.aliases),
    ]
    if wanted in names:
        return 0
    if any(name.startswith(wanted) for name in names):
        return 1
    return 2 if any(wanted in name for name in names) else None
