"""The knowledge base as numbers: one matrix of log-likelihood ratios, genes by cell types, for each species.

How the numbers arise is told in docs/EVIDENCE.md ("The offline engine").
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache

import numpy as np

from cassia_core.genes.families import family_of_gene
from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.content.entries import CellTypeEntry
from cassia_core.knowledge.content.symbols import current
from cassia_core.knowledge.naming.lineages import lineage_of_entry

GENOME = 20_000
"""Genes that could stand in a marker list: the uniform part of the background."""

STANDS_FOR: dict[str, tuple[str, ...]] = {
    "immunoglobulin": ("IGHV3-23", "Igkv3-2"),
    "alpha-beta T-cell receptor": ("TRAC", "Trac"),
    "gamma-delta T-cell receptor": ("TRDC", "Trdc"),
    "haemoglobin": ("HBB", "Hbb-bs"),
    "protocadherin": ("PCDHGC5", "Pcdhgc5"),
    "olfactory receptor": ("OR6A2", "Or6a2"),
}
"""The gene, human or mouse, whose markers a whole family shares. A list counts it once, however many of
it there are.
"""

CLEARLY = 1.0
"""A gene clearly speaks for a lineage from this log-likelihood ratio on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileSettings:
    """Constants of the model, chosen by measurement (tests/bench/knowledge.py)."""

    masses: tuple[float, float, float] = (1.0, 2.2, 4.0)
    """Relative chance that a marker of weight 1, 2, 3 stands in a list."""
    from_parent: float = 0.3
    from_children: float = 0.3
    length_penalty: float = 0.7
    """1: a type's markers share one unit of chance; 0: long lists are not punished at all."""
    on_list: float = 0.45
    """Share of a list's genes that come from the type's own markers."""
    uniform: float = 0.5
    """Share of the background that is uniform over the genome; the rest is what the knowledge base lists
    often.
    """
    absent_penalty: float = 1.2
    foreign: float = 0.1
    """A gene that speaks for one lineage speaks this much of it against the types of others that do not list
    it.
    """


PROFILE_DEFAULTS = ProfileSettings()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profiles:
    """`gain[g, t]`: what gene g in a list says for type t (log-likelihood ratio over the background, relative
    to a
    gene that t does not list); `off_list`: what a gene that t does not list says. Last row: unknown genes."""

    species: str
    entries: tuple[CellTypeEntry, ...]
    rows: dict[str, int]
    gain: np.ndarray
    off_list: float
    lineage_names: tuple[str, ...]
    lineage: np.ndarray
    parent: np.ndarray
    children: tuple[tuple[int, ...], ...]
    column: dict[str, int]

    def subtree(self, t: int) -> list[int]:
        """Columns of a type and of everything below it, the type first."""
        nodes = [t]
        for node in nodes:
            nodes.extend(self.children[node])
        return nodes

    def above(self, t: int) -> list[int]:
        """Columns of a type's parents, nearest first."""
        nodes = []
        while self.parent[t] >= 0:
            t = int(self.parent[t])
            nodes.append(t)
        return nodes

    def own_row(self, gene: str) -> int:
        """Row of a gene symbol, old or new; the last, empty row for a gene that no type lists."""
        row = self.rows.get(gene)
        return self.rows.get(current(gene, self.species), len(self.gain) - 1) if row is None else row

    def row(self, gene: str) -> int:
        """The same, but a gene that no type lists speaks through its family, if it has one (`STANDS_FOR`)."""
        own = self.own_row(gene)
        if own < len(self.gain) - 1:
            return own
        listed = STANDS_FOR.get(family_of_gene(gene), ())
        return next((self.rows[name] for name in listed if name in self.rows), own)


_LOADING = threading.Lock()


def load_profiles(species: str, settings: ProfileSettings = PROFILE_DEFAULTS) -> Profiles:
    """The matrix of one species, computed once however many threads ask first.

    Species other than mouse are read with the human symbols.
    """
    with _LOADING:
        return _load(species, settings)


