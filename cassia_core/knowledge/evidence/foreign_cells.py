"""Cells of another lineage inside a cluster, seen in the measured values: what a marker list can hide.

A marker list compares a cluster with the others. Genes of a second lineage do not stand out in it when the
others hold
that lineage too; in the cells themselves they are plain to see.
"""

from __future__ import annotations

from cassia_core.domain.annotation import EvidenceItem
from cassia_core.domain.markers import ClusterMarkers, ExpressionSource, GeneMeasurement
from cassia_core.knowledge.content.symbols import current, orthologue
from cassia_core.knowledge.naming.lineages import exclusive, lineages

LEAST_PCT = 0.2
LEAST_PART = 0.35
"""Part of the mean elsewhere: RNA that leaked from other cells is detected in many cells, but at a low level.
"""
LEAST_SIGNS = 3
WEIGHT = 3.0


def find_strangers(
    lineage: str, markers: ClusterMarkers, species: str, expression: ExpressionSource | None
) -> tuple[EvidenceItem, ...]:
    """Signs of lineages that exclude `lineage`, expressed by a fifth of the cells or more and not just leaked
    in.

    Only from cells. At least three signs of one lineage, and more than half of those measured, make a
    finding.
    """
    if expression is None or expression.basis != "cells":
        return ()
    items: list[EvidenceItem] = []
    for other in lineages().values():
        if not other.signs or not exclusive(lineage, other.name):
            continue
        measured = [
            m
            for m in expression.measure(markers.cluster, _symbols(other.signs, species))
            if m.status == "measured_here"
        ]
        present = [m for m in measured if _present(m)]
        if len(present) >= LEAST_SIGNS and 2 * len(present) > len(measured):
            items += [_item(sign, other.name) for sign in present]
    return tuple(items)


def _symbols(signs: tuple[str, ...], species: str) -> tuple[str, ...]:
    if species == "mouse":
        return tuple(gene for sign in signs if (gene := orthologue(sign, "human", "mouse")))
    return tuple(current(sign, "human") for sign in signs)


def _present(sign: GeneMeasurement) -> bool:
    if (sign.pct_in or 0.0) < LEAST_PCT:
        return False
    return sign.mean_in is None or sign.mean_out is None or sign.mean_in >= LEAST_PART * sign.mean_out


def _item(sign: GeneMeasurement, lineage: str) -> EvidenceItem:
    return EvidenceItem(
        gene=sign.gene,
        kind="conflicting",
        weight=WEIGHT,
        points_to=lineage,
        measured=sign,
        text=f"{sign.gene} marks another lineage ({lineage}) and {sign.pct_in or 0:.0%} of the "
        "cells express it.",
    )
