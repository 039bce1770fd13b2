"""States that colour a label: cycling, stressed, low quality, ambient, malignant hints."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.content.entries import StateEntry
from cassia_core.knowledge.content.symbols import current

CYCLING = "cycling"
ANY_TYPE = (CYCLING, "stress", "low_quality")
"""Kinds of state that any cell type can be in."""
MALIGNANT = "malignant_hint"
LEAST_WEIGHT, LEAST_GENES, LEAST_SHARE = 6.0, 3, 0.12


@dataclass(frozen=True, slots=True, kw_only=True)
class StateCall:
    """A state seen in a list: its genes there, and the share of the list they make up."""

    entry: StateEntry
    genes: tuple[str, ...]
    share: float

    @property
    def name(self) -> str:
        return self.entry.name


@cache
def state_genes(species: str) -> frozenset[str]:
    """Genes of states that any type can be in, those of the cell cycle all: they say little of the type."""
    kb = load_knowledge()
    return frozenset(
        m.gene
        for entry in kb.states
        if entry.kind in ANY_TYPE
        for m in kb.markers_of(entry, species)
        if m.weight >= 2 or entry.kind == CYCLING
    )


@cache
def _weights(species: str) -> tuple[tuple[StateEntry, dict[str, float]], ...]:
    kb = load_knowledge()
    return tuple((entry, {m.gene: m.weight for m in kb.markers_of(entry, species)}) for entry in kb.states)


def call_states(
    genes: Sequence[str], species: str, explained: Collection[str] = (), *, tumour: bool = False
) -> tuple[StateCall, ...]:
    """States that a list shows, strongest first: at least three genes, 12 % of the list and a weight of six.

    Genes that the cell type itself explains (`explained`) are no sign of a state, but for states that any
    type can be
    in: plasma cells are not "immunoglobulin ambient", melanocytes not "possible melanoma". In a tumour sample
    a
    malignant signature counts in full.
    """
    calls = []
    for entry, weights in _weights(species):
        own = entry.kind in ANY_TYPE or (tumour and entry.kind == MALIGNANT)
        open_genes = genes if own else [gene for gene in genes if gene not in explained]
        hits = [(weights.get(gene) or weights.get(current(gene, species), 0.0), gene) for gene in open_genes]
        telling = [gene for weight, gene in hits if weight]
        total = sum(weight for weight, _ in hits)
        if len(telling) >= LEAST_GENES and total >= LEAST_WEIGHT and len(telling) >= LEAST_SHARE * len(genes):
            calls.append(
                (total, StateCall(entry=entry, genes=tuple(telling), share=len(telling) / len(genes)))
            )
    return tuple(call for _, call in sorted(calls, key=lambda item: (-item[0], item[1].name)))
