"""The marker knowledge base: every cell type and state of `types/*.toml`, read once."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cassia_core.errors import ConfigError
from cassia_core.knowledge.content import symbols
from cassia_core.knowledge.content.entries import CellTypeEntry, Marker, StateEntry, parse_state, parse_type
from cassia_core.knowledge.naming.labels import normal_form

_WITHOUT_A_SIGN = re.compile(r"^(CD[48]) ")
"""Everyday names say "CD8 T cell" for what others write as "CD8+ T cell"."""
FOLDER = Path(__file__).parent.parent / "types"


@dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """Cell types and states with their look-ups. Entries never change after loading."""

    types: tuple[CellTypeEntry, ...]
    states: tuple[StateEntry, ...]
    _names: dict[str, CellTypeEntry] = field(repr=False)
    _own_names: dict[str, CellTypeEntry] = field(repr=False)
    _children: dict[str, tuple[CellTypeEntry, ...]] = field(repr=False)
    _by_gene: dict[str, dict[str, tuple[tuple[CellTypeEntry, float], ...]]] = field(
        repr=False, default_factory=dict
    )

    def get(self, name: str) -> CellTypeEntry | None:
        """The entry of a name, an everyday name, an alias or a Cell Ontology id, in whatever spelling; None
        when there is none.
        """
        return self._names.get(name) or self._names.get(normal_form(name))

    def named(self, name: str) -> CellTypeEntry | None:
        """The entry that has exactly this name or everyday name, in capitals or not; aliases do not count."""
        return self._own_names.get(name.strip().lower())

    def parent(self, entry: CellTypeEntry) -> CellTypeEntry | None:
        """The entry above; None for a root."""
        return self._names.get(entry.parent) if entry.parent else None

    def children(self, entry: CellTypeEntry) -> tuple[CellTypeEntry, ...]:
        return self._children.get(entry.name, ())

    def lineage(self, entry: CellTypeEntry) -> tuple[CellTypeEntry, ...]:
        """The entry and its parents, nearest first."""
        chain = [entry]
        while above := self.parent(chain[-1]):
            chain.append(above)
        return tuple(chain)

    def markers_of(self, entry: CellTypeEntry | StateEntry, species: str) -> tuple[Marker, ...]:
        """The entry's own markers as symbols of `species`, highest weight first.

        Human symbols become mouse symbols by the orthologue table; genes without an orthologue drop out.
        Species other than human and mouse are read with the human list.
        """
        if species != "mouse":
            pairs = [(symbols.current(m.gene, "human"), m.weight) for m in entry.markers]
        else:
            pairs = [(symbols.current(m.gene, "mouse"), m.weight) for m in entry.mouse]
            skipped = set(entry.not_in_mouse)
            pairs += [
                (gene, m.weight)
                for m in entry.markers
                if m.gene not in skipped and (gene := symbols.orthologue(m.gene, "human", "mouse"))
            ]
        best: dict[str, float] = {}
        for gene, weight in pairs:
            best[gene] = max(best.get(gene, 0.0), weight)
        return tuple(
            Marker(gene=gene, weight=weight) for gene, weight in sorted(best.items(), key=lambda kv: -kv[1])
        )

    def absent_of(self, entry: CellTypeEntry, species: str) -> tuple[str, ...]:
        """Genes whose clear presence speaks against the entry, as symbols of `species`."""
        if species != "mouse":
            return tuple(symbols.current(gene, "human") for gene in entry.absent)
        return tuple(gene for g in entry.absent if (gene := symbols.orthologue(g, "human", "mouse")))

    def defining_of(self, entry: CellTypeEntry, species: str) -> tuple[str, ...]:
        """Genes of which one must be measured for the entry to be told from its siblings; () for most
        entries.
        """
        if species != "mouse":
            return tuple(symbols.current(gene, "human") for gene in entry.defined_by)
        return tuple(gene for g in entry.defined_by if (gene := symbols.orthologue(g, "human", "mouse")))

    def by_gene(self, symbol: str, species: str) -> tuple[tuple[CellTypeEntry, float], ...]:
        """Types that list a gene, with the weight, most telling first."""
        if species not in self._by_gene:
            index = defaultdict(list)
            for entry in self.types:
                for marker in self.markers_of(entry, species):
                    index[marker.gene].append((entry, marker.weight))
            self._by_gene[species] = {
                gene: tuple(sorted(hits, key=lambda hit: -hit[1])) for gene, hits in index.items()
            }
        return self._by_gene[species].get(symbols.current(symbol, species), ())


@cache
def load_knowledge() -> KnowledgeBase:
    """The knowledge base of this installation, read on first use.

    Raises
    ------
    ConfigError
        When an entry cannot be read, lacks a name or an everyday name, or is named twice.
    """
    types: list[CellTypeEntry] = []
    states: list[StateEntry] = []
    for path in sorted(FOLDER.glob("*.toml")):
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
            types += [parse_type(item, path.name) for item in raw.get("cell_type", ())]
            states += [parse_state(item) for item in raw.get("state", ())]
        except (tomllib.TOMLDecodeError, KeyError, ValueError) as error:
            raise ConfigError(
                f"The knowledge file {path.name} cannot be read.", str(error), "Mend the entry it names."
            ) from error
    return _assemble(types, states)


def _assemble(types: list[CellTypeEntry], states: list[StateEntry]) -> KnowledgeBase:
    by_name: dict[str, CellTypeEntry] = {}
    for entry in types:
        if entry.name in by_name:
            raise ConfigError(
                f"The cell type {entry.name!r} is written twice.",
                f"In {by_name[entry.name].file} and in {entry.file}.",
                "Keep one of them.",
            )
        by_name[entry.name] = entry
    children: dict[str, list[CellTypeEntry]] = defaultdict(list)
    for entry in types:
        children[entry.parent].append(entry)
    names = dict(by_name)
    for entry in types:
        for label in (entry.cl_id, normal_form(entry.name), normal_form(entry.short)):
            names.setdefault(label, entry)
        names.setdefault(normal_form(_WITHOUT_A_SIGN.sub(r"\1+ ", entry.short)), entry)
    for entry in types:
        for alias in entry.aliases:
            names.setdefault(normal_form(alias), entry)
    names.pop("", None)
    own_names = {name.lower(): entry for entry in types for name in (entry.short, entry.name)}
    below = {above: tuple(entries) for above, entries in children.items()}
    return KnowledgeBase(tuple(types), tuple(states), names, own_names, below)
