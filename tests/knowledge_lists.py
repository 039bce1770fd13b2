"""Marker lists as they are met in practice, written by hand from common knowledge."""

from __future__ import annotations

from cassia_core.domain.markers import ClusterMarkers, GeneMeasurement, MarkerGene

B_CELL = [
    "MS4A1",
    "CD79A",
    "CD79B",
    "CD74",
    "HLA-DRA",
    "TCL1A",
    "IGHM",
    "BANK1",
    "LINC00926",
    "HLA-DQA1",
    "CD37",
    "VPREB3",
    "FCER2",
    "HLA-DPB1",
    "LTB",
]
T_CELL = [
    "CD3D",
    "CD3E",
    "IL7R",
    "TRAC",
    "LTB",
    "TRBC2",
    "CD3G",
    "LEF1",
    "TCF7",
    "CD27",
    "CCR7",
    "MAL",
    "CD5",
    "TRBC1",
    "CD2",
]
NK_CELL = ["GNLY", "NKG7", "KLRD1", "PRF1", "GZMB", "KLRF1", "FGFBP2", "CST7", "SPON2", "CLIC3"]
MONOCYTE = [
    "S100A8",
    "S100A9",
    "LYZ",
    "CD14",
    "FCN1",
    "VCAN",
    "S100A12",
    "CST3",
    "TYROBP",
    "MNDA",
    "CSTA",
    "FCER1G",
    "LST1",
    "AIF1",
    "CTSS",
]
HEPATOCYTE = ["ALB", "APOA1", "APOC3", "TTR", "SERPINA1", "FGB", "FGA", "CYP2E1", "APOH", "HP", "TF", "AMBP"]
ENDOTHELIUM = ["PECAM1", "VWF", "CDH5", "CLDN5", "EGFL7", "ERG", "TIE1", "EMCN", "PLVAP", "ESAM"]
FIBROBLAST = ["COL1A1", "COL1A2", "DCN", "LUM", "COL3A1", "PDGFRA", "COL6A3", "FBLN1", "MMP2", "C1S"]
CYCLING_T = [
    "MKI67",
    "TOP2A",
    "CD3D",
    "CD3E",
    "TRAC",
    "STMN1",
    "TYMS",
    "CD8A",
    "NUSAP1",
    "CENPF",
    "CD3G",
    "PCNA",
    "RRM2",
    "CD2",
    "UBE2C",
]
HOUSEKEEPING = ["ACTB", "GAPDH", "PSMB2", "ATP5F1A", "MED13", "KIF3A", "NDUFA4", "SNRPD2", "POLR2K", "UQCRQ"]


def markers(genes: list[str] | tuple[str, ...], cluster: str = "0") -> ClusterMarkers:
    return ClusterMarkers(
        cluster=cluster, genes=tuple(MarkerGene(gene=g, rank=i) for i, g in enumerate(genes, start=1))
    )


class Cells:
    """Measured values of one cluster: genes named are expressed, other measured genes are silent."""

    basis = "cells"

    def __init__(self, expressed: list[str], measured: list[str]) -> None:
        self._expressed, self._measured = set(expressed), set(measured) | set(expressed)

    def has_gene(self, gene: str) -> bool:
        return gene in self._measured

    def measure(self, cluster: str, genes: tuple[str, ...]) -> tuple[GeneMeasurement, ...]:
        return tuple(self._one(gene) for gene in genes)

    def _one(self, gene: str) -> GeneMeasurement:
        if gene not in self._measured:
            return GeneMeasurement(gene=gene, status="not_in_data")
        here = gene in self._expressed
        return GeneMeasurement(
            gene=gene,
            status="measured_here",
            pct_in=0.8 if here else 0.01,
            pct_out=0.1,
            log2fc=2.5 if here else -1.0,
        )
