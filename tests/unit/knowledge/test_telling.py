"""The evidence in reading order: first the genes that tell the label from its nearest rival."""

from __future__ import annotations

import pytest

from cassia_core.domain.annotation import ClusterResult, Evidence, EvidenceItem, Proposal
from cassia_core.domain.markers import ClusterMarkers, MarkerGene
from cassia_core.domain.tasks import Setting
from cassia_core.knowledge.evidence.telling import PARTS, read_evidence, telling_genes
from cassia_core.knowledge.evidence.weigh import weigh

CD8 = "NKG7 CCL5 GZMH CD8A CD8B CST7 GZMA CD3D CD3E TRAC PRF1 GNLY FGFBP2 KLRD1 CD3G"
DELTA = "SST RBP4 LEPR HHEX PCSK1 PCSK1N CHGA SCG5 TTR"


def weighed(label: str, genes: str, tissue: str = "blood") -> Evidence:
    listed = tuple(MarkerGene(gene=g, rank=i) for i, g in enumerate(genes.split(), start=1))
    return weigh(label, ClusterMarkers(cluster="0", genes=listed), Setting(species="human", tissue=tissue))


def genes_of(reading, part: str) -> list[str]:
    return [line.item.gene for line in reading.lines if line.part == part]


def test_a_cd8_cluster_leads_with_what_nk_cells_lack():
    evidence = weighed("effector CD8-positive, alpha-beta T cell", CD8)
    reading = read_evidence(evidence, "human", ["natural killer cell", "B cell", "classical monocyte"])
    assert reading.rival == "natural killer cell"
    assert {"CD3D", "CD8A"} <= set(genes_of(reading, "tells_apart"))
    assert {"NKG7", "CCL5"} <= set(genes_of(reading, "shared"))
    assert reading.head("tells_apart") == "Tell it from NK cell"
    assert reading.head("shared") == "Shared with NK cell"
    assert not {"NKG7", "CCL5", "GNLY"} & {line.item.gene for line in reading.first(6).lines}


def test_the_rival_is_the_nearest_of_the_other_clusters_and_a_sibling_before_a_stranger():
    evidence = weighed("pancreatic delta cell", DELTA, "pancreas")
    reading = read_evidence(
        evidence, "human", ["fibroblast", "pancreatic beta cell", "pancreatic endocrine cell"]
    )
    assert reading.rival == "pancreatic beta cell", "what stands above the label is no rival of it"
    assert genes_of(reading, "tells_apart")[0] in ("SST", "HHEX")
    assert "SCG5" in genes_of(reading, "shared")


def test_without_other_clusters_the_rival_is_the_best_alternative():
    evidence = weighed("B cell", "MS4A1 CD79A CD79B CD74 HLA-DRA BANK1 TCL1A IGHM")
    assert read_evidence(evidence, "human").rival == evidence.best_alternative != ""
    assert read_evidence(evidence, "human", ["hepatocyte"]).rival == evidence.best_alternative


def test_no_line_is_lost_and_parts_come_in_order():
    evidence = weighed("effector CD8-positive, alpha-beta T cell", CD8)
    reading = read_evidence(evidence, "human", ["natural killer cell"])
    assert sorted(line.item.gene for line in reading.lines) == sorted(i.gene for i in evidence.items)
    places = [PARTS.index(line.part) for line in reading.lines]
    assert places == sorted(places)


def test_mouse_genes_are_read_as_mouse_genes():
    items = tuple(EvidenceItem(gene=g.capitalize(), kind="supporting") for g in CD8.split())
    evidence = Evidence(label="effector CD8-positive, alpha-beta T cell", basis="markers", items=items)
    reading = read_evidence(evidence, "mouse", ["natural killer cell"])
    assert {"Cd3d", "Cd8a"} <= set(genes_of(reading, "tells_apart"))
    assert "Nkg7" in genes_of(reading, "shared")


def test_rows_do_not_repeat_the_label():
    label = "effector CD8-positive, alpha-beta T cell"
    items = (
        EvidenceItem(
            gene="CD8A",
            kind="supporting",
            points_to=label,
            text=f"CD8A marks {label} and is among the cluster's markers.",
        ),
        EvidenceItem(
            gene="CX3CR1",
            kind="silent",
            points_to=label,
            text=f"CX3CR1 marks {label} but only 2% of the cells express it.",
        ),
        EvidenceItem(
            gene="MS4A1", kind="conflicting", points_to="B cell", text="MS4A1 marks B cell, another lineage."
        ),
    )
    reading = read_evidence(Evidence(label=label, basis="cells", items=items), "human")
    says = {line.item.gene: line.says for line in reading.lines}
    assert says == {"CD8A": "", "CX3CR1": "Only 2% of the cells express it.", "MS4A1": "Marks B cell"}


def test_without_any_rival_genes_speak_for_the_label():
    items = (EvidenceItem(gene="SYT1", kind="supporting"),)
    reading = read_evidence(Evidence(label="neuron", basis="cells", items=items), "human")
    assert (reading.rival, reading.head("tells_apart")) == ("", "Speak for it")
    assert genes_of(reading, "tells_apart") == ["SYT1"]


def test_every_kind_of_doubt_is_among_the_first():
    kinds = ("supporting",) * 9 + ("silent", "conflicting")
    items = tuple(EvidenceItem(gene=f"G{i}", kind=kind) for i, kind in enumerate(kinds))
    first = read_evidence(Evidence(label="B cell", basis="cells", items=items), "human").first(6)
    assert [line.item.kind for line in first.lines] == ["supporting"] * 4 + ["conflicting", "silent"]


@pytest.mark.parametrize("label", ["something nobody knows", ""])
def test_an_unknown_label_is_read_all_the_same(label: str):
    items = (EvidenceItem(gene="CD3D", kind="cited_not_in_list"),)
    reading = read_evidence(
        Evidence(label=label, basis="cells", items=items, known=False), "human", ["B cell"]
    )
    assert [line.part for line in reading.lines] == ["cited"]


def test_a_plot_shows_what_tells_each_cluster_from_all_the_others_not_what_all_cells_have():
    def row(cluster: str, label: str, genes: str) -> ClusterResult:
        items = tuple(
            EvidenceItem(gene=gene, kind="supporting", weight=9.0 - at)
            for at, gene in enumerate(genes.split())
        )
        evidence = Evidence(label=label, basis="cells", items=items)
        return ClusterResult(
            cluster=cluster, status="done", proposal=Proposal(general=label), evidence=evidence
        )

    rows = [
        row("0", "classical monocyte", "FTL CTSS FTH1 S100A12 CD14"),
        row("1", "effector CD8-positive, alpha-beta T cell", "NKG7 CCL5 CD3D CD8A"),
        row("2", "natural killer cell", "NKG7 GNLY KLRF1"),
        ClusterResult(cluster="3", status="failed", reason="No answer."),
    ]
    monocyte, cd8, nk, failed = telling_genes(rows, "human", 2)
    assert set(monocyte) == {"S100A12", "CD14"}
    assert set(cd8) == {"CD3D", "CD8A"}
    assert "KLRF1" in nk and "NKG7" not in nk
    assert failed == ()
