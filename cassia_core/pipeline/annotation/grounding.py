"""What the knowledge base holds on the types that a cluster leaves open, for its annotator."""

from __future__ import annotations

from cassia_core.domain.markers import GeneMeasurement
from cassia_core.domain.tasks import ReferenceType
from cassia_core.pipeline.annotation.cluster_case import Case
from cassia_core.pipeline.annotation.looking_up import measure

MOST_MEASURED = 24
"""Genes whose values go with a reference: the first few of each type."""
GENES_PER_TYPE = 5


def reference_of(case: Case) -> tuple[ReferenceType, ...]:
    """The reference, where one is asked for; a blind run gets none."""
    if not case.params.use_reference or case.params.blind:
        return ()
    return case.checks.open_types(case.markers, case.setting, case.n_genes, case.cells)


def contrasts_of_reference(case: Case, reference: tuple[ReferenceType, ...]) -> tuple[GeneMeasurement, ...]:
    """Values measured in this cluster of the genes that tell the types of the reference apart; none where
    only
    a list was read.
    """
    if case.expression.basis != "cells":
        return ()
    genes = tuple(dict.fromkeys(gene for kind in reference for gene in kind.marked_by[:GENES_PER_TYPE]))
    return measure(case, genes[:MOST_MEASURED], ())


def reference_in_words(reference: tuple[ReferenceType, ...], values: int) -> str:
    """The reference as a turn of the conversation, for people."""
    lines = ["The knowledge base on the types that these genes leave open, given to the annotator as data:"]
    for kind in reference:
        of = f" (a kind of {kind.kind_of})" if kind.kind_of else ""
        against = f"; speaks against it: {', '.join(kind.against)}" if kind.against else ""
        lines.append(f"{kind.name}{of}: marked by {', '.join(kind.marked_by)}{against}.")
    if values:
        lines.append(f"With {values} of these genes as measured in this cluster.")
    return "\n".join(lines)
