"""How far apart two labels are, through the Cell Ontology."""

from __future__ import annotations

from enum import StrEnum

from cassia_core.knowledge.naming import ontology
from cassia_core.knowledge.naming.lineages import lineage_of

NEAR_STEPS = 3
"""A type is near another when it is its ancestor at most this many is_a steps up."""


class LabelDistance(StrEnum):
    """How far apart two labels are. Each but the last includes those before it: what is near is also of one
    lineage.
    """

    SAME = "same"
    """One Cell Ontology term, or the same words."""
    NEAR = "near"
    """One is an ancestor of the other, at most `NEAR_STEPS` is_a steps up."""
    LINEAGE = "lineage"
    """Of one broad lineage of knowledge/lineages.toml."""
    DIFFERENT = "different"

    def within(self, limit: LabelDistance) -> bool:
        """Whether the labels are at most this far apart."""
        order = list(LabelDistance)
        return order.index(self) <= order.index(limit)


def label_distance(one: str, other: str) -> LabelDistance | None:
    """How far apart two labels are; None where ontology and knowledge base know too little to say."""
    first = ontology.find_term(one)
    second = ontology.find_term(other)
    lineage, other_lineage = lineage_of(one), lineage_of(other)
    if (first is None or second is None) and not (lineage and other_lineage):
        return None
    if one.casefold() == other.casefold() or (first is not None and first == second):
        return LabelDistance.SAME
    if first is not None and second is not None and _one_above_the_other(first.cl_id, second.cl_id):
        return LabelDistance.NEAR
    return LabelDistance.LINEAGE if lineage and lineage == other_lineage else LabelDistance.DIFFERENT


def _one_above_the_other(one: str, other: str) -> bool:
    far = NEAR_STEPS + 1
    steps = min(ontology.ancestors(one).get(other, far), ontology.ancestors(other).get(one, far))
    return steps <= NEAR_STEPS
