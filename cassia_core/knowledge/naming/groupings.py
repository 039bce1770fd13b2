"""Three groupings of a label, read off the tree of cell types: the lineage, the type below it, the label."""

from __future__ import annotations

from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.naming.labelled import read_label
from cassia_core.knowledge.naming.lineages import lineage_of_entry


def groupings_of(label: str, general: str = "") -> tuple[str, str, str]:
    """Broad, middle and specific name of a label; where nobody knows it, those of the `general` label."""
    labelled = read_label(label) or read_label(general)
    if labelled is None:
        return general or label, general or label, label
    chain = load_knowledge().lineage(labelled.entry)
    lineage = lineage_of_entry(labelled.entry) or chain[-1].name
    within = [entry.name for entry in chain if lineage_of_entry(entry) == lineage]
    middle = within[-2] if len(within) > 1 else labelled.entry.name
    return lineage, middle, label
