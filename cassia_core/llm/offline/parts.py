"""The offline engine as annotator of parts: each part by its own genes, as it would name a cluster."""

from __future__ import annotations

from cassia_core.domain.conversation import SIGNATURE
from cassia_core.domain.markers import ClusterMarkers
from cassia_core.domain.tasks import PartsTask
from cassia_core.knowledge.scoring.engine import rank_types
from cassia_core.llm.offline.annotator import MOST_KEY_GENES, name_levels
from cassia_core.llm.offline.words import block, explain


def name_parts(task: PartsTask) -> str:
    """Every part of the task, under its id."""
    return "\n\n".join(
        [SIGNATURE, block({"parts": {part.cluster: _named(part, task) for part in task.parts}})]
    )


def _named(part: ClusterMarkers, task: PartsTask) -> dict[str, object]:
    ranking = rank_types(part, task.setting, task.n_genes)
    general, subtypes = name_levels(ranking)
    genes = list(ranking.named.genes[:MOST_KEY_GENES]) if ranking.entry else []
    return {
        "reasoning": explain(ranking, task.setting, None),
        "general": general,
        "subtypes": subtypes,
        "key_genes": genes,
    }
