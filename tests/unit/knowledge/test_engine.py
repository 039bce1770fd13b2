"""The offline engine on lists whose answer every textbook gives."""

from __future__ import annotations

import random

import pytest
from knowledge_lists import (
    B_CELL,
    CYCLING_T,
    ENDOTHELIUM,
    FIBROBLAST,
    HEPATOCYTE,
    HOUSEKEEPING,
    MONOCYTE,
    NK_CELL,
    T_CELL,
)

from cassia_core.domain.markers import ClusterMarkers, MarkerGene
from cassia_core.domain.tasks import Setting
from cassia_core.genes import orthologue
from cassia_core.genes.tables_io import gene_table
from cassia_core.knowledge.naming.lineages import lineage_of
from cassia_core.knowledge.scoring.engine import rank_types

HUMAN = Setting(species="human")
TEXTBOOK = {
    "B cell": B_CELL,
    "T cell": T_CELL,
    "natural killer cell": NK_CELL,
    "monocyte or macrophage": MONOCYTE,
    "hepatocyte": HEPATOCYTE,
    "endothelial cell": ENDOTHELIUM,
    "fibroblast or stromal cell": FIBROBLAST,
}


@pytest.mark.parametrize(("lineage", "genes"), TEXTBOOK.items())
def test_textbook_lists_get_their_lineage(lineage, genes):
    ranking = rank_types(genes, HUMAN)
    assert ranking.lineage == lineage
    assert ranking.entry is not None
    assert ranking.named.genes


@pytest.mark.parametrize(("lineage", "genes"), TEXTBOOK.items())
def test_ten_bare_genes_are_enough(lineage, genes):
    assert rank_types(genes[:10], HUMAN, 10).lineage == lineage


def test_old_symbols_are_read_as_the_current_ones():
    old = ["FYB", "GPR183", *T_CELL]
    assert rank_types(old, HUMAN).label == rank_types(["FYB1", "GPR183", *T_CELL], HUMAN).label


@pytest.mark.parametrize(("lineage", "genes"), TEXTBOOK.items())
def test_mouse_lists_are_named_by_the_orthologue_table(lineage, genes):
    mouse = [gene for g in genes if (gene := orthologue(g, "human", "mouse"))]
    mouse += ["Klrb1c", "Ncr1", "Klra8"] if lineage == "natural killer cell" else []
    assert rank_types(mouse, Setting(species="mouse")).lineage == lineage


def test_the_engine_stops_at_the_level_that_the_genes_carry():
    plain = rank_types(["CD3D", "CD3E", "CD3G", "TRAC", "TRBC1", "TRBC2", "CD2"], HUMAN)
    fine = rank_types(
        ["FOXP3", "IL2RA", "CTLA4", "IKZF2", "TNFRSF18", "RTKN2", "CD3D", "CD3E", "TIGIT"], HUMAN
    )
    assert plain.label == "T cell"
    assert fine.label == "regulatory T cell"


def test_random_genes_are_not_labelled():
    genes = sorted(g for g in gene_table("human").symbols if g.isalnum())
    draw = random.Random(7)
    for n in (10, 50):
        labelled = sum(rank_types(draw.sample(genes, n), HUMAN).entry is not None for _ in range(100))
        assert labelled <= 5


def test_an_abstention_says_why():
    ranking = rank_types(HOUSEKEEPING, HUMAN)
    assert ranking.entry is None
    assert ranking.label == "Unknown"
    assert "chance" in ranking.reason
    assert rank_types([], HUMAN).reason == "The cluster has no marker genes."


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (T_CELL, MONOCYTE),
        (B_CELL, FIBROBLAST),
        (ENDOTHELIUM, HEPATOCYTE),
        (NK_CELL, B_CELL),
        (FIBROBLAST, MONOCYTE),
    ],
)
def test_two_exclusive_lineages_in_one_list_are_called_mixed(one, other):
    genes = [gene for pair in zip(one, other, strict=False) for gene in pair]
    mixed = rank_types(genes, HUMAN).mixed
    assert {c.lineage for c in mixed} == {rank_types(one, HUMAN).lineage, rank_types(other, HUMAN).lineage}


@pytest.mark.parametrize("genes", TEXTBOOK.values())
def test_pure_lists_are_not_called_mixed(genes):
    assert rank_types(genes, HUMAN).mixed == ()


def test_cycling_is_a_state_and_not_the_type():
    ranking = rank_types(CYCLING_T, HUMAN)
    assert lineage_of(ranking.label) == "T cell"
    assert any("cycl" in state.name.lower() or "prolif" in state.name.lower() for state in ranking.states)


def test_a_list_of_cycling_genes_alone_names_the_state_and_no_type():
    cycling = [
        "HJURP",
        "UBE2C",
        "CENPA",
        "PBK",
        "AURKB",
        "DLGAP5",
        "CKAP2L",
        "KIF2C",
        "KIF15",
        "BIRC5",
        "SPC25",
        "ASPM",
        "KIF18B",
        "CEP55",
        "DEPDC1",
        "MKI67",
        "CDC45",
        "CDCA5",
        "TOP2A",
        "RRM2",
    ]
    ranking = rank_types(cycling, HUMAN)
    assert ranking.entry is None
    assert "proliferating" in ranking.reason


def test_a_normal_type_is_not_called_malignant_for_its_own_markers():
    melanocyte = ["PMEL", "MLANA", "TYR", "DCT", "TYRP1", "MITF", "SLC45A2", "OCA2", "SOX10", "TRPM1"]
    assert rank_types(melanocyte, Setting(species="human", tissue="skin")).states == ()
    hints = rank_types(melanocyte, Setting(species="human", tissue="melanoma")).states
    assert any("malignant" in state.name for state in hints)


def test_the_tissue_weighs_but_does_not_exclude():
    skin_t = rank_types(T_CELL, Setting(species="human", tissue="retina"))
    assert skin_t.lineage == "T cell"
    hepatocyte = rank_types(HEPATOCYTE, Setting(species="human", tissue="blood"))
    assert hepatocyte.lineage == "hepatocyte"


def test_genes_as_common_outside_the_cluster_count_less():
    def with_pct(pct_out):
        return ClusterMarkers(
            cluster="0",
            genes=tuple(
                MarkerGene(gene=g, rank=i, pct_in=0.9, pct_out=pct_out) for i, g in enumerate(B_CELL, start=1)
            ),
        )

    assert rank_types(with_pct(0.05), HUMAN).llr > rank_types(with_pct(0.88), HUMAN).llr


def test_a_gene_named_twice_counts_once():
    assert rank_types([*B_CELL, *B_CELL], HUMAN).llr == rank_types(B_CELL, HUMAN).llr


def test_the_same_list_gives_the_same_ranking():
    assert rank_types(MONOCYTE, HUMAN) == rank_types(list(MONOCYTE), HUMAN)


def test_the_runner_up_is_of_another_lineage_and_not_above_the_label():
    ranking = rank_types(NK_CELL, HUMAN)
    assert ranking.runner_up.lineage != ranking.lineage
    assert ranking.runner_up.entry not in ranking.path
