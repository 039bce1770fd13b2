"""Groups of cells are named by contrast with the other groups, no deeper than the genes carry."""

from __future__ import annotations

import numpy as np
import pytest

from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.cells.groups import GroupProfiles
from cassia_core.knowledge.cells.reading import GroupReadings, read_groups, reference_of

BLOOD = Setting(species="human", tissue="blood")
T_CELLS = "CD3D CD3E CD3G TRAC TRBC2 CD2 IL7R CD6 CD5 BCL11B"
MONOCYTES = "LYZ FCN1 CTSS LST1 AIF1 CST3 MS4A6A CD68 CSF1R TYROBP MNDA"
KINDS = {
    "CD4": f"{T_CELLS} CD4 CD40LG MAL AQP3 TSHZ2 TNFRSF25",
    "CD8": f"{T_CELLS} CD8A CD8B GZMK CCL5",
    "B": "MS4A1 CD79A CD79B CD19 CD22 BANK1 PAX5 FCRLA HLA-DRA",
    "classical": f"{MONOCYTES} CD14 S100A8 S100A9 S100A12 VCAN CD36 PLBD1",
    "CD16": f"{MONOCYTES} FCGR3A CDKN1C RHOC HES4 LILRB2 TCF7L2 SIGLEC10",
}
"""Genes that each made-up group expresses."""
BACKGROUND = tuple(f"ZNF{i}" for i in range(10, 40))


def groups_of(kinds: dict[str, str], leave_out: str = "", sizes: float = 100.0) -> GroupProfiles:
    """Groups that express the genes named, 2.0 on the logarithm, and hardly any other."""
    genes = tuple(dict.fromkeys(gene for text in KINDS.values() for gene in text.split()))
    genes = tuple(gene for gene in (*genes, *BACKGROUND) if gene not in leave_out.split())
    means = np.array(
        [[2.0 if gene in text.split() else 0.05 for gene in genes] for text in kinds.values()],
        dtype=np.float32,
    )
    return GroupProfiles(
        groups=tuple(kinds), genes=genes, sizes=np.full(len(kinds), sizes), means=means, fractions=means / 2.2
    )


def labels(readings: GroupReadings) -> dict[str, str]:
    return {group: readings.label(k) for k, group in enumerate(readings.groups)}


def test_siblings_are_told_apart() -> None:
    found = labels(read_groups(groups_of(KINDS), BLOOD))
    assert found["classical"] == "classical monocyte"
    assert found["CD16"] == "non-classical monocyte"
    assert found["B"].endswith("B cell")
    assert "CD4-positive" in found["CD4"]
    assert "CD8-positive" in found["CD8"]


def test_a_kind_whose_defining_gene_was_not_measured_is_not_named() -> None:
    found = labels(read_groups(groups_of(KINDS, leave_out="CD14"), BLOOD))
    assert found["CD16"] == "monocyte"
    assert found["classical"] == "monocyte"


def test_many_small_groups_are_read_against_the_clusters() -> None:
    clusters = groups_of(KINDS)
    reference = reference_of(clusters, BLOOD)
    small = GroupProfiles(
        groups=tuple(str(i) for i in range(50)),
        genes=clusters.genes,
        sizes=np.full(50, 15.0),
        means=np.repeat(clusters.means, 10, axis=0),
    )
    found = read_groups(small, BLOOD, reference)
    assert [found.label(k) for k in range(0, 50, 10)] == list(labels(read_groups(clusters, BLOOD)).values())
    assert found.type_evidence.shape == (50, len(found.names))


def test_reading_is_deterministic_and_independent_of_the_order_of_groups() -> None:
    one = read_groups(groups_of(KINDS), BLOOD)
    other = read_groups(groups_of(dict(reversed(KINDS.items()))), BLOOD)
    assert labels(one) == labels(other)
    assert one.confidence == pytest.approx(other.confidence[::-1])
