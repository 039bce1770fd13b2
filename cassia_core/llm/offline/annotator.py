"""The offline engine as annotator."""

from __future__ import annotations

from cassia_core.domain.conversation import SIGNATURE
from cassia_core.domain.tasks import AnnotateTask
from cassia_core.knowledge.naming.lineages import abstract_types
from cassia_core.knowledge.scoring.engine import Ranking, rank_types
from cassia_core.llm.offline.words import block, explain

MOST_KEY_GENES = 8
SURE = 0.8
"""Posterior of the type named from which the engine holds on to it when it is objected to."""
SUBTYPE_SHARE = 0.1
"""Posterior within the lineage from which a finer type is listed as a possibility."""


def annotate(task: AnnotateTask) -> str:
    """Name the cluster; on a further attempt, step back to the broader type unless the list is sure of this
    one.
    """
    ranking = rank_types(task.markers, task.setting, task.n_genes, cells=task.cells)
    general, subtypes = name_levels(ranking)
    text = [SIGNATURE, explain(ranking, task.setting, task.cells)]
    if task.attempt > 1 and task.previous is not None and subtypes[:1] == [task.previous.label]:
        if ranking.specificity < SURE:
            general, subtypes = _step_back(ranking)
        changed = subtypes[0] != task.previous.label
        text.append(
            "The earlier answer was not accepted, "
            + (
                f"so the broader {subtypes[0]} is named."
                if changed
                else f"but the genes carry it: {subtypes[0]} stays."
            )
        )
    return "\n\n".join(
        [
            " ".join(text),
            block(
                {
                    "general": general,
                    "subtypes": subtypes,
                    "mixed": [c.entry.name for c in ranking.mixed],
                    "key_genes": list(ranking.named.genes[:MOST_KEY_GENES]) if ranking.entry else [],
                    "tissue": "",
                }
            ),
        ]
    )


def name_levels(ranking: Ranking) -> tuple[str, list[str]]:
    """The broad type, and the types named: the engine's answer first, then finer kinds that are possible."""
    if ranking.entry is None:
        return ranking.label, []
    path = [entry.name for entry in ranking.path]
    label = ranking.label
    general = _general(ranking)
    inside = sum(c.share for c in ranking.candidates if c.lineage == ranking.lineage) or 1.0
    finer = [
        c.entry.name
        for c in ranking.candidates
        if c.lineage == ranking.lineage and c.entry.name not in path and c.share / inside >= SUBTYPE_SHARE
    ]
    return general, [label, *finer][:3]


def _general(ranking: Ranking) -> str:
    """The broadest type of the path that still is the lineage and not a mere root such as "leukocyte"."""
    named = [entry.name for entry in ranking.path if entry.name not in abstract_types()]
    return named[0] if named else ranking.path[-1].name


def _step_back(ranking: Ranking) -> tuple[str, list[str]]:
    """One step up the tree, but not above the lineage."""
    path, general = [entry.name for entry in ranking.path], _general(ranking)
    return general, [path[max(path.index(general), len(path) - 2)]]
