"""The traffic light of a label, by stated rules (docs/EVIDENCE.md)."""

from __future__ import annotations

import re

from cassia_core.domain.annotation import PROLIFERATING, Evidence, Light, QualityScore, Verdict, names_a_type
from cassia_core.knowledge.cells.excluding import names_a_stage
from cassia_core.knowledge.naming.lineages import family_of, is_vague
from cassia_core.knowledge.naming.names import everyday_name

GREEN_EVIDENCE, RED_EVIDENCE = 70.0, 30.0
GREEN_KIND = 0.8
"""How likely the cells must find a kind for a green light."""
GREEN_SCORE, RED_SCORE = 75.0, 50.0
_GENE_IN_NAME = re.compile(r"\b(?:[A-Z][A-Za-z]*\d+[A-Za-z]?|[A-Z]{3,})\b(?!-negative|-low)")
"""What may be a gene in the name of a type: "CD4" of "CD4-positive, alpha-beta T cell"."""


def light_of(
    evidence: Evidence | None, score: QualityScore | None, verdict: Verdict | None
) -> tuple[Light, str]:
    """High, medium or look, with the reason in one sentence. The first rule that fits decides.

    `score` and `verdict` are None where nobody scored or validated; they then neither help nor harm.
    """
    if evidence is not None and not names_a_type(evidence.label):
        cycles = evidence.label.strip().lower() == PROLIFERATING
        told = "These cells proliferate; of which kind is not told by these genes."
        return "look", told if cycles else "No cell type could be named."
    # Order matters: whoever reads the card sees one reason, so the strongest doubt comes first.
    if verdict is not None and not verdict.passed:
        return "look", "The validator did not accept the label."
    if evidence is not None and (invented := evidence.genes("cited_not_in_data")):
        return "look", f"The agents named genes that are nowhere in the data: {', '.join(invented)}."
    measured = evidence.score if evidence is not None else None
    if measured is not None and evidence is not None and measured < RED_EVIDENCE:
        return "look", evidence.problems[0] if evidence.problems else "The genes hardly speak for the label."
    if score is not None and score.value < RED_SCORE:
        return "look", f"The scorer gave {score.value:.0f} of 100."
    # Never green without a check: a label the knowledge base does not know may be right, and nobody has
    # looked.
    if measured is None or evidence is None:
        return (
            "medium",
            "The knowledge base does not know this label, so it could not be checked against the genes.",
        )
    if evidence.problems:
        return "medium", evidence.problems[0]
    # A sure lineage is not a sure type: "T cell" may be beyond doubt while CD4 or CD8 is a guess.
    if evidence.kind is not None and evidence.kind < GREEN_KIND:
        close = (
            f"; {everyday_name(evidence.best_alternative)} comes close" if evidence.best_alternative else ""
        )
        return "medium", f"The cells settle the lineage, but not the kind{close}."
    if silent := silent_in_name(evidence):
        return "medium", f"{silent}, after which the type is named, was measured and is silent here."
    if measured < GREEN_EVIDENCE:
        return "medium", f"The evidence is fair ({measured:.0f} of 100)."
    if is_vague(evidence.label):
        return "medium", "The label names a broad class only; the genes do not settle which kind."
    if evidence.kind is not None and names_a_stage(evidence.label) and family_of(evidence.label) == "T":
        return "medium", "The kind is clear; naive, memory and effector T cells shade into each other."
    if score is not None and score.value < GREEN_SCORE:
        return "medium", f"The evidence is good, but the scorer gave only {score.value:.0f} of 100."
    return "high", f"The genes speak clearly for the label ({measured:.0f} of 100) and nothing against it."


def silent_in_name(evidence: Evidence) -> str:
    """The gene after which a type is named (CD8A and CD8B for "CD8") where none of it is seen though it was
    measured; "" else.
    """
    for word in _GENE_IN_NAME.findall(evidence.label):
        own = re.compile(rf"{word}[A-Z]?", re.IGNORECASE)
        kinds = {item.gene: item.kind for item in evidence.items if own.fullmatch(item.gene)}
        silent = [gene for gene, kind in kinds.items() if kind == "silent"]
        if silent and "supporting" not in kinds.values():
            return " and ".join(silent)
    return ""
