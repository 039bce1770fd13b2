"""Families of genes, quiet genes and genes of the cell cycle in marker lists."""

from __future__ import annotations

import pytest

from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.evidence.light import light_of
from cassia_core.knowledge.evidence.weigh import weigh
from cassia_core.knowledge.scoring.engine import rank_types
from tests.knowledge_lists import markers

HUMAN = Setting(species="human")
CYCLE = [
    "MKI67",
    "TOP2A",
    "STMN1",
    "TYMS",
    "PCNA",
    "RRM2",
    "CENPF",
    "NUSAP1",
    "UBE2C",
    "BIRC5",
    "CDK1",
    "TUBB",
    "HMGB2",
    "ZWINT",
    "CCNB1",
    "TPX2",
]
T_CELL = ["CD3D", "CD3E", "TRAC", "IL7R", "CD2", "CD8A", "CD8B", "GZMK"]
QUIET = ["RPL3", "RPS6", "RPL13A", "RPL13AP5", "MT-CO1", "MT-ND1", "EEF1A1P5", "RPS27"]


@pytest.mark.parametrize(
    ("genes", "label"),
    [
        ("IGHV1-69D IGKV1D-39 IGLV3-1 CD79A MS4A1 CD79B", "B cell"),
        ("IGHV1-69D IGKV1D-39 IGLV3-1 JCHAIN MZB1 XBP1 DERL3", "plasma cell"),
        ("TRDV2 TRGV9 TRDC TRGC1 CD3D CD3E", "gamma-delta T cell"),
        ("OR1A1 OR5K1 OMP GNAL CNGA2 CNGA4", "olfactory receptor neuron"),
    ],
)
def test_families_speak_for_their_types(genes: str, label: str) -> None:
    assert rank_types(genes.split(), HUMAN).label == label


@pytest.mark.parametrize(
    ("family", "lineage"),
    [
        ("TRBV20-1 TRAV12-2 TRBV7-9", "T cell"),
        ("HBQ1 HBA1 HBB", "erythroid"),
        ("PCDHGA3 PCDHB5 PCDHA4", "neuron"),
    ],
)
def test_a_family_adds_to_its_lineage(family: str, lineage: str) -> None:
    genes = [f"ZNF{i}" for i in range(10, 20)]
    alone, joined = (rank_types(listed, HUMAN) for listed in (genes, [*family.split(), *genes]))
    share = {c.lineage: c.share for c in joined.candidates}
    before = {c.lineage: c.share for c in alone.candidates}
    named = next(name for name in share if name.startswith(lineage))
    assert share[named] > before.get(named, 0.0)


def test_a_family_counts_once_however_many_of_it_are_listed() -> None:
    few = rank_types(["IGHV3-23", *T_CELL], HUMAN)
    many = rank_types([*(f"IGHV1-{i}" for i in range(20, 45)), *T_CELL], HUMAN)
    assert few.lineage == many.lineage == "T cell"


def test_quiet_genes_neither_speak_nor_take_places() -> None:
    plain, filled = rank_types(T_CELL, HUMAN, 5), rank_types([*QUIET, *T_CELL], HUMAN, 5)
    assert filled.label == plain.label
    assert filled.llr == pytest.approx(plain.llr)


def test_cycling_cells_are_named_by_what_remains() -> None:
    assert rank_types([*CYCLE[:8], *T_CELL], HUMAN).label.startswith("proliferating ")
    assert "T cell" in rank_types([*CYCLE[:8], *T_CELL], HUMAN).label


def test_a_list_of_nothing_but_cycling_genes_names_proliferating_cells_and_no_kind() -> None:
    ranking = rank_types(CYCLE, HUMAN)
    assert (ranking.label, ranking.entry) == ("proliferating cell", None)
    assert "not told by these genes" in ranking.reason
    light, reason = light_of(weigh(ranking.label, markers(CYCLE), HUMAN), None, None)
    assert light == "look"
    assert "proliferate" in reason


def test_types_that_always_cycle_are_not_called_proliferating() -> None:
    spermatocyte = [
        "SYCP1",
        "SYCP3",
        "HORMAD1",
        "DMC1",
        "TEX101",
        "PIWIL1",
        "MEIOB",
        "SPO11",
        "CCNA1",
        "UBE2C",
        "CDK1",
        "CCNB1",
    ]
    assert "spermatocyte" in rank_types(spermatocyte, Setting(species="human", tissue="testis")).label
