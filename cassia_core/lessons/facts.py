"""Every number of the data that a lesson states, computed: texts name it, and nobody types it."""

from __future__ import annotations

import numpy as np

from cassia_core.lessons.cells import HIGH, LEVELS, LOW, MIDDLE, LessonCells

STRICT = 1200
"""The quality cut that the lesson tries out: the least number of genes of a cell."""
NOT_MEASURED = ("CD14", "PPBP", "CD34", "PF4", "MS4A7")
"""Well-known genes of blood that a learner will look for."""


def facts_of(cells: LessonCells) -> dict[str, str]:
    """Names and values, as texts show them; docs/guide/lessons.md lists them."""
    return {
        "cells": f"{cells.n_cells:,}",
        "genes": f"{len(cells.genes):,}",
        "not_measured": ", ".join(g for g in NOT_MEASURED if g not in cells.genes),
        **_quality(cells),
        **_totals(cells),
        **_clusters(cells),
        **_genes(cells),
        **_killers(cells),
        **_file_labels(cells),
    }


def _quality(cells: LessonCells) -> dict[str, str]:
    n_genes, labels = cells.about["n_genes"], cells.about["file_label"]
    lost = (n_genes < STRICT).groupby(labels).mean()
    totals = cells.about["n_counts"]
    return {
        "fewest_genes": f"{int(n_genes.min()):,}",
        "most_genes": f"{int(n_genes.max()):,}",
        "most_mito": f"{cells.about['percent_mito'].max():.0%}",
        "smallest_total": f"{int(totals.min()):,}",
        "largest_total": f"{int(totals.max()):,}",
        "strict": f"{STRICT:,}",
        "strict_keeps": f"{int((n_genes >= STRICT).sum()):,}",
        "strict_loses_most": str(lost.idxmax()),
        "strict_loses_most_share": f"{lost.max():.0%}",
        "strict_loses_least": str(lost.idxmin()),
        "strict_loses_least_share": f"{lost.min():.0%}",
    }


def _totals(cells: LessonCells) -> dict[str, str]:
    """Means in the third of cells with the largest totals, over those in the third with the smallest."""
    totals = cells.about["n_counts"].to_numpy()
    low, high = np.quantile(totals, (1 / 3, 2 / 3))
    small, large = totals <= low, totals > high
    facts = {}
    for gene in ("CALM1", "FTL"):
        counts, values = cells.counts_of(gene), cells.of_gene(gene)
        facts[f"{gene.lower()}_counts"] = f"{counts[large].mean() / counts[small].mean():.2f}"
        facts[f"{gene.lower()}_normalised"] = f"{values[large].mean() / values[small].mean():.2f}"
    monocytes = cells.in_cluster("0")
    facts["monocytes_total"] = f"{np.median(totals[monocytes]):,.0f}"
    facts["others_total"] = f"{np.median(totals[~monocytes]):,.0f}"
    return facts


def _clusters(cells: LessonCells) -> dict[str, str]:
    names = dict(zip(LEVELS, ("low", "middle", "finer", "high", "highest"), strict=True))
    counted = {f"clusters_{names[level]}": str(cells.clusters[level].nunique()) for level in LEVELS}
    t_cells = cells.in_cluster("2")
    natural_killers = cells.in_cluster("1")
    together = cells.clusters[LOW][t_cells | natural_killers].unique()
    of_t_cells = cells.clusters[HIGH][t_cells].value_counts()
    return {
        **counted,
        "low_level": LOW,
        "middle_level": MIDDLE,
        "high_level": HIGH,
        "low_holds_both": "yes" if len(together) == 1 else "no",
        "low_together": f"{int((cells.clusters[LOW] == together[0]).sum()):,}",
        "high_parts_of_t": str(int((of_t_cells >= 5).sum())),
    }


def _genes(cells: LessonCells) -> dict[str, str]:
    facts = {}
    for gene, cluster in (("MS4A1", "5"), ("CD79A", "5"), ("CD3D", "2"), ("LYZ", "0"), ("FCER1A", "3")):
        seen, inside = cells.counts_of(gene) > 0, cells.in_cluster(cluster)
        facts[f"{gene.lower()}_in"] = f"{seen[inside].mean():.0%}"
        facts[f"{gene.lower()}_out"] = f"{seen[~inside].mean():.0%}"
    suspect = cells.in_cluster("6")
    for gene in ("MS4A1", "CD79A", "HLA-DRA", "CST3"):
        facts[f"{gene.lower().replace('-', '_')}_suspect"] = (
            f"{(cells.counts_of(gene)[suspect] > 0).mean():.0%}"
        )
    return facts


def _killers(cells: LessonCells) -> dict[str, str]:
    inside = cells.in_cluster("1")
    receptor, granules = cells.counts_of("CD3D")[inside] > 0, cells.counts_of("GNLY")[inside] > 0
    return {
        "killers": str(int(inside.sum())),
        "killers_with_cd3d": str(int(receptor.sum())),
        "killers_without_cd3d": str(int((~receptor).sum())),
        "killers_with_gnly": f"{granules.mean():.0%}",
        "t_cells_with_cd3d": f"{(cells.counts_of('CD3D')[cells.in_cluster('2')] > 0).mean():.0%}",
    }


def _file_labels(cells: LessonCells) -> dict[str, str]:
    called = (cells.about["file_label"] == "CD56+ NK").to_numpy()
    monocytes = cells.in_cluster("0")
    of_file = (cells.about["file_label"] == "CD14+ Monocyte").to_numpy()
    return {
        "nk_of_file": str(int(called.sum())),
        "nk_of_file_with_cd3d": str(int(np.count_nonzero(cells.counts_of("CD3D")[called]))),
        "monocytes": str(int(monocytes.sum())),
        "monocytes_of_file": str(int((monocytes & of_file).sum())),
        "fcgr3a_in_monocytes": f"{(cells.counts_of('FCGR3A')[monocytes] > 0).mean():.0%}",
    }
