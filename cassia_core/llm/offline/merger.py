"""The offline engine as merger: three groupings of every label, read off the knowledge base's tree."""

from __future__ import annotations

from cassia_core.domain.tasks import MergeTask
from cassia_core.knowledge.content.base import load_knowledge
from cassia_core.knowledge.naming.labelled import read_label
from cassia_core.knowledge.naming.lineages import lineage_of_entry
from cassia_core.llm.offline.words import block


def merge(task: MergeTask) -> str:
    """Broad (the lineage), middle (the type below it on the way to the label) and specific (the label)."""
    groups = {cluster: list(_groups(general, detailed)) for cluster, general, detailed in task.labels}
    return "\n\n".join(["Groups follow the tree of cell types: lineage, type, label.", block(groups)])


def _groups(general: str, detailed: str) -> tuple[str, str, str]:
    label = detailed or general
    labelled = read_label(label) or read_label(general)
    if labelled is None:
        return general or label, general or label, label
    chain = load_knowledge().lineage(labelled.entry)
    lineage = lineage_of_entry(labelled.entry) or chain[-1].name
    within = [entry.name for entry in chain if lineage_of_entry(entry) == lineage]
    middle = within[-2] if len(within) > 1 else labelled.entry.name
    return lineage, middle, label
