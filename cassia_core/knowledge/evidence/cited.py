"""Genes that an annotator cites: do they exist in the list, and in the data at all?"""

from __future__ import annotations

from cassia_core.domain.annotation import EvidenceItem
from cassia_core.domain.markers import ClusterMarkers, ExpressionSource
from cassia_core.knowledge.content.symbols import current, is_gene
from cassia_core.knowledge.evidence.expected import EXPRESSED_PCT


def check_cited(
    cited: tuple[str, ...], markers: ClusterMarkers, species: str, expression: ExpressionSource | None
) -> tuple[tuple[EvidenceItem, ...], tuple[str, ...]]:
    """Items for cited genes that are not among the cluster's markers, or nowhere in the data, and the
    sentences to
    send back.

    Old and new symbols of one gene are the same gene. A gene that is no marker but was measured here and is
    clearly
    expressed (it may have been looked up) is noted without an objection.
    """
    listed = {form for gene in markers.symbols() for form in (gene.upper(), current(gene, species).upper())}
    missing: list[str] = []
    invented: list[str] = []
    for gene in dict.fromkeys(g.strip() for g in cited if g.strip()):
        if gene.upper() in listed or current(gene, species).upper() in listed:
            continue
        (missing if _exists(gene, species, expression) else invented).append(gene)
    where = _searched(expression)
    items = [
        EvidenceItem(
            gene=gene, kind="cited_not_in_list", text=f"{gene} is cited but not in this cluster's list."
        )
        for gene in missing
    ]
    items += [
        EvidenceItem(
            gene=gene, kind="cited_not_in_data", text=f"{gene} is cited but is nowhere in the {where}."
        )
        for gene in invented
    ]
    silent = [gene for gene in missing if not _expressed(gene, markers.cluster, expression)]
    return tuple(items), tuple(_sentences(silent, invented, where))


def _exists(gene: str, species: str, expression: ExpressionSource | None) -> bool:
    """Whether the gene was measured at all; without any values at hand, whether there is such a gene."""
    if expression is None:
        return is_gene(gene, species)
    return expression.has_gene(gene) or expression.has_gene(current(gene, species))


def _expressed(gene: str, cluster: str, expression: ExpressionSource | None) -> bool:
    if expression is None:
        return False
    measured = expression.measure(cluster, (gene,))[0]
    return measured.status == "measured_here" and (measured.pct_in or 0.0) >= EXPRESSED_PCT


def _sentences(missing: list[str], invented: list[str], where: str) -> list[str]:
    sentences = []
    if invented:
        sentences.append(
            f"Cited but nowhere in the {where}: {', '.join(invented)}. Cite only genes that are given."
        )
    if missing:
        sentences.append(
            f"Cited but not in this cluster's list: {', '.join(missing)}. Cite only genes that are given."
        )
    return sentences


def _searched(expression: ExpressionSource | None) -> str:
    """Where cited genes were looked for."""
    if expression is None:
        return "table of known genes"
    return "data" if expression.basis == "cells" else "marker table"
