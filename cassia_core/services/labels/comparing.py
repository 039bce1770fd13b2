"""Whether two labels mean the same, through the Cell Ontology; and the genes that speak for labels."""

from __future__ import annotations

from collections.abc import Sequence

from cassia_core.domain.annotation import ClusterResult
from cassia_core.knowledge.evidence import telling
from cassia_core.knowledge.naming import ontology
from cassia_core.knowledge.naming.lineages import lineage_of

GENES_PER_CLUSTER = 3
NO_LABEL = "No label"
STEPS = 3
"""A type is near another when it is its ancestor at most this many is_a steps up."""


def telling_genes(
    rows: Sequence[ClusterResult], species: str, per_cluster: int = GENES_PER_CLUSTER
) -> list[str]:
    """The genes that tell each label from the others, in the order of the clusters."""
    return list(
        dict.fromkeys(gene for genes in telling.telling_genes(rows, species, per_cluster) for gene in genes)
    )


def judge(gold: str, named: str) -> tuple[bool, bool, bool] | None:
    """(same, near, same lineage) of two labels; None when either is unknown to ontology and knowledge base.

    Same: one Cell Ontology term, or the same words. Near: same, or one is an ancestor of the other, at most
    `STEPS`
    is_a steps up. Same lineage: near, or of one broad lineage of knowledge/lineages.toml.
    """
    if named == NO_LABEL:
        return (False, False, False) if lineage_of(gold) else None
    first, second = ontology.find_term(gold), ontology.find_term(named)
    lineages = lineage_of(gold), lineage_of(named)
    if (first is None or second is None) and not all(lineages):
        return None
    same = gold.casefold() == named.casefold() or (first is not None and first == second)
    near = same or (
        first is not None
        and second is not None
        and (
            ontology.ancestors(first.cl_id).get(second.cl_id, STEPS + 1) <= STEPS
            or ontology.ancestors(second.cl_id).get(first.cl_id, STEPS + 1) <= STEPS
        )
    )
    return same, near, near or (bool(lineages[0]) and lineages[0] == lineages[1])