@cache
def _load(species: str, settings: ProfileSettings) -> Profiles:
    kb = load_knowledge()
    entries = kb.types
    column = {entry.name: i for i, entry in enumerate(entries)}
    own = [
        {m.gene: settings.masses[int(m.weight) - 1] for m in kb.markers_of(entry, species)}
        for entry in entries
    ]
    absent = [kb.absent_of(entry, species) for entry in entries]
    genes = sorted(
        {gene for weights in own for gene in weights} | {gene for listed in absent for gene in listed}
    )
    rows = {gene: i for i, gene in enumerate(genes)}
    mass = np.zeros((len(entries), len(genes)), dtype=np.float32)
    for t, weights in enumerate(own):
        mass[t, [rows[gene] for gene in weights]] = list(weights.values())
    parent = np.array([column.get(entry.parent, -1) for entry in entries])
    children = tuple(tuple(int(c) for c in np.flatnonzero(parent == t)) for t in range(len(entries)))
    share = _blend(_shares(mass, settings), parent, children, settings)
    lineage_of = [lineage_of_entry(entry) or entry.name for entry in entries]
    lineage_names = tuple(dict.fromkeys(lineage_of))
    lineage = np.array([lineage_names.index(name) for name in lineage_of])
    background = _background(share, lineage, len(lineage_names), settings)
    gain = np.log1p(settings.on_list / (1 - settings.on_list) * share / background)
    gain -= settings.foreign * _foreign(gain, lineage, len(lineage_names))
    for t, listed in enumerate(absent):
        for gene in listed:
            gain[t, rows[gene]] -= settings.absent_penalty
    gain = np.vstack([gain.T, np.zeros((1, len(entries)), dtype=np.float32)])
    return Profiles(
        species=species,
        entries=entries,
        rows=rows,
        gain=gain,
        off_list=float(np.log(1 - settings.on_list)),
        lineage_names=lineage_names,
        lineage=lineage,
        parent=parent,
        column=column,
        children=children,
    )


def _shares(mass: np.ndarray, settings: ProfileSettings) -> np.ndarray:
    """Chance of each gene given the type, with long lists punished only in part."""
    total = np.maximum(mass.sum(axis=1, keepdims=True), 1e-9)
    typical = np.median(total)
    return mass / (total**settings.length_penalty * typical ** (1 - settings.length_penalty))


def _blend(
    share: np.ndarray, parent: np.ndarray, children: tuple[tuple[int, ...], ...], settings: ProfileSettings
) -> np.ndarray:
    """Let a parent see some of its children's markers, and a child some of its parent's."""
    order = [int(t) for t in np.flatnonzero(parent < 0)]
    for t in order:
        order.extend(children[t])
    for t in reversed(order):
        if children[t]:
            lent = settings.from_children * share[list(children[t])].mean(axis=0)
            share[t] = (1 - settings.from_children) * share[t] + lent
    for t in order:
        if parent[t] >= 0:
            share[t] = (1 - settings.from_parent) * share[t] + settings.from_parent * share[parent[t]]
    return share


def _foreign(gain: np.ndarray, lineage: np.ndarray, n_lineages: int) -> np.ndarray:
    """How strongly each gene speaks for some other lineage, where it says less for the type's own."""
    tops = np.stack([gain[lineage == i].max(axis=0) for i in range(n_lineages)])
    others = np.maximum(0.0, tops.max(axis=0) - CLEARLY - tops) * (tops < CLEARLY)
    return others[lineage]


def _background(
    share: np.ndarray, lineage: np.ndarray, n_lineages: int, settings: ProfileSettings
) -> np.ndarray:
    """Chance of each gene in the list of any cluster: every lineage counts once, however many types it
    has.
    """
    means = np.stack([share[lineage == i].mean(axis=0) for i in range(n_lineages)])
    return settings.uniform / GENOME + (1 - settings.uniform) * means.mean(axis=0)
