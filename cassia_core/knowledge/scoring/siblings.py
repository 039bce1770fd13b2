"""Close relatives of a label with the genes that tell them apart, for the booster's questions."""

from __future__ import annotations

from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.naming.labelled import read_label
from cassia_core.knowledge.scoring.list_scores import species_key

MOST_SIBLINGS, MOST_GENES = 8, 8


def sibling_markers(label: str, species: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Siblings (types under the same parent) and children of a label, each with its most telling own markers.

    Genes that the label's own type lists as strongly are left out: they tell nothing apart. Empty for an
    unknown
    label.
    """
    labelled = read_label(label)
    if labelled is None:
        return ()
    kb, species = load_knowledge(), species_key(species)
    entry, above = labelled.entry, kb.parent(labelled.entry)
    kin = [e for e in (kb.children(above) if above else ()) if e.name != entry.name]
    shared = {m.gene: m.weight for m in kb.markers_of(entry, species)}
    out = []
    for other in [*kb.children(entry), *kin]:
        genes = [m.gene for m in kb.markers_of(other, species) if m.weight > shared.get(m.gene, 0.0)]
        if genes:
            out.append((other.name, tuple(genes[:MOST_GENES])))
    return tuple(out[:MOST_SIBLINGS])
