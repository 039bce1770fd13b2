"""The offline engine as merger: three groupings of every label, read off the knowledge base's tree."""

from __future__ import annotations

from cassia_core.domain.tasks import MergeTask
from cassia_core.knowledge.naming.groupings import groupings_of
from cassia_core.llm.offline.words import block


def merge(task: MergeTask) -> str:
    """Broad (the lineage), middle (the type below it on the way to the label) and specific (the label)."""
    groups = {
        cluster: list(groupings_of(detailed or general, general))
        for cluster, general, detailed in task.labels
    }
    return "\n\n".join(["Groups follow the tree of cell types: lineage, type, label.", block(groups)])
