"""Genes that speak as families, and genes that speak of no cell type."""

from __future__ import annotations

import pytest

from cassia_core.genes.families import family_of_gene, quiet_kind


@pytest.mark.parametrize(
    ("gene", "family"),
    [
        ("IGHV3-23", "immunoglobulin"),
        ("IGKV1D-39", "immunoglobulin"),
        ("IGHJ4", "immunoglobulin"),
        ("IGHD3-10", "immunoglobulin"),
        ("Igkv6-15", "immunoglobulin"),
        ("Ighg2b", "immunoglobulin"),
        ("TRBV20-1", "alpha-beta T-cell receptor"),
        ("TRAJ33", "alpha-beta T-cell receptor"),
        ("TRGV9", "gamma-delta T-cell receptor"),
        ("Trdv4", "gamma-delta T-cell receptor"),
        ("HBB", "haemoglobin"),
        ("Hba-a1", "haemoglobin"),
        ("PCDHGA3", "protocadherin"),
        ("OR51E2", "olfactory receptor"),
        ("Olfr78", "olfactory receptor"),
        *[
            (name, "")
            for name in [
                "IGF1",
                "IGFBP5",
                "IGHMBP2",
                "TRAF1",
                "TRADD",
                "TRAT1",
                "HBEGF",
                "HBP1",
                "PCDH9",
                "ORM1",
                "ORAI1",
            ]
        ],
    ],
)
def test_families_are_told_by_name(gene: str, family: str) -> None:
    assert family_of_gene(gene) == family


@pytest.mark.parametrize(
    ("gene", "kind"),
    [
        *[(name, "ribosomal") for name in ["RPL13A", "RPS4X", "RPLP0", "RPSA", "Rps27l", "MRPL12"]],
        *[(name, "mitochondrial") for name in ["MT-CO1", "mt-Nd1"]],
        *[
            (name, "pseudogene")
            for name in ["RPL13AP5", "EEF1A1P5", "HNRNPA1P48", "MTND1P23", "Gapdh-ps15", "FTH1P3"]
        ],
        *[
            (name, "")
            for name in [
                "FOXP3",
                "MMP9",
                "IGFBP5",
                "DUSP4",
                "LTBP1",
                "TYRP1",
                "RANBP1",
                "RPL3L",
                "RPL10L",
                "RPS6KA1",
                "CRIP1",
                "MT1X",
            ]
        ],
    ],
)
def test_quiet_genes_are_told_from_markers(gene: str, kind: str) -> None:
    assert quiet_kind(gene, "human") == kind
